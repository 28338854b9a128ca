"""Read one csv of labels: by columns where it is sound, by lines where it is not."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import duckdb

from avakit.annotations.diagnosis import diagnose
from avakit.annotations.dialect import Dialect, look
from avakit.annotations.fields import rules_of
from avakit.annotations.findings import FileReport, Finding
from avakit.errors import AnnotationError
from avakit.releases.model import Release
from avakit.transfer.disk import disk_errors


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
    compared with the release's. `on_error` is called for every error, in order, also beyond those that the
    report keeps. Raises AnnotationError if the file is no csv of labels at all, or of another kind of labels.
    """
    dialect = look(path, person_ids=release.person_ids)
    require_kind(path, dialect, release)
    rules = rules_of(release, open_world=open_world)
    with tempfile.TemporaryDirectory(prefix="avakit-") as folder:
        plain = Path(folder) / "plain.csv"
        with disk_errors(plain):
            diagnosis = diagnose(path, dialect, rules, plain, on_error)
    rows = 0 if diagnosis.count else diagnosis.rows
    return FileReport(path, dialect.kind, rows, dialect.notes, tuple(diagnosis.errors), diagnosis.count, ())


def require_kind(path: Path, dialect: Dialect, release: Release) -> None:
    """Raise AnnotationError if these are labels of another kind than the release's."""
    if dialect.kind != release.kind:
        raise AnnotationError(
            f"{path} has labels of {_KINDS[dialect.kind]}, and {release.name} has labels of "
            f"{_KINDS[release.kind]}",
            "Name the release that it is of.",
        )


_KINDS = {
    "actions": "actions (boxes with actions)",
    "speaker": "speakers (faces that speak or do not)",
    "speech": "speech (stretches of sound)",
}


def read(
    database: duckdb.DuckDBPyConnection, table: str, path: Path, release: Release, split: str | None = None
) -> FileReport:
    """Read a csv of actions into the new table `table` of the release's workbench; report what was found."""
    dialect = look(path, person_ids=release.person_ids)
    require_kind(path, dialect, release)
    with tempfile.TemporaryDirectory(prefix="avakit-") as folder:
        plain = Path(folder) / "plain.csv"
        diagnosis = diagnose(path, dialect, rules_of(release, open_world=False), plain)
        names = ("video", "second", "x1", "y1", "x2", "y2", "action_id", "person_id")
        columns = ", ".join(f"'{name}': '{'DOUBLE' if place else 'VARCHAR'}'" for place, name in enumerate(names))
        database.execute(
            f"CREATE TABLE {table} AS FROM read_csv(?, auto_detect = false, header = false, "  # noqa: S608
            f"null_padding = true, columns = {{{columns}}})",
            [str(plain)],
        )
    notes = dialect.notes
    return FileReport(path, "actions", diagnosis.rows, notes, tuple(diagnosis.errors), diagnosis.count, ())
