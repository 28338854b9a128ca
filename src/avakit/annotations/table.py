"""The labels as one table: from csv files to annotations.parquet."""

import os
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import duckdb

from avakit.annotations.database import stoppable
from avakit.annotations.findings import FileReport
from avakit.annotations.known import Excluded, read_excluded, workbench
from avakit.annotations.loading import Source
from avakit.annotations.packed import csvs
from avakit.annotations.reading import read, source_of
from avakit.errors import AnnotationError
from avakit.releases.model import AnnotationFile, Release
from avakit.transfer.disk import disk_errors, sync_folder


@dataclass(frozen=True)
class Built:
    """A table of labels, written. `reports`: one a csv, in the release's order. `notes`: what to tell."""

    path: Path
    reports: tuple[FileReport, ...]
    notes: tuple[str, ...]

    @property
    def rows(self) -> int:
        """How many rows there are: labels, and annotated seconds without any."""
        return sum(report.rows for report in self.reports)


def build(release: Release, files: Iterable[tuple[AnnotationFile, Path]], out: Path) -> Built:
    """Read a release's files of labels, and write all to `out` as Parquet, all or nothing.

    `files`: labels, several a split and packed if need be, and lists of excluded seconds, which count where
    the release does not know its own. The table has the columns of `TABLES` for the release's kind. An `out`
    that exists is replaced. Raises AnnotationError, naming file, line and column, if labels cannot be read,
    or if no video in a file is one of the release; DiskFull and RootError.
    """
    given = tuple(files)
    labels = [(file, path) for file, path in given if file.role == "labels"]
    lists = [(file, path) for file, path in given if file.role == "excluded"]
    if not labels:
        raise AnnotationError(
            f"There are no labels of {release.name} to make a table of",
            f"They are: {', '.join(file.name for file in release.files('labels'))}.",
        )
    excluded, notes = _excluded(release, lists)
    with stoppable(), ExitStack() as unpacked, workbench(release, excluded) as database:
        sources = [
            source_of(csv, release, split=file.splits[0], open_world=file.open, name=_name(path, csv))
            for file, path in labels
            for csv in unpacked.enter_context(csvs(_there(path)))
        ]
        reports = _write(database, sources, release, out)
    notes += _notes(reports)
    return Built(out, tuple(reports), tuple(notes))


def _there(path: Path) -> Path:
    if not path.is_file():
        raise AnnotationError(f"{path} cannot be read: there is no such file", "`avakit get` fetches it.")
    return path


def _name(path: Path, csv: Path) -> Path:
    return path if csv == path else path / csv.name


def _notes(reports: Iterable[FileReport]) -> list[str]:
    """Return the notes on files, each once: what is so of many files is said of the first."""
    files: dict[str, list[str]] = {}
    for report in reports:
        for note in report.notes:
            files.setdefault(note, []).append(report.path.name)
    return [
        f"{names[0]}{f' and {len(names) - 1} more' if len(names) > 1 else ''}: {note}"
        for note, names in files.items()
    ]


def _excluded(
    release: Release, lists: list[tuple[AnnotationFile, Path]]
) -> tuple[Excluded | None, list[str]]:
    """Return the excluded seconds from the publisher's lists where the release does not know them."""
    if release.excluded is not None or not release.files("excluded"):
        return None, []
    if not lists:
        return None, [f"the excluded seconds of {release.name} are not known: no label is marked as excluded"]
    return {file.splits[0]: read_excluded(path, release.form) for file, path in lists}, []


def _require_known(release: Release, report: FileReport) -> None:
    unknown = sum(warned.count for warned in report.warnings if warned.kind == "unknown_video")
    if unknown == report.rows:
        raise AnnotationError(
            f"{report.path} has {report.rows:,} labels, and no video among them is one of {release.name}",
            "Is it of another release, or of another data set?",
        )


def _write(
    database: duckdb.DuckDBPyConnection, sources: Sequence[Source], release: Release, out: Path
) -> list[FileReport]:
    temporary = out.with_name(f".{out.name}.{os.getpid()}.part")
    with disk_errors(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        try:
            reports = read(database, sources, release, temporary)
            for report in reports:
                report.require()
            for report in reports:
                _require_known(release, report)
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
            temporary.replace(out)
            sync_folder(out.parent)
        finally:
            temporary.unlink(missing_ok=True)
    return reports
