"""Read csv files of labels: by columns where they are sound, by lines where they are not."""

import errno
import os
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import duckdb

from avakit.annotations.checks import Checked, checked
from avakit.annotations.database import first_line, stoppable
from avakit.annotations.diagnosis import Diagnosis, diagnose, numbered_lines
from avakit.annotations.dialect import LOST_ZEROS, Dialect, look, look_again
from avakit.annotations.fields import rules_of
from avakit.annotations.findings import FileReport, Finding
from avakit.annotations.known import workbench
from avakit.annotations.loading import Loaded, Source, ends_with_line, is_sound, load
from avakit.errors import AnnotationError
from avakit.releases.model import Release
from avakit.transfer.disk import disk_error, disk_errors

_KINDS = {
    "actions": "actions (boxes with actions)",
    "speaker": "speakers (faces that speak or do not)",
    "speech": "speech (stretches of sound)",
}


def examine(
    path: Path,
    release: Release,
    *,
    split: str | None = None,
    open_world: bool = False,
    on_error: Callable[[Finding], None] | None = None,
) -> FileReport:
    """Return everything that is to be said of the csv at `path` as labels of the release; keep no table.

    `split`: the one that the file is for, to warn of videos of others. `open_world`: ids and seconds are not
    compared with the release's, nor where the release says so of the file. `on_error` is called for every
    error, in order, also beyond those that the report keeps. Raises AnnotationError if the file is no csv of
    labels at all, or of another kind of labels; DiskFull and RootError if there is no room to work in.
    """
    open_world = open_world or any(file.open and file.name == path.name for file in release.annotation_files)
    source = source_of(path, release, split=split, open_world=open_world)
    with stoppable(), workbench(release) as database, _scratch() as folder:
        (report,) = read(database, [source], release, Path(folder) / "labels.parquet", on_error)
    return report


def source_of(
    path: Path,
    release: Release,
    *,
    split: str | None = None,
    open_world: bool = False,
    name: Path | None = None,
) -> Source:
    """Return how a csv is to be read. `name`: what messages call it, if not by its path.

    Raises AnnotationError if it is no csv of labels, or of another kind of labels than the release's.
    """
    name = name or path
    open_world = open_world or release.learns
    dialect = look(path, person_ids=release.person_ids, name=name)
    if dialect.kind != release.kind:
        raise AnnotationError(
            f"{name} has labels of {_KINDS[dialect.kind]}, and {release.name} has labels of "
            f"{_KINDS[release.kind]}",
            "Name the release that it is of."
            if release.mirror
            else "Correct custom.kind, or the name of the csv.",
        )
    rules = rules_of(release, open_world=open_world)
    if not rules.whole:
        dialect = replace(dialect, notes=tuple(note for note in dialect.notes if note != LOST_ZEROS))
    return Source(path, name, split or "", open_world, dialect, rules)


def read(
    database: duckdb.DuckDBPyConnection,
    sources: Sequence[Source],
    release: Release,
    out: Path,
    on_error: Callable[[Finding], None] | None = None,
) -> list[FileReport]:
    """Read csv files into one table, `out`, in order; report of each what was found.

    `database`: the release's workbench. With errors in any report there is no table. Raises AnnotationError
    if a file cannot be read at all, DiskFull and RootError.
    """
    loaded = None
    # Whatever it is, the look at the lines says it better, or finds nothing.
    with suppress(duckdb.Error):
        loaded = load(database, sources, out)
    if loaded is not None and loaded.rows:
        return _reports(database, sources, release, out, loaded)
    with _scratch() as folder:
        looked = [
            # Of one file, it is known that it is not.
            (source, Diagnosis())
            if len(sources) > 1 and is_sound(database, source)
            else _by_line(database, source, Path(folder) / f"{number}.csv", on_error)
            for number, source in enumerate(sources)
        ]
        if any(diagnosis.count for _, diagnosis in looked):
            return [_failed(source, diagnosis) for source, diagnosis in looked]
        plain = [source for source, _ in looked]
        return _reports(database, plain, release, out, _load(database, plain, out))


def _by_line(
    database: duckdb.DuckDBPyConnection,
    source: Source,
    plain: Path,
    on_error: Callable[[Finding], None] | None,
) -> tuple[Source, Diagnosis]:
    """Return a source that can be read by columns, made from its good lines if need be, and its errors."""
    with source.path.open(encoding="utf-8-sig", errors="replace", newline=None) as file:
        lines = (line for _, line, _ in numbered_lines(file))
        seen = replace(source, dialect=look_again(lines, source.dialect, person_ids=source.rules.person_ids))
    if seen != source and is_sound(database, seen):
        return seen, Diagnosis()
    with disk_errors(plain):
        diagnosis = diagnose(seen.path, seen.dialect, seen.rules, plain, on_error)
    notes = seen.dialect.notes
    if not diagnosis.count:
        notes = (*notes, "quotes, spaces or mixed line ends: read as if they were not there")
    used = seen.dialect.used
    dialect = Dialect(seen.dialect.kind, ",", False, used, used, notes)
    return replace(seen, path=plain, dialect=dialect, made_from=seen), diagnosis


def _load(database: duckdb.DuckDBPyConnection, sources: Sequence[Source], out: Path) -> Loaded:
    try:
        loaded = load(database, sources, out)
    except duckdb.IOException as error:
        # DuckDB keeps the words of the system's error, and not its number.
        full = os.strerror(errno.ENOSPC) in str(error)
        raise disk_error(OSError(errno.ENOSPC if full else errno.EIO, first_line(error)), out) from error
    except duckdb.Error as error:
        raise _unreadable(sources) from error
    if loaded is None:
        raise _unreadable(sources)
    return loaded


def _unreadable(sources: Sequence[Source]) -> AnnotationError:
    return AnnotationError(
        f"{sources[0].name} cannot be read, though no line of it looks wrong", "Is it a csv in UTF-8?"
    )


def _failed(source: Source, diagnosis: Diagnosis) -> FileReport:
    rows = 0 if diagnosis.count else diagnosis.rows
    errors = tuple(diagnosis.errors)
    return FileReport(source.name, source.rules.kind, rows, source.dialect.notes, errors, diagnosis.count, ())


def _reports(
    database: duckdb.DuckDBPyConnection,
    sources: Sequence[Source],
    release: Release,
    out: Path,
    loaded: Loaded,
) -> list[FileReport]:
    return [
        FileReport(source.name, source.rules.kind, found.rows, _notes(source, found), (), 0, found.warnings)
        for source, found in zip(sources, checked(database, sources, release, out, loaded), strict=True)
    ]


def _notes(source: Source, found: Checked) -> tuple[str, ...]:
    notes = [*source.dialect.notes]
    if found.keyframes:
        lines = f"{found.keyframes:,} line{'s' if found.keyframes > 1 else ''} of 2 columns"
        notes.append(f"{lines}: annotated seconds without a box")
    if not ends_with_line(source.original.path):
        notes.append("the last line has no end: it may be cut off")
    return tuple(notes)


def _scratch() -> tempfile.TemporaryDirectory[str]:
    with disk_errors(Path(tempfile.gettempdir())):
        return tempfile.TemporaryDirectory(prefix="avakit-", ignore_cleanup_errors=True)
