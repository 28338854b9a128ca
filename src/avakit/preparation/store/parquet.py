"""Records as Parquet files, written and read by DuckDB."""

import errno
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt

from avakit.annotations.database import connect, first_line, literal, stoppable
from avakit.errors import RootError
from avakit.media.ticks import Ticks
from avakit.preparation.store.record import NONE, OF_STORES, Record, columns_of
from avakit.transfer.disk import disk_error, disk_errors, sync_folder

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
_EMPTIES = ("number", "picture", *OF_STORES)
_TYPES = {**_COLUMNS, **dict.fromkeys(OF_STORES, "BIGINT")}
_MEMORY = "1GB"


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
        **{name: ticks(name) for name in OF_STORES if name in columns},
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
