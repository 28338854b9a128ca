"""Ask a finished table of labels: counts, one video's labels, and anything else by SQL."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb

from avakit.annotations.columns import TABLES
from avakit.annotations.database import connect, first_line, literal
from avakit.errors import AnnotationError, UsageError

@dataclass(frozen=True)
class Result:
    """What a question gave: the names of its columns, and its rows."""

    columns: tuple[str, ...]
    rows: list[tuple[object, ...]]


@dataclass(frozen=True)
class Counts:
    """The size of a split: its labels, and how many different videos, seconds, boxes, actions they name."""

    labels: int
    videos: int
    seconds: int
    boxes: int
    actions: int


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
    """A table of labels, opened for reading. Threads may share it."""

    def __init__(self, path: Path) -> None:
        """Open annotations.parquet. Raises AnnotationError if it is absent or no such table."""
        self.path = path
        self._lock = threading.Lock()
        self._database = _open(path)

    def sql(self, text: str, parameters: Sequence[object] = ()) -> Result:
        """Return what a SELECT gives; the table is called `labels`, its columns are those of `TABLES`.

        Other statements, other files and the network are out of reach. Raises UsageError for SQL that is
        refused or wrong, AnnotationError if the table itself can no longer be read.
        """
        try:
            statements = self._database.extract_statements(text)
            if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
                raise UsageError(
                    "Only a single SELECT can be asked", 'Such as "select count(*) from labels".'
                )
            with self._lock:
                cursor = self._database.cursor()
            with cursor:
                cursor.execute(text, list(parameters))
                return Result(tuple(column[0] for column in cursor.description or ()), cursor.fetchall())
        except duckdb.PermissionException as error:
            raise UsageError(
                "The SQL reaches for something else than the labels", "Ask `labels` only."
            ) from error
        except duckdb.Error as error:
            self._require_readable()
            raise UsageError(
                f"The SQL cannot be answered: {first_line(error)}",
                f"The columns of labels: {', '.join(TABLES['actions'])}.",
            ) from error

    def _require_readable(self) -> None:
        """Raise AnnotationError if it is the table that fails, and not the question."""
        try:
            with self._lock:
                self._database.execute("FROM labels LIMIT 1").fetchall()
        except duckdb.Error as error:
            raise _unreadable(self.path, error) from error

    def counts(self) -> dict[str, Counts]:
        """Return the size of each split that has labels."""
        found = self.sql(
            "SELECT split, count(*), count(DISTINCT video), count(DISTINCT (video, second)), "
            "count(DISTINCT (video, second, x1, y1, x2, y2)), count(DISTINCT action_id) "
            "FROM labels GROUP BY split ORDER BY split"
        )
        return {str(split): Counts(*(int(str(count)) for count in counts)) for split, *counts in found.rows}

    def seconds(self, video: str) -> tuple[int, ...]:
        """Return the seconds of a video that have labels, ascending; none for a video without labels."""
        found = self.sql("SELECT DISTINCT second FROM labels WHERE video = ? ORDER BY second", [video])
        return tuple(int(str(second)) for (second,) in found.rows)

    def labels(self, video: str) -> tuple[Label, ...]:
        """Return the labels of a video, by second, in the order of their file."""
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


def _open(path: Path) -> duckdb.DuckDBPyConnection:
    if not path.is_file():
        raise AnnotationError(f"There are no labels at {path}", "`avakit get` fetches them.")
    path = path.resolve()
    database = connect()
    try:
        # A stranger's SQL must reach no other file, change no setting, and spill nothing into this folder.
        database.execute("SET temp_directory = ''")
        database.execute(f"SET allowed_paths = [{literal(path)}]")
        database.execute("SET enable_external_access = false")
        database.execute(f"CREATE VIEW labels AS FROM read_parquet({literal(path)})")
        database.execute("SET lock_configuration = true")
        found = {name: kind for name, kind, *_ in database.execute("DESCRIBE labels").fetchall()}
    except duckdb.Error as error:
        database.close()
        raise _unreadable(path, error) from error
    if found != dict(TABLES["actions"]):
        database.close()
        raise AnnotationError(
            f"{path} is not a table of labels of this avakit", "`avakit get` makes it again."
        )
    return database


def _unreadable(path: Path, error: duckdb.Error) -> AnnotationError:
    return AnnotationError(f"{path} cannot be read ({first_line(error)})", "`avakit get` makes it again.")
