"""The download of whole movies, written for other tools: curl in a shell or on Windows, aria2. Pure."""

import shlex
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from avakit.errors import UsageError
from avakit.releases.model import Video, check_id
from avakit.sources.containers import candidates, md5_of
from avakit.sources.mirror import CVDF
from avakit.transfer.address import target
from avakit.version import __version__

_CURL = (
    "--fail --globoff --location --max-redirs 5 --proto {0}=http,https{0} --retry 5 --connect-timeout 30 "
    "--speed-limit 1024 --speed-time 30 --continue-at -"
)
"""Goes on where it was; an error of the server is no movie; nobody waits for what does not come."""


@dataclass(frozen=True)
class File:
    """A file that a video may be: its name, the addresses to try, and its MD5 if that is known."""

    name: str
    urls: tuple[str, ...]
    md5: str | None


@dataclass(frozen=True)
class Item:
    """A video, and the files that it may be: several where its container is not known."""

    video: str
    files: tuple[File, ...]


def bases(sources: Iterable[str], has_mirror: bool) -> tuple[str, ...]:
    """Return the addresses of those sources that other tools can fetch from. `has_mirror`: CVDF has the
    release's movies.

    Raises `UsageError` if there is none, or a password in one.
    """
    found = []
    for source in sources:
        word, _, place = source.partition("=")
        if word == "mirror":
            there = target(place)
            if there.user is not None:
                raise UsageError(
                    f"{there.name} was given with a name and a password, which a script would show",
                    "Give it without them, and let curl read them from ~/.netrc (add --netrc).",
                )
            found.append(there.url)
        elif source == "cvdf" and has_mirror:
            found.append(CVDF)
    if not found:
        raise UsageError(
            "None of the sources can be written as a script", "Give --source cvdf or mirror=URL."
        )
    return tuple(dict.fromkeys(found))


def items(videos: Iterable[Video], places: Sequence[str]) -> tuple[Item, ...]:
    """Return what is to be downloaded. Raises `UsageError` for an id that is none."""
    return tuple(
        Item(
            video.id,
            tuple(
                File(
                    f"{video.id}.{container}",
                    tuple(_address(base, video, container) for base in places),
                    md5_of(video, container) if video.container else None,
                )
                for container in ((video.container,) if video.container else candidates(video))
            ),
        )
        for video in videos
        if check_id(video.id)
    )


def script(form: str, todo: Sequence[Item], release: str) -> str:
    """Return the script of one of `FORMS`, with the line ends that its reader wants.

    It fetches into the folder it is run in, goes on where it was when it is run again, and gives a file its
    name once all of it is there. Raises `UsageError` for another form.
    """
    if form not in _WRITERS:
        raise UsageError(f"{form[:20]!a} is no format", f"There are: {', '.join(FORMS)}.")
    return _WRITERS[form](todo, release)


def _address(base: str, video: Video, container: str) -> str:
    parts = urlsplit(base)
    folder = f"{video.folder}/" if video.folder else ""
    path = f"{parts.path.rstrip('/')}/{folder}{video.id}.{container}"
    return target(urlunsplit((parts.scheme, parts.netloc, path, parts.query, ""))).url


def _header(todo: Sequence[Item], release: str, how: Sequence[str]) -> list[str]:
    number = f"{len(todo)} video{'s' * (len(todo) != 1)}"
    return [
        f"{number} of {release}, whole. Written by avakit {__version__}.",
        "",
        *how,
        "It may be stopped and run again: it goes on where it was.",
        "",
        "Then, where avakit is, with the folder that it was run in:",
        f"  avakit adopt FOLDER --release {release}",
    ]


_SHELL = """set -u
missing=0

get() { # get FILE URL...
    file=./$1
    shift
    [ -e "$file" ] && return 0
    for url do
        code=$(curl CURL --output "$file.part" --write-out '%{http_code}' --url "$url") ||
            [ "$code" = 416 ] || continue # 416: nothing is left to come
        mv -f "$file.part" "$file" && return 0
    done
    return 1
}

check() { # check FILE MD5
    if command -v md5sum >/dev/null; then sum=$(md5sum <"./$1"); else sum=$(md5 -q <"./$1"); fi
    [ "${sum%% *}" = "$2" ] && return 0
    echo "$1 has another MD5 than it must have: kept as $1.wrong" >&2
    mv -f "./$1" "./$1.wrong"
    return 1
}

missing() { # missing ID
    echo "$1 could not be had" >&2
    missing=$((missing + 1))
}
""".replace("CURL", _CURL.format("'"))


def _sh(todo: Sequence[Item], release: str) -> str:
    how = ["Run it with sh in an empty folder: sh FILE. It needs curl."]
    lines = ["#!/bin/sh", *_comments("#", _header(todo, release, how)), "", _SHELL]
    for item in todo:
        tries = [
            " ".join(("get", file.name, *map(shlex.quote, file.urls)))
            + (f" && check {file.name} {file.md5}" if file.md5 else "")
            for file in item.files
        ]
        lines.append(" || ".join((*tries, f"missing {item.video}")))
    lines += ["", 'echo "$missing could not be had" >&2', '[ "$missing" -eq 0 ]']
    return "".join(f"{line}\n" for line in lines)


_BATCH = """
echo %missing% could not be had
if %missing% gtr 0 exit /b 1
exit /b 0

:get
if exist ".\\%~1" exit /b 0
curl CURL --output ".\\%~1.part" --write-out "%%{http_code}" --url "%url%" >".\\%~1.code" && goto :got
rem 416: nothing is left to come
findstr /c:"416" ".\\%~1.code" >nul && goto :got
del ".\\%~1.code"
exit /b 1

:got
del ".\\%~1.code"
move /y ".\\%~1.part" ".\\%~1" >nul
exit /b

:check
certutil -hashfile ".\\%~1" MD5 | findstr /i /c:"%~2" >nul && exit /b 0
echo %~1 has another MD5 than it must have: kept as %~1.wrong
move /y ".\\%~1" ".\\%~1.wrong" >nul
exit /b 1

:missing
echo %~1 could not be had
set /a missing+=1
exit /b""".replace("CURL", _CURL.format('"'))


def _bat(todo: Sequence[Item], release: str) -> str:
    how = ["Run it in an empty folder. It needs curl, which Windows 10 and 11 have."]
    lines = ["@echo off", *_comments("rem", _header(todo, release, how)), "setlocal", "set missing=0"]
    for item in todo:
        lines += ["", f"rem {item.video}", 'set "got="']
        for file in item.files:
            for url in file.urls:
                # In a file, a percent sign is written twice; all else stands in quotes.
                lines.append(f'if not defined got set "url={url.replace("%", "%%")}"')
                lines.append(f'if not defined got call :get "{file.name}" && set "got=1"')
            if file.md5:
                lines.append(f'if defined got call :check "{file.name}" {file.md5} || set "got="')
        lines.append(f'if not defined got call :missing "{item.video}"')
    lines += _BATCH.splitlines()
    return "".join(f"{line}\r\n" for line in lines)


def _aria2(todo: Sequence[Item], release: str) -> str:
    how = [
        "In an empty folder: aria2c --input-file=FILE --max-concurrent-downloads=4",
        "A video whose container is not known stands here once for each: one of them is there.",
    ]
    lines = [*_comments("#", _header(todo, release, how)), ""]
    for item in todo:
        for file in item.files:
            lines += ["\t".join(file.urls), f"  out={file.name}"]
            # With the files that aria2 keeps beside, it knows what is whole; it must not give a second name.
            lines += ["  continue=true", "  auto-file-renaming=false", "  allow-overwrite=false"]
            lines += [f"  checksum=md5={file.md5}"] if file.md5 else []
    return "".join(f"{line}\n" for line in lines)


def _comments(mark: str, lines: Iterable[str]) -> list[str]:
    return [f"{mark} {line}".rstrip() for line in lines]


_WRITERS: dict[str, Callable[[Sequence[Item], str], str]] = {"sh": _sh, "bat": _bat, "aria2": _aria2}
FORMS = tuple(_WRITERS)
"""The forms that scripts are written in."""
