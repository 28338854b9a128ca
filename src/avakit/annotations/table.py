"""The labels as one table: from the official csv files to annotations.parquet, and the SQL to ask it."""

import errno
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from avakit.annotations.columns import TABLES
from avakit.annotations.database import first_line, literal
from avakit.annotations.findings import FileReport
from avakit.annotations.known import Excluded, read_excluded, workbench
from avakit.annotations.reading import read
from avakit.errors import AnnotationError
from avakit.releases.model import AnnotationFile, Release
from avakit.transfer.disk import disk_error, disk_errors, sync_folder


@dataclass(frozen=True)
class Built:
    """A table of labels, written. `reports`: one a csv, in the release's order. `notes`: what to tell."""

    path: Path
    reports: tuple[FileReport, ...]
    notes: tuple[str, ...]

    @property
    def rows(self) -> int:
        """How many labels there are."""
        return sum(report.rows for report in self.reports)


def build(release: Release, files: Iterable[tuple[AnnotationFile, Path]], out: Path) -> Built:
    """Read the official csv files of a release, and write their labels to `out` as Parquet, all or nothing.

    `files`: labels, and lists of excluded seconds, which count where the release does not know its own. An `out` that exists is replaced. Raises AnnotationError, naming file, line
    and column, if labels cannot be read, or if no video in a file is one of the release.
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
    with workbench(release, excluded) as database:
        reports = [
            read(database, f"file{number}", path, release, file.splits[0])
            for number, (file, path) in enumerate(labels)
        ]
        for report in reports:
            _require(release, report)
        _write(database, [file for file, _ in labels], out)
    notes += [f"{report.path.name}: {note}" for report in reports for note in report.notes]
    return Built(out, tuple(reports), tuple(notes))


def _excluded(
    release: Release, lists: list[tuple[AnnotationFile, Path]]
) -> tuple[Excluded | None, list[str]]:
    """Return the excluded seconds from the publisher's lists where the release does not know them."""
    if release.excluded is not None or not release.files("excluded"):
        return None, []
    if not lists:
        return None, [f"the excluded seconds of {release.name} are not known: no label is marked as excluded"]
    return {file.splits[0]: read_excluded(path) for file, path in lists}, []


def _require(release: Release, report: FileReport) -> None:
    report.require()
    unknown = sum(warned.count for warned in report.warnings if warned.kind == "unknown_video")
    if unknown == report.rows:
        raise AnnotationError(
            f"{report.path} has {report.rows:,} labels, and no video among them is one of {release.name}",
            "Is it of another release, or of another data set?",
        )


def _write(database: duckdb.DuckDBPyConnection, files: list[AnnotationFile], out: Path) -> None:
    selects = [_selection(f"file{number}", file.splits[0]) for number, file in enumerate(files)]
    temporary = out.with_name(f".{out.name}.{os.getpid()}.part")
    with disk_errors(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        try:
            _copy(database, " UNION ALL ".join(selects), temporary)
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
            temporary.replace(out)
            sync_folder(out.parent)
        finally:
            temporary.unlink(missing_ok=True)


def _copy(database: duckdb.DuckDBPyConnection, selection: str, out: Path) -> None:
    try:
        database.execute(f"COPY ({selection}) TO {literal(out)} (FORMAT parquet, COMPRESSION zstd)")
    except duckdb.IOException as error:
        # DuckDB keeps the words of the system's error, and not its number.
        full = os.strerror(errno.ENOSPC) in str(error)
        raise disk_error(OSError(errno.ENOSPC if full else errno.EIO, first_line(error)), out) from error


def _selection(table: str, split: str) -> str:
    computed = {
        "split": f"'{split}'",
        "action": "actions.name",
        "action_group": "actions.group_name",
        "evaluated": "actions.evaluated",
        "excluded": "excluded.second IS NOT NULL",
    }
    columns = ", ".join(
        f"CAST({computed.get(name, f'labels.{name}')} AS {kind}) AS {name}" for name, kind in TABLES["actions"].items()
    )
    return (
        f"SELECT {columns} FROM {table} AS labels JOIN actions ON actions.id = labels.action_id "  # noqa: S608
        f"LEFT JOIN excluded ON excluded.video = labels.video AND excluded.second = labels.second"
    )
