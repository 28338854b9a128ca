"""Read one csv of labels into a table of DuckDB: by columns where it is sound, by lines where it is not."""

import os
import tempfile
from dataclasses import replace
from pathlib import Path

import duckdb

from avakit.annotations.checks import warnings_of
from avakit.annotations.diagnosis import ID, LARGEST_BOX, LARGEST_PERSON, LAST_SECOND, Diagnosis, diagnose
from avakit.annotations.dialect import Dialect, look
from avakit.annotations.findings import FileReport
from avakit.errors import AnnotationError
from avakit.releases.model import Release
from avakit.transfer.disk import disk_errors

_TEXT_COLUMNS = ("video", "second", "x1", "y1", "x2", "y2", "action_id", "person_id")
_BOX = _TEXT_COLUMNS[2:6]


def read(
    database: duckdb.DuckDBPyConnection, table: str, path: Path, release: Release, split: str | None = None
) -> FileReport:
    """Read the csv at `path` into the new table `table` of the release's workbench; report what was found.

    The table has the columns video (VARCHAR), second, x1, y1, x2, y2, action_id, person_id (DOUBLE, whole
    where they count; person_id null where the file has none), in the file's order. `split`: the one that the
    file is for, to warn of videos of others. With errors in the report there is no table. Raises
    AnnotationError if the file is no csv of labels at all.
    """
    dialect = look(path, person_ids=release.person_ids)
    actions = len(release.actions)
    rows = _load(database, table, path, dialect, actions)
    notes = list(dialect.notes)
    diagnosis = Diagnosis()
    if rows is None:
        diagnosis, rows = _load_by_line(database, table, path, dialect, actions)
        if not diagnosis.count:
            notes.append("quotes, spaces or mixed line ends: read as if they were not there")
    if diagnosis.count:
        return FileReport(path, rows, tuple(notes), tuple(diagnosis.errors), diagnosis.count, ())
    if not _ends_with_line(path):
        notes.append("the last line has no end: it may be cut off")
    warnings = warnings_of(database, table, path, dialect, split)
    return FileReport(path, rows, tuple(notes), (), 0, warnings)


def _load(
    database: duckdb.DuckDBPyConnection, table: str, path: Path, dialect: Dialect, actions: int
) -> int | None:
    """Read the file by columns. Return its rows, or None, with no table, if any is not as it should be."""
    try:
        database.execute(_creation(table, dialect), [str(path)])
        rows, wrong = _sums(database, table, dialect.person, actions)
    except duckdb.Error:
        # Whatever it is, the look at the lines says it better, or finds nothing.
        rows, wrong = 0, 1
    if wrong or not rows:
        database.execute(f"DROP TABLE IF EXISTS {table}")
        return None
    database.execute(f"ALTER TABLE {table} DROP COLUMN odd")
    return rows


def _creation(table: str, dialect: Dialect) -> str:
    """Return the SQL that reads a file as text and casts it: faster than letting the csv reader cast."""
    names = [*_TEXT_COLUMNS[: 8 if dialect.person else 7]]
    names += [f"extra{place}" for place in range(len(names), dialect.width)]
    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in names)
    numbers = ", ".join(
        f"TRY_CAST({name} AS DOUBLE) AS {name}" if name in names else f"CAST(NULL AS DOUBLE) AS {name}"
        for name in _TEXT_COLUMNS[1:]
    )
    # DuckDB casts '1_2' to 12, which is a stray character here.
    odd = f"contains(concat({', '.join(name for name in _TEXT_COLUMNS[1:] if name in names)}), '_')"
    delimiter = {",": "','", "\t": "'\\t'", ";": "';'"}[dialect.delimiter]
    header = f"header = false, skip = {int(dialect.header)}"
    return (
        f"CREATE TABLE {table} AS SELECT video, {numbers}, {odd} AS odd "  # noqa: S608
        f"FROM read_csv(?, auto_detect = false, {header}, delim = {delimiter}, quote = '', escape = '', "
        f"comment = '', columns = {{{columns}}})"
    )


def _sums(database: duckdb.DuckDBPyConnection, table: str, person: bool, actions: int) -> tuple[int, int]:
    """Return how many rows the table has, and how many of them, or of its ids, cannot be right."""
    sound = [
        f"second BETWEEN 0 AND {LAST_SECOND} AND second = floor(second)",
        f"action_id BETWEEN 1 AND {actions} AND action_id = floor(action_id)",
        *(f"abs({edge}) <= {LARGEST_BOX}" for edge in _BOX),
        "NOT odd",
    ]
    if person:
        sound.append(f"person_id BETWEEN 0 AND {LARGEST_PERSON} AND person_id = floor(person_id)")
    found = database.execute(
        f"SELECT count(*), count(*) FILTER (NOT coalesce({' AND '.join(sound)}, false)), "  # noqa: S608
        f"(SELECT count(*) FROM (SELECT DISTINCT video FROM {table}) "
        f"WHERE NOT coalesce(regexp_full_match(video, '{ID}'), false)) FROM {table}"
    ).fetchone()
    assert found is not None
    rows, wrong_rows, wrong_ids = found
    return int(rows), int(wrong_rows) + int(wrong_ids)


def _load_by_line(
    database: duckdb.DuckDBPyConnection, table: str, path: Path, dialect: Dialect, actions: int
) -> tuple[Diagnosis, int]:
    """Look at the file line by line; if no line is wrong after all, load its lines in their plain form."""
    with tempfile.TemporaryDirectory(prefix="avakit-") as folder:
        plain = Path(folder) / "plain.csv"
        with disk_errors(plain):
            diagnosis = diagnose(path, dialect, actions, plain)
        if diagnosis.count:
            return diagnosis, 0
        same = replace(dialect, delimiter=",", header=False, width=8 if dialect.person else 7)
        rows = _load(database, table, plain, same, actions)
    if rows is None:
        raise AnnotationError(
            f"{path} cannot be read, though no line of it looks wrong", "Is it a csv in UTF-8?"
        )
    return diagnosis, rows


def _ends_with_line(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) in b"\r\n"
