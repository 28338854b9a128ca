"""How a csv of labels is written, told from its first lines: its kind, delimiter, columns, oddities."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from avakit.annotations.columns import CSV, SPEAKER_LABELS, SPEECH_LABELS
from avakit.annotations.fields import NUMBER
from avakit.annotations.findings import shown
from avakit.annotations.opening import ADVICE, opening
from avakit.errors import AnnotationError

LOST_ZEROS = "timestamps have lost their leading zeros (902 for 0902)"
"""A note on AVA's own files; nowhere else have timestamps such zeros."""

_WIDEST = 16
_DELIMITERS = {"\t": "tabs", ";": "semicolons"}
_PERSON_NAMES = frozenset({"person_id", "person", "entity_id", "track_id"})
_SCORE_NAMES = frozenset({"score", "confidence", "probability"})
_NAMES = frozenset(name for columns in CSV.values() for name in columns)
_HEADER_NAMES = _NAMES | _PERSON_NAMES | _SCORE_NAMES | {
    *("video", "id", "time", "second", "action", "frame_timestamp", "entity_box_x1"),
    *("label_start_timestamp_seconds", "label_end_timestamp_seconds"),
}  # fmt: skip
_WORD = re.compile(r"[A-Za-z][A-Za-z_ ]*")
_AROUND = " \t\v\f\"'"
_ENOUGH = 1000
_SCORE = "column 8 is a score: left out"
_NO_PERSONS = "no person_id column: persons are unknown"
_Table = list[list[str]]


@dataclass(frozen=True)
class Dialect:
    """How the file is written.

    `kind`: of its labels: actions, speaker or speech. `width`: columns of a line; of actions, lines may have
    two all the same. `used`: so many of them count; the others are left out. `notes`: what is odd.
    """

    kind: str
    delimiter: str
    header: bool
    width: int
    used: int
    notes: tuple[str, ...] = ()


def look(path: Path, *, person_ids: bool = True, name: Path | None = None) -> Dialect:
    """Return how the csv at `path` is written. `person_ids`: the release's labels name the person.

    `name`: what messages call it, if not by its path. Reads no more than the head of the file. Raises
    AnnotationError if it is no csv of labels at all: empty, a web page, an archive, another table.
    """
    lines, notes = opening(path, name)
    path = name or path
    delimiter = _delimiter(path, lines)
    table = [fields_of(line, delimiter) for line in lines]
    names = [name.lower() for name in table[0]] if _is_header(table[0]) else []
    body = table[1:] if names else table
    if not body:
        raise AnnotationError(f"{path} has a header line and no labels", ADVICE)
    if delimiter in _DELIMITERS:
        notes.append(f"fields are separated by {_DELIMITERS[delimiter]}")
    if names:
        notes.append("the first line is a header")
    width = _width(body)
    kind = _kind(path, [row for row in body if len(row) == width], width)
    _refuse_other_order(path, names, CSV[kind])
    used = len(CSV[kind])
    if kind == "actions":
        used = _used_of_actions(body, width, names, person_ids, notes)
    elif kind == "speaker" and width == used + 1:
        notes.append(f"column {width} is a score: left out")
    elif width > used:
        notes.append(_left_out(width - used, CSV[kind][used - 1]))
    if kind == "actions" and any(len(row) > 1 and row[1].isdigit() and len(row[1]) < 4 for row in body):
        notes.append(LOST_ZEROS)
    return Dialect(kind, delimiter, bool(names), width, used, tuple(notes))


def fields_of(line: str, delimiter: str) -> list[str]:
    """Return the fields of a line without the space and quotes around them."""
    return [field.strip(_AROUND) for field in line.split(delimiter)]


def look_again(lines: Iterable[str], dialect: Dialect, *, person_ids: bool = True) -> Dialect:
    """Return how a csv of actions is written, told from all of its lines: where its head says too little.

    That is where lines of two columns come first, and where the first scores look like numbers of persons.
    """
    if dialect.kind != "actions" or 2 < dialect.used < len(CSV["actions"]):
        return dialect
    rows = (fields_of(line, dialect.delimiter) for line in lines)
    if dialect.width > 2:
        eighth = (row[7] for row in rows if len(row) == dialect.width)
        if dialect.header or not are_scores(eighth):
            return dialect
        notes = (*dialect.notes, _SCORE, *([_NO_PERSONS] if person_ids else []))
        return replace(dialect, used=7, notes=notes)
    full = list(islice((row for row in rows if 7 <= len(row) <= _WIDEST), _ENOUGH))
    if not full:
        return dialect
    width = _width(full)
    found: list[str] = []
    used = _used_of_actions([row for row in full if len(row) == width], width, [], person_ids, found)
    return replace(dialect, width=width, used=used, notes=(*dialect.notes, *found))


def _delimiter(path: Path, lines: list[str]) -> str:
    counts = {mark: sum(mark in line for line in lines) for mark in (",", *_DELIMITERS)}
    best = max(counts, key=lambda mark: counts[mark])
    if counts[best]:
        return best
    if all(field.isdigit() for field in lines[0].split()) and len(lines[0].split()) > 8:
        raise AnnotationError(
            f"{path} is of another data set that is called AVA too: the one of photographs and their beauty",
            f"This one is Google's, of actions in movies. {ADVICE}",
        )
    raise AnnotationError(f"{path} has neither commas nor tabs: {shown(lines[0].strip())}", ADVICE)


def _is_header(fields: list[str]) -> bool:
    return len({field.lower() for field in fields} & _HEADER_NAMES) >= 2


def _width(body: _Table) -> int:
    """Return how many columns most lines have; lines of two count only where there are no others."""
    widths = Counter(len(row) for row in body)
    full = Counter({width: count for width, count in widths.items() if 7 <= width <= _WIDEST})
    width = widths.most_common(1)[0][0]
    return full.most_common(1)[0][0] if width == 2 and full else width


def _kind(path: Path, rows: _Table, width: int) -> str:
    """Return the kind of labels that lines of this width are, by what most of them have."""

    def most(column: int, words: tuple[str, ...]) -> bool:
        return 2 * sum(row[column] in words for row in rows) > len(rows)

    if width == 2 and 2 * sum(NUMBER.fullmatch(row[1]) is not None for row in rows) > len(rows):
        return "actions"
    if width == 4 and 2 * sum(_WORD.fullmatch(row[3]) is not None for row in rows) > len(rows):
        return "speech"
    if 5 <= width <= _WIDEST and most(3, SPEECH_LABELS):
        return "speech"
    if 8 <= width <= _WIDEST and most(6, SPEAKER_LABELS):
        return "speaker"
    if 7 <= width <= _WIDEST:
        return "actions"
    raise AnnotationError(
        f"{path} has {width} column{'s' if width != 1 else ''} a line, as no labels of AVA have: "
        f"{shown(','.join(rows[0]))}",
        ADVICE,
    )


def _refuse_other_order(path: Path, names: list[str], columns: tuple[str, ...]) -> None:
    for place, (name, column) in enumerate(zip(names, columns, strict=False), start=1):
        if name in _NAMES and name in columns and name != column:
            raise AnnotationError(
                f"{path} has its columns in another order: column {place} is {name} by its header",
                f"They must be {','.join(columns)}.",
            )


def _used_of_actions(body: _Table, width: int, names: list[str], person_ids: bool, notes: list[str]) -> int:
    """Return how many columns of a line of actions count: 2, 7, or 8 where the last is a person."""
    if width == 2:
        return 2
    eighth = [row[7] for row in body if len(row) > 7]
    named = names[7] if len(names) > 7 else ""
    score = width >= 8 and (named in _SCORE_NAMES or (named not in _PERSON_NAMES and are_scores(eighth)))
    person = width >= 8 and person_ids and not score and (not named or named in _PERSON_NAMES)
    used = 8 if person else 7
    if score:
        notes.append(_SCORE)
    extra = width - (8 if score else used)
    if extra:
        notes.append(_left_out(extra, "the score" if score else CSV["actions"][used - 1]))
    if person_ids and not person:
        notes.append(_NO_PERSONS)
    return used


def are_scores(texts: Iterable[str]) -> bool:
    """Tell whether these are scores and no numbers of persons: all within 0 and 1, and some not whole."""
    fractions = False
    for text in texts:
        if NUMBER.fullmatch(text) is None or not 0 <= float(text) <= 1:
            return False
        fractions = fractions or not float(text).is_integer()
    return fractions


def _left_out(extra: int, column: str) -> str:
    return f"{extra} more column{'s' if extra > 1 else ''} after {column}: left out"
