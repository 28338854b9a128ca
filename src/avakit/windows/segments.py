"""The segment index (`sidx`) of a fragmented mp4: which bytes hold which seconds (ISO/IEC
14496-12, 8.16.3).
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from avakit.transfer.ranges import Span

LARGEST = 1 << 20
"""More bytes than the longest segment index can have: it counts its segments in 16 bits."""


@dataclass(frozen=True)
class Segment:
    """A part of the file: bytes from `first` to `last` (not included), seconds from `start` to `end`.

    The seconds are on the file's own clock. `sync`: it begins where decoding can begin.
    """

    first: int
    last: int
    start: Fraction
    end: Fraction
    sync: bool


@dataclass(frozen=True)
class Index:
    """One segment index. `levels`: it leads to further indexes, and not to segments alone."""

    segments: tuple[Segment, ...]
    levels: bool


def read_index(box: bytes, stop: int) -> Index | None:
    """Return what a `sidx` box says that ends at byte `stop` of its file, or None where it is damaged."""
    try:
        version, _, timescale = struct.unpack_from(">B3xII", box, 8)
        begins, skipped = struct.unpack_from(">QQ" if version else ">II", box, 20)
        table = 36 if version else 28
        (count,) = struct.unpack_from(">2xH", box, table)
        rows = [struct.unpack_from(">III", box, table + 4 + 12 * row) for row in range(count)]
    except struct.error:
        return None
    if not timescale or not rows:
        return None
    segments: list[Segment] = []
    place, ticks = stop + skipped, begins
    for size, duration, sync in rows:
        length = size & 0x7FFFFFFF
        start, end = Fraction(ticks, timescale), Fraction(ticks + duration, timescale)
        segments.append(Segment(place, place + length, start, end, bool(sync >> 31)))
        place, ticks = place + length, ticks + duration
    return Index(tuple(segments), any(size >> 31 for size, _, _ in rows))


def spans(segments: Sequence[Segment], start: Fraction, end: Fraction) -> list[Span]:
    """Return the bytes of the segments that hold `start` to `end`, from the last one on that can be decoded
    by itself. None where there are no segments, the last one where they end before `start`.
    """
    first = max((at for at, one in enumerate(segments) if one.start <= start), default=0)
    while first > 0 and not segments[first].sync:
        first -= 1
    return [(one.first, one.last) for one in segments[first:] if one.start <= end]
