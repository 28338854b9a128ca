"""One part of a movie, decoded once, for all its products."""

from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass

import numpy as np

from avakit.errors import DamagedMovie
from avakit.media.movie import Movie
from avakit.media.ticks import Ticks, distinct
from avakit.preparation.making import Chore, Written

_LEAST = 100
"""Fewest pictures of the movie that a part spans: it costs an opening of the file, as much as ten of them."""

TOLD = 20
"""Sentences of damage that are kept of a movie."""


@dataclass(frozen=True)
class Passed:
    """What came of a part.

    `lost`: pictures that could not be decoded, ascending; `damage`: what the decoder complained of, at most
    20 sentences.
    """

    lost: tuple[int, ...]
    damage: tuple[str, ...]


def run_piece(movie: Movie, chores: Sequence[Chore], written: Written | None = None) -> Passed:
    """Decode what the chores have to see, once, and hand it to them.

    `written` hears of each picture too, as of no bytes: however long a file takes, it is seen to come on.
    Raises `MediaError`, `DiskFull`, `RootError`.
    """
    written = written or _unheard
    wanted = [chore.pictures for chore in chores]
    every = distinct(*wanted)
    damage: list[str] = []

    def tell(error: DamagedMovie) -> None:
        damage.append(error.what)
        written(0)

    seen: list[int] = []
    with ExitStack() as stack:
        takers = []
        for chore, pictures in zip(chores, wanted, strict=True):
            work = chore.begin(movie, written)
            stack.callback(work.close)
            takers.append((work, frozenset(pictures.tolist())))
        with closing(movie.at_indices(every, tell)) as pictures_passing:
            for index, picture in pictures_passing:
                for work, pictures_of in takers:
                    if index in pictures_of:
                        work.take(index, picture)
                seen.append(index)
                written(0)
        for work, _ in takers:
            work.end()
    return Passed(tuple(sorted(set(every.tolist()).difference(seen))), tuple(damage[:TOLD]))


def pieces(indices: Ticks, sync: Ticks, processes: int) -> list[Ticks]:
    """Split pictures (ascending indices) into parts: each a half of what every process would get of the rest.

    So they get shorter, and the last ones, in whichever process, end at about the same time. The parts begin
    at sync pictures (`sync`: their indices, ascending) where there are such, so that no group has to be
    decoded twice. One process needs no parts.
    """
    cuts: list[int] = []
    at = 0
    while processes > 1 and at < len(indices):
        share = -(-(len(indices) - at) // (2 * processes))
        at = max(at + share, int(np.searchsorted(indices, indices[at] + _LEAST)))
        if at < len(indices):
            after = np.searchsorted(sync, indices[at])
            at = int(np.searchsorted(indices, sync[after])) if after < len(sync) else at
            cuts.append(at)
    return [part for part in np.split(indices, cuts) if len(part)]


def _unheard(size: int) -> None:
    """Hear of no progress."""
