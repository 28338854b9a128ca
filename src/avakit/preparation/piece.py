"""One part of a movie, decoded once, for all its products."""

from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass

import numpy as np

from avakit.errors import DamagedMovie
from avakit.media.movie import Movie
from avakit.media.ticks import Ticks, distinct
from avakit.preparation.making import Chore, Written

_TAPER = 1.5  # 1 would make parts of equal length
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


def pieces(indices: Ticks, sync: Ticks, count: int) -> list[Ticks]:
    """Split pictures (ascending indices) into at most `count` parts, each a bit shorter than the one before.

    So the last ones, in whichever process, end at about the same time. The parts begin at sync pictures
    (`sync`: their indices, ascending) where there are such, so that no group has to be decoded twice.
    """
    cuts = []
    for part in range(1, count):
        share = 1 - (1 - part / count) ** _TAPER
        target = indices[int(len(indices) * share)] if len(indices) else 0
        after = np.searchsorted(sync, target)
        border = sync[after] if after < len(sync) else target
        cuts.append(int(np.searchsorted(indices, border)))
    return [part for part in np.split(indices, sorted(set(cuts))) if len(part)]


def _unheard(size: int) -> None:
    """Hear of no progress."""
