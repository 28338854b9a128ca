"""The sound of clips: the movie's own packets where an mp4 can hold them, AAC where not.

A few packets before a clip's begin go with it, for a codec's first samples lean on those before; the file
says that they are not heard.
"""

from __future__ import annotations  # PyAV's packets are generic for the type checker only

import io
from collections import deque
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor
from pathlib import Path
from typing import NamedTuple, Protocol

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.packet import Packet
from av.stream import Discard

from avakit.errors import GapError, MediaError
from avakit.media.opening import open_container
from avakit.media.origin import origin_of
from avakit.media.sound import packets_from, sound_blocks, sound_stream
from avakit.preparation.clip.file import Timed, Track
from avakit.preparation.clip.plan import in_ticks

COPIED = frozenset(["aac", "mp3", "mp2", "ac3", "eac3", "opus", "flac", "alac"])
"""What an mp4 can hold."""

_LEAN = Fraction(1, 10)
_RATES = (48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000)
_MOST_BYTES = 1 << 28


class Sounds(Protocol):
    """The sound of a movie, for one clip after the other."""

    def of(self, begin: Fraction, end: Fraction) -> Track | None:
        """Return what is heard from `begin` to `end`, in seconds of the movie; both never go back."""

    def close(self) -> None:
        """Close the movie."""


def sounds_of(path: Path, begin: Fraction) -> Sounds | None:
    """Return the sound of a movie for clips from `begin` on; None where it has none that can be had."""
    container = open_container(path)
    try:
        stream = sound_stream(container, str(path))
        codec, rate, channels = stream.codec_context.codec.canonical_name, stream.rate, stream.channels
    except (GapError, MediaError):
        return None
    finally:
        container.close()
    return CopiedSounds(path, begin) if codec in COPIED and rate > 0 else EncodedSounds(path, rate, channels)


class _Heard(NamedTuple):
    """A packet, with its time and duration in ticks."""

    at: int
    duration: int
    data: bytes


class CopiedSounds:
    """The movie's own packets, in one pass over the file."""

    def __init__(self, path: Path, begin: Fraction) -> None:
        """Open a movie that has sound."""
        self._container = open_container(path)
        self._stream = sound_stream(self._container, str(path))
        self._base = Fraction(self._stream.time_base or 1)
        self._origin = origin_of(self._container, str(path))
        for other in self._container.streams:
            if other.index != self._stream.index:
                other.discard = Discard.all
        first = int((begin - self._origin - _LEAN) / self._base)
        packets = packets_from(self._container, self._stream, first)
        self._heard = (_heard(packet) for packet in packets if packet.pts is not None)
        self._kept: deque[_Heard] = deque()
        self._bytes = 0
        self._next: _Heard | None = None

    def of(self, begin: Fraction, end: Fraction) -> Track | None:
        """Return the packets that are heard from `begin` to `end`, and those that these lean on."""
        until = ceil((end - self._origin) / self._base)
        self._read(floor((begin - _LEAN - self._origin) / self._base), until)
        clock = Fraction(1, self._stream.rate)
        place = in_ticks(self._base, self._origin - begin, clock)
        lasting = in_ticks(self._base, Fraction(0), clock)
        timed: list[Timed] = []
        for at, duration, data in self._kept:
            if at >= until:
                break
            pts = place(at)
            if timed and pts <= timed[-1].pts:
                pts = timed[-1].pts + 1
            timed.append(Timed(data, pts, pts, max(lasting(duration), 1), sync=True))
        heard = [one for one in timed if one.pts + one.duration > 0]
        return Track(self._stream, clock, _joined(timed)) if heard else None

    def close(self) -> None:
        """Close the movie."""
        self._container.close()

    def _read(self, since: int, until: int) -> None:
        """Keep the packets that end after `since` and begin before `until` (ticks), at most 256 MB."""
        while self._kept and self._kept[0].at + self._kept[0].duration <= since:
            self._bytes -= len(self._kept.popleft().data)
        while self._bytes < _MOST_BYTES:
            self._next = self._next or next(self._heard, None)
            if self._next is None or self._next.at >= until:
                return
            if self._next.at + self._next.duration > since:
                self._kept.append(self._next)
                self._bytes += len(self._next.data)
            self._next = None


class EncodedSounds:
    """Sound that an mp4 cannot hold, as AAC of one or two channels."""

    def __init__(self, path: Path, rate: int, channels: int) -> None:
        """Prepare for a movie whose sound has so many samples a second, in so many channels."""
        self._path = path
        self._rate = next((known for known in _RATES if known <= rate), _RATES[-1])
        self._layout = "mono" if channels == 1 else "stereo"

    def of(self, begin: Fraction, end: Fraction) -> Track | None:
        """Return what is heard from `begin` to `end`; None where it cannot be decoded."""
        out = av.open(io.BytesIO(), "w", format="mp4")
        stream = out.add_stream("aac", rate=self._rate, layout=self._layout)
        if not isinstance(stream, AudioStream):
            raise TypeError("aac encodes no sound")
        stream.codec_context.flags |= av.codec.context.Flags.bitexact
        out.start_encoding()
        try:
            packets = [packet for frame in self._frames(begin, end) for packet in stream.encode(frame)]
            packets += stream.encode(None)
        except MediaError:
            return None
        timed = [
            Timed(bytes(packet), packet.pts or 0, packet.pts or 0, packet.duration or 1, sync=True)
            for packet in packets
        ]
        return Track(stream, Fraction(1, self._rate), _joined(timed)) if timed else None

    def close(self) -> None:
        """Do nothing: each clip opens the movie for itself."""

    def _frames(self, begin: Fraction, end: Fraction) -> Iterator[AudioFrame]:
        at = 0
        for block in sound_blocks(self._path, (begin, end), self._rate, self._layout):
            packed = np.ascontiguousarray(block).reshape(1, -1)
            frame = AudioFrame.from_ndarray(packed, format="s16", layout=self._layout)
            frame.sample_rate, frame.pts, frame.time_base = self._rate, at, Fraction(1, self._rate)
            at += len(block)
            yield frame


def _heard(packet: Packet[AudioStream]) -> _Heard:
    return _Heard(packet.pts or 0, packet.duration or 0, bytes(packet))


def _joined(timed: list[Timed]) -> list[Timed]:
    """Let each packet last until the next: FFmpeg writes no other durations."""
    lasting = [
        Timed(one.data, one.pts, one.dts, after.pts - one.pts, sync=True) for one, after in pairwise(timed)
    ]
    return lasting + timed[-1:]
