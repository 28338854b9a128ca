"""The fast way: one statement that reads csv files, guards every row, and writes the table as Parquet.

Whatever is not as it should be makes the whole statement fail; where, and why, `diagnosis` says.
"""

import os
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import duckdb

from avakit.annotations.columns import CSV, TABLES
from avakit.annotations.database import literal
from avakit.annotations.dialect import Dialect
from avakit.annotations.fields import ENTITY, LARGEST_BOX, LARGEST_PERSON, LAST_SECOND, Rules
from avakit.errors import UsageError
from avakit.releases.model import check_id

# No field can say this, so what is null is a field that its line has not.
_NEVER = secrets.token_hex(16)
# Of longer fields, the look at the lines says whether the line is too long.
_LONG = 1000
_BOX = ("x1", "y1", "x2", "y2")
_TEXTS = {
    "actions": ("video", "second", *_BOX, "action_id", "person_id"),
    "speaker": ("video", "second", *_BOX, "label", "entity_id"),
    "speech": ("video", "start", "stop", "label"),
}
_WORDS = ("video", "label", "entity_id")
# Seconds with fractions are excluded nowhere.
_EXCLUDED = (
    "row.second = floor(row.second) "
    "AND coalesce(list_contains(getvariable('excluded_at')[row.second::INTEGER + 1], row.video), false)"
)


@dataclass(frozen=True)
class Source:
    """One csv to be read.

    `path`: where it lies; `name`: what reports call it. `split`: the one it is for; empty if not known.
    `open_world`: its ids and seconds are not compared with the release's. `made_from`: the same as it came,
    where `path` has its lines in the plain form.
    """

    path: Path
    name: Path
    split: str
    open_world: bool
    dialect: Dialect
    rules: Rules
    made_from: "Source | None" = None

    @property
    def original(self) -> "Source":
        """The source as it came: its lines are those that a user sees."""
        return self.made_from or self


@dataclass(frozen=True)
class Loaded:
    """A table in Parquet: how many rows, and the videos of each split that they name."""

    rows: int
    videos: frozenset[tuple[str, str]]


def load(database: duckdb.DuckDBPyConnection, sources: Sequence[Source], out: Path) -> Loaded | None:
    """Write the rows of all sources to `out`, in order. Return None if any id in them is none.

    Raises duckdb.Error if any row is not as it should be, or `out` cannot be written.
    """
    selects = " UNION ALL ".join(_selection(group) for group in _alike(sources))
    (rows,) = database.execute(
        f"COPY ({selects}) TO {literal(out)} (FORMAT parquet, COMPRESSION zstd)"
    ).fetchone() or (0,)
    table = f"read_parquet({literal(out)})"
    videos = database.execute(f"SELECT DISTINCT split, video FROM {table}").fetchall()  # noqa: S608
    rules = sources[0].rules
    fine = _are_ids((video for _, video in videos), rules.form) and (
        rules.kind != "speaker" or _are_tracks(database, table)
    )
    return Loaded(int(rows), frozenset(videos)) if fine else None


def is_sound(database: duckdb.DuckDBPyConnection, source: Source) -> bool:
    """Tell whether every row of one source is as it should be, and whether there is any."""
    names = "video, entity_id" if source.rules.kind == "speaker" else "video"
    try:
        found = database.execute(
            f"SELECT DISTINCT {names} FROM ({_selection([source])})"  # noqa: S608
        ).fetchall()
    except duckdb.Error:
        # Whatever it is, the look at the lines says it better, or finds nothing.
        return False
    tracks = all(re.fullmatch(ENTITY, row[1]) for row in found if len(row) > 1)
    return bool(found) and tracks and _are_ids((row[0] for row in found), source.rules.form)


def _are_ids(texts: Iterable[str], form: str) -> bool:
    try:
        for text in texts:
            check_id(text, form)
    except UsageError:
        return False
    return True


def _are_tracks(database: duckdb.DuckDBPyConnection, table: str) -> bool:
    found = database.execute(
        f"SELECT count(*) FROM (SELECT DISTINCT entity_id FROM {table}) "  # noqa: S608
        f"WHERE NOT regexp_full_match(entity_id, {literal(ENTITY)})"
    ).fetchone()
    return found == (0,)


def _alike(sources: Sequence[Source]) -> Iterable[list[Source]]:
    """Return runs of sources that one reader of csv files can read."""

    def way(source: Source) -> tuple[Dialect, Rules, str, bool]:
        return replace(source.dialect, notes=()), source.rules, source.split, ends_with_line(source.path)

    return (list(group) for _, group in groupby(sources, way))


def _selection(sources: Sequence[Source]) -> str:
    """Return the SQL that reads these sources, all of one dialect, as rows of the table."""
    first = sources[0]
    kind = first.rules.kind
    guards = {"actions": _actions_guard, "speaker": _speaker_guard, "speech": _speech_guard}[kind](first)
    place = _place(first.rules.actions)
    sound = f"row.video IS NOT NULL AND NOT row.odd AND {guards}"
    computed = {
        "split": literal(first.split),
        "video": f"CASE WHEN {sound} THEN row.video ELSE error('not a row of labels') END",
        "action": f"getvariable('names')[{place}]",
        "action_group": f"getvariable('groups')[{place}]",
        "evaluated": f"getvariable('evaluated')[{place}]",
        "excluded": _EXCLUDED,
    }
    columns = ", ".join(
        f"CAST({computed.get(name, f'row.{name}')} AS {type_}) AS {name}"
        for name, type_ in TABLES[kind].items()
    )
    return f"SELECT {columns} FROM ({_casts(sources)}) AS row"  # noqa: S608


def _place(actions: frozenset[int]) -> str:
    """Return the SQL of an action's place in the lists of actions, from 1; null for a row without any."""
    if actions == frozenset(range(1, len(actions) + 1)):
        return "row.action_id::INTEGER"
    return "list_position(getvariable('ids'), row.action_id)"


def _casts(sources: Sequence[Source]) -> str:
    """Return the SQL that reads text and casts it: faster than letting the csv reader cast."""
    first = sources[0]
    names = _TEXTS[first.rules.kind]
    there = names[: first.dialect.used]
    numbers = [name for name in names if name not in _WORDS]
    casts = ", ".join(
        (name if name in there else f"NULL AS {name}")
        if name in _WORDS
        else f"CAST({name if name in there else 'NULL'} AS DOUBLE) AS {name}"
        for name in names
    )
    text = f"concat({', '.join(name for name in numbers if name in there)})"
    # DuckDB casts '1_2' to 12, which is a stray character here; it takes lines of any length.
    odd = f"contains({text}, '_') OR strlen({text}) > {_LONG}"
    left_out = "''"
    if extra := [f"extra{place}" for place in range(first.dialect.used, first.dialect.width)]:
        odd += f" OR strlen(concat({', '.join(extra)})) > {_LONG}"
        # The last tells whether a line has them all.
        left_out = extra[-1]
    return f"SELECT {casts}, {odd} AS odd, {left_out} AS left_out FROM {_reader(sources, there)}"  # noqa: S608


def _reader(sources: Sequence[Source], names: Sequence[str]) -> str:
    dialect = sources[0].dialect
    names = [*names, *(f"extra{place}" for place in range(len(names), dialect.width))]
    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in names)
    delimiter = {",": "','", "\t": "'\\t'", ";": "';'"}[dialect.delimiter]
    # Half a last line must not pass for one of two columns.
    padded = dialect.kind == "actions" and all(ends_with_line(source.path) for source in sources)
    padding = f"null_padding = {str(padded).lower()}, nullstr = {literal(_NEVER)}"
    paths = ", ".join(literal(_exactly(source.path)) for source in sources)
    return (
        f"read_csv([{paths}], auto_detect = false, header = false, skip = {int(dialect.header)}, "
        f"delim = {delimiter}, quote = '', escape = '', comment = '', {padding}, columns = {{{columns}}})"
    )


def ends_with_line(path: Path) -> bool:
    """Tell whether the last line of a file has an end."""
    with path.open("rb") as file:
        if not file.seek(0, os.SEEK_END):
            return True
        file.seek(-1, os.SEEK_END)
        return file.read(1) in b"\r\n"


def _exactly(path: Path) -> str:
    """Return the path as a pattern that means this file alone."""
    return re.sub(r"([*?\[])", r"[\1]", str(path))


def _seconds(name: str, whole: bool) -> str:
    test = f"row.{name} BETWEEN 0 AND {LAST_SECOND}"
    return f"{test} AND row.{name} = floor(row.{name})" if whole else test


def _boxes() -> str:
    return " AND ".join(f"abs(row.{edge}) <= {LARGEST_BOX}" for edge in _BOX)


def _words(rules: Rules) -> str:
    return f"row.label IN ({', '.join(literal(word) for word in rules.words)})"


def _actions_guard(source: Source) -> str:
    second = _seconds("second", source.rules.whole)
    names = _TEXTS["actions"][2:]
    empty = " AND ".join(f"row.{name} IS NULL" for name in names)
    if source.dialect.used == 2:
        return f"{second} AND {empty}"
    # An id that is no whole number is in no list.
    labelled = f"{_boxes()} AND list_contains(getvariable('ids'), row.action_id)"
    if source.rules.actions == frozenset(range(1, len(source.rules.actions) + 1)):
        labelled = (
            f"{_boxes()} AND row.action_id BETWEEN 1 AND {len(source.rules.actions)} "
            "AND row.action_id = floor(row.action_id)"
        )
    if source.dialect.used == len(CSV["actions"]):
        labelled += f" AND row.person_id BETWEEN 0 AND {LARGEST_PERSON}"
        labelled += " AND row.person_id = floor(row.person_id)"
    if source.dialect.width > source.dialect.used:
        labelled += " AND row.left_out IS NOT NULL"
        empty += " AND row.left_out IS NULL"
    return f"{second} AND (({labelled}) OR ({empty}))"


def _speaker_guard(source: Source) -> str:
    return f"{_seconds('second', False)} AND {_boxes()} AND {_words(source.rules)}"


def _speech_guard(source: Source) -> str:
    ordered = "row.stop >= row.start"
    return (
        f"{_seconds('start', False)} AND {_seconds('stop', False)} AND {ordered} AND {_words(source.rules)}"
    )
