"""The boxes of an mp4 (ISO/IEC 14496-12, 4.2): where each begins and ends, as far as its bytes say."""

import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

Read = Callable[[int, int], bytes]
"""Returns the bytes of a file from a place on, up to so many: fewer or none where they are not here."""

LARGEST_INDEX = 64 << 20
"""More bytes than the packet index (moov) of a movie has: where it is longer, it is not read."""

_MOST_BOXES = 4096


@dataclass(frozen=True)
class Box:
    """A box: its kind (`moov`, `trak`, …), where it begins, where its content begins, where it ends."""

    kind: bytes
    start: int
    content: int
    stop: int


@contextmanager
def reading(path: Path) -> Iterator[Read]:
    """Give what reads a file on this machine, until the end of the block. Raises `OSError`."""
    with path.open("rb", buffering=0) as file:

        def read(start: int, count: int) -> bytes:
            file.seek(start)
            return file.read(count)

        yield read


def boxes(data: bytes, start: int = 0, stop: int | None = None) -> tuple[Box, ...] | None:
    """Return the boxes that lie one behind the other from `start` to `stop` of `data`.

    None where they do not fill it exactly.
    """
    place, end = start, len(data) if stop is None else stop
    found: list[Box] = []
    while place < end and len(found) < _MOST_BOXES:
        box = _box(data[place : place + 16], place, end)
        if box is None or box.stop > end:
            return None
        found.append(box)
        place = box.stop
    return tuple(found) if place == end else None


def movie_box(read: Read, size: int) -> bytes | None:
    """Return the content of the first `moov` at the top level of a file of `size` bytes.

    None where there is none, it is not here as a whole, it is longer than `LARGEST_INDEX`, or fragments
    (`moof`) come before it.
    """
    place = 0
    for _ in range(_MOST_BOXES):
        box = _box(read(place, 16), place, size)
        if box is None or box.stop > size or box.kind == b"moof":
            return None
        if box.kind == b"moov":
            return _all_of(read, box.content, box.stop) if box.stop - box.content <= LARGEST_INDEX else None
        place = box.stop
    return None


def made(kind: bytes, *content: bytes) -> bytes:
    """Return a box of a kind. Raises `struct.error` if it is longer than 4 GiB."""
    length = 8 + sum(map(len, content))
    return b"".join((struct.pack(">I4s", length, kind), *content))


def _all_of(read: Read, start: int, stop: int) -> bytes | None:
    parts = []
    while start < stop:
        part = read(start, stop - start)
        if not part:
            return None
        parts.append(part)
        start += len(part)
    return b"".join(parts)


def _box(header: bytes, start: int, end: int) -> Box | None:
    """Return the box that a header begins, or None where it is damaged."""
    if len(header) < 8:
        return None
    length, kind = struct.unpack_from(">I4s", header)
    content = start + 8
    if length == 1:
        if len(header) < 16:
            return None
        (length,) = struct.unpack_from(">Q", header, 8)
        content = start + 16
    elif length == 0:
        length = end - start
    return Box(kind, start, content, start + length) if start + length >= content else None
