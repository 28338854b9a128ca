"""Coded pictures, chunk after chunk, become one mp4 whose times are the movie's own."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import av.error
import numpy as np
from av.container import OutputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.stream import VideoStream

from avakit.errors import UnsupportedMovie
from avakit.media.origin import ORIGIN_TAG, TOLERANCE_TAG
from avakit.media.ticks import Ticks
from avakit.media.timeline import Timeline
from avakit.preparation.store.chunk import Chunk, read_chunk
from avakit.preparation.store.coding import Coding, Looks, prepare
from avakit.transfer.disk import disk_errors


def join(
    paths: Sequence[Path], pts: Sequence[Ticks], timeline: Timeline, coding: Coding, looks: Looks, out: Path
) -> None:
    """Write the pictures of chunks into one mp4 with its index first.

    `paths`: the chunks, in their order; `pts`: the time stamps of each, as they are stored there. The first
    picture is at zero, and a tag says where in the movie that is, so that every picture has its exact movie
    time. The same chunks give the same bytes. Raises `DiskFull`, `RootError`, `UnsupportedMovie`.
    """
    every = np.concatenate(list(pts))
    times = _Times(every, timeline)
    with disk_errors(out), _output(out, timeline, int(every.min())) as target:
        stream = target.add_stream(coding.codec)
        if not isinstance(stream, VideoStream):
            raise TypeError(f"{coding.codec} codes no pictures")
        head = prepare(stream.codec_context, coding, looks)
        stream.time_base = times.base
        target.start_encoding()
        for chunk in map(read_chunk, paths):
            if chunk.head != bytes(head.extradata or b""):
                raise UnsupportedMovie(f"The parts of {out.name} were coded by different encoders")
            for packet in times.packets(chunk):
                packet.stream = stream
                target.mux_one(packet)


class _Times:
    """When each packet is decoded and shown, from the first picture on. Packets come in their order."""

    def __init__(self, pts: Ticks, timeline: Timeline) -> None:
        self._factor = timeline.time_base.numerator
        self.base = Fraction(1, timeline.time_base.denominator)
        shown = np.sort(pts)
        ranks = np.searchsorted(shown, pts)
        behind = int((np.arange(len(pts)) - ranks).max())  # pictures that wait for one that is shown before
        ends = np.append(shown[1:], _end(timeline, int(shown[-1])))
        self._lasting = dict(zip(shown.tolist(), (ends - shown).tolist(), strict=True))
        step = int(ends[0] - shown[0])
        before = shown[0] - step * np.arange(behind, 0, -1)
        self._decoded = iter(np.concatenate([before, shown]).tolist())
        self._first = int(shown[0])

    def packets(self, chunk: Chunk) -> "Iterator[Packet[Stream]]":
        """Yield the packets of the next chunk."""
        for data, pts, sync in zip(chunk.packets, chunk.pts.tolist(), chunk.sync.tolist(), strict=True):
            packet = Packet(data)
            packet.pts = (pts - self._first) * self._factor
            packet.dts = (next(self._decoded) - self._first) * self._factor
            packet.duration = self._lasting[pts] * self._factor
            packet.time_base, packet.is_keyframe = self.base, sync
            yield packet


def _end(timeline: Timeline, last: int) -> int:
    """Return when a picture leaves the screen, in ticks."""
    after = int(np.searchsorted(timeline.pts, last, side="right"))
    if after < len(timeline):
        return int(timeline.pts[after])
    return max(last + 1, round((timeline.end - timeline.origin) / timeline.time_base))


@contextmanager
def _output(out: Path, timeline: Timeline, first: int) -> Iterator[OutputContainer]:
    """Open the file: no clock and no chance in it."""
    origin = timeline.origin + first * timeline.time_base
    options = {
        "fflags": "+bitexact",
        "avoid_negative_ts": "disabled",
        "movflags": "use_metadata_tags+faststart",
    }
    try:
        with av.open(f"file:{out}", "w", format="mp4", container_options=options) as target:
            target.metadata[ORIGIN_TAG] = f"{origin.numerator}/{origin.denominator}"
            target.metadata[TOLERANCE_TAG] = (
                f"{timeline.tolerance.numerator}/{timeline.tolerance.denominator}"
            )
            yield target
    except av.error.FFmpegError as error:
        if isinstance(error, OSError | MemoryError):
            raise  # the disk's and the machine's own
        raise UnsupportedMovie(f"{out.name} cannot be written as an mp4 ({error.strerror})") from error
