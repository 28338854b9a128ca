"""What was found in a csv of labels: errors at their line and column, and warnings counted by kind."""

from dataclasses import dataclass
from pathlib import Path

from avakit.errors import AnnotationError

KEPT = 1000
"""So many findings of a file are kept; beyond them, they are only counted."""

_SHOWN = 20


@dataclass(frozen=True)
class Finding:
    """One thing at one place. `line` counts from 1; `column` is one of `columns.CSV`, or `line` for all."""

    line: int
    column: str
    found: str
    problem: str

    def __str__(self) -> str:
        """Return it as one line of text."""
        return f"line {self.line}, {self.column}: {shown(self.found)}: {self.problem}"


@dataclass(frozen=True)
class Warned:
    """A kind of doubtful row: how many there are, and the first of them."""

    kind: str
    count: int
    examples: tuple[Finding, ...]


@dataclass(frozen=True)
class FileReport:
    """What reading one csv gave.

    `kind`: of its labels. `rows`: lines with a label or an annotated second; 0 with errors. `notes`: what
    was normalised. `errors`: the first `KEPT` of `error_count`; a file with any cannot be used. `warnings`:
    what is doubtful, and used all the same.
    """

    path: Path
    kind: str
    rows: int
    notes: tuple[str, ...]
    errors: tuple[Finding, ...]
    error_count: int
    warnings: tuple[Warned, ...]

    def require(self) -> None:
        """Raise AnnotationError, naming the first errors, if there is any."""
        if not self.error_count:
            return
        lines = [f"  {finding}" for finding in self.errors[:_SHOWN]]
        if self.error_count > _SHOWN:
            lines.append(f"  … and {self.error_count - _SHOWN:,} more")
        noun = "error" if self.error_count == 1 else "errors"
        raise AnnotationError(
            "\n".join([f"{self.path} has {self.error_count:,} {noun}:", *lines]),
            "Correct these lines, or fetch the official file again.",
        )


def shown(text: str) -> str:
    """Return a file's own text in quotes, short, and with nothing in it that a terminal would obey."""
    return ascii(text if len(text) <= 40 else f"{text[:40]}...")
