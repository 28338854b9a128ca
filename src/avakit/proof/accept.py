"""Acceptance: a movie or a window counts only if it shows its annotated seconds, whole and decodable."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from avakit.errors import DamagedMovie
from avakit.media.movie import Movie, open_movie
from avakit.media.ticks import Ticks
from avakit.proof.units import unit_test
from avakit.releases.model import Second

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
    lacking: tuple[Second, ...]
    short: bool


def accept(path: Path, seconds: Sequence[Second], deep: bool) -> Accepted:
    """Look whether a movie shows the annotated `seconds`, whether its packets are whole, and whether it
    decodes.

    Every packet is read; of the pictures the ones that decoding begins with are decoded (at most 48, evenly
    spread) and the last annotated one, or all with `deep`. Raises `MediaError` for what is no movie or
    damaged.
    """
    movie = open_movie(path, unit_test)
    if movie.index.corrupt.any():
        bad = movie.index.pts[movie.index.corrupt]
        second = float(int(bad[0]) * movie.timeline.time_base + movie.timeline.origin)
        raise DamagedMovie(f"{path} has {len(bad)} damaged packets, the first at {second:.3f} s", _ELSEWHERE)
    lacking = tuple(s for s, gap in zip(seconds, movie.timeline.gaps(seconds), strict=True) if gap)
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


def _samples(movie: Movie, seconds: Sequence[Second]) -> Ticks:
    """Return which pictures to decode: some that decoding can begin with, and the last annotated second's."""
    shown = movie.index.sync & movie.index.shown
    places = np.searchsorted(movie.timeline.pts, np.unique(movie.index.pts[shown]))
    chosen = places[np.linspace(0, len(places) - 1, min(_SAMPLES, len(places))).astype(np.int64)]
    last = movie.timeline.at_many(list(seconds[-1:]))
    return np.unique(np.concatenate([chosen, last]))
