"""The sound of a movie as samples, each at its second: by time stamps, never by counting from the start.

Where the movie has no sound there is silence. More channels are mixed down, and rates changed, by
libswresample as it does unless told otherwise: the mean of both channels of a stereo sound.
"""

from __future__ import annotations  # PyAV's packets are generic for the type checker only

from collections.abc import Callable, Generator, Iterator
from fractions import Fraction
from itertools import chain
from math import ceil
from pathlib import Path

import av.error
import numpy as np
import numpy.typing as npt
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.stream import Discard

from avakit.errors import GapError, UnsupportedMovie
from avakit.media.opening import open_container
from avakit.media.origin import is_attached, origin_of
from avakit.media.resampling import Decoded, Placed, Samples, resampled
from avakit.media.streams import picture_stream

Span = tuple[Fraction, Fraction]
"""Begin and end, in seconds of the movie."""

Quiet = Callable[[Fraction, Fraction], None]
"""Called with begin and end (movie seconds) of a stretch where the movie has no sound."""

EDGE = Fraction(1, 10)
"""How long a silence at the begin or the end of a span may be without being told, in seconds."""

PREROLL = Fraction(1, 2)
"""How many seconds before its begin a span is decoded: a codec's first samples lean on those before."""

_BLOCK = 1 << 16


def sound_stream(container: InputContainer, name: str) -> AudioStream:
    """Return the default sound of a movie: the one that FFmpeg calls the best beside its pictures.

    `name` is what to call the file in a message. Raises `GapError` if it has no sound, `UnsupportedMovie` if
    this build cannot decode it or its pictures.
    """
    moving = any(not is_attached(stream) for stream in container.streams.video)
    related = picture_stream(container, name) if moving else None
    stream = container.streams.best("audio", related=related)
    if not isinstance(stream, AudioStream):
        raise GapError(f"{name} has no sound", "Leave audio out, or get the movie from another --source.")
    if stream.codec_context is None or stream.time_base is None:
        raise UnsupportedMovie(f"The sound of {name} is in a codec that this build cannot decode")
    return stream


def samples(
    path: Path, span: Span | None, rate: int = 16000, quiet: Quiet | None = None
) -> Generator[npt.NDArray[np.int16]]:
    """Yield the sound of a movie as one channel, in blocks of at most 65,536 samples.

    Sample n, over all blocks, is that of the movie's second span[0] + n / `rate`, to half a sample and what
    the container rounds (Matroska: half a millisecond); there are exactly as many as begin before span[1].
    `span` None: from second 0 until the sound ends. Silence is told to `quiet` where it is in the middle, or
    longer than `EDGE`.

    Raises as `sound_stream`, `NotAMovie`, and `UnsupportedMovie` for what cannot be resampled.
    """
    for block in sound_blocks(path, span, rate, "mono", quiet):
        yield block[:, 0]


def sound_blocks(
    path: Path, span: Span | None, rate: int, layout: str, quiet: Quiet | None = None
) -> Generator[Samples]:
    """Yield the sound of a movie in a layout of channels (`mono`, `stereo`); see `samples`."""
    container = open_container(path)
    try:
        stream = sound_stream(container, str(path))
        for other in container.streams:
            if other.index != stream.index:
                other.discard = Discard.all
        origin = origin_of(container, str(path))
        begin = Fraction(0) if span is None else span[0]
        count = None if span is None else max(0, ceil((span[1] - begin) * rate))
        frames = _frames(container, stream, origin, begin)
        placed = resampled(frames, begin, rate, layout, str(path))
        yield from _filled(placed, count, 1 if layout == "mono" else 2, _Silence(begin, rate, quiet))
    finally:
        container.close()


def packets_from(container: InputContainer, stream: AudioStream, ticks: int) -> Iterator[Packet[AudioStream]]:
    """Yield the packets of a sound from the last one at or before `ticks` that a seek leads to.

    All of them, where seeking does not lead there. Ends where the file cannot be read on.
    """
    for target in (ticks, None):
        packets = _sought(container, stream, target)
        first = next(packets, None)
        if first is None or target is None or (first.pts is not None and first.pts <= ticks):
            break
    if first is not None:
        yield first
        yield from packets


def _sought(
    container: InputContainer, stream: AudioStream, target: int | None
) -> Iterator[Packet[AudioStream]]:
    try:
        if target is None:
            start = stream.start_time or 0
            container.seek(min(start, 0) - (1 << 20), stream=stream, backward=True)
        else:
            container.seek(target, stream=stream, backward=True)
    except av.error.FFmpegError:
        pass  # what has not been read yet comes from the file's start
    try:
        for packet in container.demux(stream):
            if packet.size:
                yield packet
    except av.error.FFmpegError:
        return


def _frames(
    container: InputContainer, stream: AudioStream, origin: Fraction, begin: Fraction
) -> Iterator[Decoded]:
    """Yield what is decoded with its movie second, None where it has no time stamp."""
    base = Fraction(stream.time_base or 1)
    context = stream.codec_context
    context.thread_count = 1
    target = int((begin - origin - PREROLL) / base)
    packets = packets_from(container, stream, target) if target > 0 else _sought(container, stream, None)
    decoded = chain.from_iterable(
        _decoded(context.decode, packet, base, origin) for packet in chain(packets, (None,))
    )
    for place, (second, frame) in enumerate(decoded):
        # After a seek FFmpeg cuts the first frame of Opus as if the stream began there, and rounds that.
        if place > 0 or target <= 0 or second is None or second >= begin:
            yield second, frame


def _decoded(
    decode: Callable[[Packet[AudioStream] | None], list[AudioFrame]],
    packet: Packet[AudioStream] | None,
    base: Fraction,
    origin: Fraction,
) -> Iterator[Decoded]:
    try:
        frames = decode(packet)
    except av.error.FFmpegError:
        return  # the time stamps after it say how much is missing
    for frame in frames:
        if frame.samples:
            yield (None if frame.pts is None else frame.pts * base + origin), frame


class _Silence:
    """Tells of stretches without sound, in samples from a span's begin."""

    def __init__(self, begin: Fraction, rate: int, quiet: Quiet | None) -> None:
        self._begin = begin
        self._rate = rate
        self._quiet = quiet

    def told(self, first: int, stop: int, *, edge: bool) -> None:
        """Tell of samples `first` to `stop`, unless it is a short one at an edge."""
        if self._quiet is not None and stop - first > (EDGE * self._rate if edge else 0):
            self._quiet(self._begin + Fraction(first, self._rate), self._begin + Fraction(stop, self._rate))


def _filled(
    placed: Iterator[Placed], count: int | None, channels: int, silence: _Silence
) -> Iterator[Samples]:
    """Yield sound from place 0 to `count` (None: to its end): holes filled, what overlaps cut."""
    at = 0
    for place, block in placed:
        if count is not None and place >= count:
            break
        stop = place + len(block) if count is None else min(place + len(block), count)
        if stop > at:
            if place > at:
                silence.told(at, place, edge=at == 0)
                yield from _zeros(place - at, channels)
                at = place
            yield from _blocks(block[at - place : stop - place])
            at = stop
    if count is not None and at < count:
        silence.told(at, count, edge=True)
        yield from _zeros(count - at, channels)


def _zeros(count: int, channels: int) -> Iterator[Samples]:
    for first in range(0, count, _BLOCK):
        yield np.zeros((min(_BLOCK, count - first), channels), np.int16)


def _blocks(block: Samples) -> Iterator[Samples]:
    for first in range(0, len(block), _BLOCK):
        yield block[first : first + _BLOCK]
