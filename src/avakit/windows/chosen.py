"""Which samples of an mp4 a window is made of, by its sample tables: the same as packet by packet."""

from __future__ import annotations  # PyAV's packets are generic for the type checker only

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from avakit.media.aligned import Aligned, aligned
from avakit.media.boxes import Read, boxes
from avakit.media.sampletable import Numbers, Samples
from avakit.media.tracks import Track, tracks_of
from avakit.windows.movie import Movie, Sync, time_base
from avakit.windows.span import Window

_LONGEST_BRANDS = 1024
_LAST_TICK = 1 << 62


@dataclass(frozen=True, eq=False)
class Chosen:
    """The samples of one track that a window keeps: where they lie in the source, and their times (ticks of
    the track) in the window's file. `setup`: the name of the codec, and what its decoder is told first.
    """

    track: Track
    setup: tuple[str, bytes]
    samples: Samples
    pts: Numbers
    dts: Numbers


def choose(movie: Movie, read: Read, size: int, sync: Sync, window: Window) -> tuple[Chosen, ...] | None:
    """Return the samples of a window of an mp4 of `size` bytes, a track for each stream that has any.

    They are those that `cut` copies one by one: from the sync picture on, of each stream until the first one
    at or after the window's end. None where the file is not plain: then only FFmpeg knows them.
    """
    tracks = tracks_of(read, size) if _is_plain(read) else None
    if tracks is None:
        return None
    shift = sync.pts * time_base(movie.lead)
    chosen: list[Chosen] = []
    for stream in movie.streams:
        track = tracks.get(stream.id)
        found = aligned(track, stream) if track is not None else None
        if track is None or found is None:
            return None
        begin = movie.ticks(stream, movie.seconds(movie.lead, sync.pts), up=True)
        end = movie.ticks(stream, window.end, up=True)
        last = int(np.searchsorted(found.dts, end, side="left"))
        first = _first(found, sync) if stream is movie.lead else 0
        if first is None or first >= last or (stream.type == "audio" and found.samples.offset.any()):
            return None
        places = first + np.flatnonzero(found.pts[first : last + 1] >= begin)
        if len(places):
            setup = (stream.codec_context.name, stream.codec_context.extradata or b"")
            part, moved = found.samples.part(places), round(shift / time_base(stream))
            if abs(moved) >= _LAST_TICK:
                return None
            chosen.append(Chosen(track, setup, part, found.pts[places] - moved, found.dts[places] - moved))
    return tuple(chosen) if _fit(chosen, size) else None


def _is_plain(read: Read) -> bool:
    """Return whether a file begins as an mp4; in a QuickTime movie the same boxes mean other things."""
    head = read(0, _LONGEST_BRANDS)
    length = int.from_bytes(head[:4], "big")
    found = boxes(head[:length]) if 8 <= length <= len(head) else None
    return bool(found) and head[4:8] == b"ftyp" and b"qt  " not in head[:length]


def _first(found: Aligned, sync: Sync) -> int | None:
    """Return where the sync picture is, None where there is not exactly one such."""
    places = np.flatnonzero((found.pts == sync.pts) & (found.dts == sync.dts) & found.samples.sync)
    return int(places[0]) if len(places) == 1 else None


def _fit(chosen: Sequence[Chosen], size: int) -> bool:
    """Return whether the samples lie behind each other in a file of `size` bytes, as they are decoded, and
    none in another.
    """
    for one in chosen:
        if (np.diff(one.dts) <= 0).any() or one.pts.min() < 0:
            return False
        if (one.samples.pos[1:] < one.samples.pos[:-1] + one.samples.size[:-1]).any():
            return False
    pos = np.concatenate([one.samples.pos for one in chosen] or [np.zeros(0, np.int64)])
    end = pos + np.concatenate([one.samples.size for one in chosen] or [np.zeros(0, np.int64)])
    order = np.argsort(pos, kind="stable")
    apart = (pos[order][1:] >= end[order][:-1]).all()
    return bool(len(pos) and apart and end.max() <= size)


def latest(one: Chosen) -> int:
    """Return when the last picture of a track leaves the screen, in ticks of its file."""
    return int((one.pts + np.maximum(one.samples.duration, 1)).max())
