"""Clips of the source's own packets: from a sync picture on, with an edit list that says what is shown.

The time stamps of an mp4 are ours to set, so the picture on screen at a clip's begin comes at its begin, as
in an encoded clip; what it leans on lies before and is not shown.
"""

from __future__ import annotations  # PyAV's packets are generic for the type checker only

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
from av.stream import Discard
from av.video.stream import VideoStream

from avakit.errors import DamagedMovie, GapError
from avakit.media.index import PacketIndex
from avakit.media.movie import Movie
from avakit.media.opening import open_container
from avakit.media.streams import picture_stream
from avakit.preparation.clip.file import Timed, Track, write_clip
from avakit.preparation.clip.plan import Clip, clock_of, in_ticks
from avakit.preparation.clip.sound import Sounds, sounds_of

HELD = frozenset(["h264", "hevc", "av1", "vp9", "mpeg4", "mpeg2video", "mpeg1video", "mjpeg"])
"""Codecs of pictures that an mp4 can hold."""

FURTHEST = 60
"""Most seconds between a clip's begin and the sync picture that it needs: a copy carries all of them."""


@dataclass(frozen=True)
class Stretch:
    """The packets of a clip: positions in the packet index, both included; the first is a sync picture."""

    clip: Clip
    start: int
    last: int


def stretches_of(movie: Movie, clips: Sequence[Clip]) -> list[Stretch]:
    """Return what has to be copied for each clip, by where it begins."""
    index = movie.index
    positions = _positions(index)
    sync = np.flatnonzero(index.sync)
    found = []
    for clip in clips:
        own = positions[clip.first : clip.stop]
        group = int(np.searchsorted(sync, own[0], side="right")) - 1
        # Pictures shown before a sync picture that is stored before them need the group before.
        while group > 0 and index.pts[sync[group]] > index.pts[own[0]]:
            group -= 1
        found.append(Stretch(clip, int(sync[group]) if group >= 0 else 0, int(own.max())))
    return sorted(found, key=lambda stretch: stretch.start)


def check_copying(movie: Movie, clips: Sequence[Clip]) -> None:
    """Raise `GapError` if clips of a movie cannot be copied exactly, or only with far more than they show."""
    container = open_container(movie.path)
    try:
        codec = picture_stream(container, str(movie.path)).codec_context.codec.canonical_name
    finally:
        container.close()
    if codec not in HELD:
        raise GapError(
            f"Clips of {movie.path.name} cannot be copied: an mp4 cannot hold {codec}, and no other "
            "file can say where a clip begins",
            "Leave --copy out.",
        )
    index, base = movie.index, movie.timeline.time_base
    for stretch in stretches_of(movie, clips):
        ahead = int(movie.timeline.pts[stretch.clip.first] - index.pts[stretch.start]) * base
        if ahead > FURTHEST:
            raise GapError(
                f"A copy of {stretch.clip.file_name} would need {float(ahead):.0f} s of the movie before it",
                "Leave --copy out.",
            )


def copy_clips(movie: Movie, clips: Sequence[Clip], folder: Path) -> None:
    """Write clips into a folder, each whole or not at all, in one pass over the movie.

    Raises `DamagedMovie` where its packets are no longer those that its index names; `UnsupportedMovie`,
    `DiskFull`, `RootError`.
    """
    stretches = stretches_of(movie, clips)
    if not stretches:
        return
    sounds = sounds_of(movie.path, min(clip.begin for clip in clips))
    container = open_container(movie.path)
    try:
        stream = picture_stream(container, str(movie.path))
        for other in container.streams:
            if other.index != stream.index:
                other.discard = Discard.all
        data = (bytes(packet) for packet in container.demux(stream) if packet.size)
        for stretch, packets in _gathered(data, stretches, movie):
            _write(movie, stretch, packets, stream, sounds, folder)
    finally:
        container.close()
        if sounds is not None:
            sounds.close()


def _gathered(
    data: Iterator[bytes], stretches: Sequence[Stretch], movie: Movie
) -> Iterator[tuple[Stretch, list[bytes]]]:
    """Yield each stretch with the bytes of its packets; only what a later one may need is kept."""
    kept: deque[bytes] = deque()
    first = stop = 0  # positions of what is kept
    for stretch in stretches:
        while stop <= stretch.last:
            packet = next(data, None)
            if packet is None or len(packet) != movie.index.size[stop]:
                raise DamagedMovie(f"{movie.path} has changed while it was read", "Run again.")
            kept.append(packet)
            stop += 1
            if stop <= stretch.start:
                kept.popleft()
                first += 1
        while first < stretch.start:
            kept.popleft()
            first += 1
        yield stretch, [kept[place - first] for place in range(stretch.start, stretch.last + 1)]


def _write(
    movie: Movie,
    stretch: Stretch,
    packets: Sequence[bytes],
    stream: VideoStream,
    sounds: Sounds | None,
    folder: Path,
) -> None:
    clip = stretch.clip
    clock = clock_of(clip, movie.timeline)
    tracks = [Track(stream, clock, timed_of(movie, stretch, packets, clock))]
    heard = sounds.of(clip.begin, clip.end) if sounds is not None else None
    write_clip(folder / clip.file_name, clip.end - clip.begin, [*tracks, *([heard] if heard else [])])


def timed_of(movie: Movie, stretch: Stretch, packets: Sequence[bytes], clock: Fraction) -> list[Timed]:
    """Return a clip's packets with their times: what is not shown lies before 0, or at the end and after."""
    clip, index, timeline = stretch.clip, movie.index, movie.timeline
    own = slice(stretch.start, stretch.last + 1)
    pts, sync = index.pts[own], index.sync[own]
    first, after = int(timeline.pts[clip.first]), _after(movie, clip)
    starts, end = round(clip.starts / clock), round((clip.end - clip.begin) / clock)
    exactly = in_ticks(timeline.time_base, timeline.origin - clip.begin, clock)

    def tick(stamp: int) -> int:
        exact = exactly(stamp)
        if stamp == first:
            return starts
        if stamp < first:
            return min(exact, starts - 1)
        return exact if after is None or stamp < after else max(exact, end)

    # Pictures that are shown before the first sync picture need what was left behind.
    kept = [k for k, stamp in enumerate(pts.tolist()) if stamp >= pts[0]]
    ticks = [tick(int(pts[k])) for k in kept]
    return [
        Timed(packets[k], at, dts, lasts, sync=bool(sync[k]))
        for k, at, (dts, lasts) in zip(kept, ticks, _decoding(ticks, end), strict=True)
    ]


def _decoding(ticks: Sequence[int], end: int) -> list[tuple[int, int]]:
    """Return when each packet is decoded and how long its picture lasts, by the pictures' times.

    Decoding times rise, and none is after its picture's.
    """
    order = sorted(range(len(ticks)), key=ticks.__getitem__)
    ranks = {place: rank for rank, place in enumerate(order)}
    shown = sorted(ticks)
    depth = max(place - ranks[place] for place in range(len(ticks)))
    rising = [*range(shown[0] - depth, shown[0]), *shown]
    lasts = [after - at for at, after in pairwise(shown)] + [max(end - shown[-1], 1)]
    return [(rising[place], lasts[ranks[place]]) for place in range(len(ticks))]


def _after(movie: Movie, clip: Clip) -> int | None:
    """Return the time stamp of the first picture that a clip does not show any more."""
    return int(movie.timeline.pts[clip.stop]) if clip.stop < len(movie.timeline) else None


def _positions(index: PacketIndex) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Return where the packet of each picture of the timeline is."""
    shown = np.flatnonzero(index.shown)
    _, firsts = np.unique(index.pts[shown], return_index=True)
    found: np.ndarray[tuple[int], np.dtype[np.intp]] = shown[firsts]
    return found
