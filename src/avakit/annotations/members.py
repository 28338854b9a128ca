"""What an archive tells of its members, be it a zip or a tar; nothing of it is believed yet."""

import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from avakit.annotations.inflating import compression

MOST_MEMBERS = 10_000
"""No archive of labels has so many members: ActiveSpeaker's larger one has a csv for each of 120 movies."""

CHUNK = 1 << 20
"""Contents are read by so many bytes at once."""

HEAD = tarfile.BLOCKSIZE
"""So many bytes from its beginning tell what a file is."""


@dataclass(frozen=True)
class Member:
    """One member. `size`: as announced, in bytes. `kind`: file, folder, link, encrypted, or device for all
    else.

    `chunks` yields its content, and must be called, if at all, before the next member is asked for.
    """

    name: str
    size: int
    kind: str
    chunks: Callable[[], Iterator[bytes]]


def container(head: bytes) -> str | None:
    """Return what a file whose first `HEAD` bytes are these is: zip, tar, gz, bz2 or xz; None for none of
    them.
    """
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    return compression(head) or ("tar" if _is_tar(head) else None)


def _is_tar(head: bytes) -> bool:
    try:
        tarfile.TarInfo.frombuf(head, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True
