"""Where the official files lie in what a user gives by `--annotations`: a folder, a file, or a URL."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit, urlunsplit

from avakit.annotations.archive import is_archive
from avakit.annotations.findings import shown
from avakit.errors import UsageError
from avakit.releases.model import AnnotationFile, Release

_ACCEPTED = (
    "Accepted: a folder with the official files, a zip or tar of them, a csv, or the URL (http, https) of "
    "one of these."
)
_PACKED = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
_PLAIN = (".csv", ".txt", ".tsv")


@dataclass(frozen=True)
class Located:
    """Files on this machine: `files` by the official name each stands for, and an archive to look into."""

    files: dict[str, Path]
    archive: Path | None


@dataclass(frozen=True)
class Addresses:
    """URLs to try: of each file by its official name, and of the archive. Best first."""

    files: dict[str, tuple[str, ...]]
    archive: tuple[str, ...]


def is_url(given: str) -> bool:
    """Return whether this is a URL and not a path. Raises UsageError for one that is not http or https."""
    scheme, mark, _ = given.partition("://")
    if mark and scheme.lower() not in ("http", "https"):
        raise UsageError(f"Annotations cannot be fetched by {shown(scheme)}", _ACCEPTED)
    return bool(mark)


def locate(given: Path, release: Release, needed: Sequence[AnnotationFile]) -> Located:
    """Return where the needed files, or an archive with them, lie at or under the path `given`.

    A folder is searched, then its folders. Raises UsageError if there is nothing that could be them.
    """
    if given.is_dir():
        return _in_folder(given, release, needed)
    if not given.is_file():
        raise UsageError(f"There are no annotations at {given}: there is no such file or folder", _ACCEPTED)
    if given.name.lower().endswith(_PACKED) or is_archive(given):
        if _labels_are_packed(release):
            return Located({stands_for(given.name, release, needed): given}, None)
        return Located({}, given)
    if given.suffix.lower() in _PLAIN:
        return Located({stands_for(given.name, release, needed): given}, None)
    raise UsageError(f"{given} is neither a folder, nor a zip or tar, nor a csv", _ACCEPTED)


def addresses(given: str, release: Release, needed: Sequence[AnnotationFile]) -> Addresses:
    """Return where a given URL may have the needed files: it is an archive's, a csv's or a folder's."""
    parts = urlsplit(given)
    name = PurePosixPath(parts.path).name
    packed = name.lower().endswith(_PACKED)
    if packed and not _labels_are_packed(release):
        return Addresses({}, (given,))
    if packed or name.lower().endswith(".csv"):
        return Addresses({stands_for(name, release, needed): (given,)}, ())

    def beside(tail: str) -> str:
        return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{tail}"))

    archives = release.files("archive")
    files = {
        file.name: (
            beside(file.name),
            *(beside(f"{_stem(archive.name)}/{file.name}") for archive in archives),
        )
        for file in needed
    }
    return Addresses(files, tuple(beside(archive.name) for archive in archives))


def stands_for(name: str, release: Release, needed: Sequence[AnnotationFile]) -> str:
    """Return the official name of the labels that a csv (or, for ActiveSpeaker, an archive) called `name`
    must be.

    Its own, if it has one; else the only one that is needed, or the one whose split it names. Raises
    UsageError if that leaves a doubt.
    """
    labels = [file for file in needed if file.role == "labels"]
    official = [file.name for file in release.annotation_files if _alike(file.name, name)]
    if official:
        return official[0]
    if len(labels) == 1:
        return labels[0].name
    named = [file.name for file in labels if any(split in name.lower() for split in file.splits)]
    if len(named) == 1:
        return named[0]
    raise UsageError(
        f"Which split's labels are in {shown(name)}?",
        f"Name it as they are named ({', '.join(file.name for file in labels)}), or ask for one --split.",
    )


def _in_folder(given: Path, release: Release, needed: Sequence[AnnotationFile]) -> Located:
    try:
        folders = [given, *sorted(entry for entry in given.iterdir() if entry.is_dir())]
        there = [entry for folder in folders for entry in sorted(folder.iterdir()) if entry.is_file()]
    except OSError as error:
        raise UsageError(f"{given} cannot be read ({error.strerror})", _ACCEPTED) from error
    files = {file.name: path for file in needed if (path := _first(there, file.name)) is not None}
    archives = [path for file in release.files("archive") if (path := _first(there, file.name)) is not None]
    if not files and not archives:
        wanted = [file.name for file in (*release.files("archive"), *needed)]
        raise UsageError(f"{given} has none of {', '.join(wanted)}", _ACCEPTED)
    return Located(files, archives[0] if archives else None)


def _first(there: Sequence[Path], name: str) -> Path | None:
    """Return the first file of this name, else the first that is only packed in another way."""
    exact = (path for path in there if path.name == name)
    return next(exact, None) or next((path for path in there if _alike(name, path.name)), None)


def _alike(official: str, name: str) -> bool:
    """Return whether a file has the official name, or one that says only that it is packed in another way."""
    packed = official.endswith(_PACKED) and name.lower().endswith(_PACKED)
    return name == official or (packed and _stem(name).lower() == _stem(official))


def _stem(name: str) -> str:
    """Return a name without what says how it is packed."""
    endings = [ending for ending in _PACKED if name.lower().endswith(ending)]
    return name[: -max(map(len, endings), default=0) or None]


def _labels_are_packed(release: Release) -> bool:
    return any(file.name.endswith(_PACKED) for file in release.files("labels"))
