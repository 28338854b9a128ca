"""Damaged files of every kind: each is refused by its wrong lines, or read as a simple reader reads it.

AVAKIT_MUTATIONS says how many: 20000 take some minutes.
"""

import os
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.annotations.mutants import Kind, expected, kinds, mutated

from avakit.annotations.columns import TABLES
from avakit.annotations.database import first_line, literal
from avakit.annotations.diagnosis import diagnose, numbered_lines
from avakit.annotations.dialect import look, look_again
from avakit.annotations.fields import rules_of
from avakit.annotations.findings import Finding
from avakit.annotations.known import workbench
from avakit.annotations.loading import Source
from avakit.annotations.reading import read, source_of
from avakit.errors import AnnotationError
from avakit.releases.catalogue import release

KINDS = kinds()
EACH = max(1, int(os.environ.get("AVAKIT_MUTATIONS", "320")) // len(KINDS))
COMPUTED = {"split", "action", "action_group", "evaluated", "excluded"}


@pytest.fixture(params=KINDS, ids=[kind.name for kind in KINDS])
def kind(request: pytest.FixtureRequest) -> Kind:
    found = request.param
    assert isinstance(found, Kind)
    return found


@pytest.fixture
def bench(kind: Kind) -> Iterator[duckdb.DuckDBPyConnection]:
    with workbench(kind.release) as database:
        database.execute("SET threads = 1")
        yield database


@pytest.mark.timeout(1200)
def test_mutants_are_refused_by_line_or_read_right(
    tmp_path: Path, kind: Kind, bench: duckdb.DuckDBPyConnection
) -> None:
    chance = random.Random(kind.name)
    outcomes = [judged(tmp_path, mutated(kind.rows, chance), kind, bench) for _ in range(EACH)]
    assert set(outcomes) <= {"read", "refused", "foreign"}
    assert {"read", "refused"} <= set(outcomes) or EACH < 20


def judged(tmp_path: Path, data: bytes, kind: Kind, bench: duckdb.DuckDBPyConnection) -> str:
    """Read a mutant, assert that all that is said of it is right, and return what became of it."""
    path, out = tmp_path / "labels.csv", tmp_path / "labels.parquet"
    path.write_bytes(data)
    out.unlink(missing_ok=True)
    errors: list[Finding] = []
    try:
        source = source_of(path, kind.release, open_world=kind.open_world)
        (report,) = read(bench, [source], kind.release, out, errors.append)
    except AnnotationError as error:
        # It is no csv of labels at all, or of others.
        return "foreign" if str(path) in str(error) else f"not named: {error}"
    # A look at the whole file may have told more than its head.
    seen = [source, *again(path, source)]
    wanted = [expected(path, source) for source in seen]
    if report.error_count:
        assert frozenset(finding.line for finding in errors) in [one.wrong for one in wanted], data
        assert report.error_count == len(errors)
        return "refused"
    columns = ", ".join(name for name in TABLES[source.rules.kind] if name not in COMPUTED)
    rows = bench.execute(f"SELECT {columns} FROM read_parquet({literal(out)})").fetchall()
    assert (frozenset(), rows) in [(one.wrong, one.rows) for one in wanted], data
    assert report.rows == len(rows) > 0
    numbers = {finding.line for warned in report.warnings for finding in warned.examples}
    assert numbers <= set(range(1, data.count(b"\n") + data.count(b"\r") + 2))
    return "read"


def again(path: Path, source: Source) -> list[Source]:
    with path.open(encoding="utf-8-sig", errors="replace", newline=None) as file:
        lines = [line for _, line, _ in numbered_lines(file)]
    return [replace(source, dialect=look_again(lines, source.dialect, person_ids=source.rules.person_ids))]


@given(data=st.binary(max_size=300))
def test_any_bytes_at_all_are_looked_at_without_a_crash(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(data)
    try:
        dialect = look(path)
    except AnnotationError:
        return
    rules = replace(rules_of(release("v2.2"), open_world=True), kind=dialect.kind)
    assert diagnose(path, dialect, rules, path.with_suffix(".plain")).count >= 0


def test_the_database_errors_are_one_line() -> None:
    with pytest.raises(duckdb.Error) as caught, workbench(release("v2.2")) as database:
        database.execute("SELECT\n\nwrong")
    assert "\n" not in first_line(caught.value)
