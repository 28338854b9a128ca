"""Tables of labels of any kind, written as they stand here."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from avakit.annotations.columns import TABLES

SPEAKER = [
    ("val", "1j20qq1JyX4", 902.0, 0.1, 0.1, 0.3, 0.5, "NOT_SPEAKING", "1j20qq1JyX4_0960_1020:1"),
    ("val", "1j20qq1JyX4", 903.8, 0.1, 0.1, 0.3, 0.5, "SPEAKING_AUDIBLE", "1j20qq1JyX4_0960_1020:1"),
    ("val", "1j20qq1JyX4", 903.8, 0.5, 0.1, 0.7, 0.5, "SPEAKING_AUDIBLE", "1j20qq1JyX4_0960_1020:2"),
]
SPEECH = [
    ("all", "1j20qq1JyX4", 900.0, 1200.0, "NO_SPEECH"),
    ("all", "1j20qq1JyX4", 1200.0, 1800.0, "CLEAN_SPEECH"),
    ("all", "5BDj0ow5hnA", 900.0, 1800.0, "CLEAN_SPEECH"),
]


def action(
    video: str,
    second: float,
    box: tuple[float, float, float, float] | None,
    action_id: int | None = None,
    person: int | None = None,
    *,
    split: str = "val",
) -> tuple[object, ...]:
    """Return a row of actions; without a box, an annotated second that has no label."""
    named = [f"action {action_id}", "OBJECT_MANIPULATION"] if action_id else [None, None]
    return (split, video, second, *(box or [None] * 4), action_id, *named, person, bool(action_id), False)


def write(path: Path, kind: str, rows: Sequence[tuple[object, ...]]) -> Path:
    """Write a table of labels of a kind."""
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = TABLES[kind]
    with duckdb.connect() as database:
        database.execute(
            f"CREATE TABLE made ({', '.join(f'{name} {kept}' for name, kept in columns.items())})"
        )
        if rows:
            marks = f"({', '.join('?' * len(columns))})"
            values = [value for row in rows for value in row]
            database.execute(f"INSERT INTO made VALUES {', '.join([marks] * len(rows))}", values)
        database.execute("COPY made TO $1 (FORMAT parquet)", [str(path)])
    return path
