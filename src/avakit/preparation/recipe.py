"""By what a product was made, and from what: enough to tell whether it has to be made again."""

import hashlib
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import av

from avakit.preparation.plan import POLICY, Gaps
from avakit.preparation.products import Product
from avakit.transfer.disk import disk_errors
from avakit.version import __version__

Word = str | int


def recipe_of(product: Product, quality: int, gaps: Gaps) -> dict[str, Word]:
    """Return the parameters of a product: the same parameters and the same window make the same files."""
    files = (product.rate, tuple(product.ticks), tuple(product.numbers))
    wanted = hashlib.sha256(repr(files).encode()).hexdigest()
    return {
        "product": product.name,
        "files": len(product),
        "seconds_sha256": wanted,
        "picture": POLICY,
        "gaps": gaps,
        "store": "folder",
        "format": "jpeg",
        "quality": quality,
    }


def versions() -> dict[str, str]:
    """Return the versions of everything that has a part in the pixels of a product."""
    found = {"avakit": __version__, "av": version("av"), "simplejpeg": version("simplejpeg")}
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


def _stamp(path: Path) -> str:
    with disk_errors(path):
        stat = path.stat()
    return f"{stat.st_size}:{stat.st_mtime_ns}"
