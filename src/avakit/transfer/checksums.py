"""Checksums of a file, taken while its bytes pass."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from threading import Event

from avakit.errors import WrongBytes
from avakit.releases.model import Checksum
from avakit.transfer.again import interrupted
from avakit.transfer.disk import disk_errors
from avakit.transfer.ranges import MIB

KINDS = ("md5", "sha256", "git-blob-sha1")


def blank_hash(kind: str, size: int) -> "hashlib._Hash":
    """Return the hash object for one of `KINDS`; `git-blob-sha1` needs to know the `size` before the first
    byte."""
    if kind == "md5":
        return hashlib.md5(usedforsecurity=False)
    if kind == "sha256":
        return hashlib.sha256()
    if kind == "git-blob-sha1":
        return hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    raise ValueError(f"{kind!r} is not one of {', '.join(KINDS)}")


class Hashing:
    """The checksums of bytes that pass, of the kinds that are asked for."""

    def __init__(self, kinds: Iterable[str], size: int) -> None:
        """Begin before the first of `size` bytes."""
        self._hashes = {kind: blank_hash(kind, size) for kind in kinds}

    def update(self, data: bytes) -> None:
        """Take the next bytes."""
        for one in self._hashes.values():
            one.update(data)

    def values(self) -> dict[str, str]:
        """Return the checksum of each kind, in hexadecimal digits."""
        return {kind: one.hexdigest() for kind, one in self._hashes.items()}


def hash_file(path: Path, kinds: Iterable[str], stop: Event | None = None) -> dict[str, str]:
    """Return the checksums of a file that is there. Raises `RootError` if it cannot be read, `Interrupted`
    once `stop` is set.
    """
    with disk_errors(path), path.open("rb") as file:
        hashing = Hashing(kinds, path.stat().st_size)
        while data := file.read(MIB):
            if stop is not None and stop.is_set():
                raise interrupted()
            hashing.update(data)
    return hashing.values()


def compare(name: str, wanted: Iterable[Checksum], found: dict[str, str]) -> tuple[str, ...]:
    """Return a sentence for each checksum that differs and is not strict. Raises `WrongBytes` for a strict
    one."""
    warnings = []
    for checksum in wanted:
        value = found[checksum.kind]
        if value == checksum.value.lower():
            continue
        said = (
            f"{name} is another file than expected: its {checksum.kind} is {value}, expected {checksum.value}"
        )
        if checksum.strict:
            raise WrongBytes(
                said, "It is not used: look at that address, run again, or give the file by --annotations."
            )
        warnings.append(f"{said} (a checksum known from one copy alone, so the file is used).")
    return tuple(warnings)
