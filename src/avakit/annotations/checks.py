"""What is doubtful in a table of labels that could be read: counted by columns, with the first examples."""

from itertools import islice
from pathlib import Path

import duckdb

from avakit.annotations.diagnosis import numbered_lines
from avakit.annotations.dialect import Dialect
from avakit.annotations.findings import Finding, Warned

_SHOWN = 20
# Boxes have three decimals, so half of the last one is rounding.
_ROUNDING = 0.0005
_ALL = "video, second, x1, y1, x2, y2, action_id, person_id"
_BOX = "concat_ws(',', x1, y1, x2, y2)"

# Kind → condition in SQL, column that it is about, what was found there, what it means.
_OF_SECONDS = {
    "unknown_video": ("known.split IS NULL", "video_id", "video", "no video of this release"),
    "other_split": ("known.split <> $split", "video_id", "video", "a video of another split"),
    "other_second": (
        "second NOT IN (SELECT second FROM annotated)",
        "timestamp",
        "second::INTEGER",
        "no second that this release annotates",
    ),
    "excluded_second": (
        "(video, second) IN (SELECT (video, second) FROM excluded)",
        "timestamp",
        "second::INTEGER",
        "a second that the publisher leaves out of the evaluation",
    ),
}
_OF_BOXES = {
    "box_outside": (
        f"least(x1, y1, x2, y2) < -{_ROUNDING} OR greatest(x1, y1, x2, y2) > 1 + {_ROUNDING}",
        "x1",
        _BOX,
        "the box leaves the picture: 0.000 to 1.000 belongs here",
    ),
    "box_without_area": ("x1 >= x2 OR y1 >= y2", "x1", _BOX, "the box has no area"),
}
_DUPLICATE = "the same label as a line before"
KINDS = (*_OF_SECONDS, *_OF_BOXES, "duplicate")
"""The words for the kinds of warnings."""


def warnings_of(
    database: duckdb.DuckDBPyConnection, table: str, path: Path, dialect: Dialect, split: str | None
) -> tuple[Warned, ...]:
    """Return what is doubtful in `table`, read from `path`, by kind. `split`: the one the file is for."""
    conditions = _OF_SECONDS | _OF_BOXES
    counts = _counts(database, table, split)
    found: dict[str, list[tuple[int, str, str, str]]] = {}
    for kind, (condition, column, text, problem) in conditions.items():
        if counts[kind]:
            rows = database.execute(
                f"SELECT {table}.rowid, {text} FROM {table} LEFT JOIN known USING (video) WHERE {condition} "  # noqa: S608
                f"ORDER BY 1 LIMIT {_SHOWN}",
                _parameters(condition, split),
            ).fetchall()
            found[kind] = [(int(row), column, str(value), problem) for row, value in rows]
    if counts["duplicate"]:
        counts["duplicate"], places = _duplicates(database, table)
        found["duplicate"] = [(row, "line", text, _DUPLICATE) for row, text in places]
    lines = _line_numbers(path, dialect, {row for places in found.values() for row, *_ in places})
    return tuple(
        Warned(kind, counts[kind], tuple(Finding(lines[row], *rest) for row, *rest in found[kind]))
        for kind in KINDS
        if counts[kind]
    )


def _parameters(sql: str, split: str | None) -> dict[str, str | None]:
    return {"split": split} if "$split" in sql else {}


def _counts(database: duckdb.DuckDBPyConnection, table: str, split: str | None) -> dict[str, int]:
    """Return how many rows of each kind there are; for duplicates, whether there are any."""
    of_seconds = ", ".join(f"sum(rows) FILTER ({condition})" for condition, *_ in _OF_SECONDS.values())
    of_boxes = ", ".join(f"count(*) FILTER ({condition})" for condition, *_ in _OF_BOXES.values())
    by_second = database.execute(
        f"SELECT {of_seconds} FROM (SELECT video, second, count(*) AS rows FROM {table} GROUP BY ALL) "  # noqa: S608
        f"LEFT JOIN known USING (video)",
        _parameters(of_seconds, split),
    ).fetchone()
    by_row = database.execute(
        f"SELECT {of_boxes}, count(*) - count(DISTINCT hash({_ALL})) FROM {table}"  # noqa: S608
    ).fetchone()
    return dict(zip(KINDS, (int(count or 0) for count in (*(by_second or ()), *(by_row or ()))), strict=True))


def _duplicates(database: duckdb.DuckDBPyConnection, table: str) -> tuple[int, list[tuple[int, str]]]:
    """Return how many rows repeat an earlier one, and the first of them with their text."""
    rows = database.execute(
        f"SELECT row, concat_ws(',', video, second::INT, {_BOX}, action_id::INT, person_id::INT), "  # noqa: S608
        "count(*) OVER () FROM (SELECT rowid AS row, *, "
        f"row_number() OVER (PARTITION BY {_ALL} ORDER BY rowid) AS nth FROM {table}) "
        f"WHERE nth > 1 ORDER BY row LIMIT {_SHOWN}"
    ).fetchall()
    return (int(rows[0][2]) if rows else 0), [(int(row), str(text)) for row, text, _ in rows]


def _line_numbers(path: Path, dialect: Dialect, rows: set[int]) -> dict[int, int]:
    """Return the line, from 1, of each of these rows, from 0: header and blank lines are no rows."""
    if not rows:
        return {}
    with path.open(encoding="utf-8-sig", errors="replace", newline=None) as source:
        labels = islice(numbered_lines(source), int(dialect.header), max(rows) + 1 + int(dialect.header))
        return {row: number for row, (number, _, _) in enumerate(labels) if row in rows}
