"""What this machine has: libraries, the runtime for YouTube, proxies, disk, file system, files of cookies."""

import os
import platform
import re
import shutil
import subprocess
import sysconfig
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rich.filesize import decimal

from avakit.collection.check import Check
from avakit.collection.plan import room
from avakit.transfer.address import shown
from avakit.transfer.cookies import ADVICE, open_to_others, unfit
from avakit.transfer.disk import disk_error
from avakit.version import __version__

_LIBRARIES = ("av", "pycurl", "duckdb", "numpy", "simplejpeg")
_RUNTIMES = {"deno": (2, 3), "node": (22, 0), "bun": (1, 0), "qjs": (0, 0)}
"""The programs that can run YouTube's own script for yt-dlp, each from this version on (its own page)."""

_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
_PATIENCE = 5.0
_LEAST = 1_000_000_000
_LONGEST = 260
_OURS = 80


def libraries() -> Check:
    """Look at Python and the libraries that everything needs."""
    found = [f"avakit {__version__}", f"Python {platform.python_version()} on {platform.system()}"]
    wrong = []
    for name in _LIBRARIES:
        try:
            __import__(name)
            found.append(f"{name} {version(name)}")
        except (ImportError, PackageNotFoundError) as error:
            wrong.append(f"{name} ({error})")
    if wrong:
        return Check(
            "libraries", ", ".join(found), f"These cannot be used: {'; '.join(wrong)}. Install again."
        )
    import av

    made = ".".join(map(str, av.library_versions["libavcodec"]))
    return Check("libraries", f"{', '.join(found)}, FFmpeg's libavcodec {made}")


def youtube(wanted: bool) -> Check:
    """Look at yt-dlp and a runtime for JavaScript. `wanted`: YouTube is among the sources."""
    install = "pip install 'avakit[youtube]' brings both."
    try:
        found = f"yt-dlp {version('yt-dlp')}"
    except PackageNotFoundError:
        missing = "yt-dlp is not installed"
        return Check(
            "youtube",
            missing if wanted else f"{missing}, and no source needs it",
            install if wanted else None,
        )
    runtimes = [text for name, least in _RUNTIMES.items() if (text := _runtime(name, least)) is not None]
    fit = [text for text in runtimes if not text.endswith("too old")]
    if not fit:
        seen = f" ({', '.join(runtimes)})" if runtimes else ""
        said = f"{found}, but no runtime for JavaScript{seen}"
        return Check("youtube", said, install if wanted else None)
    return Check("youtube", f"{found}, {', '.join(fit)}")


def _runtime(name: str, least: tuple[int, int]) -> str | None:
    scripts = sysconfig.get_path("scripts")
    path = shutil.which(name, path=os.pathsep.join((scripts, os.environ.get("PATH", ""))))
    if path is None:
        return None
    try:
        done = subprocess.run(
            [path, "--version"],
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            errors="replace",
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    numbers = re.search(r"([0-9]+)\.([0-9]+)[0-9.]*", done.stdout)
    if numbers is None:
        return name if least == (0, 0) else None
    fits = (int(numbers[1]), int(numbers[2])) >= least
    return f"{name} {numbers[0]}" if fits else f"{name} {numbers[0]} is too old"


def proxy(given: str | None, environ: Mapping[str, str]) -> Check:
    """Look at the proxies that are used. `given`: the one of --proxy or the settings, which counts alone."""
    if given is not None:
        return Check("proxy", f"{shown(given)}, from --proxy or avakit.toml")
    found = []
    for name in _PROXIES:
        # Of http_proxy, servers' programs could be told by strangers in capitals: libcurl takes no such.
        spelt = (name,) if name == "http_proxy" else (name, name.upper())
        value = next((environ[key] for key in spelt if environ.get(key)), None)
        if value is not None:
            found.append(f"{name}={value if name == 'no_proxy' else shown(value)}")
    if not found and environ.get("HTTP_PROXY"):
        return Check("proxy", "none: HTTP_PROXY in capitals is not taken. Write http_proxy if it is meant.")
    return Check("proxy", ", ".join(found) or "none")


def disk(root: Path, need: int | None, files: int) -> Check:
    """Look whether there is room for what is still to be got: `need` bytes (None: not known), `files`."""
    free, free_files = room(root)
    if free is None:
        return Check("disk", f"{root}: nobody can say how much room there is")
    places = "" if free_files is None else f" and {free_files:,} files"
    wanted = "" if need is None else f"; {decimal(need)} and {files:,} files are still to come"
    found = f"{root}: room for {decimal(free)}{places}{wanted}"
    if free < (_LEAST if need is None else need):
        return Check(
            "disk", found, "Make room, or give --root a folder on another disk. avakit plan says more."
        )
    if free_files is not None and free_files < files:
        return Check("disk", found, "There are too few inodes: give --root a folder on another file system.")
    return Check("disk", found)


def file_system(root: Path) -> Check:
    """Look what the file system of a root can, by trying it in a folder that is gone afterwards."""
    near = next((folder for folder in (root, *root.parents) if folder.is_dir()), None)
    if near is None:
        return Check("file system", f"{root}: no folder above it is there", "Give another --root.")
    try:
        with tempfile.TemporaryDirectory(prefix=".avakit-", dir=near, ignore_cleanup_errors=True) as made:
            return _tried(root, Path(made))
    except OSError as error:
        said = disk_error(error, near)
        return Check("file system", said.what, said.advice)


def _tried(root: Path, folder: Path) -> Check:
    file = folder / "a"
    file.write_bytes(b"avakit")
    links = False
    with suppress(OSError):
        (folder / "b").hardlink_to(file)
        links = True
    same = (folder / "A").exists()
    deep = folder / ("x" * 100) / ("x" * 100) / ("x" * 60)
    long = False
    with suppress(OSError):
        deep.mkdir(parents=True)
        long = True
    found = [
        "hard links" if links else "no hard links: pictures that come twice are copies",
        "capitals count alike" if same else "capitals differ",
        "long paths" if long else "no paths longer than 260 letters",
    ]
    if not long and len(str(root)) + _OURS > _LONGEST:
        return Check(
            "file system", ", ".join(found), f"{root} is too long a name here: give a shorter --root."
        )
    return Check("file system", ", ".join(found))


def cookies(path: Path | None) -> Iterable[Check]:
    """Look whether a file of cookies is there, is one, and closed to others; nothing if none is used."""
    if path is None:
        return
    if (why := unfit(path)) is not None:
        yield Check("cookies", why, ADVICE)
    else:
        yield Check("cookies", str(path), open_to_others(path))
