"""The store `tar`: the files of a product as one shard, read at random by its index and in a row by
WebDataset."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tarfile import BLOCKSIZE, PAX_FORMAT, RECORDSIZE, TarInfo
from typing import BinaryIO

import numpy as np

from avakit.errors import RootError
from avakit.media.ticks import Ticks
from avakit.transfer.disk import disk_errors, sync_folder
from avakit.transfer.positional import PositionalFile

_PART = 1 << 20  # bytes of a file in memory at once
_LARGEST = 1 << 30  # bytes of a member that is read
_SHORT = 100  # bytes of a name that stand in a plain header
_PLAIN = 8**11  # bytes of content from which on a plain header cannot tell them


def member_name(file: str) -> str:
    """Return what a file is called in a tar: its last suffix is the only dot left in it.

    WebDataset takes all before the first dot for the sample's key, so that `kitchen.morning_0902.jpg` and
    `kitchen.evening_0902.jpg` would be one sample, `kitchen`.

    >>> member_name("kitchen.morning_0902.500000.jpg")
    'kitchen_morning_0902_500000.jpg'
    """
    stem, dot, suffix = file.rpartition(".")
    return stem.replace(".", "_") + dot + suffix


def pack(folder: Path, names: Sequence[str], out: Path) -> tuple[Ticks, Ticks]:
    """Write files of a folder into one tar, all or nothing, in this order, by their `member_name`.

    Returns offset and size, in bytes, of each file's content in `out`. The same files give the same bytes:
    POSIX headers without time, owner and rights. Files that are links of each other are members in full,
    since WebDataset passes over members that are links. Raises `DiskFull`, `RootError`; ValueError if two
    members would have one name.
    """
    members = [member_name(name) for name in names]
    if len(set(members)) < len(members):
        raise ValueError(f"two files of {folder} would be one member of a tar")
    offsets, sizes = (np.zeros(len(names), dtype=np.int64) for _ in range(2))
    with _whole_or_nothing(out) as tar:
        for i, (name, member) in enumerate(zip(names, members, strict=True)):
            offsets[i], sizes[i] = _add(tar, folder / name, member)
        tar.write(bytes(2 * BLOCKSIZE))
        tar.write(bytes(-tar.tell() % RECORDSIZE))
    return offsets, sizes


class TarPictures:
    """Members of a tar, read at random; opened when first read. Can be pickled, and used after a fork."""

    def __init__(self, path: Path) -> None:
        """Name the tar; nothing is touched yet."""
        self.path = path
        self._file: PositionalFile | None = None

    def __reduce__(self) -> tuple[type["TarPictures"], tuple[Path]]:
        """Travel to another process as the file's name."""
        return TarPictures, (self.path,)

    def read(self, offset: int, size: int) -> bytes:
        """Return the content of the member whose bytes begin at `offset`.

        Raises `RootError` if the tar is absent, cannot be read, or does not reach so far.
        """
        with disk_errors(self.path):
            self._file = self._file or PositionalFile(self.path, writable=False)
            if offset < 0 or not 0 <= size <= _LARGEST:
                raise self._damaged(offset, size)
            data = self._file.read(offset, size)
        if len(data) < size:
            raise self._damaged(offset, size)
        return data

    def close(self) -> None:
        """Close the file; it opens again when it is read."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def __del__(self) -> None:
        """Close the file: a number alone holds it."""
        self.close()

    def _damaged(self, offset: int, size: int) -> RootError:
        return RootError(
            f"{self.path} has no {size} bytes at {offset}, where its record says that a picture lies",
            "Copy it anew, or delete it and run avakit prepare.",
        )


@contextmanager
def _whole_or_nothing(out: Path) -> Iterator[BinaryIO]:
    temporary = out.with_name(f".{out.name}.part")
    with disk_errors(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("wb", buffering=_PART) as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(out)
            sync_folder(out.parent)
        finally:
            temporary.unlink(missing_ok=True)


def _add(tar: BinaryIO, path: Path, member: str) -> tuple[int, int]:
    """Append a file as a member; return offset and size of its content."""
    with path.open("rb", buffering=0) as file:
        size = left = os.fstat(file.fileno()).st_size
        tar.write(_header(member, size))
        offset = tar.tell()
        while left and (part := file.read(min(left, _PART))):
            tar.write(part)
            left -= len(part)
    if left:
        raise RootError(f"{path} became shorter while it was packed", "Run avakit prepare again.")
    tar.write(bytes(-size % BLOCKSIZE))
    return offset, size


def _header(name: str, size: int) -> bytes:
    """Return the member's header: plain POSIX, with one in front of it where the name is too long for that.

    The plain one is filled in by hand: tarfile takes longer for it than the disk for the picture.
    """
    if len(name) > _SHORT or not name.isascii() or size >= _PLAIN:
        return _made(name, size)
    header = bytearray(_EMPTY)
    header[: len(name)] = name.encode()
    header[124:135] = b"%011o" % size
    header[148:156] = b"        "
    header[148:155] = b"%06o\0" % sum(header)
    return bytes(header)


def _made(name: str, size: int) -> bytes:
    info = TarInfo(name)
    info.size = size
    return info.tobuf(PAX_FORMAT)


_EMPTY = _made("", 0)
