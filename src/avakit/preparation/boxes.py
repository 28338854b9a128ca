"""Persons by the second: where they are, what they are called, and where they are in between. Pure."""

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from avakit.media.view import Box

_UNSAFE = re.compile(r"[^A-Za-z0-9.-]+")


@dataclass(frozen=True)
class Shown:
    """A person's name, as files bear it, and its box."""

    person: str
    box: Box


def name_of(person: object, video: str) -> str | None:
    """Return a person's or a face's id as a file's name can bear it: 12 → `0012`; None where it has none.

    A face's id that begins with the video's is shortened by it.
    """
    if person is None:
        return None
    if isinstance(person, int):
        return f"{person:04}"
    return _UNSAFE.sub("-", str(person).removeprefix(video)).strip("-.") or None


def named(
    rows: Iterable[tuple[Fraction, str | None, Box]],
) -> list[tuple[Fraction, Shown]]:
    """Return boxes by second, each with a name that no other of its second has.

    `rows` ascend by second. A box without a person's name is called by its place among those of its second:
    `b01`; the second box of one name by `name-2`.
    """
    found: list[tuple[Fraction, Shown]] = []
    taken: set[tuple[Fraction, str]] = set()
    again: Counter[tuple[Fraction, str]] = Counter()
    places: Counter[Fraction] = Counter()
    for second, person, box in rows:
        places[second] += 1
        base = name = person or f"b{places[second]:02}"
        while (second, name) in taken:
            again[second, base] += 1
            name = f"{base}-{again[second, base] + 1}"
        taken.add((second, name))
        found.append((second, Shown(name, box)))
    return found


def crops_of(shown: Sequence[tuple[Fraction, Shown]]) -> list[tuple[Fraction, Shown]]:
    """Return the boxes that show anything at all, by second and name."""
    return sorted(
        ((second, one) for second, one in shown if _has_area(one.box)),
        key=lambda pair: (pair[0], pair[1].person),
    )


def tracks_of(
    shown: Sequence[tuple[Fraction, Shown]], times: Sequence[Fraction], step: Fraction
) -> list[tuple[int, Shown]]:
    """Return each person in pictures from its first to its last second, by number, then name.

    Number n, from 1, is at second `times[n - 1]`; these ascend. Two labels that lie at most `step`
    seconds apart are of one track, and the box moves evenly from one to the other. A person without a name
    has no track.
    """
    found: list[tuple[int, Shown]] = []
    for person, labels in _persons(shown).items():
        begin = 0
        for i in range(1, len(labels) + 1):
            if i == len(labels) or labels[i][0] - labels[i - 1][0] > step:
                found += _track(person, labels[begin:i], times)
                begin = i
    return sorted(found, key=lambda pair: (pair[0], pair[1].person))


def widened(shown: Shown, margin: float) -> Shown:
    """Return a person whose box is larger by `margin` of its width and height at each side, and inside the
    picture.
    """
    left, top, right, bottom = shown.box
    wide, high = (right - left) * margin, (bottom - top) * margin
    box = (max(0.0, left - wide), max(0.0, top - high), min(1.0, right + wide), min(1.0, bottom + high))
    return replace(shown, box=box)


def _persons(shown: Sequence[tuple[Fraction, Shown]]) -> dict[str, list[tuple[Fraction, Box]]]:
    persons: dict[str, list[tuple[Fraction, Box]]] = {}
    for second, one in crops_of(shown):
        if not re.fullmatch(r"b\d\d+", one.person):
            persons.setdefault(one.person, []).append((second, one.box))
    return persons


def _track(
    person: str, labels: Sequence[tuple[Fraction, Box]], times: Sequence[Fraction]
) -> list[tuple[int, Shown]]:
    seconds = [second for second, _ in labels]
    found: list[tuple[int, Shown]] = []
    for n in range(bisect_left(times, seconds[0]), bisect_right(times, seconds[-1])):
        box = _between(labels, bisect_right(seconds, times[n]) - 1, times[n])
        found.append((n + 1, Shown(person, box)))
    return found


def _between(labels: Sequence[tuple[Fraction, Box]], i: int, second: Fraction) -> Box:
    (before, box), (after, other) = labels[i], labels[min(i + 1, len(labels) - 1)]
    if after == before:
        return box
    share = float((second - before) / (after - before))
    left, top, right, bottom = (a + (b - a) * share for a, b in zip(box, other, strict=True))
    return left, top, right, bottom


def _has_area(box: Box) -> bool:
    left, top, right, bottom = (min(max(side, 0.0), 1.0) for side in box)
    return left < right and top < bottom
