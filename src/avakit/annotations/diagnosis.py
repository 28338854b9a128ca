"""The slow, exact look at a csv of labels, line by line: where it is wrong, and what belongs there.

It runs only over files that the fast reading refused. What it accepts, it writes out again in the plain form.
"""

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from avakit.annotations.dialect import Dialect
from avakit.annotations.findings import COLUMNS, KEPT, Finding

LAST_SECOND = 99_999
LARGEST_BOX = 1e6
LARGEST_PERSON = 2**31 - 1
ID = r"[A-Za-z0-9_-]{11}"

_LONGEST_LINE = 4096
# What may stand around a field: DuckDB too reads numbers with space around them.
_AROUND = " \t\v\f\"'"
_ID = re.compile(ID)
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


class Diagnosis:
    """The errors of a file: the first `KEPT`, and how many there are."""

    def __init__(self) -> None:
        """Begin with none."""
        self.errors: list[Finding] = []
        self.count = 0

    def add(self, finding: Finding) -> None:
        """Count an error, and keep it if it is among the first."""
        self.count += 1
        if len(self.errors) < KEPT:
            self.errors.append(finding)


def diagnose(path: Path, dialect: Dialect, actions: int, plain: Path) -> Diagnosis:
    """Return the errors of the csv at `path`, and write its good lines to `plain`: commas, LF, no header.

    `actions`: the largest action id there is.
    """
    diagnosis = Diagnosis()
    used = 8 if dialect.person else 7
    with (
        path.open(encoding="utf-8-sig", errors="surrogateescape", newline=None) as source,
        plain.open("w", encoding="ascii", newline="\n") as target,
    ):
        for number, line, ended in numbered_lines(source):
            if number == 1 and dialect.header:
                continue
            fields = [field.strip(_AROUND) for field in line.split(dialect.delimiter)]
            while len(fields) > dialect.width and not fields[-1]:
                # Delimiters at the line's end, which DuckDB too takes for no fields.
                fields.pop()
            wrong = _wrong_line(number, line, len(fields), dialect.width, ended) or [
                Finding(number, COLUMNS[place], fields[place], problem)
                for place in range(used)
                if (problem := _problem(place, fields[place], actions))
            ]
            for finding in wrong:
                diagnosis.add(finding)
            if not wrong:
                target.write(",".join(fields[:used]) + "\n")
    return diagnosis


def numbered_lines(source: TextIO) -> Iterator[tuple[int, str, bool]]:
    """Yield each line that is not blank: its number from 1, its text, whether it has a line end.

    A line longer than any label can be comes cut, and is the last.
    """
    number = 0
    while line := source.readline(_LONGEST_LINE):
        number += 1
        ended = line.endswith("\n")
        if line.strip():
            yield number, line.removesuffix("\n"), ended
        if not ended and len(line) >= _LONGEST_LINE:
            return


def _wrong_line(number: int, line: str, found: int, width: int, ended: bool) -> list[Finding]:
    if len(line) >= _LONGEST_LINE - 1:
        return [Finding(number, "line", line, f"longer than {_LONGEST_LINE:,} characters: no label is")]
    if any("\udc80" <= letter <= "\udcff" for letter in line):
        return [Finding(number, "line", line, "not UTF-8 text")]
    if found == width:
        return []
    if not ended and found < width:
        return [Finding(number, "line", line, "the last line is cut off: the file is not whole")]
    return [
        Finding(number, "line", line, f"{found} column{'s' if found != 1 else ''}, the others have {width}")
    ]


def _problem(place: int, text: str, actions: int) -> str | None:
    """Return what is wrong with the field in this column; None if nothing is."""
    if place == 0:
        return _problem_of_id(text)
    if not text:
        return "empty: a number belongs here"
    if _NUMBER.fullmatch(text) is None:
        return "not a number"
    value = float(text)
    if not math.isfinite(value):
        return "too large"
    if 2 <= place <= 5:
        return None if abs(value) <= LARGEST_BOX else "no box is so large: 0.000 to 1.000 belongs here"
    least, most, noun = {
        1: (0, LAST_SECOND, "a second of the movie, such as 0902"),
        6: (1, actions, f"an action, 1 to {actions}"),
        7: (0, LARGEST_PERSON, "the number of a person, from 0"),
    }[place]
    return None if value.is_integer() and least <= value <= most else f"not {noun}"


def _problem_of_id(text: str) -> str | None:
    if _ID.fullmatch(text):
        return None
    if text.startswith("#"):
        return "a spreadsheet has replaced the id, which began with '-'"
    return "not the id of a video: 11 letters, digits, '_' or '-'"
