"""What each field of a line of labels may say: the exact rules, one field at a time."""

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from avakit.annotations.columns import CSV, SPEAKER_LABELS, SPEECH_LABELS
from avakit.errors import UsageError
from avakit.releases.model import AVA_ID, SAFE_ID, Release, check_id

LAST_SECOND = 99_999
LARGEST_BOX = 1e6
LARGEST_PERSON = 2**31 - 1
LONGEST_ENTITY = 128

_REMEMBERED = 4096

Rule = Callable[[str], str | None]
"""Returns what is wrong with a field; None if nothing is."""

NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
"""The form of numbers: what Python and DuckDB take besides is a stray character here."""

ENTITY = f"[A-Za-z0-9_.:-]{{1,{LONGEST_ENTITY}}}"
"""The form of the tracks of ActiveSpeaker: an id, first and last second, a number."""


@dataclass(frozen=True)
class Rules:
    """What labels of one release may say.

    `form`: of ids. `actions`: the ids there are. `whole`: seconds have no fractions. `person_ids`: labels
    name the person.
    """

    kind: str
    form: str
    actions: frozenset[int]
    whole: bool
    person_ids: bool

    @property
    def words(self) -> tuple[str, ...]:
        """The labels that are words; none for actions."""
        return {"speaker": SPEAKER_LABELS, "speech": SPEECH_LABELS}.get(self.kind, ())


def rules_of(release: Release, *, open_world: bool) -> Rules:
    """Return the rules of a release. `open_world`: its labels name seconds that it does not know."""
    fractions = open_world or release.learns or release.form != AVA_ID or release.kind != "actions"
    actions = frozenset(action.id for action in release.actions)
    return Rules(release.kind, release.form, actions, not fractions, release.person_ids)


def checks(rules: Rules) -> tuple[Rule, ...]:
    """Return a rule for each column of the csv of this kind. They remember: a file says the same often."""
    by_column: dict[str, Rule] = {
        "video_id": lambda text: _of_id(text, rules.form),
        "timestamp": lambda text: _of_second(text, rules.whole),
        "start": lambda text: _of_second(text, False),
        "end": lambda text: _of_second(text, False),
        "action_id": lambda text: _of_action(text, rules.actions),
        "person_id": _of_person,
        "label": lambda text: None if text in rules.words else f"not one of {', '.join(rules.words)}",
        "entity_id": _of_entity,
        **dict.fromkeys(("x1", "y1", "x2", "y2"), _of_edge),
    }
    return tuple(lru_cache(_REMEMBERED)(by_column[name]) for name in CSV[rules.kind])


def ranges(numbers: Iterable[int]) -> str:
    """Return numbers as people write them: `1 to 80`; `1, 4, 7`; the first ones where they are many."""
    found = sorted(numbers)
    if not found:
        return "none"
    if len(found) > 2 and found[-1] - found[0] == len(found) - 1:
        return f"{found[0]} to {found[-1]}"
    text = ", ".join(str(number) for number in found[:20])
    return text if len(found) <= 20 else f"{text}, … ({len(found)} in all)"


def _of_id(text: str, form: str) -> str | None:
    if text.startswith("#"):
        return "a spreadsheet has replaced the id, which began with '-'"
    try:
        check_id(text, form)
    except UsageError:
        if form == SAFE_ID:
            return "not the id of a video: up to 64 letters, digits, '_', '-' or '.'"
        return "not the id of a video: 11 letters, digits, '_' or '-'"
    return None


def _value(text: str) -> float | str:
    """Return the number, or what is wrong with it."""
    if not text:
        return "empty: a number belongs here"
    if NUMBER.fullmatch(text) is None:
        return "not a number"
    value = float(text)
    return value if math.isfinite(value) else "too large"


def _of_second(text: str, whole: bool) -> str | None:
    value = _value(text)
    if isinstance(value, str):
        return value
    if 0 <= value <= LAST_SECOND and (value.is_integer() or not whole):
        return None
    return f"not a {'whole ' if whole else ''}second of the movie, such as 0902"


def _of_edge(text: str) -> str | None:
    value = _value(text)
    if isinstance(value, str):
        return value
    return None if abs(value) <= LARGEST_BOX else "no box is so large: 0.000 to 1.000 belongs here"


def _of_action(text: str, actions: frozenset[int]) -> str | None:
    value = _value(text)
    if isinstance(value, str):
        return value
    return None if value in actions else f"not an action: {ranges(actions)}"


def _of_person(text: str) -> str | None:
    value = _value(text)
    if isinstance(value, str):
        return value
    if 0 <= value <= LARGEST_PERSON and value.is_integer():
        return None
    return "not the number of a person, from 0"


def _of_entity(text: str) -> str | None:
    return None if re.fullmatch(ENTITY, text) else "not a track, such as 5BDj0ow5hnA_0960_1020:1"
