"""`avakit lint`: is this file of AVA's right, and what is to be written where it is not?"""

import os
import re
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from avakit.cli import options
from avakit.cli.ending import FAILED
from avakit.cli.words import counted
from avakit.text import printable

if TYPE_CHECKING:
    from avakit.annotations.findings import Finding, Warned
    from avakit.annotations.lint import Linted, Subject
    from avakit.releases.model import Release

_OPTION = re.compile(r"--?[a-z][a-z-]*(=.*)?", re.DOTALL)
_SHOWN = 20
_EXAMPLES = 3
_LONGEST_FOUND = 200
_BUFFER = 1 << 16


def lint(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="Labels, label maps or lists; - is standard input.")
    ],
    release: Annotated[
        str | None, typer.Option("--release", metavar="NAME", help="They are of this one. Else it is judged.")
    ] = None,
    split: Annotated[
        str | None, typer.Option("--split", metavar="S", help="They are of this split. Else it is judged.")
    ] = None,
    root: options.Root = None,
    json: options.Json = False,
) -> int:
    """Say of each file what is wrong in it, where, and what belongs there. Exit 1: something is; warnings do
    not count.
    """
    from avakit.annotations.judging import Asked
    from avakit.annotations.lint import STDIN
    from avakit.annotations.lint import lint as lint_all

    _require_files(files)
    around = _around(root, files)
    asked = Asked(_release(release, around), split, around)
    if split is not None and asked.release is not None:
        asked.release.check_splits([split])
    teller = _Document() if json else _Blocks()
    stdin = sys.stdin.buffer if STDIN in files and sys.stdin is not None else None
    linted = lint_all(files, asked=asked, stdin=stdin, listener=teller)
    teller.close(linted)
    return FAILED if any(one.report.error_count for one in linted) else 0


def _require_files(names: list[str]) -> None:
    """Raise UsageError for an option that there is not; a file may begin with a hyphen, as ids do."""
    from avakit.errors import UsageError

    for name in names:
        if _OPTION.fullmatch(name) and not Path(name).exists():
            raise UsageError(f"{name[:40]!a} is neither an option nor a file", "See avakit lint --help.")


def _around(given: Path | None, files: list[str]) -> "Release | None":
    """Return the release of a data set: the given one, else the one that one stands in, else the one around
    the first file; None if none is there, or can be read. Raises `AvakitError` for what was given.
    """
    from avakit.dataset.release import release_of
    from avakit.dataset.root import find
    from avakit.dataset.settings import load
    from avakit.errors import AvakitError

    if given is not None:
        root = find(given, Path.cwd(), os.environ)
        return release_of(root, load(root))
    for here in (Path.cwd(), Path(files[0]).absolute().parent):
        # Whatever is wrong there is not what was asked.
        with suppress(AvakitError):
            root = find(None, here, os.environ)
            return release_of(root, load(root))
    return None


def _release(name: str | None, around: "Release | None") -> "Release | None":
    from avakit.releases.catalogue import release

    if name is None:
        return None
    return around if around is not None and around.name == name else release(name)


class _Blocks:
    """Tells people: a block a file, short."""

    def begin(self, subject: "Subject") -> None:
        """Wait: a file's rows are known at its end."""

    def error(self, finding: "Finding") -> None:
        """Wait: the first ones are in the report."""

    def end(self, linted: "Linted") -> None:
        """Print all that is to be said of a file."""
        subject, report = linted.subject, linted.report
        typer.echo(printable(f"{subject.name}: {_summary(linted)}"))
        for finding in report.errors[:_SHOWN] if subject.problem is None else ():
            typer.echo(printable(f"  {_place(subject, finding)}: {finding.problem}{_found(finding)}"))
        if report.error_count > _SHOWN:
            typer.echo(f"  … and {report.error_count - _SHOWN:,} more")
        for note in report.notes:
            typer.echo(printable(f"  note: {note}"))
        for warned in report.warnings:
            self._warn(subject, warned)

    def _warn(self, subject: "Subject", warned: "Warned") -> None:
        typer.echo(f"  warning: {warned.kind}: {counted(warned.count, 'row')}")
        for finding in warned.examples[:_EXAMPLES]:
            typer.echo(printable(f"    {_place(subject, finding)}: {finding.problem}{_found(finding)}"))

    def close(self, linted: "tuple[Linted, ...]") -> None:
        """Say how all files together stand, if there are several."""
        if len(linted) < 2:
            return
        wrong = sum(bool(one.report.error_count) for one in linted)
        warned = sum(bool(one.report.warnings) for one in linted)
        typer.echo(
            f"{len(linted)} files: {len(linted) - wrong} right, {wrong} with errors, {warned} with warnings."
        )


def _summary(linted: "Linted") -> str:
    subject, report = linted.subject, linted.report
    if subject.problem is not None:
        return subject.problem
    kind = subject.kind.replace("_", " ")
    if report.error_count:
        return f"{kind}, {counted(linted.rows, 'row')}, {counted(report.error_count, 'error')}"
    return f"{kind}, {counted(linted.rows, 'row')}, no errors"


def _place(subject: "Subject", finding: "Finding") -> str:
    if not finding.line:
        return subject.name
    column = "" if finding.column == "line" else f": {finding.column}"
    return f"{subject.name}:{finding.line}{column}"


def _found(finding: "Finding") -> str:
    from avakit.annotations.findings import shown

    return f" (found {shown(finding.found)})" if finding.found else ""


class _Document:
    """Prints one JSON document as it comes, so that a million errors need no memory."""

    def __init__(self) -> None:
        """Begin the document."""
        self._parts: list[str] = ['{"files": [']
        self._size = 0
        self._files = 0
        self._errors = 0

    def begin(self, subject: "Subject") -> None:
        """Begin a file."""
        head: dict[str, object] = {
            "path": _clean(subject.name),
            "kind": subject.kind,
            "release": subject.release,
            "split": subject.split,
        }
        comma = "," if self._files else ""
        self._print(f'{comma}\n  {{{_members(head)}, "errors": [')
        self._files += 1
        self._errors = 0

    def error(self, finding: "Finding") -> None:
        """Print one error."""
        comma = "," if self._errors else ""
        self._print(f"{comma}\n    {_json(_finding(finding))}")
        self._errors += 1

    def end(self, linted: "Linted") -> None:
        """End a file: what is known of it as a whole."""
        report = linted.report
        tail = {
            "error_count": report.error_count,
            "rows": linted.rows,
            "warnings": [
                {
                    "kind": warned.kind,
                    "count": warned.count,
                    "examples": [_finding(example) for example in warned.examples],
                }
                for warned in report.warnings
            ],
            "notes": list(report.notes),
        }
        self._print(f"], {_members(tail)}}}")

    def close(self, linted: "tuple[Linted, ...]") -> None:
        """End the document."""
        self._print("\n]}\n")
        self._flush()

    def _print(self, text: str) -> None:
        self._parts.append(text)
        self._size += len(text)
        if self._size > _BUFFER:
            self._flush()

    def _flush(self) -> None:
        typer.echo("".join(self._parts), nl=False)
        self._parts, self._size = [], 0


def _finding(finding: "Finding") -> dict[str, object]:
    """Return a finding as JSON has it. Its line is null where it is about the file as a whole."""
    found = finding.found
    if len(found) > _LONGEST_FOUND:
        found = f"{found[:_LONGEST_FOUND]}..."
    return {
        "line": finding.line or None,
        "column": finding.column,
        "found": _clean(found),
        "problem": finding.problem,
    }


def _clean(text: str) -> str:
    """Return a text whose bytes that are no UTF-8 stand as \\xff: half letters are no JSON."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _members(values: dict[str, object]) -> str:
    """Return the members of a JSON object, without its braces."""
    return _json(values)[1:-1]


def _json(value: object) -> str:
    import json

    return json.dumps(value)
