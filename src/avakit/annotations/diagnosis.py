"""The slow, exact look at a csv of labels, line by line: where it is wrong, and what belongs there.

It runs only over files that the fast reading refused. What it accepts, it writes out again in the plain form.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TextIO

from avakit.annotations.columns import CSV
from avakit.annotations.dialect import Dialect, fields_of
from avakit.annotations.fields import Rule, Rules, checks
from avakit.annotations.findings import KEPT, Finding

OnError = Callable[[Finding], None]

_LONGEST_LINE = 4096


class Diagnosis:
    """The errors of a file: the first `KEPT`, and how many there are; and how many lines are good."""

    def __init__(self, on_error: OnError | None = None) -> None:
        """Begin with none. `on_error` is called for every one."""
        self.errors: list[Finding] = []
        self.count = 0
        self.rows = 0
        self._on_error = on_error

    def add(self, finding: Finding) -> None:
        """Count an error, and keep it if it is among the first."""
        self.count += 1
        if len(self.errors) < KEPT:
            self.errors.append(finding)
        if self._on_error is not None:
            self._on_error(finding)


def diagnose(
    path: Path, dialect: Dialect, rules: Rules, plain: Path, on_error: OnError | None = None
) -> Diagnosis:
    """Return the errors of the csv at `path`. If none, `plain` has its lines: commas, LF, no header."""
    diagnosis = Diagnosis(on_error)
    columns = tuple(zip(CSV[rules.kind], checks(rules), strict=True))
    header = dialect.header
    with (
        path.open(encoding="utf-8-sig", errors="surrogateescape", newline=None) as source,
        plain.open("w", encoding="ascii", newline="\n") as target,
    ):
        for number, line, ended in numbered_lines(source):
            if header:
                header = False
                continue
            fields = split_line(line, dialect)
            keyframe = len(fields) == 2 and dialect.kind == "actions" and (ended or dialect.width == 2)
            width = 2 if keyframe else dialect.width
            wrong = _wrong_line(number, line, len(fields), width, ended)
            used = min(width, dialect.used)
            wrong = wrong or _wrong_fields(number, fields[:used], columns)
            for finding in wrong:
                diagnosis.add(finding)
            if not wrong:
                diagnosis.rows += 1
            if not diagnosis.count:
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


def split_line(line: str, dialect: Dialect) -> list[str]:
    """Return the fields of a line, as many as they should be if those beyond are empty."""
    fields = fields_of(line, dialect.delimiter)
    while len(fields) > dialect.width and not fields[-1]:
        # Delimiters at the line's end, which DuckDB too takes for no fields.
        fields.pop()
    return fields


def _wrong_fields(number: int, fields: Sequence[str], columns: Sequence[tuple[str, Rule]]) -> list[Finding]:
    wrong = [
        Finding(number, name, text, problem)
        for text, (name, rule) in zip(fields, columns, strict=False)
        if (problem := rule(text))
    ]
    if not wrong and len(columns) > 2 and columns[2][0] == "end" and float(fields[2]) < float(fields[1]):
        return [Finding(number, "end", fields[2], f"before its start, {fields[1]}")]
    return wrong


def _wrong_line(number: int, line: str, found: int, width: int, ended: bool) -> list[Finding]:
    if len(line) >= _LONGEST_LINE - 1:
        return [Finding(number, "line", line, f"longer than {_LONGEST_LINE:,} characters: no label is")]
    if not line.isascii() and any("\udc80" <= letter <= "\udcff" for letter in line):
        return [Finding(number, "line", line, "not UTF-8 text")]
    if found == width:
        return []
    if not ended and found < width:
        return [Finding(number, "line", line, "the last line is cut off: the file is not whole")]
    return [
        Finding(number, "line", line, f"{found} column{'s' if found != 1 else ''}, the others have {width}")
    ]
