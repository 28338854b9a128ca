"""Acceptance: a movie or a window counts only if it shows its annotated seconds, whole and decodable."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from avakit.errors import DamagedMovie
from avakit.media.index import PacketIndex
from avakit.media.movie import Movie, open_movie
from avakit.media.opening import open_container
from avakit.media.streams import picture_stream
from avakit.media.timeline import Ticks
from avakit.proof.units import unit_test

_ELSEWHERE = "Give another --source for it."
_SAMPLES = 48


@dataclass(frozen=True)
class Accepted:
    """What a movie on disk shows.

    `pictures`: how many; `first`, `end`: when the first comes and the last goes, in seconds of the movie;
    `origin`: what its time stamps lack of the movie's time, in seconds; `lacking`: the annotated seconds that
    have no picture; `short`: they lack because the movie ends before them.
    """

    pictures: int
    first: Fraction
    end: Fraction
    origin: Fraction
    lacking: tuple[int, ...]
    short: bool


def accept(path: Path, seconds: Sequence[int], deep: bool) -> Accepted:
    """Look whether a movie shows the annotated `seconds`, whether its packets are whole, and whether it
    decodes.

    Every packet is read; of the pictures the ones that decoding begins with are decoded (at most 48, evenly
    spread) and the last annotated one, or all with `deep`. Raises `MediaError` for what is no movie or
    damaged.
    """
    movie = open_movie(path)
    lacking = tuple(s for s, gap in zip(seconds, movie.timeline.gaps(seconds), strict=True) if gap)
    _check_packets(path, movie.index)
    wanted = np.arange(len(movie.timeline)) if deep else _samples(movie, seconds)
    with closing(movie.at_indices(wanted)) as pictures:
        decoded = sum(1 for _ in pictures)
    if decoded != len(wanted):
        raise DamagedMovie(f"{path}: only {decoded} of {len(wanted)} pictures can be decoded", _ELSEWHERE)
    timeline = movie.timeline
    return Accepted(
        pictures=len(timeline),
        first=timeline.seconds(0),
        end=timeline.end,
        origin=timeline.origin,
        lacking=lacking,
        short=bool(lacking) and all(s >= timeline.end for s in lacking),
    )


def _check_packets(path: Path, index: PacketIndex) -> None:
    """Raise `DamagedMovie` where the container itself says that a packet is damaged, or its units do not fill
    it.
    """
    if index.corrupt.any():
        raise DamagedMovie(f"{path} has {int(index.corrupt.sum())} damaged packets", _ELSEWHERE)
    container = open_container(path)
    try:
        stream = picture_stream(container, str(path))
        whole = unit_test(stream)
        if whole is None:
            return
        for packet in container.demux(stream):
            if packet.size and not whole(memoryview(packet)):
                second = float((packet.pts or 0) * (stream.time_base or 0))
                raise DamagedMovie(f"{path} has a damaged packet {second:.3f} s into the file", _ELSEWHERE)
    finally:
        container.close()


def _samples(movie: Movie, seconds: Sequence[int]) -> Ticks:
    """Return which pictures to decode: some that decoding can begin with, and the last annotated second's."""
    shown = movie.index.sync & movie.index.shown
    places = np.searchsorted(movie.timeline.pts, np.unique(movie.index.pts[shown]))
    chosen = places[np.linspace(0, len(places) - 1, min(_SAMPLES, len(places))).astype(np.int64)]
    last = movie.timeline.at_many(list(seconds[-1:]))
    return np.unique(np.concatenate([chosen, last]))
