"""The ledger of a root: every video asked for, every attempt, every product. One writer, readers at any
time."""

import os
import shutil
import sqlite3
import tempfile
import threading
import time
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from avakit.dataset import cells, schema
from avakit.dataset.cells import Cell
from avakit.dataset.rows import AttemptRow, ProductRow, VideoRow
from avakit.errors import DiskFull, RootBusy, RootError

_PATIENCE = 30.0  # seconds to wait for another connection's transaction


class Ledger:
    """The database of a root, opened by `Ledger.write` or `Ledger.read`.

    What is written is on disk when the method returns. May be used from several threads, and by a forked
    child. Every method raises `RootError` if the file is damaged, `DiskFull` if there is no room.
    """

    def __init__(self, path: Path, writes: bool) -> None:
        """Open the ledger at `path`; use `write` or `read`."""
        self.path = path
        self._writes = writes
        self._lock = threading.RLock()
        self._copy: tempfile.TemporaryDirectory[str] | None = None
        try:
            with self._sentences():
                self._connection = self._connect()
        except BaseException:
            self._drop_copy()
            raise
        self._process = os.getpid()

    @classmethod
    def write(cls, path: Path) -> Self:
        """Open a ledger to write, making it or bringing it up to date. Only who holds the root's lock may."""
        return cls(path, writes=True)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Open a ledger to read, at any time, on read-only media too. Raises `RootError` if there is none."""
        if not path.is_file():
            raise RootError(f"There is no ledger at {path}", "Begin the data set with avakit get.")
        return cls(path, writes=False)

    def close(self) -> None:
        """Close the file. The ledger cannot be used any more."""
        with self._sentences():
            self._connection.close()
        self._drop_copy()

    def __enter__(self) -> Self:
        """Return the ledger itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self.close()

    # Videos

    def ask(self, videos: Iterable[tuple[str, str]]) -> None:
        """Note that videos, pairs of id and split, were asked for. What is known of one already stays."""
        now = time.time()
        with self._transaction() as connection:
            connection.executemany(
                "INSERT INTO videos (id, split, state, bytes, at) VALUES (?, ?, 'asked', 0, ?) "
                "ON CONFLICT (id) DO UPDATE SET split = excluded.split",
                [(video, split, now) for video, split in videos],
            )

    def put(self, row: VideoRow, attempt: AttemptRow | None = None) -> None:
        """Write what is known of a video now, and the attempt that showed it, both or neither.

        A row whose `at` is 0 gets the present time.
        """
        values = cells.of_video(row, time.time())
        tried = None if attempt is None else cells.of_attempt(attempt)
        with self._transaction() as connection:
            connection.execute(_insertion("REPLACE INTO videos", cells.VIDEO), values)
            if tried is not None:
                connection.execute(_insertion("INSERT INTO attempts", cells.ATTEMPT), tried)

    def attempted(self, attempt: AttemptRow) -> None:
        """Write an attempt that changed nothing about its video."""
        tried = cells.of_attempt(attempt)
        with self._transaction() as connection:
            connection.execute(_insertion("INSERT INTO attempts", cells.ATTEMPT), tried)

    def video(self, video: str) -> VideoRow | None:
        """Return what is known of a video, None if it was never asked for."""
        rows = self._rows(cells.VIDEO, "videos WHERE id = ?", (video,))
        with self._understood():
            return cells.video(rows[0]) if rows else None

    def videos(self) -> dict[str, VideoRow]:
        """Return what is known of every video that was asked for, by id, sorted."""
        rows = self._rows(cells.VIDEO, "videos ORDER BY id")
        with self._understood():
            return {row.id: row for row in map(cells.video, rows)}

    def attempts(self, video: str | None = None) -> list[AttemptRow]:
        """Return all attempts (on one video), in the order they were made."""
        where, values = ("", ()) if video is None else (" WHERE video = ?", (video,))
        rows = self._rows(cells.ATTEMPT, f"attempts{where} ORDER BY number", values)
        with self._understood():
            return [cells.attempt(row) for row in rows]

    # Products

    def put_product(self, row: ProductRow) -> None:
        """Write what is known of a product now. A row whose `at` is 0 gets the present time."""
        values = cells.of_product(row, time.time())
        with self._transaction() as connection:
            connection.execute(_insertion("REPLACE INTO products", cells.PRODUCT), values)

    def drop_product(self, video: str, product: str) -> None:
        """Forget a product, as before its files are deleted."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM products WHERE video = ? AND product = ?", (video, product))

    def product(self, video: str, product: str) -> ProductRow | None:
        """Return what is known of a product of a video, None if it was never made."""
        rows = self._rows(cells.PRODUCT, "products WHERE video = ? AND product = ?", (video, product))
        with self._understood():
            return cells.product(rows[0]) if rows else None

    def products(self, product: str | None = None) -> list[ProductRow]:
        """Return all products (of one name), sorted by video and name."""
        where, values = ("", ()) if product is None else (" WHERE product = ?", (product,))
        rows = self._rows(cells.PRODUCT, f"products{where} ORDER BY video, product", values)
        with self._understood():
            return [cells.product(row) for row in rows]

    # The file

    def _connect(self) -> sqlite3.Connection:
        connection = self._opened()
        weakref.finalize(self, connection.close)  # nobody closes in a notebook, and Python 3.13 warns of it
        return connection

    def _opened(self) -> sqlite3.Connection:
        if self._writes:
            return _prepared(_open(self.path, "rwc"), self.path, writes=True)
        try:
            return _prepared(_open(self.path, "ro"), self.path, writes=False)
        except sqlite3.OperationalError:
            # On read-only media: what SQLite needs beside the file cannot be made there. A copy is small.
            return _prepared(_open(self._copied(), "rw"), self.path, writes=False)

    def _copied(self) -> Path:
        self._copy = tempfile.TemporaryDirectory(prefix="avakit-", ignore_cleanup_errors=True)
        for path in (self.path, self.path.with_name(f"{self.path.name}-wal")):
            try:
                shutil.copyfile(path, Path(self._copy.name) / path.name)
            except FileNotFoundError:
                continue
            except OSError as error:
                raise RootError(f"{path} cannot be read: {error.strerror}", "Check its rights.") from error
        return Path(self._copy.name) / self.path.name

    def _drop_copy(self) -> None:
        if self._copy is not None:
            self._copy.cleanup()

    def _here(self) -> sqlite3.Connection:
        if os.getpid() != self._process:  # SQLite's connections do not survive a fork
            self._connection, self._process = self._connect(), os.getpid()
        return self._connection

    def _rows(self, columns: str, source: str, values: tuple[Cell, ...] = ()) -> list[tuple[Cell, ...]]:
        query = " ".join(("SELECT", columns, "FROM", source))
        with self._lock, self._sentences():
            return self._here().execute(query, values).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._sentences():
            connection = self._here()
            connection.execute("BEGIN IMMEDIATE")
            with connection:
                yield connection

    @contextmanager
    def _sentences(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
            raise  # a bug of the caller
        except sqlite3.Error as error:
            raise _sentence(self.path, error) from error

    @contextmanager
    def _understood(self) -> Iterator[None]:
        try:
            yield
        except ValueError as error:
            raise _damaged(self.path, str(error)) from error


def _open(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=_PATIENCE,
        isolation_level=None,
        check_same_thread=False,
    )


def _prepared(connection: sqlite3.Connection, path: Path, writes: bool) -> sqlite3.Connection:
    name = f"The ledger {path}"
    try:
        if writes:
            connection.execute("PRAGMA journal_mode = WAL").fetchone()
            connection.execute("PRAGMA synchronous = FULL")
            schema.migrate(connection, name)
        elif schema.check(connection, name) < schema.VERSION:
            raise RootError(
                f"{name} was written by an older avakit", "Run avakit get: it brings it up to date."
            )
    except BaseException:
        connection.close()
        raise
    return connection


def _sentence(path: Path, error: sqlite3.Error) -> DiskFull | RootError:
    code = getattr(error, "sqlite_errorcode", None)
    code = None if code is None else code & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return DiskFull(f"There is no room to write the ledger {path}", "Make room, then run the same again.")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return RootBusy(f"Another program holds the ledger {path}", "Close it, then run the same again.")
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return RootError(f"The ledger {path} cannot be opened: {error}", "Check the rights of its folder.")
    if code == sqlite3.SQLITE_IOERR:
        return RootError(f"The ledger {path} cannot be read or written: {error}", "Check the disk.")
    return _damaged(path, str(error))


def _damaged(path: Path, reason: str) -> RootError:
    return RootError(
        f"The ledger {path} is damaged: {reason}",
        "Move it out of the way and run avakit get again; the movies beside it are not touched.",
    )


def _insertion(into: str, columns: str) -> str:
    return f"{into} ({columns}) VALUES ({', '.join('?' * (columns.count(',') + 1))})"
