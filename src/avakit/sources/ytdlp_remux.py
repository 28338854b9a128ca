"""Segments of a play list, made one mp4 as they come. A process of its own, for they are a stranger's bytes:
`python -m avakit.sources.ytdlp_remux SECONDS`, which reads standard input and writes standard output.

MPEG-TS knows no beginning of a movie: its clock starts anywhere, and sound begins before the pictures where
its codec was primed. So the first picture is taken for the movie's beginning, and a tag says where it lies.
That it is the first, and no segment before it was lost, is seen by how long they all are.
"""

from __future__ import annotations  # PyAV's packets are generic for the type checker only

import sys
from collections.abc import Iterator
from fractions import Fraction
from typing import TypeAlias

import av
from av.audio.stream import AudioStream
from av.bitstream import BitStreamFilterContext
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream as AvStream
from av.video.stream import VideoStream

from avakit.media.opening import DECODER, FORMATS, av_open
from avakit.media.origin import ORIGIN_TAG

Stream = VideoStream | AudioStream
AnyPacket: TypeAlias = "Packet[VideoStream] | Packet[AudioStream] | Packet[AvStream]"

_WIDEST_GAP = Fraction(10)
_MOST_BEFORE = 5000
_SLACK = 2
_FRAGMENTS = "frag_keyframe+delay_moov+default_base_moof+use_metadata_tags"


class UnfitError(Exception):
    """The segments cannot be one movie."""


def remux(source: str, target: str, seconds: float) -> None:
    """Write pictures and first sound of `source` to `target` as an mp4 in fragments, packets in their order;
    both are files of FFmpeg's, such as `pipe:0`, and `seconds` is how long the pictures are said to be.

    The first picture stands at the beginning of the file's clock, and a tag says so. Raises `UnfitError`,
    and FFmpeg's own errors.
    """
    limits = {"format_whitelist": FORMATS, "protocol_whitelist": "file,pipe"}
    with av_open(source, mode="r", options=DECODER, container_options=limits) as found:
        streams = _streams(found)
        options = {
            "movflags": _FRAGMENTS,
            "fflags": "+bitexact",
            "avoid_negative_ts": "disabled",
            "use_editlist": "1",
        }
        with av.open(target, "w", format="mp4", container_options=options) as made:
            made.metadata[ORIGIN_TAG] = "0/1"
            copies = {}
            for stream in streams:
                copies[stream.index] = made.add_stream_from_template(stream, opaque=True)
                copies[stream.index].time_base = stream.time_base
            end = Fraction(0)
            filters = {one.index: _filter(found, one) for one in streams}
            for packet in _moved(_timed(found, streams)):
                if packet.stream.type == "video":
                    end = max(end, (packet.pts or 0) * packet.time_base)
                index, filtered = packet.stream.index, filters[packet.stream.index]
                for one in [packet] if filtered is None else filtered.filter(packet):
                    one.stream = copies[index]
                    made.mux_one(one)
            if abs(end - Fraction(seconds)) > _SLACK:
                raise UnfitError(f"they show {float(end):.1f} s where their list names {seconds:.1f} s")


def _filter(found: InputContainer, stream: Stream) -> BitStreamFilterContext | None:
    """Return what an mp4 asks for of a stream's packets: AAC without the headers that a transport has."""
    if "mpegts" not in found.format.name or stream.codec_context.name != "aac":
        return None
    return BitStreamFilterContext("aac_adtstoasc", stream)


def _streams(found: InputContainer) -> list[Stream]:
    if not found.streams.video:
        raise UnfitError("they hold no pictures")
    pictures = found.streams.video[0]
    sound = found.streams.best("audio", related=pictures)
    return [pictures, sound] if isinstance(sound, AudioStream) else [pictures]


def _timed(found: InputContainer, streams: list[Stream]) -> Iterator[AnyPacket]:
    """Yield the packets. A jump of the clock is no movie's: what comes after it would be at a wrong time."""
    last: dict[int, Fraction] = {}
    for packet in _dated(found, streams):
        index, now = packet.stream.index, (packet.dts or 0) * packet.time_base
        if not 0 <= now - last.get(index, now) <= _WIDEST_GAP:
            raise UnfitError(f"their clock jumps from {float(last[index]):.3f} to {float(now):.3f} s")
        last[index] = now
        yield packet


def _dated(found: InputContainer, streams: list[Stream]) -> Iterator[AnyPacket]:
    """Yield the packets, each with its times.

    Of AAC, FFmpeg does not say the time of packets that came before it knew the rate: each is 1024 samples
    after the one before.
    """
    following: int | None = None
    for packet in found.demux(*streams):
        if not packet.size:
            continue
        stream = packet.stream
        if isinstance(stream, AudioStream) and stream.codec_context.name == "aac":
            if packet.pts is None and following is None:
                continue
            packet.pts = packet.dts = following if packet.pts is None else packet.pts
            following = (packet.pts or 0) + round(Fraction(1024, stream.rate) / packet.time_base)
        if packet.pts is None or packet.dts is None:
            raise UnfitError("they hold packets without a time")
        yield packet


def _moved(packets: Iterator[AnyPacket]) -> Iterator[AnyPacket]:
    """Move all packets in time, so that the first picture stands at 0."""
    waiting: list[AnyPacket] = []
    by: Fraction | None = None
    for packet in packets:
        waiting.append(packet)
        if by is None and packet.stream.type == "video":
            by = -(packet.pts or 0) * packet.time_base
        if len(waiting) > _MOST_BEFORE:
            raise UnfitError("no picture comes among their first packets")
        if by is None:
            continue
        for one in waiting:
            ticks = round(by / one.time_base)
            one.pts, one.dts = (one.pts or 0) + ticks, (one.dts or 0) + ticks
            yield one
        waiting = []
    if by is None:
        raise UnfitError("they hold no pictures")


def main() -> int:
    """Remux standard input to standard output; what is wrong is a line of standard error, and status 1."""
    try:
        remux("pipe:0", "pipe:1", float(sys.argv[1]))
    except UnfitError as error:
        sys.stderr.write(str(error))
    except av.FFmpegError as error:
        sys.stderr.write(error.strerror or "they are no movie")
    else:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
