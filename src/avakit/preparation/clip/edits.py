"""The edit lists of an mp4 (ISO/IEC 14496-12, 8.6.6): where a clip ends, to the tick.

FFmpeg writes where a track begins, and lets it end with its last packet. Packets that only others lean on may
come after a clip's end; the edit list says that they are not shown.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

_HEADER = struct.Struct(">I4s")
_LONG = struct.Struct(">Q")


@dataclass(frozen=True)
class _Box:
    """A box: its kind, and where its content begins and ends in the bytes that hold it."""

    kind: bytes
    start: int
    stop: int


def is_whole(path: Path) -> bool:
    """Return whether a file is an mp4 whose boxes fill it, the index last: FFmpeg writes that at the end."""
    size, at, kind = path.stat().st_size, 0, b""
    with path.open("rb") as file:
        while at < size:
            file.seek(at)
            head = file.read(16)
            if len(head) < 8:
                return False
            length, kind = _HEADER.unpack_from(head)
            if length == 1 and len(head) == 16:
                (length,) = _LONG.unpack_from(head, 8)
            if length < 8:
                return False
            at += length
    return at == size and kind == b"moov"


def end_at(path: Path, seconds: Fraction) -> None:
    """Let every track of an mp4 that FFmpeg wrote end so many seconds after the file's begin, if not before.

    Raises ValueError where the file is another than it should be.
    """
    with path.open("rb+") as file:
        place, moov = _moov(file)
        scale = _timescale(moov)
        limit = int(seconds * scale)
        tracks = [box for box in _boxes(moov, _all(moov)) if box.kind == b"trak"]
        lengths = [_end_track(moov, track, limit) for track in tracks]
        _set_duration(moov, _only(moov, _all(moov), b"mvhd"), 16, max(lengths))
        file.seek(place)
        file.write(moov)


def _end_track(moov: bytearray, track: _Box, limit: int) -> int:
    """Shorten a track's edits to `limit` in all, in the movie's ticks; return how long it is then."""
    edits = _only(moov, _only(moov, track, b"edts"), b"elst")
    entry = struct.Struct(">QqI" if moov[edits.start] else ">IiI")
    (count,) = struct.unpack_from(">I", moov, edits.start + 4)
    spent = 0
    for k in range(count):
        at = edits.start + 8 + k * entry.size
        length, begin, rate = entry.unpack_from(moov, at)
        length = min(length, limit - spent)
        entry.pack_into(moov, at, length, begin, rate)
        spent += length
    _set_duration(moov, _only(moov, track, b"tkhd"), 20, spent)
    return spent


def _set_duration(moov: bytearray, box: _Box, at: int, ticks: int) -> None:
    """Write a duration into a header, which lies `at` bytes from its begin where times have four bytes."""
    if moov[box.start]:
        struct.pack_into(">Q", moov, box.start + at + 8, ticks)
    else:
        struct.pack_into(">I", moov, box.start + at, ticks)


def _timescale(moov: bytearray) -> int:
    header = _only(moov, _all(moov), b"mvhd")
    (scale,) = struct.unpack_from(">I", moov, header.start + (20 if moov[header.start] else 12))
    return int(scale)


def _moov(file: BinaryIO) -> tuple[int, bytearray]:
    """Return where the content of the index begins in a file, and the content."""
    at = 0
    while True:
        file.seek(at)
        head = file.read(16)
        if len(head) < 8:
            raise ValueError("an mp4 has an index")
        length, kind = _HEADER.unpack_from(head)
        if length == 1:
            (length,) = _LONG.unpack_from(head, 8)
        if kind == b"moov":
            file.seek(at + 8)
            return at + 8, bytearray(file.read(length - 8))
        at += max(length, 8)


def _all(moov: bytearray) -> _Box:
    return _Box(b"moov", 0, len(moov))


def _only(moov: bytearray, outer: _Box, kind: bytes) -> _Box:
    for box in _boxes(moov, outer):
        if box.kind == kind:
            return box
    raise ValueError(f"no {kind.decode()} in {outer.kind.decode()}")


def _boxes(moov: bytearray, outer: _Box) -> Iterator[_Box]:
    at = outer.start
    while at + 8 <= outer.stop:
        length, kind = _HEADER.unpack_from(moov, at)
        if length < 8 or at + length > outer.stop:
            raise ValueError("a box is as long as it says")
        yield _Box(kind, at + 8, at + length)
        at += length
