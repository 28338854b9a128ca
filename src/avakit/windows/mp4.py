"""Where the packet index of an mp4 lies, and which bytes hold a span of seconds (ISO/IEC 14496-12)."""

from dataclasses import dataclass

import numpy as np
from av.audio.stream import AudioStream
from av.index import IndexEntries
from av.video.stream import VideoStream

from avakit.media.aligned import aligned
from avakit.media.tracks import Track
from avakit.transfer.ranges import GAP, Span
from avakit.windows.content import runs_of
from avakit.windows.sparse import Blocks

_HEADER = 16
_MOST_BOXES = 4096


@dataclass(frozen=True)
class Box:
    """A top-level box: its kind (`moov`, `mdat`, …), where it begins and ends in the file."""

    kind: bytes
    start: int
    stop: int


@dataclass(frozen=True)
class Layout:
    """What the top level of an mp4 says. `missing` is the first place that must be here to say more.

    `segments`: the segment indexes (`sidx`) before the first fragment, if it is in fragments.
    """

    index: Box | None
    fragmented: bool
    missing: int | None
    segments: tuple[Box, ...] = ()


def is_mp4(head: bytes) -> bool:
    """Return whether a file that begins with these bytes is of the mp4 family."""
    return head[4:8] in {b"ftyp", b"styp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot"}


def layout(blocks: Blocks) -> Layout:
    """Hop over the top-level boxes to the packet index (`moov`), reading 16 bytes of each."""
    index, position = None, 0
    segments: tuple[Box, ...] = ()
    for _ in range(_MOST_BOXES):
        if position + 8 > blocks.size:
            return Layout(index, False, None)
        header = blocks.read(position, _HEADER)
        if len(header) < min(_HEADER, blocks.size - position):
            return Layout(index, False, position + len(header))
        box = _box(header, position, blocks.size)
        if box is None:
            return Layout(index, False, None)
        if box.kind == b"moof":
            return Layout(index, True, None, segments)
        if box.kind == b"moov":
            index = box
        elif box.kind == b"sidx":
            segments = (*segments, box)
        elif index is not None and box.kind == b"mdat":
            return Layout(index, False, None)
        position = box.stop
    return Layout(index, False, None)


def packet_spans(
    stream: VideoStream | AudioStream, track: Track | None, begin: int, end: int, before: int, after: int
) -> list[Span]:
    """Return the bytes of a stream's packets with `begin` ≤ dts < `end` (ticks), and of some around them.

    `before` and `after` are numbers of packets. With a plain `track` they are found at once and come joined
    where they lie no more than `GAP` apart, otherwise one by one in FFmpeg's index.
    """
    found = aligned(track, stream) if track is not None else None
    if found is None:
        return _entry_spans(stream.index_entries, begin, end, before, after)
    first = int(np.searchsorted(found.dts, begin, side="right")) - 1
    last = int(np.searchsorted(found.dts, end, side="left"))
    part = found.samples.part(slice(max(0, first - before), last + 1 + after))
    order = np.argsort(part.pos, kind="stable")
    return runs_of(part.pos[order], part.size[order], GAP).spans()


def _entry_spans(entries: IndexEntries, begin: int, end: int, before: int, after: int) -> list[Span]:
    first = entries.search_timestamp(begin, backward=True, any_frame=True)
    last = entries.search_timestamp(end, backward=False, any_frame=True)
    start = max(0, first - before)
    stop = len(entries) if last < 0 else last + 1 + after
    return [(entry.pos, entry.pos + entry.size) for entry in entries[start:stop]]


def _box(header: bytes, position: int, size: int) -> Box | None:
    """Return the box that a header begins, or None where it is damaged."""
    length, kind = int.from_bytes(header[:4], "big"), header[4:8]
    if length == 1:
        length = int.from_bytes(header[8:16], "big")
    elif length == 0:
        length = size - position
    return Box(kind, position, position + length) if length >= 8 else None
