"""The record of a product: for every picture in it the movie second, time stamp and number in the window."""

import errno
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt

from avakit.annotations.database import connect, first_line, literal, stoppable
from avakit.errors import RootError
from avakit.media.timeline import Ticks, Timeline
from avakit.transfer.disk import disk_error, disk_errors, sync_folder

Names = npt.NDArray[np.object_]
Seconds = npt.NDArray[np.float64]
Marks = npt.NDArray[np.bool_]

NONE = -1
"""What stands in `number`, `picture`, `offset`, `size` and `stored` where there is none. NULL in the file."""

MOST_ROWS = 5_000_000
"""No record is longer: what says that it is was not written by avakit."""

_COLUMNS = {
    "file": "VARCHAR",
    "number": "BIGINT",
    "second": "DOUBLE",
    "time": "DOUBLE",
    "pts": "BIGINT",
    "picture": "BIGINT",
    "lacking": "BOOLEAN",
}
_OF_STORES = ("offset", "size", "stored")
_EMPTIES = ("number", "picture", *_OF_STORES)
_TYPES = {**_COLUMNS, **dict.fromkeys(_OF_STORES, "BIGINT")}
# A name may lead into a folder of the product, never out of it.
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,254}(/[A-Za-z0-9_-][A-Za-z0-9_.-]{0,254})?", re.ASCII)
_MEMORY = "1GB"


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
    every = {name: getattr(record, name) for name in _TYPES}
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
        second=np.fromiter((float(second) for second in seconds), np.float64, len(seconds)),
        time=time,
        pts=pts,
        picture=indices,
        lacking=np.asarray(lacking, dtype=np.bool_),
    )


def write_record(path: Path, record: Record, facts: Mapping[str, str]) -> None:
    """Write a record as Parquet, all or nothing; the same record and facts give the same bytes.

    `facts`: what is so of all rows, in the file's metadata: time base, origin, recipe, versions, fingerprint
    of the window; by names in lower_snake. Raises `DiskFull`, `RootError`.
    """
    if wrong := [name for name in facts if not re.fullmatch("[a-z][a-z0-9_]*", name)]:
        raise ValueError(f"{wrong[0]!a} is no name of a fact")
    temporary = path.with_name(f".{path.name}.part")
    known = ", ".join(f"{literal(name)}: {literal(facts[name])}" for name in sorted(facts))
    options = f"FORMAT parquet, COMPRESSION zstd{f', KV_METADATA {{{known}}}' if known else ''}"
    columns = ", ".join(f'"{name}"::{_TYPES[name]} AS "{name}"' for name in columns_of(record))
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with _database() as database, stoppable():
                database.register("record", _with_nulls(record))
                database.execute(f"COPY (SELECT {columns} FROM record) TO {literal(temporary)} ({options})")  # noqa: S608
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
            temporary.replace(path)
            sync_folder(path.parent)
        except duckdb.Error as error:
            # DuckDB keeps the words of the system's error, and not its number.
            full = os.strerror(errno.ENOSPC) in str(error)
            raise disk_error(OSError(errno.ENOSPC if full else errno.EIO, first_line(error)), path) from error
        finally:
            temporary.unlink(missing_ok=True)


def read_record(path: Path) -> Record:
    """Return a record that was written. Raises `RootError` if it is absent, damaged or no record."""
    with _reading(path) as database:
        table = _table(path)
        found = {name: kind for name, kind, *_ in database.execute(f"DESCRIBE FROM {table}").fetchall()}
        if found != {name: kind for name, kind in _TYPES.items() if name in {*_COLUMNS, *found}}:
            raise _damaged(path, "its columns are others")
        (rows,) = database.execute(f"SELECT count(*) FROM {table}").fetchone() or (0,)  # noqa: S608
        if rows > MOST_ROWS:
            raise _damaged(path, f"{rows} rows are too many")
        columns = database.execute(f"SELECT * FROM {table}").fetchnumpy()  # noqa: S608
        try:
            return _record({name: _filled(name, column) for name, column in columns.items()})
        except ValueError as error:
            raise _damaged(path, str(error)) from error


def read_facts(path: Path) -> dict[str, str]:
    """Return what a record says of all its rows. Raises `RootError` if it is absent or damaged."""
    with _reading(path) as database:
        found = database.execute(
            f"SELECT key, value FROM parquet_kv_metadata({literal(_plain(path))})"  # noqa: S608
        ).fetchall()
        try:
            return {key.decode(): value.decode() for key, value in found}
        except UnicodeDecodeError as error:
            raise _damaged(path, "its facts are no text") from error


@contextmanager
def _database() -> Iterator[duckdb.DuckDBPyConnection]:
    with connect() as database:
        database.execute("SET threads = 1")
        database.execute("SET temp_directory = ''")
        database.execute(f"SET memory_limit = '{_MEMORY}'")
        yield database


@contextmanager
def _reading(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    if not path.is_file():
        raise RootError(f"There is no record at {path}", "avakit prepare writes it with the product.")
    try:
        with _database() as database, stoppable():
            yield database
    except (duckdb.Error, MemoryError) as error:
        raise _damaged(path, first_line(error) if isinstance(error, duckdb.Error) else "memory") from error


def _damaged(path: Path, why: str) -> RootError:
    return RootError(
        f"{path} is no record of pictures ({why})", "Delete it with its product, and run avakit prepare."
    )


def _table(path: Path) -> str:
    return f"read_parquet({literal(_plain(path))})"


def _plain(path: Path) -> str:
    """Return a path in which nothing stands for other names: DuckDB takes `*?[` for patterns."""
    return re.sub(r"([*?\[])", r"[\1]", str(path))


def _seconds(timeline: Timeline, pts: Ticks) -> Seconds:
    """Return movie times as the nearest floats: a division of whole numbers is rounded once."""
    base, origin = timeline.time_base, timeline.origin
    divisor = base.denominator * origin.denominator
    factor, shift = base.numerator * origin.denominator, origin.numerator * base.denominator
    return np.fromiter(((tick * factor + shift) / divisor for tick in pts.tolist()), np.float64, len(pts))


def _with_nulls(record: Record) -> dict[str, npt.NDArray[np.generic]]:
    columns = columns_of(record)
    none = record.picture == NONE
    nulls = {name: columns[name] == NONE for name in _EMPTIES if name in columns} | {
        "pts": none,
        "time": none,
    }
    return {
        name: np.ma.masked_array(column, mask=nulls[name]) if name in nulls else column
        for name, column in columns.items()
    }


def _record(columns: Mapping[str, npt.NDArray[np.generic]]) -> Record:
    def ticks(name: str) -> Ticks:
        return columns[name].astype(np.int64)

    return Record(
        file=columns["file"].astype(np.object_),
        number=ticks("number"),
        second=columns["second"].astype(np.float64),
        time=columns["time"].astype(np.float64),
        pts=ticks("pts"),
        picture=ticks("picture"),
        lacking=columns["lacking"].astype(np.bool_),
        **{name: ticks(name) for name in _OF_STORES if name in columns},
    )


def _filled(name: str, column: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    if not isinstance(column, np.ma.MaskedArray):
        return column
    if name in _EMPTIES:
        return np.asarray(column.filled(NONE))
    if name == "pts":
        return np.asarray(column.filled(0))
    if name == "time":
        return np.asarray(column.filled(np.nan))
    if np.any(np.ma.getmaskarray(column)):
        raise ValueError(f"{name} is empty in some rows")
    return np.asarray(column.data)
