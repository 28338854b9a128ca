"""One clip's file: packets of pictures, packets of sound, each at its time."""

from __future__ import annotations  # PyAV's packets are generic for the type checker only

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.packet import Packet
from av.stream import Stream
from av.video.stream import VideoStream

from avakit.errors import UnsupportedMovie
from avakit.preparation.clip.edits import end_at
from avakit.transfer.disk import disk_errors

_LEAST_SCALE = 10_000  # FFmpeg doubles a clock of pictures until it is at least so fine


@dataclass(frozen=True)
class Timed:
    """A packet with its times in ticks of its track, 0 being the clip's begin."""

    data: bytes
    pts: int
    dts: int
    duration: int
    sync: bool


@dataclass(frozen=True, eq=False)
class Track:
    """The packets of a stream in the order of decoding. `like`: what it has to say of itself."""

    like: VideoStream | AudioStream
    time_base: Fraction
    packets: Sequence[Timed]


def write_clip(path: Path, length: Fraction, tracks: Iterable[Track]) -> int:
    """Write a clip of so many seconds, all or nothing; return its bytes.

    `tracks`: the pictures first. The same tracks give the same bytes. Raises `DiskFull`, `RootError`;
    `UnsupportedMovie` where an mp4 cannot hold them.
    """
    temporary = path.with_name(f".{path.name}.part")
    with disk_errors(path):
        try:
            _mux(temporary, tuple(tracks))
            end_at(temporary, length)
            size = temporary.stat().st_size
            temporary.replace(path)
        except av.FFmpegError as error:
            if isinstance(error, OSError | MemoryError):
                raise
            raise UnsupportedMovie(
                f"The packets of {path.name} cannot be stored ({error.strerror})", "Leave --copy out."
            ) from error
        finally:
            temporary.unlink(missing_ok=True)
    return size


def scale_of(time_base: Fraction) -> int:
    """Return the ticks a second in which FFmpeg writes a track of pictures."""
    scale = time_base.denominator
    while scale < _LEAST_SCALE:
        scale *= 2
    return scale


def _mux(path: Path, tracks: tuple[Track, ...]) -> None:
    options = {
        "fflags": "+bitexact",
        "avoid_negative_ts": "disabled",
        "use_editlist": "1",
        "movie_timescale": str(scale_of(tracks[0].time_base)),
    }
    with av.open(f"file:{path}", "w", format="mp4", container_options=options) as out:
        copies = []
        for track in tracks:
            copy = out.add_stream_from_template(track.like, opaque=True)
            copy.time_base = track.time_base
            copies.append(copy)
        for track, copy in zip(reversed(tracks), reversed(copies), strict=True):
            for timed in track.packets:
                out.mux_one(_packet(timed, track, copy))


def _packet(timed: Timed, track: Track, stream: Stream) -> Packet[Stream]:
    packet = Packet(timed.data)
    packet.pts, packet.dts, packet.duration = timed.pts, timed.dts, timed.duration
    packet.time_base, packet.is_keyframe = track.time_base, timed.sync
    packet.stream = stream
    return packet
