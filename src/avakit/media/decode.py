"""Decoding runs of packets, matched by time stamp and never by counting."""

from __future__ import annotations  # PyAV's packets are generic for the type checker only

from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path

import av.error
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.stream import Discard
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from avakit.media.harm import Harm
from avakit.media.index import NO_DTS, PacketIndex
from avakit.media.opening import DECODER, Extent, name_of, open_container
from avakit.media.references import References
from avakit.media.runs import Run
from avakit.media.streams import picture_stream
from avakit.media.ticks import distinct

Damaged = Callable[[int, str], None]
"""Called with the time stamp (ticks) of what could not be decoded, and what the decoder said of it."""

# Pictures that no other refers to need not be decoded unless wanted. In H.264 that is exact. HEVC's kind may
# be referred to by higher layers, and the decoders of the others gain nothing by it.
_SKIPPING = frozenset({"h264"})

_PER_REFERENCE = 4  # packets for each that others refer to, where there are many others


def decode_runs(
    path: Path, index: PacketIndex, runs: list[Run], damaged: Damaged, extent: Extent | None = None
) -> Generator[tuple[int, VideoFrame]]:
    """Yield (time stamp, frame) of the wanted pictures of each run, ascending within a run.

    `extent`: where in the file the movie lies, if it is not all of it. What cannot be decoded, and what
    refers to that, is told to `damaged`, and is passed over unless that raises. Closing the iterator closes
    the file. One thread: whoever wants more decodes several parts.
    """
    container = open_container(path, extent)
    try:
        stream = picture_stream(container, name_of(path, extent))
        stream.codec_context.thread_count = 1
        stream.codec_context.options = DECODER
        for other in container.streams:
            if other.index != stream.index:
                other.discard = Discard.all
        order = distinct(index.pts)
        for i, planned in enumerate(runs):
            run, packets = _begun(container, stream, index, planned, seek=i > 0 or planned.start > 0)
            harm = Harm(stream.codec_context, index, run, order)
            yield from _run(packets, stream.codec_context, index, run, harm, damaged)
    finally:
        container.close()


def _run(
    packets: Iterator[Packet[VideoStream]],
    context: VideoCodecContext,
    index: PacketIndex,
    run: Run,
    harm: Harm,
    damaged: Damaged,
) -> Generator[tuple[int, VideoFrame]]:
    missing = set(run.wanted)
    at, last, more = run.wanted[0], int(index.pts[run.stop]), True
    skips, skipped = context.name in _SKIPPING, None
    while missing and more:
        try:
            packet = next(packets, None)
            if packet is not None:
                at = at if packet.pts is None else packet.pts
                harm.pass_by(packet, at)
                if skips and skipped != (unwanted := at not in missing):
                    skipped, context.skip_frame = unwanted, "NONREF" if unwanted else "DEFAULT"
            frames = context.decode(packet)
            if packet is None or at == last:
                more = False
                frames += [] if packet is None else context.decode(None)
        except av.error.FFmpegError as error:
            harm.spread(at)
            if at in missing:
                missing.remove(at)
                damaged(at, error.strerror or type(error).__name__)
            continue
        for frame in frames:
            pts = frame.pts
            if frame.is_corrupt and pts is not None:
                harm.spread(pts)
            if pts in missing:
                missing.remove(pts)
                if frame.is_corrupt:
                    damaged(pts, "the decoder had to guess parts of it")
                elif pts in harm.hurt:
                    damaged(pts, "what it refers to is missing or damaged")
                else:
                    yield pts, frame
    for pts in sorted(missing):
        damaged(pts, "the decoder gave no picture")


def _begun(
    container: InputContainer, stream: VideoStream, index: PacketIndex, run: Run, *, seek: bool
) -> tuple[Run, Iterator[Packet[VideoStream]]]:
    """Return a run and its packets, from so much earlier that its first picture is right.

    A movie without whole sync pictures (intra refresh, as of cameras and live streams) is right only some
    pictures after where decoding begins; the decoder gives none before.
    """
    packets = _packets(container, stream, index, run.start, seek=seek)
    if run.start == 0 or stream.codec_context.name != "h264":
        return run, packets
    first = next(packets, None)
    if first is None:
        return run, packets
    count = References(stream.codec_context.extradata or b"").recovers_after(memoryview(first))
    if not count:
        return run, chain((first,), packets)
    syncs = np.flatnonzero(index.sync[: max(0, run.start - _PER_REFERENCE * count) + 1])
    run = replace(run, start=int(syncs[-1]) if len(syncs) else 0)
    return run, _packets(container, stream, index, run.start, seek=True)


def _packets(
    container: InputContainer, stream: VideoStream, index: PacketIndex, start: int, *, seek: bool
) -> Iterator[Packet[VideoStream]]:
    """Yield the packets of the stream from position `start` of the index on."""
    if not seek:
        yield from (packet for packet in container.demux(stream) if packet.size)
        return
    for offset in _offsets(index, start):
        try:
            container.seek(offset, stream=stream)
        except av.error.FFmpegError:
            continue
        packets = (packet for packet in container.demux(stream) if packet.size)
        first = _reach(packets, index, start)
        if first is not None:
            yield first
            yield from packets
            return


def _reach(
    packets: Iterator[Packet[VideoStream]], index: PacketIndex, start: int
) -> Packet[VideoStream] | None:
    """Return the packet at position `start`, or None if a seek led behind it.

    FFmpeg seeks by decoding time or by bytes, so it may land behind: what counts is what packets come.
    """
    wanted, sync, before = int(index.pts[start]), bool(index.sync[start]), index.pts[:start]
    for packet in packets:
        if packet.pts == wanted and packet.is_keyframe == sync:
            return packet
        if packet.pts is not None and not (before == packet.pts).any():
            return None
    return None


def _offsets(index: PacketIndex, start: int) -> list[int]:
    """Return what to seek to, one after the other, until it leads to `start` or before."""
    earlier = [int(ticks) for ticks in index.pts[:start][index.sync[:start]][-1:]]
    known = [int(ticks) for ticks in index.dts[[start, 0]] if ticks != NO_DTS]
    return [int(index.pts[start]), *known[:1], *earlier, int(index.pts.min()), *known[1:]]
