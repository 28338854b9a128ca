"""What a release knows, as tables beside the labels: so that labels are checked and named by joins."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from avakit.annotations.database import connect
from avakit.annotations.findings import shown
from avakit.errors import AnnotationError, UsageError
from avakit.releases.model import Release, check_id

Excluded = Mapping[str, frozenset[tuple[str, int]]]


def workbench(release: Release, excluded: Excluded | None = None) -> duckdb.DuckDBPyConnection:
    """Return a database in memory that knows the release.

    Its tables: known(video, split), annotated(second), excluded(video, second) and actions(id, name,
    group_name, evaluated). `excluded`: the pairs per split, if not those of the release.
    """
    database = connect()
    of_split = (release.excluded if excluded is None else excluded) or {}
    videos = [(video.id, split.name) for split in release.splits.values() for video in split.videos]
    pairs = sorted(pair for pairs in of_split.values() for pair in pairs)
    actions = release.actions
    database = connect()
    _fill(database, "known(video VARCHAR, split VARCHAR)", [v for v, _ in videos], [s for _, s in videos])
    _fill(database, "annotated(second DOUBLE)", release.seconds)
    _fill(database, "excluded(video VARCHAR, second DOUBLE)", [v for v, _ in pairs], [s for _, s in pairs])
    _fill(
        database,
        "actions(id INTEGER, name VARCHAR, group_name VARCHAR, evaluated BOOLEAN)",
        [action.id for action in actions],
        [action.name for action in actions],
        [action.group for action in actions],
        [action.evaluated for action in actions],
    )
    return database


def _fill(database: duckdb.DuckDBPyConnection, declaration: str, *columns: Sequence[object]) -> None:
    """Create a table from whole columns: row by row takes DuckDB 30 times longer."""
    database.execute(f"CREATE TABLE {declaration}")
    places = ", ".join("unnest(?)" for _ in columns)
    name = declaration.partition("(")[0]
    database.execute(f"INSERT INTO {name} SELECT {places}", [list(column) for column in columns])


def read_excluded(path: Path) -> frozenset[tuple[str, int]]:
    """Return the (id, second) pairs of a publisher's file of excluded seconds.

    Raises AnnotationError, naming the line, for a row that is no such pair.
    """
    pairs = set()
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for number, row in enumerate(csv.reader(file), start=1):
                if row:
                    pairs.add(_pair(path, number, row))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise AnnotationError(f"{path} cannot be read ({error})", "Fetch the official file again.") from error
    return frozenset(pairs)


def _pair(path: Path, number: int, row: list[str]) -> tuple[str, int]:
    try:
        video, second = row
        return check_id(video), int(second)
    except (ValueError, UsageError) as error:
        raise AnnotationError(
            f"{path}, line {number}: {shown(','.join(row))} is not a video's id and a second",
            "Such a line is 0f39OWEqJ24,1110.",
        ) from error
