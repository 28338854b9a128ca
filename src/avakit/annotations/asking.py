"""Ask a finished table of labels: counts, one video's labels, and anything else by SQL."""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import duckdb

from avakit.annotations.columns import TABLES
from avakit.annotations.database import connect, first_line, literal, stoppable
from avakit.annotations.refusal import refusal
from avakit.errors import AnnotationError, UsageError

_MOST_MEMORY = 2_000_000_000
_BATCH = 10_000
_BEAT = 0.1

_KEYFRAMES = ("split", "video", "second")
_VIEWS = {
    "actions": {
        "labels": "SELECT * FROM {table} WHERE action_id IS NOT NULL",
        "keyframes": "SELECT DISTINCT split, video, second FROM {table}",
    },
    "speaker": {"labels": "FROM {table}"},
    "speech": {"labels": "FROM {table}"},
}
_COUNTS = {
    "actions": """
        SELECT split, count(DISTINCT video) AS videos, count(*) AS seconds,
            sum(boxes)::BIGINT AS boxes, sum(labels)::BIGINT AS labels
        FROM (
            SELECT split, video, second, count(*) AS boxes, sum(labels) AS labels
            FROM (
                SELECT split, video, second, count(*) AS labels
                FROM labels GROUP BY split, video, second, x1, y1, x2, y2
            ) GROUP BY split, video, second
        ) GROUP BY split ORDER BY split""",
    "speaker": """
        SELECT split, count(DISTINCT video) AS videos, count(*) AS tracks, sum(frames)::BIGINT AS frames
        FROM (SELECT split, video, count(*) AS frames FROM labels GROUP BY split, video, entity_id)
        GROUP BY split ORDER BY split""",
    "speech": """
        SELECT split, count(DISTINCT video) AS videos, count(*) AS rows
        FROM labels GROUP BY split ORDER BY split""",
}

Kept = TypeVar("Kept")


@dataclass(frozen=True)
class Result:
    """What a question gave: the names of its columns, and its rows."""

    columns: tuple[str, ...]
    rows: list[tuple[object, ...]]


@dataclass(frozen=True)
class Stream:
    """What a question gives, some thousand rows at a time: the names of its columns, and its batches."""

    columns: tuple[str, ...]
    batches: Iterator[list[tuple[object, ...]]]


@dataclass(frozen=True)
class Label:
    """One action of one person. The box is in shares of the picture: 0, 0 is its upper left corner."""

    second: float
    x1: float
    y1: float
    x2: float
    y2: float
    action_id: int
    person_id: int | None


class Annotations:
    """A table of labels, opened for reading. Threads may share it.

    `kind`: what its labels are of: actions, speaker or speech.
    """

    def __init__(self, path: Path) -> None:
        """Open annotations.parquet. Raises AnnotationError if it is absent or no such table."""
        self.path = path
        self._lock = threading.Lock()
        self._database, self.kind = _open(path)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns of `labels`; `TABLES` says what they hold."""
        return tuple(TABLES[self.kind])

    @property
    def views(self) -> tuple[str, ...]:
        """The tables that SQL may name: `labels`, and for actions `keyframes`, the empty ones among them."""
        return tuple(_VIEWS[self.kind])

    def sql(self, text: str, parameters: Sequence[object] = ()) -> Result:
        """Return what a SELECT gives; the table is called `labels`, its columns are those of `TABLES`.

        Of actions, `keyframes` has each annotated second of each video once, with or without labels.
        DESCRIBE, SUMMARIZE and FROM alone are SELECTs too. Other statements, files, the network and the
        caller's variables are out of reach. Raises UsageError for SQL that is refused, wrong or too costly,
        AnnotationError if the table itself can no longer be read.
        """
        with self.stream(text, parameters) as found:
            return Result(found.columns, [row for batch in found.batches for row in batch])

    @contextmanager
    def stream(self, text: str, parameters: Sequence[object] = ()) -> Iterator[Stream]:
        """Ask as `sql` does, and give the rows as they are found, so that any number of them fits.

        A context manager: the batches can be read inside it only. Ctrl-C stops a question at work.
        """
        with self._lock:
            cursor = self._database.cursor()
        with cursor, ThreadPoolExecutor(1) as thread:

            def at_work(step: Callable[[], Kept]) -> Kept:
                # DuckDB alone looks too seldom for Ctrl-C.
                with self._refusals():
                    return _awaited(thread.submit(step), cursor)

            at_work(lambda: _ask(cursor, text, parameters))
            columns = tuple(column[0] for column in cursor.description or ())
            yield Stream(columns, iter(lambda: at_work(lambda: cursor.fetchmany(_BATCH)), []))

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        """Make sentences of what goes wrong with a question."""
        try:
            yield
        except (duckdb.Error, ValueError, OverflowError, ImportError, MemoryError) as error:
            self._require_readable()
            tables = {view: self.columns if view == "labels" else _KEYFRAMES for view in self.views}
            raise refusal(error, tables) from error

    def _require_readable(self) -> None:
        """Raise AnnotationError if it is the table that fails, and not the question."""
        try:
            with self._lock:
                self._database.execute("FROM labels LIMIT 1").fetchall()
        except duckdb.Error as error:
            raise _unreadable(self.path, error) from error

    @contextmanager
    def workbench(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a connection in which a counter may make temporary tables of `labels`; gone afterwards.

        For avakit's own SQL: nothing looks what is asked. Raises AnnotationError if the table cannot be read.
        """
        with self._lock:
            cursor = self._database.cursor()
        with cursor:
            try:
                with stoppable():
                    yield cursor
            except duckdb.Error as error:
                raise _unreadable(self.path, error) from error

    def counts(self) -> dict[str, dict[str, int]]:
        """Return the size of each split that has labels, by what is counted in its kind.

        actions: videos, seconds (with labels), boxes (different ones of a second), labels. speaker: videos,
        tracks (of a face), frames (pictures of a face). speech: videos, rows.
        """
        found = self.sql(_COUNTS[self.kind])
        return {
            str(split): {noun: int(str(count)) for noun, count in zip(found.columns[1:], counts, strict=True)}
            for split, *counts in found.rows
        }

    def seconds(self, video: str) -> tuple[float, ...]:
        """Return the annotated seconds of a video, ascending, empty ones too; none for an unknown video."""
        table = "keyframes" if "keyframes" in self.views else "labels"
        second = "start" if self.kind == "speech" else "second"
        found = self.sql(f"SELECT DISTINCT {second} FROM {table} WHERE video = ? ORDER BY ALL", [video])  # noqa: S608
        return tuple(float(str(value)) for (value,) in found.rows)

    def labels(self, video: str) -> tuple[Label, ...]:
        """Return the actions of a video, by second, in the order of their file.

        Raises UsageError where the labels are not of actions.
        """
        if self.kind != "actions":
            raise UsageError(f"{self.path} has labels of {self.kind}, not of actions", "Ask them by SQL.")
        found = self.sql(
            "SELECT second, x1, y1, x2, y2, action_id, person_id FROM labels WHERE video = ?", [video]
        )
        return tuple(sorted((Label(*row) for row in found.rows), key=lambda label: label.second))  # type: ignore[arg-type]

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()


def _ask(cursor: duckdb.DuckDBPyConnection, text: str, parameters: Sequence[object]) -> None:
    text.encode()  # words of a command line may hold what is no text
    statements = cursor.extract_statements(text)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise UsageError("Only a single SELECT can be asked", 'Such as "select count(*) from labels".')
    cursor.execute(text, list(parameters))


def _awaited(work: Future[Kept], cursor: duckdb.DuckDBPyConnection) -> Kept:
    try:
        # A wait without an end hears no Ctrl-C on Windows.
        while not wait([work], _BEAT).done:
            pass
    except BaseException:
        cursor.interrupt()
        raise
    return work.result()


def _open(path: Path) -> tuple[duckdb.DuckDBPyConnection, str]:
    if not path.is_file():
        raise AnnotationError(f"There are no labels at {path}", "`avakit get` fetches them.")
    path = path.resolve()
    table = f"read_parquet({literal(path)})"
    database = connect()
    try:
        # A stranger's SQL must reach no other file and no variable of Python's, change no setting, and spill
        # nothing into this folder.
        database.execute("SET temp_directory = ''")
        database.execute(f"SET memory_limit = '{memory()}B'")
        database.execute("SET python_enable_replacements = false")
        database.execute(f"SET allowed_paths = [{literal(path)}]")
        database.execute("SET enable_external_access = false")
        found = {name: kind for name, kind, *_ in database.execute(f"DESCRIBE FROM {table}").fetchall()}
        kind = next((kind for kind, columns in TABLES.items() if found == dict(columns)), None)
        if kind is None:
            raise AnnotationError(
                f"{path} is not a table of labels of this avakit", "`avakit get` makes it again."
            )
        for view, selection in _VIEWS[kind].items():
            database.execute(f"CREATE VIEW {view} AS {selection.format(table=table)}")
        database.execute("SET lock_configuration = true")
    except duckdb.Error as error:
        database.close()
        raise _unreadable(path, error) from error
    except BaseException:
        database.close()
        raise
    return database, kind


def memory() -> int:
    """Return how many bytes a question may take: half of what the machine has, and no more than 2 GB."""
    if not hasattr(os, "sysconf"):
        return _MOST_MEMORY
    return min(_MOST_MEMORY, os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2)


def _unreadable(path: Path, error: duckdb.Error) -> AnnotationError:
    return AnnotationError(f"{path} cannot be read ({first_line(error)})", "`avakit get` makes it again.")
