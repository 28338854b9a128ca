"""Pictures of a product, read back by number or second, whichever store they lie in."""

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from avakit.dataset.ava import Dataset
from avakit.dataset.products import RECORD, beside
from avakit.errors import GapError, RootError, UsageError
from avakit.media.ticks import Ticks
from avakit.media.timeline import LONGEST_HOLD
from avakit.preparation.reading.clips import Clips, FolderFilms, TarFilms
from avakit.preparation.reading.stores import Folder, Jpegs, Pixels, Recoded, Shard, Store
from avakit.preparation.store.parquet import read_record
from avakit.preparation.store.record import NONE, Marks, Record, Seconds
from avakit.releases.model import SAFE_ID, check_id

Places = Sequence[int] | npt.NDArray[np.integer]

_SLACK = 1e-6  # seconds by which a float may differ from the second that is meant
_OF_PICTURES = ("frames", "keyframes")  # whose files show whole pictures, so that repeats are the same


def open_pictures(dataset: Dataset | str | os.PathLike[str], product: str, video: str) -> "Pictures":
    """Return the pictures of one product of one video, to be read.

    `dataset`: an open one, or its folder; a copy of the folder `<product>/` in another one is enough. Nothing
    is read before it is asked for. Raises `RootError` if the product is not there, `UsageError` if there can
    be no such product or video.
    """
    root = dataset.root.path if isinstance(dataset, Dataset) else Path(dataset).absolute()
    check_id(video, SAFE_ID)
    if not re.fullmatch("[a-z]{1,20}", product):
        raise UsageError(f"There is no product {product[:40]!a}", "Name one, such as frames or keyframes.")
    if product == "audio":
        raise UsageError("audio has no pictures", f"It lies in {root / product}.")
    place = root / product / video
    if not beside(place, RECORD).is_file():
        raise RootError(
            f"There are no {product} of {video} in {root}", f"avakit prepare {product} makes them."
        )
    return Pictures(place)


@dataclass(frozen=True, eq=False)
class _Index:
    """What is kept of a record, in few bytes: other processes that are forked off share it."""

    numbers: Ticks
    seconds: Seconds
    there: Marks
    store: Store


class Pictures:
    """The pictures of one product of one video, by row of its record. Made by `open_pictures`.

    May be pickled, and used after a fork: each process opens files of its own. A context manager.
    """

    def __init__(self, place: Path) -> None:
        """Use `open_pictures`. `place`: the product's folder, or its file less the suffix."""
        self._place = place
        self._known: _Index | None = None
        self._process = os.getpid()

    def __reduce__(self) -> tuple[type["Pictures"], tuple[Path]]:
        """Travel to another process as the place."""
        return Pictures, (self._place,)

    def __repr__(self) -> str:
        """Return product and video."""
        return f"Pictures({self.product} of {self.video})"

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.numbers)

    def __enter__(self) -> Self:
        """Return the pictures themselves."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close what is open."""
        self.close()

    @property
    def video(self) -> str:
        """The video's id."""
        return self._place.name

    @property
    def product(self) -> str:
        """The product: frames, keyframes …"""
        return self._place.parent.name

    @property
    def record(self) -> Record:
        """All that is known of each picture; read from disk each time. Raises `RootError`."""
        return read_record(beside(self._place, RECORD))

    @property
    def numbers(self) -> Ticks:
        """The number of each row, as its file bears it: in the grid of frames, or the second of keyframes.
        -1 where seconds have decimals.
        """
        return self._index.numbers

    @property
    def seconds(self) -> Seconds:
        """The movie second that each row shows, float64; of clips the second that the clip lies around."""
        return self._index.seconds

    @property
    def there(self) -> Marks:
        """Whether each row has a picture: `--gaps skip` leaves out what the movie lacks."""
        return self._index.there

    def rgb(self, numbers: Places) -> Pixels:
        """Return pictures by number, in this order, uint8 of shape (len(numbers), height, width, 3).

        Raises what `rows` and `take` raise.
        """
        return self.take(self.rows(numbers))

    def take(self, rows: Places) -> Pixels:
        """Return the pictures of rows, in this order, uint8 of shape (len(rows), height, width, 3).

        Raises `GapError` for a row without a picture, `UsageError` for one that there is not, and where
        pictures are not of one size; `RootError` or `MediaError` for what is gone or damaged.
        """
        return self._index.store.rgb(self._checked(rows))

    def jpeg(self, row: int) -> bytes:
        """Return the JPEG file of a row. Raises what `take` raises, `UsageError` where there are no JPEGs."""
        store = self._index.store
        if not isinstance(store, Jpegs):
            raise UsageError(f"{self.product} of {self.video} are no JPEG files", "Ask for rgb().")
        return store.jpeg(self._checked([row])[0])

    def rows(self, numbers: Places) -> Ticks:
        """Return the row of each number, int64. Raises `UsageError` if there is none, or if there are
        several (the crops of a second): then look for them in `numbers`, and `take` them.
        """
        wanted, known = _whole(numbers), self.numbers
        found = np.searchsorted(known, wanted)
        inside = np.minimum(found, max(len(known) - 1, 0))
        none = known[inside] != wanted if len(known) else np.ones(len(wanted), np.bool_)
        if np.any(none):
            raise UsageError(
                f"{self.product} of {self.video} have no number {wanted[none][0]}", self._numbers_there()
            )
        if np.any(np.searchsorted(known, wanted, side="right") - found > 1):
            raise UsageError(
                f"{self.product} of {self.video} have several pictures of one number",
                "Look for their rows in `numbers`, and take() these.",
            )
        return found.astype(np.int64)

    def rows_at(self, seconds: Iterable[Fraction | float]) -> Ticks:
        """Return for each movie second the row that is on screen: the last one wanted at or before it.

        Raises `UsageError` for a second at which there is none: before the first, and more than a second
        after the last before it.
        """
        wanted = np.fromiter((float(second) for second in seconds), np.float64)
        known = self.seconds
        found = np.searchsorted(known, wanted + _SLACK, side="right") - 1
        late = float(LONGEST_HOLD) + _SLACK
        none = np.ones(len(wanted), np.bool_)
        if len(known):
            none = (found < 0) | ~(wanted - known[found] <= late)  # so that nan is none
        if np.any(none):
            raise UsageError(
                f"{self.product} of {self.video} have nothing at second {wanted[none][0]:.10g}",
                f"They go from {known[0]:.10g} to {known[-1]:.10g}." if len(known) else "They are empty.",
            )
        return found.astype(np.int64)

    def close(self) -> None:
        """Close what is open; it opens again when it is read."""
        if self._known is not None:
            self._known.store.close()

    @property
    def _index(self) -> _Index:
        if self._known is None:
            self._known = _index_of(self._place, self.product, self.record)
        elif self._process != os.getpid():
            # Files that are read by their position cannot be shared with the process that opened them.
            self._known.store.close()
        self._process = os.getpid()
        return self._known

    def _checked(self, rows: Places) -> list[int]:
        wanted = _whole(rows)
        outside = wanted[(wanted < 0) | (wanted >= len(self))]
        if len(outside):
            raise UsageError(
                f"{self.product} of {self.video} have no row {outside[0]}",
                f"There are {len(self)}, counted from 0.",
            )
        lost = wanted[~self.there[wanted]]
        if len(lost):
            raise GapError(
                f"The movie has no picture for {self.product} of {self.video} at second "
                f"{self.seconds[lost[0]]:g}",
                "`there` tells which have one; --gaps repeat_last gives all one.",
            )
        return [int(row) for row in wanted]

    def _numbers_there(self) -> str:
        known = self.numbers[self.numbers != NONE]
        if not len(known):
            return "They are found by second: rows_at()."
        return f"There are {len(known)} from {known.min()} to {known.max()}."


def _whole(values: Places) -> Ticks:
    """Return whole numbers as an array. Raises `UsageError` for what is none, rather than to round it."""
    found = np.asarray(values)
    if found.ndim != 1 or (found.size and found.dtype.kind not in "iu"):
        raise UsageError(f"{str(values)[:40]!a} are no numbers of pictures", "Give a list of whole numbers.")
    return found.astype(np.int64)


def _index_of(place: Path, product: str, record: Record) -> _Index:
    """Decide by the record's columns which store it is: they are there only where it needs them."""
    there = record.picture != NONE
    for at in (record.offset, record.stored):
        if at is not None:
            there &= at != NONE
    names, tar = record.file.astype(np.bytes_), beside(place, ".tar")
    extents = None if record.offset is None or record.size is None else (record.offset, record.size)
    store: Store
    if product == "clips":
        store = Clips(FolderFilms(place) if extents is None else TarFilms(tar, *extents), names, there)
    elif record.stored is not None:
        store = Recoded(beside(place, ".mp4"), record.stored)
    else:
        files = Folder(place, names) if extents is None else Shard(tar, *extents)
        store = Jpegs(files, _same(product, record))
    return _Index(record.number, record.second, there, store)


def _same(product: str, record: Record) -> Ticks:
    """Return for each row a value that rows which show the same have in common."""
    return record.picture if product in _OF_PICTURES else np.arange(len(record))
