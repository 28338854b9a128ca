"""Hundreds of damaged files: each is refused in a sentence, or read into rows in range, both ways alike."""

import math
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.annotations.labels import lines

from avakit.annotations.database import first_line
from avakit.annotations.diagnosis import diagnose
from avakit.annotations.dialect import look
from avakit.annotations.known import workbench
from avakit.annotations.reading import read
from avakit.errors import AnnotationError
from avakit.releases.catalogue import release

V22 = release("v2.2")
PIECES = [
    b",", b"\t", b"\n", b"\r\n", b"\r", b";", b'"', b"'", b" ", b"_", b"-", b".", b"0", b"9", b"e", b"x",
    b"\x00",
    b"\xff", b"\xef\xbb\xbf", b"nan", b"inf", b"1e9", b"-1", b"81", b"NULL", b"#", b"\n\n", b",,", b"0x1",
    b"1_0", "\u0661".encode(), b"1j20qq1JyX4,0902,0.1,0.1,0.2,0.2,12,1\n",
]  # fmt: skip


def mutated(data: bytes, chance: random.Random) -> bytes:
    """Return the data with one or two random edits."""
    for _ in range(chance.choice((1, 1, 2))):
        start = chance.randrange(len(data) + 1)
        stop = min(len(data), start + chance.choice((0, 0, 1, 2, 5, 40)))
        data = data[:start] + chance.choice([*PIECES, data[start:stop] * 2, b""]) + data[stop:]
    return data


def in_range(row: tuple[object, ...]) -> bool:
    video, second, x1, y1, x2, y2, action, person = row
    numbers = [float(str(value)) for value in (second, x1, y1, x2, y2, action)]
    return (
        len(str(video)) == 11
        and all(math.isfinite(number) for number in numbers)
        and numbers[0] == int(numbers[0]) >= 0
        and numbers[5] in range(1, 81)
        and (person is None or float(str(person)) >= 0)
    )


@pytest.mark.parametrize("seed", range(3))
def test_mutated_files_are_refused_or_in_range(tmp_path: Path, seed: int) -> None:
    original = ("\n".join(lines("val", 6, seed=seed)) + "\n").encode()
    path = tmp_path / "ava_val_v2.2.csv"
    chance = random.Random(seed)
    accepted = refused = 0
    with workbench(V22) as database:
        for _ in range(100):
            path.write_bytes(mutated(original, chance))
            database.execute("DROP TABLE IF EXISTS labels")
            try:
                report = read(database, "labels", path, V22, "val")
                report.require()
            except AnnotationError as error:
                refused += str(path) in str(error)
                continue
            accepted += 1
            rows = database.execute("FROM labels").fetchall()
            assert report.rows == len(rows) > 0
            assert all(in_range(row) for row in rows)
            assert_lines_agree(path, tmp_path / "plain.csv", rows)
    # Every error names the file.
    assert accepted + refused == 100
    assert accepted
    assert refused


def assert_lines_agree(path: Path, plain: Path, rows: list[tuple[object, ...]]) -> None:
    """Assert that the look at the lines accepts what the columns accepted, with the same values."""
    diagnosis = diagnose(path, look(path, person_ids=True), 80, plain)
    assert diagnosis.errors == []
    slow = [
        (fields[0], *map(float, fields[1:]), *[None] * (8 - len(fields)))
        for fields in (line.split(",") for line in plain.read_text().splitlines())
    ]
    assert slow == rows


@given(data=st.binary(max_size=300))
def test_any_bytes_at_all_are_looked_at_without_a_crash(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(data)
    try:
        dialect = look(path, person_ids=True)
    except AnnotationError:
        return
    assert diagnose(path, dialect, 80, path.with_suffix(".plain")).count >= 0


def test_the_database_errors_are_one_line() -> None:
    import duckdb

    with pytest.raises(duckdb.Error) as caught, workbench(V22) as database:
        database.execute("SELECT\n\nwrong")
    assert "\n" not in first_line(caught.value)
