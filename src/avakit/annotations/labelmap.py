"""A label map: which number is which action. Publishers' pbtxt in both forms, or a csv `id,name[,group]`."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from avakit.annotations.findings import Finding, Warned, shown
from avakit.annotations.pbtxt import Block, Field, parse
from avakit.errors import AnnotationError
from avakit.releases.catalogue import release
from avakit.releases.model import Action

LARGEST = 1 << 20
"""No label map has so many bytes: the official one has a hundredth of it."""

LARGEST_ID = 2**31 - 1
_LONGEST_NAME = 200
_SHOWN = 20
_BLOCKS = ("label", "item")
_BEGINS = re.compile(r"(?:\s|#[^\n]*\n)*(?:label|item)\s*:?\s*[{<]")
_BLOCK = re.compile(r"(?:\s|#[^\n]*\n)*[A-Za-z_]+\s*:?\s*[{<]")
_CSV_LINE = re.compile(r"\s*\"?[0-9]+\"?\s*,\s*\"?[^\s\"0-9.,#-][^\n]*")
_HEADER = re.compile(r"\"?(?:label_|action_|class_)?id\"?\s*,", re.IGNORECASE)
_ADVICE = 'It has blocks label { name: "walk" label_id: 14 label_type: PERSON_MOVEMENT }, or lines id,name.'


@dataclass(frozen=True)
class _Entry:
    """One action as a file has it, unchecked; `line` counts from 1."""

    line: int
    id: str
    name: str
    group: str
    columns: tuple[str, str]


@dataclass(frozen=True)
class LabelMap:
    """What a text of a label map holds: its sound actions, and what is to be said of it."""

    actions: tuple[Action, ...]
    notes: tuple[str, ...]
    errors: tuple[Finding, ...]
    warnings: tuple[Warned, ...]


def is_label_map(head: str) -> bool:
    """Return whether a file that begins so is meant as a label map, in one of its forms."""
    if _BEGINS.match(head):
        return True
    lines = [line for line in head.splitlines() if line.strip()][:3]
    if lines and _HEADER.match(lines[0]):
        lines = lines[1:]
    return bool(lines) and all(_CSV_LINE.fullmatch(line) for line in lines)


def read_label_map(path: Path) -> tuple[Action, ...]:
    """Return the actions of a label map, by their ids.

    `group` is the file's label_type or third column; `group` and `evaluated` of an action that AVA has under
    this id and name are AVA's. Raises AnnotationError, naming line and column, for what is wrong in it.
    """
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise AnnotationError(
            f"{path} cannot be read ({error.strerror})", "Check the path and its rights."
        ) from error
    if len(data) > LARGEST:
        raise AnnotationError(f"{path} is larger than any label map", _ADVICE)
    found = look_at(data.decode("utf-8-sig", "replace"))
    if found.errors:
        lines = [f"  {error}" for error in found.errors[:_SHOWN]]
        if len(found.errors) > _SHOWN:
            lines.append(f"  … and {len(found.errors) - _SHOWN:,} more")
        raise AnnotationError("\n".join([f"{path} is no sound label map:", *lines]), _ADVICE)
    return found.actions


def look_at(text: str) -> LabelMap:
    """Return what the text of a label map says, in either form."""
    if _BLOCK.match(text):
        blocks, wrong = parse(text)
        notes = _notes_of(text, blocks)
        entries, more = _of_blocks(blocks)
    else:
        notes, wrong = (), ()
        entries, more = _of_lines(text)
    actions, errors = _checked(entries)
    found = sorted([*wrong, *more, *errors], key=lambda finding: finding.line)
    if not found and not actions:
        found = [Finding(1, "line", text[:40], f"no action in it. {_ADVICE}")]
    return LabelMap(
        tuple(sorted(actions, key=lambda action: action.id)),
        (*notes, *_standing(actions)),
        tuple(found),
        _doubtful(entries, actions),
    )


def _notes_of(text: str, blocks: tuple[Block, ...]) -> tuple[str, ...]:
    lines = {block.line for block in blocks}
    if len(blocks) > 1 and len(lines) == 1:
        return ("all blocks stand on one line: read all the same",)
    return ("lines end with CR LF",) if "\r\n" in text else ()


def _of_blocks(blocks: Iterable[Block]) -> tuple[list[_Entry], list[Finding]]:
    entries, wrong = [], []
    for block in blocks:
        if block.name not in _BLOCKS:
            wrong.append(Finding(block.line, "line", block.name, "no block of a label map: label or item is"))
            continue
        number = block.first("label_id", "id")
        group = block.first("label_type")
        column = "label_id" if block.name == "label" else "id"
        line = block.line if number is None else number.line
        entries.append(
            _Entry(
                line,
                _text(number),
                _text(block.first("name", "display_name")),
                _text(group),
                (column if number is None else number.name, "name"),
            )
        )
    return entries, wrong


def _text(field: Field | None) -> str:
    return "" if field is None else field.text.strip()


def _of_lines(text: str) -> tuple[list[_Entry], list[Finding]]:
    entries: list[_Entry] = []
    wrong: list[Finding] = []
    reader = csv.reader(io.StringIO(text, newline=""), skipinitialspace=True)
    try:
        for number, row in enumerate(reader, start=1):
            fields = [field.strip() for field in row]
            if not any(fields) or (number == 1 and _HEADER.match(f"{fields[0]},")):
                continue
            if len(fields) in (2, 3):
                group = fields[2] if len(fields) == 3 else ""
                entries.append(_Entry(reader.line_num, fields[0], fields[1], group, ("id", "name")))
            else:
                wrong.append(
                    Finding(
                        reader.line_num,
                        "line",
                        ",".join(row),
                        f"{len(fields)} columns: id,name or id,name,group belongs here (a comma within a "
                        'name needs quotes: "talk to (e.g., self)")',
                    )
                )
    except csv.Error as error:
        wrong.append(Finding(reader.line_num, "line", "", f"no csv: {error}"))
    return entries, wrong


def _checked(entries: Iterable[_Entry]) -> tuple[list[Action], list[Finding]]:
    """Return the sound entries as actions, and what is wrong with the others."""
    actions: dict[int, Action] = {}
    wrong: list[Finding] = []
    for entry in entries:
        id_column, name_column = entry.columns
        problem_of_id = _problem_of_id(entry.id, actions)
        problem_of_name = _problem_of_name(entry.name)
        if problem_of_id:
            wrong.append(Finding(entry.line, id_column, entry.id, problem_of_id))
        if problem_of_name:
            wrong.append(Finding(entry.line, name_column, entry.name, problem_of_name))
        if not problem_of_id:
            actions[int(entry.id)] = _action(int(entry.id), entry.name, entry.group)
    return list(actions.values()), wrong


def _problem_of_id(text: str, actions: dict[int, Action]) -> str | None:
    if not text:
        return "absent: the number of the action belongs here, from 1"
    if re.fullmatch(r"\+?[0-9]{1,10}", text, re.ASCII) is None or not 1 <= int(text) <= LARGEST_ID:
        return "not the number of an action: a whole number from 1 belongs here"
    if int(text) in actions:
        return f"the number of {shown(actions[int(text)].name)} already: each action has its own"
    return None


def _problem_of_name(name: str) -> str | None:
    if not name:
        return "absent: the name of the action belongs here"
    if "\ufffd" in name:
        return "not UTF-8 text"
    if not name.isprintable():
        return "letters that cannot be printed"
    if len(name) > _LONGEST_NAME:
        return f"longer than {_LONGEST_NAME} letters"
    return None


@cache
def _ava() -> dict[int, Action]:
    return {action.id: action for action in release("v2.2").actions}


def _action(number: int, name: str, group: str) -> Action:
    known = _ava().get(number)
    if known is not None and known.name == name:
        return Action(number, name, group or known.group, known.evaluated)
    return Action(number, name, group, evaluated=True)


def _standing(actions: Iterable[Action]) -> Iterator[str]:
    """Yield a sentence on whose actions these are."""
    ids = {action.id for action in actions if _is_ava(action)}
    count = sum(1 for _ in actions)
    if ids == set(_ava()) and count == len(ids):
        yield f"the {count} actions of AVA"
    elif ids == {action.id for action in _ava().values() if action.evaluated} and count == len(ids):
        yield f"the {count} actions of AVA that are evaluated"
    elif 2 * len(ids) > count:
        yield f"{len(ids)} of AVA's {len(_ava())} actions"
    elif count:
        yield f"{count} action{'s' if count != 1 else ''} of one's own"


def _is_ava(action: Action) -> bool:
    known = _ava().get(action.id)
    return known is not None and known.name == action.name


def _doubtful(entries: Iterable[_Entry], actions: list[Action]) -> tuple[Warned, ...]:
    lines = {entry.id: entry.line for entry in reversed(list(entries))}
    mostly_ava = 2 * sum(map(_is_ava, actions)) > len(actions)
    seen: dict[str, int] = {}

    def twice(action: Action) -> str | None:
        earlier = seen.setdefault(action.name, action.id)
        return None if earlier == action.id else f"the name of action {earlier} too"

    def renamed(action: Action) -> str | None:
        if not mostly_ava or _is_ava(action):
            return None
        known = _ava().get(action.id)
        return "no action of AVA" if known is None else f"AVA's action {action.id} is {shown(known.name)}"

    kinds: dict[str, Callable[[Action], str | None]] = {"same_name": twice, "other_action": renamed}
    warned = []
    for kind, doubt in kinds.items():
        found = [
            Finding(lines.get(str(action.id), 1), "name", action.name, problem)
            for action in actions
            if (problem := doubt(action))
        ]
        if found:
            warned.append(Warned(kind, len(found), tuple(found[:_SHOWN])))
    return tuple(warned)
