"""By what a product was made, and from what: enough to tell whether it has to be made again."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import av
import simplejpeg

from avakit.preparation.clip.coding import WORDS
from avakit.preparation.plan import POLICY
from avakit.preparation.recipe import MARGIN, NATIVE, SECONDS, Recipe
from avakit.preparation.store.coding import CODING
from avakit.preparation.subject import Subject
from avakit.transfer.disk import disk_errors
from avakit.version import __version__

Word = str | int


def words_of(name: str, subject: Subject, recipe: Recipe) -> dict[str, Word]:
    """Return what a product is made by: the same words and the same window make the same files.

    What does not touch this product, or is as it always was, is left out.
    """
    words: dict[str, Word] = {
        "product": name,
        "wanted_sha256": _digest(_wanted(name, subject, recipe)),
        "picture": POLICY,
        "gaps": recipe.gaps,
    }
    if name != "audio":  # which is one file in every store
        words["store"] = recipe.store
    if name in ("clips", "audio"):
        words["packets"] = "copied" if recipe.copied else "encoded"
        if name == "clips" and not recipe.copied:
            words["coding"] = WORDS
        if name == "clips" and recipe.seconds != SECONDS:
            words["seconds"] = str(recipe.seconds)
    elif recipe.store == "video":
        words |= {"coding": CODING.words}
    else:
        words |= {"format": "jpeg", "quality": recipe.quality}
    if name in ("frames", "tracks") and recipe.fps is not None:
        words["fps"] = str(recipe.fps)
    if name == "frames" and recipe.around is not None:
        words["around"] = str(recipe.around)
    if name in ("crops", "tracks") and recipe.margin != MARGIN:
        words["margin"] = str(recipe.margin)
    if name != "audio" and not (name == "clips" and recipe.copied):
        words |= {} if recipe.size is None else {"size": recipe.size}
        words |= {"pixels": "square"} if recipe.square else {}
    return words


def versions() -> dict[str, str]:
    """Return the versions of everything that has a part in the pixels of a product."""
    found = {"avakit": __version__, "av": av.__version__, "simplejpeg": simplejpeg.__version__}
    libraries: Mapping[str, tuple[int, ...]] = av.library_versions
    for name in ("libavcodec", "libavformat", "libswscale"):
        found[name] = ".".join(map(str, libraries[name]))
    return found


def fingerprint_of(path: Path) -> str:
    """Return size, time of change and SHA-256 of a file, as one word. Raises `RootError`."""
    with disk_errors(path), path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return f"{_stamp(path)}:{digest}"


def is_of(fingerprint: str, path: Path) -> bool:
    """Return whether a fingerprint is that of a file; its bytes are read only if its time changed."""
    if fingerprint.startswith(f"{_stamp(path)}:"):
        return True
    size, digest = fingerprint.partition(":")[0], fingerprint.rpartition(":")[2]
    return size == _stamp(path).partition(":")[0] and fingerprint_of(path).endswith(f":{digest}")


def _wanted(name: str, subject: Subject, recipe: Recipe) -> tuple[object, ...]:
    grid: tuple[object, ...] = (subject.first, subject.rate, subject.count)
    if recipe.fps == NATIVE:
        grid = (NATIVE, subject.first, subject.count)
    if name == "frames":
        return grid, (() if recipe.around is None else subject.meant)
    if name == "tracks":
        return grid, subject.shown, subject.seconds
    if name == "audio":
        return (subject.window,)
    return {
        "keyframes": (subject.seconds, subject.decimals),
        "clips": (subject.meant, subject.decimals),
        "crops": (subject.shown, subject.decimals),
    }[name]


def _digest(wanted: tuple[object, ...]) -> str:
    return hashlib.sha256(repr(wanted).encode()).hexdigest()


def _stamp(path: Path) -> str:
    with disk_errors(path):
        stat = path.stat()
    return f"{stat.st_size}:{stat.st_mtime_ns}"
