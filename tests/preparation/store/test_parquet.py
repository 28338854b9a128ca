import random
from fractions import Fraction
from pathlib import Path

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avakit.errors import AvakitError, DiskFull, RootError
from avakit.media.timeline import Timeline
from avakit.preparation.store.parquet import read_facts, read_record, write_record
from avakit.preparation.store.record import NONE, Record, columns_of, record_of

FILM = Timeline(
    np.arange(0, 3000 * 1001, 1001, dtype=np.int64),
    Fraction(1, 24000),
    Fraction(895),
    Fraction(0),
    Fraction(1021),
)


def grid(count: int) -> Record:
    seconds = [900 + Fraction(i, 30) for i in range(count)]
    pictures = FILM.at_many(seconds)
    pictures[3] = NONE
    lacking = np.zeros(count, dtype=np.bool_)
    lacking[3:5] = True
    names = (f"-5KQ66BBWC4_{i:06}.jpg" for i in range(1, count + 1))
    return record_of(FILM, names, seconds, pictures, lacking, range(1, count + 1))


def same(one: Record, other: Record) -> None:
    assert list(columns_of(one)) == list(columns_of(other))
    for name, column in columns_of(one).items():
        np.testing.assert_array_equal(column, columns_of(other)[name], strict=True)


def test_times_are_those_of_the_timeline_rounded_once() -> None:
    record = grid(2000)
    for i in (0, 1, 7, 1999):
        assert record.time[i] == float(FILM.seconds(int(record.picture[i])))
        assert record.pts[i] == FILM.pts[record.picture[i]]
        assert record.second[i] == float(900 + Fraction(i, 30))
    assert np.isnan(record.time[3])
    assert record.picture[3] == NONE


@pytest.mark.parametrize("more", [(), ("offset", "size"), ("stored",)])
def test_what_is_written_is_read(tmp_path: Path, more: tuple[str, ...]) -> None:
    columns = columns_of(grid(500))
    extra = {name: np.arange(500, dtype=np.int64) + NONE for name in more}
    record = Record(**columns, **extra)  # type: ignore[arg-type]
    path = tmp_path / "frames [1*]?" / "it's.parquet"
    facts = {"time_base": "1/24000", "recipe": '{"quality": 90, "word": "ü\\n\'"}'}
    write_record(path, record, facts)
    same(read_record(path), record)
    assert read_facts(path) == facts
    assert [entry.name for entry in path.parent.iterdir()] == ["it's.parquet"]


def test_other_tools_read_it(tmp_path: Path) -> None:
    write_record(tmp_path / "a.parquet", grid(10), {})
    rows = duckdb.execute(f"SELECT number, picture, pts, time FROM '{tmp_path / 'a.parquet'}'").fetchall()
    assert rows[3] == (4, None, None, None)
    assert rows[0] == (1, 119, 119119, 895 + 119119 / 24000)


def test_products_without_a_grid_have_no_numbers(tmp_path: Path) -> None:
    record = record_of(FILM, ["a_0902.jpg"], [902], [167], [False])
    write_record(tmp_path / "a.parquet", record, {})
    assert read_record(tmp_path / "a.parquet").number.tolist() == [NONE]


def test_the_same_record_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_record(tmp_path / name, grid(2000), {"x": "1", "y": "2"})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_an_older_record_is_replaced_and_an_empty_one_is_one(tmp_path: Path) -> None:
    write_record(tmp_path / "a", grid(50), {})
    empty = record_of(FILM, [], [], [], [])
    write_record(tmp_path / "a", empty, {})
    same(read_record(tmp_path / "a"), empty)


@given(word=st.text(st.characters(codec="utf-8", exclude_characters="\0")))
@settings(max_examples=15)
def test_facts_are_any_words(word: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("facts") / "a.parquet"
    write_record(path, record_of(FILM, [], [], [], []), {"recipe": word})
    assert read_facts(path) == {"recipe": word}


def test_a_fact_has_a_name() -> None:
    with pytest.raises(ValueError, match="no name of a fact"):
        write_record(Path("a.parquet"), record_of(FILM, [], [], [], []), {"Time Base": "1/25"})


@pytest.mark.parametrize("name", ["../a.jpg", "/a.jpg", "a/../b", "a/b/c", "", ".a", "a\\b", "C:a", "a\0b"])
def test_a_name_leads_nowhere_else(name: str) -> None:
    with pytest.raises(ValueError, match="no name of a file"):
        record_of(FILM, [name], [902], [1], [False])


def test_columns_are_equally_long() -> None:
    with pytest.raises(ValueError, match="no table"):
        record_of(FILM, ["a", "b"], [902], [1], [False])


def test_no_room_is_said(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    temporary = tmp_path / ".a.parquet.part"
    temporary.symlink_to("/dev/full")
    with pytest.raises(DiskFull, match=r"a\.parquet"):
        write_record(tmp_path / "a.parquet", grid(10), {})
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_its_way_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").mkdir()
    with pytest.raises(RootError):
        write_record(tmp_path / "a.parquet", grid(10), {})
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.parquet"]


def test_what_is_no_record_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    with pytest.raises(RootError, match="no record at"):
        read_record(path)
    bad = "SELECT '../x' AS file, 1::BIGINT AS number, 1.0::DOUBLE AS second, 1.0::DOUBLE AS time, " \
        "0::BIGINT AS pts, 0::BIGINT AS picture, false AS lacking"  # fmt: skip
    for query in (
        "SELECT 1 AS a",
        bad,
        bad.replace("'../x'", "NULL::VARCHAR"),
        bad.replace("false", "NULL::BOOLEAN"),
    ):
        duckdb.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
        with pytest.raises(RootError, match="no record of pictures"):
            read_record(path)
    path.write_bytes(b"")
    with pytest.raises(RootError, match="no record of pictures"):
        read_facts(path)


def test_a_record_that_is_too_long_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_record(tmp_path / "a.parquet", grid(11), {})
    monkeypatch.setattr("avakit.preparation.store.parquet.MOST_ROWS", 10)
    with pytest.raises(RootError, match="11 rows are too many"):
        read_record(tmp_path / "a.parquet")


def test_damaged_bytes_end_in_a_sentence_or_in_a_record(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    write_record(path, grid(300), {"recipe": "{}"})
    whole, chance = path.read_bytes(), random.Random(7)
    for _ in range(20):
        broken = bytearray(whole[: chance.randrange(8, len(whole))] if chance.random() < 0.2 else whole)
        for _ in range(chance.randrange(1, 6)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        path.write_bytes(broken)
        for read in (read_record, read_facts):
            try:
                read(path)
            except AvakitError as error:
                assert "a.parquet" in str(error)  # noqa: PT017
