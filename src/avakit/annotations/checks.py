"""What is doubtful in a table of labels that could be read: counted by columns, with the first examples."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import MappingProxyType

import duckdb
import numpy as np
from numpy.typing import NDArray

from avakit.annotations.columns import CSV, TABLES
from avakit.annotations.database import literal
from avakit.annotations.diagnosis import numbered_lines, split_line
from avakit.annotations.findings import Finding, Warned
from avakit.annotations.loading import Loaded, Source
from avakit.annotations.spans import Spans, spans_of
from avakit.releases.model import Release, Second

_SHOWN = 20
# Boxes have three decimals, so half of the last one is rounding.
_ROUNDING = 0.0005
_DECIMALS = 6
_BOX = ("x1", "y1", "x2", "y2")
_COMPUTED = frozenset({"split", "action", "action_group", "evaluated", "excluded"})

_NOTHING: Mapping[str, object] = MappingProxyType({})

Rows = NDArray[np.int64]
"""Numbers of rows of the table, from 0, ascending."""

_SAID: Mapping[str, tuple[tuple[str, ...], str]] = {
    "unknown_video": (("video_id",), "no video of this release"),
    "other_split": (("video_id",), "a video of another split"),
    "other_second": (("timestamp",), "no second that this release annotates"),
    "excluded_second": (("timestamp",), "a second that the publisher leaves out of the evaluation"),
    "box_outside": (_BOX, "the box leaves the picture: 0.000 to 1.000 belongs here"),
    "box_without_area": (_BOX, "the box has no area"),
    "no_length": (("start", "end"), "it ends where it starts"),
    "gap": (("start",), "the stretch before it ended earlier: between them nothing is labelled"),
    "overlap": (("start",), "a stretch before it has not ended yet"),
    "duplicate": ((), "the same label as a line before"),
}
KINDS = tuple(_SAID)
"""The words for the kinds of warnings."""


@dataclass(frozen=True)
class Checked:
    """What was counted of one csv: its rows, those without a label among them, and what is doubtful."""

    rows: int
    keyframes: int
    warnings: tuple[Warned, ...]


def checked(
    database: duckdb.DuckDBPyConnection,
    sources: Sequence[Source],
    release: Release,
    out: Path,
    loaded: Loaded,
) -> list[Checked]:
    """Return what is to be said of each source, whose rows stand one after the other in `out`."""
    spans = spans_of(sources, loaded.rows)
    table = _Table(database, out)
    closed = np.array([not source.open_world for source in sources])
    doubtful = _of_places(table, release, loaded) if closed.any() else {}
    doubtful = {kind: rows[closed[spans.source(rows)]] for kind, rows in doubtful.items()}
    kind = sources[0].rules.kind
    if kind == "actions" and release.learns and not release.mirror and release.seconds:
        # Whose movies these are is not known before, but at which seconds they are looked at.
        doubtful["other_second"] = _other_seconds(table, release)
    doubtful |= _of_stretches(table) if kind == "speech" else _of_boxes(table)
    if kind == "actions":
        doubtful["excluded_second"] = table.rows("excluded")
    doubtful["duplicate"] = _duplicates(table, kind, spans)
    empty = table.rows("x1 IS NULL") if kind == "actions" else None
    return [
        Checked(
            last - first,
            0 if empty is None or source.dialect.width == 2 else _within(empty, first, last).size,
            _warned(source, {kind: _within(rows, first, last) - first for kind, rows in doubtful.items()}),
        )
        for source, (first, last) in zip(sources, spans, strict=True)
    ]


class _Table:
    """The table in Parquet, asked for numbers of rows."""

    def __init__(self, database: duckdb.DuckDBPyConnection, path: Path) -> None:
        self._database = database
        self._from = f"read_parquet({literal(path)}, file_row_number = true)"

    def rows(self, condition: str, values: Mapping[str, object] = _NOTHING) -> Rows:
        found = self._database.execute(
            f"SELECT file_row_number AS row FROM {self._from} WHERE {condition} ORDER BY row",  # noqa: S608
            dict(values),
        ).fetchnumpy()
        return np.asarray(found["row"], dtype=np.int64)

    def column(self, expression: str) -> NDArray[np.uint64]:
        found = self._database.execute(f"SELECT {expression} AS value FROM {self._from}").fetchnumpy()  # noqa: S608
        return np.asarray(found["value"])

    def distinct(self, columns: str) -> list[tuple[object, ...]]:
        return self._database.execute(f"SELECT DISTINCT {columns} FROM {self._from}").fetchall()  # noqa: S608

    def stretches(self, condition: str) -> Rows:
        """Return the rows where this is so of `start` and `before`, the latest end of those before."""
        order = "ORDER BY start, stop, file_row_number ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING"
        found = self._database.execute(
            "SELECT row FROM (SELECT file_row_number AS row, start, "  # noqa: S608
            f"max(stop) OVER (PARTITION BY split, video {order}) AS before FROM {self._from}) "
            f"WHERE {condition} ORDER BY row"
        ).fetchnumpy()
        return np.asarray(found["row"], dtype=np.int64)


def _of_places(table: _Table, release: Release, loaded: Loaded) -> dict[str, Rows]:
    """Return the rows of videos and seconds that the release does not have, or has elsewhere."""
    known = {video.id: split.name for split in release.splits.values() for video in split.videos}
    unknown = sorted({video for _, video in loaded.videos if video not in known})
    other = sorted({video for split, video in loaded.videos if split and known.get(video, split) != split})
    found = {"other_second": _other_seconds(table, release)}
    if unknown:
        found["unknown_video"] = table.rows("video IN (SELECT unnest($videos))", {"videos": unknown})
    if other:
        splits = [known[video] for video in other]
        found["other_split"] = table.rows(
            "split <> '' AND list_contains($videos, video) "
            "AND split <> list_extract($splits, list_position($videos, video))",
            {"videos": other, "splits": splits},
        )
    return found


def _other_seconds(table: _Table, release: Release) -> Rows:
    if release.kind == "speech":
        return _outside(table, release)
    if release.own_seconds:
        return _others_of_own(table, release)
    annotated = _rounded(release.seconds)
    seconds = [second for (second,) in table.distinct("second")]
    others = [second for second in seconds if round(float(str(second)), _DECIMALS) not in annotated]
    return (
        table.rows("second IN (SELECT unnest($seconds))", {"seconds": others})
        if others
        else np.empty(0, np.int64)
    )


def _outside(table: _Table, release: Release) -> Rows:
    """Return the stretches that do not lie within the annotated seconds, the last of which is whole."""
    if not release.seconds:
        return np.empty(0, np.int64)
    first, last = float(release.seconds[0]), float(release.seconds[-1] + 1)
    return table.rows(f"start < {first} OR stop > {last}")


def _others_of_own(table: _Table, release: Release) -> Rows:
    of_video: dict[str, frozenset[float]] = {}
    others = []
    for video, second in table.distinct("video, second"):
        name = str(video)
        if name not in of_video:
            of_video[name] = _rounded(release.seconds_of(name))
        if round(float(str(second)), _DECIMALS) not in of_video[name]:
            others.append((name, second))
    if not others:
        return np.empty(0, np.int64)
    return table.rows(
        "(video, second) IN (SELECT (unnest($videos), unnest($seconds)))",
        {"videos": [video for video, _ in others], "seconds": [second for _, second in others]},
    )


def _rounded(seconds: Sequence[Second]) -> frozenset[float]:
    return frozenset(round(float(second), _DECIMALS) for second in seconds)


def _of_boxes(table: _Table) -> dict[str, Rows]:
    outside = f"least(x1, y1, x2, y2) < -{_ROUNDING} OR greatest(x1, y1, x2, y2) > 1 + {_ROUNDING}"
    return {"box_outside": table.rows(outside), "box_without_area": table.rows("x1 >= x2 OR y1 >= y2")}


def _of_stretches(table: _Table) -> dict[str, Rows]:
    return {
        "no_length": table.rows("start = stop"),
        "gap": table.stretches(f"start > before + {_ROUNDING}"),
        "overlap": table.stretches(f"start < before - {_ROUNDING}"),
    }


def _duplicates(table: _Table, kind: str, spans: Spans) -> Rows:
    """Return the rows that repeat an earlier one of the same source: hashes of 64 bits tell."""
    columns = ", ".join(name for name in TABLES[kind] if name not in _COMPUTED)
    hashes = table.column(f"hash({columns})")
    found = []
    for first, last in spans:
        of_source = hashes[first:last]
        sorted_ = np.sort(of_source)
        if (sorted_[1:] == sorted_[:-1]).any():
            order = np.argsort(of_source, kind="stable")
            repeats = of_source[order][1:] == of_source[order][:-1]
            found.append(np.sort(order[1:][repeats]) + first)
    return np.concatenate(found).astype(np.int64) if found else np.empty(0, np.int64)


def _within(rows: Rows, first: int, last: int) -> Rows:
    return rows[np.searchsorted(rows, first) : np.searchsorted(rows, last)]


def _warned(source: Source, doubtful: Mapping[str, Rows]) -> tuple[Warned, ...]:
    wanted = {int(row) for rows in doubtful.values() for row in rows[:_SHOWN]}
    lines = _lines(source, wanted)
    columns = CSV[source.rules.kind]
    return tuple(
        Warned(
            kind,
            doubtful[kind].size,
            tuple(_finding(kind, *lines[int(row)], columns) for row in doubtful[kind][:_SHOWN]),
        )
        for kind in KINDS
        if kind in doubtful and doubtful[kind].size
    )


def _finding(kind: str, number: int, fields: Sequence[str], columns: Sequence[str]) -> Finding:
    about, problem = _SAID[kind]
    about = tuple("start" if name == "timestamp" and name not in columns else name for name in about)
    found = [fields[columns.index(name)] for name in about] or list(fields)
    return Finding(number, about[0] if about else "line", ",".join(found), problem)


def _lines(source: Source, rows: set[int]) -> dict[int, tuple[int, list[str]]]:
    """Return the line, from 1, of each of these rows, from 0, and its fields: header and blank lines are no
    rows.
    """
    if not rows:
        return {}
    dialect = source.original.dialect
    with source.original.path.open(encoding="utf-8-sig", errors="replace", newline=None) as file:
        labels = islice(numbered_lines(file), int(dialect.header), max(rows) + 1 + int(dialect.header))
        return {
            row: (number, split_line(line, dialect)[: dialect.used])
            for row, (number, line, _) in enumerate(labels)
            if row in rows
        }
