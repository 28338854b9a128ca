"""One movie opened for cutting: the two streams that are kept, and the seek to where a window begins."""

from __future__ import annotations  # PyAV's packets are generic for the type checker only

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from pathlib import Path
from typing import TypeAlias

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.stream import Discard
from av.stream import Stream as AvStream
from av.video.stream import VideoStream

from avakit.errors import DamagedMovie, NotAMovie
from avakit.media.opening import DECODER, FORMATS, av_open, open_container
from avakit.media.origin import ORIGIN_TAG, earliest_start, origin_of, tolerance_of
from avakit.media.streams import picture_stream
from avakit.windows.sparse import Sparse

Stream = VideoStream | AudioStream
AnyPacket: TypeAlias = "Packet[VideoStream] | Packet[AudioStream] | Packet[AvStream]"

# Enough for a stream's first packets; FFmpeg's own limit (5 MB) costs a slow connection many requests.
_PROBE = str(1 << 20)
_MOST_STEPS_BACK = 64
_LAST_TICK = 1 << 62
_ELSEWHERE = "Give another --source for it."


@dataclass(frozen=True)
class Sync:
    """Where a window begins: the seek that leads there (ticks of the picture stream) and the sync picture
    found.

    `pts` and `dts` are in ticks; dts is the pts where the container does not say it.
    """

    seek: int
    pts: int
    dts: int


@dataclass(frozen=True)
class Piece:
    """What a file is of its movie.

    `begins`: the second of the movie at which it begins, unless it says so itself. `apart`: pictures and
    sound are files of their own, and the clock of both is the movie's. `sound`: it is that sound.
    """

    begins: Fraction = Fraction(0)
    apart: bool = False
    sound: bool = False


ALL = Piece()
"""A file that is the movie."""


class Movie:
    """A movie opened for cutting. All its streams but `lead` (the pictures, or the sound of a file that is
    the sound alone) and the default `sound` are passed over.
    """

    def __init__(self, source: Sparse | Path, name: str, piece: Piece = ALL) -> None:
        """Open a file that is a `piece` of its movie. Raises `NotAMovie`, `NoPictures`, `DamagedMovie`."""
        self.name = name
        self.file = source if isinstance(source, Sparse) else None
        self.container = _open(source, name)
        self.lead: Stream
        self.sound: AudioStream | None = None
        if piece.sound:
            self.lead = _sound_stream(self.container, name)
        else:
            self.lead = picture_stream(self.container, name)
            sound = self.container.streams.best("audio", related=self.lead)
            self.sound = sound if isinstance(sound, AudioStream) and not piece.apart else None
        kept = [stream.index for stream in self.streams]
        for stream in self.container.streams:
            if stream.index not in kept:
                stream.discard = Discard.all
        tagged = any(key.upper() == ORIGIN_TAG for key in self.container.metadata)
        clock = Fraction(0) if piece.apart and not tagged else origin_of(self.container, name)
        self.origin = clock + (0 if tagged else piece.begins)
        self.tolerance = tolerance_of(self.container, time_base(self.lead), name)

    @property
    def hole(self) -> int | None:
        """The first missing place that FFmpeg met, in bytes of the file; None where nothing was missing."""
        return self.file.hole if self.file else None

    @property
    def streams(self) -> list[Stream]:
        """The leading stream, and the sound beside it if there is one."""
        return [self.lead] if self.sound is None else [self.lead, self.sound]

    @property
    def formats(self) -> set[str]:
        """FFmpeg's names for the container's format."""
        return set(self.container.format.name.split(","))

    def ticks(self, stream: Stream, seconds: Fraction, *, up: bool = False) -> int:
        """Return a time of the movie in ticks of a stream, rounded down, or `up`; beyond all that a file can
        count, the last that it can.
        """
        ticks = (seconds - self.origin) / time_base(stream)
        return max(-_LAST_TICK, min(ceil(ticks) if up else floor(ticks), _LAST_TICK))

    def seconds(self, stream: Stream, ticks: int) -> Fraction:
        """Return the time in the movie of a stream's ticks."""
        return ticks * time_base(stream) + self.origin

    def seek_sync(self, start: Fraction) -> Sync | None:
        """Seek to the last sync picture at or before `start` (seconds), or to the movie's first.

        FFmpeg's own seek can land a group early or on a sync picture after the target, so it is repeated
        further back until it holds. Returns None where a hole was met or the movie has no sync picture.
        """
        target = self.ticks(self.lead, start)
        first = floor(earliest_start(self.container.streams) / time_base(self.lead))
        for _ in range(_MOST_STEPS_BACK):
            found = self._land(target)
            if found is None:
                return None
            if found.pts <= self.ticks(self.lead, start) or target <= first:
                return self._settled(found)
            target = max(first, min(target, found.dts) - 1)
        return None

    def seek(self, ticks: int) -> None:
        """Repeat a seek that `seek_sync` has found."""
        try:
            self.container.seek(ticks, stream=self.lead, backward=True)
        except av.FFmpegError as error:
            if self.hole is None:
                raise DamagedMovie(
                    f"{self.name} cannot be searched by time ({error.strerror})", _ELSEWHERE
                ) from error

    def close(self) -> None:
        """Close the movie."""
        self.container.close()

    def demux(self, *streams: Stream) -> Iterator[AnyPacket]:
        """Yield the packets of streams from where the movie stands, until its end or a hole.

        Raises `DamagedMovie` where it cannot be read on.
        """
        try:
            for packet in self.container.demux(*streams):
                if self.hole is not None:
                    return
                if packet.size:
                    yield packet
        except av.FFmpegError as error:
            if self.hole is None:
                raise DamagedMovie(f"{self.name} cannot be read on ({error.strerror})", _ELSEWHERE) from error

    def _settled(self, found: Sync) -> Sync | None:
        """Seek once more: a fragmented mp4 knows more of itself after the first time, and lands nearer."""
        again = self._land(found.seek)
        return again if again is None or again == found else self._settled(again)

    def _land(self, target: int) -> Sync | None:
        """Seek to a target and return the first sync picture that comes."""
        self.seek(target)
        for packet in self.demux(self.lead):
            if packet.is_keyframe and packet.pts is not None:
                return Sync(target, packet.pts, packet.pts if packet.dts is None else packet.dts)
        return None


def _sound_stream(container: InputContainer, name: str) -> AudioStream:
    """Return the stream of a file that is the sound of a movie. Raises `DamagedMovie` if there is none."""
    sound = container.streams.best("audio")
    if not isinstance(sound, AudioStream) or sound.codec_context is None:
        raise DamagedMovie(f"{name} has no sound that can be read", _ELSEWHERE)
    return sound


def time_base(stream: Stream) -> Fraction:
    """Return a stream's seconds a tick."""
    if stream.time_base is None:
        raise ValueError("a stream of a container has a time base")
    return Fraction(stream.time_base)


def decode_ticks(packet: AnyPacket) -> int | None:
    """Return a packet's dts in ticks, or its pts where there is no dts."""
    return packet.dts if packet.dts is not None else packet.pts


def _open(source: Sparse | Path, name: str) -> InputContainer:
    """Open a file or a file object with FFmpeg."""
    if isinstance(source, Path):
        return open_container(source)
    try:
        return av_open(
            source,
            "r",
            buffer_size=1 << 16,
            options=DECODER,
            container_options={"format_whitelist": FORMATS, "probesize": _PROBE},
        )
    except av.FFmpegError as error:
        raise NotAMovie(f"{name} cannot be read as a movie ({error.strerror})", _ELSEWHERE) from error
