"""What a release knows, beside the labels: so that the same statement that reads them names them."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import duckdb

from avakit.annotations.database import connect
from avakit.annotations.fields import LAST_SECOND
from avakit.annotations.findings import shown
from avakit.annotations.lists import rows_of
from avakit.errors import AnnotationError, UsageError
from avakit.releases.model import AVA_ID, Release, check_id

Excluded = Mapping[str, frozenset[tuple[str, int]]]


def workbench(release: Release, excluded: Excluded | None = None) -> duckdb.DuckDBPyConnection:
    """Return a database in memory that knows the release.

    Its variables are lists: names, groups and evaluated, of the actions by ascending id; ids, theirs; and
    excluded_at, the ids of videos that are excluded at second n - 1 in its place n. `excluded`: the pairs per
    split, if not those of the release. They are no tables, as joins would not keep the order of rows.
    """
    of_split = (release.excluded if excluded is None else excluded) or {}
    actions = sorted(release.actions, key=lambda action: action.id)
    database = connect()
    for name, values in {
        "ids": [action.id for action in actions],
        "names": [action.name for action in actions],
        "groups": [action.group for action in actions],
        "evaluated": [action.evaluated for action in actions],
        "excluded_at": _by_second(pair for pairs in of_split.values() for pair in pairs),
    }.items():
        database.execute(f"SET VARIABLE {name} = ?", [values])
    return database


def _by_second(pairs: Iterable[tuple[str, int]]) -> list[list[str]]:
    found: dict[int, list[str]] = {}
    for video, second in pairs:
        found.setdefault(second, []).append(video)
    return [found.get(second, []) for second in range(max(found) + 1)] if found else []


def read_excluded(path: Path, form: str = AVA_ID) -> frozenset[tuple[str, int]]:
    """Return the (id, second) pairs of a publisher's file of excluded seconds. `form`: of the ids.

    Raises AnnotationError, naming the line, for a row that is no such pair.
    """
    pairs = set()
    try:
        with path.open(encoding="utf-8-sig") as file:
            # As lint reads it: what it calls right is taken.
            for number, row in rows_of(file, "excluded", []):
                pairs.add(_pair(path, number, row, form))
    except (OSError, UnicodeDecodeError) as error:
        raise AnnotationError(f"{path} cannot be read ({error})", "Fetch the official file again.") from error
    return frozenset(pairs)


def _pair(path: Path, number: int, row: list[str], form: str) -> tuple[str, int]:
    try:
        video, second = row
        return check_id(video, form), _whole(second)
    except (ValueError, UsageError) as error:
        raise AnnotationError(
            f"{path}, line {number}: {shown(','.join(row))} is not a video's id and a whole second",
            "Such a line is 0f39OWEqJ24,1110.",
        ) from error


def _whole(text: str) -> int:
    plain = text.strip()
    # The workbench has a place for each second up to the last.
    if not (plain.isascii() and plain.isdigit() and len(plain) <= len(str(LAST_SECOND))):
        raise ValueError(f"{plain!a} is no whole second")
    return int(plain)
