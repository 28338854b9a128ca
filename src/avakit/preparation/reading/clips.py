"""How pictures are read out of clips: short movies in a folder, or in a tar."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from avakit.errors import RootError, UsageError
from avakit.media.movie import Movie, open_movie
from avakit.media.opening import Extent, name_of
from avakit.media.ticks import Ticks
from avakit.transfer.disk import disk_errors

_ADVICE = "Copy both anew, or delete it and run avakit prepare."


class Films(Protocol):
    """Where clips lie."""

    def open(self, name: str, row: int) -> Movie:
        """Return the clip of this name, which shows this row of the record (and more).

        Raises `RootError` or `MediaError` where it is gone or damaged.
        """


class FolderFilms:
    """One file a clip."""

    def __init__(self, path: Path) -> None:
        """Name the folder."""
        self._path = path

    def open(self, name: str, row: int) -> Movie:
        """Return the clip of this name."""
        path = self._path / name
        if not path.is_file():
            raise RootError(f"{path} is gone", "Run avakit prepare: it makes it again.")
        return open_movie(path)


class TarFilms:
    """One member of a tar a clip, read where it lies. `offsets`, `sizes`: of each row's bytes in the tar."""

    def __init__(self, path: Path, offsets: Ticks, sizes: Ticks) -> None:
        """Name the tar."""
        self._path = path
        self._offsets = offsets
        self._sizes = sizes

    def open(self, name: str, row: int) -> Movie:
        """Return the clip of a row."""
        start, size = int(self._offsets[row]), int(self._sizes[row])
        if not self._path.is_file():
            raise RootError(f"{self._path} is gone", "Run avakit prepare: it makes it again.")
        with disk_errors(self._path):
            length = self._path.stat().st_size
        if start < 0 or size < 1 or start + size > length:
            raise RootError(
                f"{self._path} has no {size} bytes at {start}, where its record says that {name} lies",
                _ADVICE,
            )
        return open_movie(self._path, extent=Extent(start, start + size))


class Clips:
    """Pictures in short movies. `names`: the movie of each row; the rows of a movie that are `there` are its
    pictures, in their order.
    """

    def __init__(self, films: Films, names: npt.NDArray[np.bytes_], there: npt.NDArray[np.bool_]) -> None:
        """Read from these movies."""
        self._films = films
        self._movies, self._which = np.unique(names, return_inverse=True)
        self._which[~there] = -1
        self._counts = np.bincount(self._which[there], minlength=len(self._movies))
        # Sorted by movie, the rows of each follow one another, from where those before it end.
        order = np.argsort(self._which[there], kind="stable")
        self._places = np.full(len(names), -1)
        starts = np.cumsum(self._counts) - self._counts
        self._places[np.flatnonzero(there)[order]] = np.arange(len(order)) - np.repeat(starts, self._counts)

    def rgb(self, rows: Sequence[int]) -> npt.NDArray[np.uint8]:
        """Return the pictures of rows, in this order; each movie is decoded once."""
        wanted = np.asarray(rows, dtype=np.int64)
        found: dict[int, npt.NDArray[np.uint8]] = {}
        for movie in np.unique(self._which[wanted]):
            found.update(self._of_movie(int(movie), np.unique(wanted[self._which[wanted] == movie])))
        if len({picture.shape for picture in found.values()}) > 1:
            raise UsageError("These pictures are not all of one size", "Ask for them one by one.")
        return np.stack([found[row] for row in rows]) if found else np.empty((0, 0, 0, 3), np.uint8)

    def close(self) -> None:
        """Do nothing: nothing stays open."""

    def _of_movie(self, movie: int, rows: Ticks) -> dict[int, npt.NDArray[np.uint8]]:
        count = int(self._counts[movie])
        opened = self._films.open(self._movies[movie].decode(), int(rows[0]))
        if len(opened.timeline) != count:
            name = name_of(opened.path, opened.extent)
            raise RootError(f"{name} has {len(opened.timeline)} pictures, and its record {count}", _ADVICE)
        row_of = {int(place): row for place, row in zip(self._places[rows], rows.tolist(), strict=True)}
        with closing(opened.at_indices(list(row_of))) as pictures:
            return {row_of[index]: picture.rgb for index, picture in pictures}
