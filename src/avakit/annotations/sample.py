"""Rows from all over a file, without reading all of it: enough to tell which release it is of."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from avakit.annotations.lists import LISTS, fields_of, id_of
from avakit.errors import AnnotationError
from avakit.releases.model import AVA_ID, SAFE_ID, Second

_WHOLE = 1 << 18
_PIECES = 64
_PIECE = 1 << 12
_SECOND = re.compile(r"[0-9]{1,5}(?:\.([0-9]{1,9}))?", re.ASCII)


@dataclass(frozen=True)
class Sample:
    """Some rows of a file. `ids`: the different ones that can be ids of videos. `pairs`: id and second.

    `persons`: rows have an eighth column. `six_decimals`: seconds are mostly written so, as Kinetics' are.
    """

    ids: frozenset[str]
    pairs: tuple[tuple[str, Second], ...]
    persons: bool = False
    six_decimals: bool = False

    def share(self, videos: frozenset[str]) -> float:
        """Return the share of the ids that are among these videos, 0 to 1."""
        return len(self.ids & videos) / len(self.ids) if self.ids else 0.0

    @property
    def of_ava(self) -> bool:
        """Whether most ids have the form of AVA's."""
        fitting = sum(re.fullmatch(AVA_ID, video, re.ASCII) is not None for video in self.ids)
        return 2 * fitting > len(self.ids)


def sample(path: Path, kind: str) -> Sample:
    """Return rows from the beginning, the end, and between. A small file is taken whole.

    `kind`: of its labels, or of a list. Raises AnnotationError if the file cannot be read.
    """
    rows = [fields_of(line) for line in _lines(path)]
    if kind in LISTS:
        rows = [[id_of(kind, row), *(row if kind == "seconds" else row[1:])] for row in rows]
    rows = [row for row in rows if re.fullmatch(SAFE_ID, row[0], re.ASCII) or kind == "seconds"]
    if kind not in LISTS:
        # Without a second it is a header, or damaged.
        rows = [row for row in rows if len(row) > 1 and _SECOND.fullmatch(row[1])]
    pairs: list[tuple[str, Second]] = []
    fine = 0
    for row in rows:
        found = _SECOND.fullmatch(row[1]) if len(row) > 1 else None
        if found:
            pairs.append((row[0], Fraction(found[0])))
            fine += found[1] is not None and len(found[1]) == 6
    return Sample(
        frozenset(row[0] for row in rows) - {""},
        tuple(pairs),
        persons=2 * sum(len(row) > 7 for row in rows) > len(rows),
        six_decimals=2 * fine > len(pairs),
    )


def _lines(path: Path) -> Iterator[str]:
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            starts = [0] if size <= _WHOLE else [(size - _PIECE) * n // _PIECES for n in range(_PIECES + 1)]
            for start in starts:
                file.seek(start)
                lines = file.read(_WHOLE if size <= _WHOLE else _PIECE).splitlines()
                whole = slice(1 if start else 0, None if len(starts) == 1 or start == starts[-1] else -1)
                for line in lines[whole]:
                    yield line.decode("utf-8-sig", "replace")
    except OSError as error:
        raise AnnotationError(
            f"{path} cannot be read ({error.strerror})", "Check the path and its rights."
        ) from error
