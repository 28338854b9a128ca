"""The record of a product: for every picture in it the movie second, time stamp and number in the window."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from avakit.media.moments import Moments
from avakit.media.ticks import Ticks
from avakit.media.timeline import Timeline

Names = npt.NDArray[np.object_]
Seconds = npt.NDArray[np.float64]
Marks = npt.NDArray[np.bool_]

NONE = -1
"""What stands in `number`, `picture`, `offset`, `size` and `stored` where there is none. NULL in the file."""

OF_STORES = ("offset", "size", "stored")
"""The columns that only some stores have."""

# A name may lead into a folder of the product, never out of it.
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,254}(/[A-Za-z0-9_-][A-Za-z0-9_.-]{0,254})?", re.ASCII)


@dataclass(frozen=True, eq=False)
class Record:
    """One row a picture of a product, in the product's order; all arrays are equally long.

    `file`: what shows it, str objects: its name in the store `folder`, whichever store it is; of clips the
    clip's. `number`: the one in that name, int64: in the grid of frames, or the second; `NONE` where seconds
    have decimals. `second`: the movie second that was wanted, float64; `time`: the movie second at which the
    picture comes on screen, float64, nan where there is no picture; `pts`: its time stamp in ticks of the
    window's file, int64, exact (0 where there is no picture); `picture`: its number in the window's file in
    the order of showing, from 0, int64, `NONE` where there is no picture; `lacking`: it is not the right
    picture, or there is none, bool.

    Of some stores, int64 or None: `offset`, `size`: where the file's bytes lie in the tar; `stored`: the
    picture's number in the stored video.
    """

    file: Names
    number: Ticks
    second: Seconds
    time: Seconds
    pts: Ticks
    picture: Ticks
    lacking: Marks
    offset: Ticks | None = None
    size: Ticks | None = None
    stored: Ticks | None = None

    def __post_init__(self) -> None:
        """Raise ValueError if the arrays are not equally long, or a name leads out of the product."""
        lengths = {len(column) for column in columns_of(self).values()}
        if len(lengths) > 1:
            raise ValueError(f"columns of {sorted(lengths)} rows make no table")
        for name in self.file:
            if not isinstance(name, str) or not _NAME.fullmatch(name):
                raise ValueError(f"{str(name)[:40]!a} is no name of a file in a product")

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.file)


def columns_of(record: Record) -> dict[str, npt.NDArray[np.generic]]:
    """Return the columns that a record has, by name, in their order."""
    every = {field.name: getattr(record, field.name) for field in fields(record)}
    return {name: column for name, column in every.items() if column is not None}


def record_of(
    timeline: Timeline,
    files: Iterable[str],
    seconds: Sequence[Fraction | int],
    pictures: Sequence[int] | Ticks,
    lacking: Sequence[bool] | Marks,
    numbers: Sequence[int] | Ticks | None = None,
) -> Record:
    """Return the record of pictures of a movie, one a row.

    `files`: names; `seconds`: the wanted movie seconds; `pictures`: indices in the timeline, `NONE` where
    none; `lacking`: whether it is another picture than the right one, or none; `numbers`: those in the names.
    """
    indices = np.asarray(pictures, dtype=np.int64)
    there = indices != NONE
    pts = np.zeros(len(indices), dtype=np.int64)
    pts[there] = timeline.pts[indices[there]]
    time = np.full(len(indices), np.nan)
    time[there] = _seconds(timeline, pts[there])
    names = np.fromiter(files, dtype=np.object_)
    return Record(
        file=names,
        number=np.full(len(names), NONE) if numbers is None else np.asarray(numbers, dtype=np.int64),
        second=Moments.of(seconds).floats(),
        time=time,
        pts=pts,
        picture=indices,
        lacking=np.asarray(lacking, dtype=np.bool_),
    )


def _seconds(timeline: Timeline, pts: Ticks) -> Seconds:
    """Return movie times as the nearest floats."""
    base, origin = timeline.time_base, timeline.origin
    factor, shift = base.numerator * origin.denominator, origin.numerator * base.denominator
    ticks = [tick * factor + shift for tick in pts.tolist()]
    return Moments(ticks, base.denominator * origin.denominator).floats()
