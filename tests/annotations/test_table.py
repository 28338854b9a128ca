"""From csv to one table: the real one whole, the damaged ones understood or refused by line and column."""

import io
import os
import shutil
import statistics
import tarfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from tests.annotations.labels import built, files, good, joined, lines

from avakit.annotations.asking import Annotations
from avakit.annotations.columns import TABLES
from avakit.annotations.database import stoppable
from avakit.annotations.known import read_excluded, workbench
from avakit.annotations.reading import read, source_of
from avakit.annotations.table import build
from avakit.errors import AnnotationError, DiskFull
from avakit.releases.catalogue import release

REAL = os.environ.get("AVAKIT_REAL_DATA")
needs_real_data = pytest.mark.skipif(REAL is None, reason="AVAKIT_REAL_DATA is not set")
V1 = release("v1.0")
V22 = release("v2.2")


def refused(tmp_path: Path, data: bytes) -> str:
    with pytest.raises(AnnotationError) as caught:
        built(tmp_path, data)
    assert not (tmp_path / "annotations.parquet").exists()
    assert not list(tmp_path.glob(".*"))
    return str(caught.value)


@needs_real_data
def test_the_real_test_split_of_v1_is_whole(tmp_path: Path) -> None:
    real = Path(REAL or "") / "ava/v1.0/ava_test_v1.0.csv"
    out = tmp_path / "annotations.parquet"
    taken = []
    for _ in range(5):
        begun = time.perf_counter()
        result = build(V1, files("v1.0", real), out)
        taken.append(time.perf_counter() - begun)
    # Shared machines are slow at times: the best shows what it costs, the median is reported.
    print(f"csv to Parquet: median {statistics.median(taken):.2f} s")
    assert min(taken) < 1
    assert (result.rows, result.notes, result.reports[0].warnings) == (41_425, (), ())
    with Annotations(out) as annotations:
        counts = annotations.counts()["test"]
        assert counts == {"videos": 38, "seconds": 10_140, "boxes": 18_824, "labels": 41_425}
        assert annotations.sql("SELECT count(DISTINCT action_id) FROM labels").rows == [(76,)]
        first = annotations.sql("SELECT * FROM labels LIMIT 1")
        assert first.columns == tuple(TABLES["actions"])
        assert first.rows[0][:8] == ("test", "053oq2xB3oU", 904, 0.061, 0.168, 0.774, 0.877, 11)
        assert first.rows[0][8:] == ("sit", "PERSON_MOVEMENT", None, True, False)


@needs_real_data
def test_the_copy_with_tabs_gives_the_same_table(tmp_path: Path) -> None:
    real = Path(REAL or "") / "ava"
    damaged = tmp_path / "ava_test_v1.0.csv"
    shutil.copy(real / "damaged/ava_test_v1.0.tabs.csv", damaged)
    result = build(V1, files("v1.0", damaged), tmp_path / "tabs.parquet")
    build(V1, files("v1.0", real / "v1.0/ava_test_v1.0.csv"), tmp_path / "real.parquet")
    assert any("tabs" in note for note in result.notes)
    assert any("leading zeros" in note for note in result.notes)
    rows = {}
    for name in ("tabs", "real"):
        with Annotations(tmp_path / f"{name}.parquet") as annotations:
            rows[name] = annotations.sql("FROM labels").rows
    whole = len(rows["tabs"])
    assert whole > 0
    assert rows["tabs"] == rows["real"][:whole]


@needs_real_data
def test_the_stray_character_is_found_in_line_16(tmp_path: Path) -> None:
    message = refused(tmp_path, (Path(REAL or "") / "ava/damaged/ava_val_v2.2.head.csv").read_bytes())
    assert "ava_val_v2.2.csv has 1 error" in message
    assert "line 16, person_id: '3_': not a number" in message


@pytest.mark.parametrize(
    ("change", "note"),
    [
        (lambda data: data.replace(b",", b"\t"), "tabs"),
        (lambda data: data.replace(b",", b";"), "semicolons"),
        (lambda data: data.replace(b"\n", b"\r\n"), "CR LF"),
        (lambda data: b"\xef\xbb\xbf" + data, "byte order mark"),
        (lambda data: b"video_id,timestamp,x1,y1,x2,y2,action_id,person_id\n" + data, "header"),
        (lambda data: b"\xef\xbb\xbfvideo_id,timestamp,x1,y1,x2,y2,action_id,person_id\n" + data, "header"),
        (lambda data: data.replace(b"\n", b",ok\n"), "1 more column after person_id: left out"),
        (lambda data: data.replace(b",0", b",").replace(b",.", b",0."), "leading zeros"),
        (lambda data: data[:-1], "no end"),
        (lambda data: data.replace(b"\n", b"\n\n"), ""),
        (lambda data: data.replace(b"\n", b"\r"), ""),
        (lambda data: data.replace(b"\n", b"\r\n", 3), "mixed line ends"),
        (lambda data: b'"' + data.replace(b",", b'","').replace(b"\n", b'"\n"')[:-1], "quotes"),
        (lambda data: data.replace(b",", b" , "), "spaces"),
    ],
    ids=[
        "tabs", "semicolons", "crlf", "bom", "header", "bom-header", "extra", "zeros", "end", "blank", "cr",
        "mixed", "quotes", "spaces",
    ],
)  # fmt: skip
def test_what_copies_suffer_is_normalised_and_said(
    tmp_path: Path, change: Callable[[bytes], bytes], note: str
) -> None:
    original = joined(good())
    built(tmp_path, original)
    with Annotations(tmp_path / "annotations.parquet") as annotations:
        expected = annotations.sql("FROM labels").rows
    assert len(expected) == 20
    result = built(tmp_path, change(original))
    with Annotations(tmp_path / "annotations.parquet") as annotations:
        assert annotations.sql("FROM labels").rows == expected
    assert any(note in said for said in result.notes) or not note
    assert result.reports[0].warnings == ()


def test_persons_are_unknown_where_the_column_is_absent(tmp_path: Path) -> None:
    result = built(tmp_path, joined([row.rpartition(",")[0] for row in good()]))
    assert any("persons are unknown" in note for note in result.notes)
    with Annotations(tmp_path / "annotations.parquet") as annotations:
        assert annotations.sql("SELECT count(*), count(person_id) FROM labels").rows == [(20, 0)]


def test_a_status_column_is_no_person(tmp_path: Path) -> None:
    header = "video_id,timestamp,x1,y1,x2,y2,action_id,status"
    result = built(tmp_path, joined([header, *(f"{row.rpartition(',')[0]},True" for row in good())]))
    assert any("1 more column after action_id" in note for note in result.notes)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("1j20qq1JyX,0902,0.1,0.1,0.2,0.2,12,1", "line 3, video_id: '1j20qq1JyX': not the id of a video"),
        ("#NAME?,0902,0.1,0.1,0.2,0.2,12,1", "line 3, video_id: '#NAME?': a spreadsheet has replaced the id"),
        ("1j20qq1JyX4,0902.5,0.1,0.1,0.2,0.2,12,1", "line 3, timestamp: '0902.5': not a whole second"),
        ("1j20qq1JyX4,-902,0.1,0.1,0.2,0.2,12,1", "line 3, timestamp: '-902': not a whole second"),
        ("1j20qq1JyX4,15:02,0.1,0.1,0.2,0.2,12,1", "line 3, timestamp: '15:02': not a number"),
        ("1j20qq1JyX4,0902,nan,0.1,0.2,0.2,12,1", "line 3, x1: 'nan': not a number"),
        ("1j20qq1JyX4,0902,0.1,1e999,0.2,0.2,12,1", "line 3, y1: '1e999': too large"),
        ("1j20qq1JyX4,0902,0.1,0.1,,0.2,12,1", "line 3, x2: '': empty"),
        ("1j20qq1JyX4,0902,0.1,0.1,0.2,0_2,12,1", "line 3, y2: '0_2': not a number"),
        ("1j20qq1JyX4,0902,0.1,0.1,0.2,0.2,0,1", "line 3, action_id: '0': not an action: 1 to 80"),
        ("1j20qq1JyX4,0902,0.1,0.1,0.2,0.2,81,1", "line 3, action_id: '81': not an action: 1 to 80"),
        ("1j20qq1JyX4,0902,0.1,0.1,0.2,0.2,1_2,1", "line 3, action_id: '1_2': not a number"),
        ("1j20qq1JyX4,0902,0.1,0.1,0.2,0.2,12.5,1", "line 3, action_id: '12.5': not an action"),
        ("1j20qq1JyX4,0902,0.1,0.1,0.2,0.2,0x1,1", "line 3, action_id: '0x1': not a number"),
        ("1j20qq1JyX4,0902,0.1,0.1,0.2,0.2,12,-1", "line 3, person_id: '-1': not the number of a person"),
        ("1j20qq1JyX4,0902,0,0.1,0.2,0.2,12", "line 3, line: '1j20qq1JyX4,0902,0,0.1,0.2,0.2,12': 7 columns"),
        ("1j20qq1JyX4,0902,0.1,0.1,0.2,0.2,12,1,1", "9 columns, the others have 8"),
        ("1j20qq1JyX4,0902,0.1,0.1,0.2,0.2,12,\x1b[31m", "line 3, person_id: '\\x1b[31m': not a number"),
        ("1j20qq1JyX4,0902,0.1,0.1,0.2,0.2,\uff11,1", "line 3, action_id: '\\uff11': not a number"),
        ("x" * 5_000, "line 3, line: 'xxx"),
        ("x" * 5_000_000, "line 3, line: 'xxx"),
    ],
)  # fmt: skip
def test_an_error_names_line_column_and_text(tmp_path: Path, row: str, expected: str) -> None:
    rows = good()
    message = refused(tmp_path, joined([*rows[:2], row, *rows[2:]]))
    assert expected in message
    assert "ava_val_v2.2.csv has 1 error" in message
    assert len(message) < 500
    assert "\x1b" not in message


def test_all_errors_of_a_file_come_at_once(tmp_path: Path) -> None:
    rows = [f"{row}x" if place % 2 else row for place, row in enumerate(good(100))]
    message = refused(tmp_path, joined(rows))
    assert "has 50 errors" in message
    assert "and 30 more" in message
    assert message.count("not a number") == 20


def test_text_that_is_not_utf8_is_an_error_of_its_line(tmp_path: Path) -> None:
    rows = joined(good()).split(b"\n")
    rows[4] = b"\xe9" + rows[4]
    assert "line 5, line: " in (message := refused(tmp_path, b"\n".join(rows)))
    assert "not UTF-8" in message


def test_half_a_last_line_is_said_to_be_half(tmp_path: Path) -> None:
    message = refused(tmp_path, joined(good())[:-30])
    assert "line 20, line: " in message
    assert "the last line is cut off: the file is not whole" in message


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "is empty"),
        (b"\n\n  \n", "is empty"),
        (b"video_id,timestamp,x1,y1,x2,y2,action_id,person_id\n", "a header line and no labels"),
        (b"1 953619 0 1 5 17 38 36 15 6 5 1 1 22 1396\n" * 5, "another data set that is called AVA too"),
        (b"<!DOCTYPE html>\n<html>", "is not a csv"),
        (b"PK\x03\x04....", "cannot be unpacked"),
        (b"\xff\xfe1\x00j\x00", "UTF-16"),
        (b"1j20qq1JyX4\n", "neither commas nor tabs"),
        (b"1j20qq1JyX4,x\n", "has 2 columns a line"),
        (b"5BDj0ow5hnA,900,905.67,SPEECH_WITH_NOISE\n", "has labels of speech"),
        (b"a,b,c\n", "has 3 columns a line"),
        (b"label {\n  name: \"x\"\n", "is not a csv"),
        (b"00000000000,0902,0.1,0.1,0.2,0.2,12,1\n", "no video among them is one of v2.2"),
        (b"\0" * 100, "binary: it has zero bytes"),
    ],
)  # fmt: skip
def test_what_is_no_csv_of_labels_is_told_in_a_sentence(tmp_path: Path, data: bytes, expected: str) -> None:
    assert expected in refused(tmp_path, data)


def test_an_absent_file_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"
    with pytest.raises(AnnotationError, match="cannot be read"):
        build(V22, files("v2.2", tmp_path / "ava_val_v2.2.csv"), out)
    with pytest.raises(AnnotationError, match=r"They are: ava_train_v2\.2\.csv, ava_val_v2\.2\.csv"):
        build(V22, [], out)


def test_doubtful_rows_are_counted_and_kept(tmp_path: Path) -> None:
    rows = good()
    train = V22.videos(["train"])[0].id
    excluded_id, excluded_second = sorted((V22.excluded or {})["val"])[0]
    doubtful = [
        "00000000000,0902,0.100,0.100,0.200,0.200,12,1",
        f"{train},0902,0.100,0.100,0.200,0.200,12,1",
        "1j20qq1JyX4,0901,0.100,0.100,0.200,0.200,12,1",
        f"{excluded_id},{excluded_second:04d},0.100,0.100,0.200,0.200,12,1",
        "1j20qq1JyX4,0902,-0.100,0.100,0.200,0.200,12,1",
        "1j20qq1JyX4,0902,0.100,0.100,56.000,0.200,12,1",
        "1j20qq1JyX4,0902,0.300,0.100,0.200,0.200,12,1",
        rows[0],
        rows[0],
    ]
    result = built(tmp_path, joined([*rows[:5], "", *doubtful, *rows[5:]]))
    warnings = {warned.kind: warned for warned in result.reports[0].warnings}
    assert {kind: warned.count for kind, warned in warnings.items()} == {
        "unknown_video": 1,
        "other_split": 1,
        "other_second": 1,
        "excluded_second": 1,
        "box_outside": 2,
        "box_without_area": 1,
        "duplicate": 2,
    }
    # A blank line is a line, so the first doubtful row stands in line 7.
    places = {kind: [finding.line for finding in warned.examples] for kind, warned in warnings.items()}
    assert places["unknown_video"] == [7]
    assert places["box_outside"] == [11, 12]
    assert places["duplicate"] == [14, 15]
    assert warnings["other_second"].examples[0].found == "0901"
    assert result.rows == 29
    with Annotations(tmp_path / "annotations.parquet") as annotations:
        assert annotations.sql("SELECT count(*) FROM labels WHERE excluded").rows == [(1,)]


def test_rounding_is_not_outside(tmp_path: Path) -> None:
    rows = [*good(), "1j20qq1JyX4,0902,-0.0004,0.100,1.0004,0.200,12,1"]
    assert built(tmp_path, joined(rows)).reports[0].warnings == ()


def test_another_split_joins_the_same_table(tmp_path: Path) -> None:
    (tmp_path / "ava_val_v2.2.csv").write_bytes(joined(good()))
    (tmp_path / "ava_train_v2.2.csv").write_bytes(joined(lines("train", 30)))
    out = tmp_path / "annotations.parquet"
    build(V22, files("v2.2", tmp_path / "ava_val_v2.2.csv"), out)
    with Annotations(out) as annotations:
        assert set(annotations.counts()) == {"val"}
        build(V22, files("v2.2", tmp_path / "ava_val_v2.2.csv", tmp_path / "ava_train_v2.2.csv"), out)
        counts = annotations.counts()
    assert {split: count["labels"] for split, count in counts.items()} == {"train": 30, "val": 20}


def test_a_failed_build_leaves_the_table_as_it_was(tmp_path: Path) -> None:
    built(tmp_path, joined(good()))
    before = (tmp_path / "annotations.parquet").read_bytes()
    with pytest.raises(AnnotationError):
        built(tmp_path, joined([*good(), "half"]))
    assert (tmp_path / "annotations.parquet").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["annotations.parquet", "ava_val_v2.2.csv"]


def test_v21_takes_its_excluded_seconds_from_the_list(tmp_path: Path) -> None:
    v21 = release("v2.1")
    (tmp_path / "ava_val_v2.1.csv").write_bytes(joined(good()))
    video, second = good()[0].split(",")[:2]
    listed = tmp_path / "ava_val_excluded_timestamps_v2.1.csv"
    listed.write_text(f"{video},{second}\n")
    out = tmp_path / "annotations.parquet"
    assert any(
        "not known" in note for note in build(v21, files("v2.1", tmp_path / "ava_val_v2.1.csv"), out).notes
    )
    assert build(v21, files("v2.1", tmp_path / "ava_val_v2.1.csv", listed), out).notes == ()
    with Annotations(out) as annotations:
        assert annotations.sql("SELECT count(*) > 0 FROM labels WHERE excluded").rows == [(True,)]
    listed.write_text(f"{video},{second}\nnonsense,902\n")
    with pytest.raises(
        AnnotationError, match="line 2: 'nonsense,902' is not a video's id and a whole second"
    ):
        build(v21, files("v2.1", tmp_path / "ava_val_v2.1.csv", listed), out)


@pytest.mark.parametrize("folder", ["with space", "brackets [1]*", "quote's", "\u6570\u636e"])
def test_any_folder_will_do(tmp_path: Path, folder: str) -> None:
    if os.name == "nt" and "*" in folder:
        folder = folder.replace("*", "")
    (tmp_path / folder).mkdir()
    assert built(tmp_path / folder, joined(good())).rows == 20
    with Annotations(tmp_path / folder / "annotations.parquet") as annotations:
        assert annotations.sql("SELECT count(*) FROM labels").rows == [(20,)]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_a_full_disk_is_named(tmp_path: Path) -> None:
    path = tmp_path / "ava_val_v2.2.csv"
    path.write_bytes(joined(good()))
    with workbench(V22) as database, pytest.raises(DiskFull, match="No room left"):
        read(database, [source_of(path, V22)], V22, Path("/dev/full"))


def test_a_release_without_persons_leaves_the_eighth_column_out(tmp_path: Path) -> None:
    data = joined([f"{row},9" for row in lines("test", 10, name="v1.0")])
    result = built(tmp_path, data, name="v1.0", file="ava_test_v1.0.csv")
    assert any("1 more column after action_id" in note for note in result.notes)
    assert replace(result.reports[0], notes=()).warnings == ()


def test_several_files_a_split_are_one_table(tmp_path: Path) -> None:
    kinetics = release("kinetics-v1.0")
    rows = [row.rpartition(",")[0] for row in good()]
    (tmp_path / "ava_val_v2.2.csv").write_bytes(joined([*rows, "00000000000,0902,0.1,0.1,0.2,0.2,12"]))
    clips = ["000QsbOC-a4,191.000000", "007GCFjxwDE,17.010000,0.1,0.1,0.2,0.2,12", "000QsbOC-a4,191.000000"]
    (tmp_path / "kinetics_val_v1.0.csv").write_bytes(b"\n" + joined(clips))
    given = files("kinetics-v1.0", tmp_path / "ava_val_v2.2.csv", tmp_path / "kinetics_val_v1.0.csv")
    result = build(kinetics, given, tmp_path / "out.parquet")
    assert [(report.path.name, report.rows) for report in result.reports] == [
        ("ava_val_v2.2.csv", 21),
        ("kinetics_val_v1.0.csv", 3),
    ]
    found = [
        (warned.kind, warned.count, [finding.line for finding in warned.examples])
        for report in result.reports
        for warned in report.warnings
    ]
    # Of the clips nothing is known, so that none is unknown.
    assert found == [("unknown_video", 1, [21]), ("duplicate", 1, [4])]
    with Annotations(tmp_path / "out.parquet") as annotations:
        seconds = annotations.sql("SELECT second, action, excluded FROM keyframes JOIN labels USING (second)")
        assert seconds.columns == ("second", "action", "excluded")
        assert annotations.counts()["val"]["labels"] == 22
        assert annotations.seconds("000QsbOC-a4") == (191,)


def test_the_csv_files_of_an_archive_are_named_with_it(tmp_path: Path) -> None:
    face = "5BDj0ow5hnA,900.04,0.1,0.1,0.2,0.2,NOT_SPEAKING,5BDj0ow5hnA_0900_0960:{}"
    members = {
        "5BDj0ow5hnA": [face.format(1), face.format(2)],
        "3reY9zJKhqN": [face.format(1).replace("5BDj0ow5hnA", "3reY9zJKhqN")],
    }
    name = "ava_activespeaker_val_v1.0.tar.bz2"
    result = build(
        release("activespeaker-v1.0"),
        files("activespeaker-v1.0", packed(tmp_path / name, members)),
        tmp_path / "out.parquet",
    )
    paths = [str(report.path) for report in result.reports]
    assert paths == [str(tmp_path / name / f"{video}-activespeaker.csv") for video in sorted(members)]
    assert [report.rows for report in result.reports] == [1, 2]
    members["5BDj0ow5hnA"].append(face.format("one thing"))
    broken = files("activespeaker-v1.0", packed(tmp_path / name, members))
    with pytest.raises(
        AnnotationError, match=r"5BDj0ow5hnA-activespeaker\.csv has 1 error:\n  line 3, entity"
    ):
        build(release("activespeaker-v1.0"), broken, tmp_path / "out.parquet")


def packed(path: Path, members: dict[str, list[str]]) -> Path:
    with tarfile.open(path, "w:bz2") as file:
        for video, rows in members.items():
            data = joined(rows)
            entry = tarfile.TarInfo(f"ava_activespeaker_test_v1.0/{video}-activespeaker.csv")
            entry.size = len(data)
            file.addfile(entry, io.BytesIO(data))
    return path


def test_rows_stand_in_the_order_of_their_lines(tmp_path: Path) -> None:
    label = "1j20qq1JyX4,0902,0.1,0.1,{:.3f},0.2,{},{}"
    rows = [
        "1j20qq1JyX4,0903"
        if place % 7 == 0
        else label.format(0.2 + place % 700 / 1000, place % 80 + 1, place)
        for place in range(300_000)
    ]
    assert built(tmp_path, joined(rows)).rows == 300_000
    table = duckdb.execute("SELECT person_id FROM read_parquet(?)", [str(tmp_path / "annotations.parquet")])
    assert [person for (person,) in table.fetchall()] == [
        None if place % 7 == 0 else place for place in range(300_000)
    ]


@pytest.mark.parametrize("second", ["99999999999", "-1", "1_0", "0.5", "\u0661", ""])
def test_an_excluded_second_is_whole_and_within_a_movie(tmp_path: Path, second: str) -> None:
    path = tmp_path / "excluded.csv"
    path.write_text(f"0f39OWEqJ24,1110\n0f39OWEqJ24,{second}\n", encoding="utf-8")
    with pytest.raises(AnnotationError, match=r"line 2: .* is not a video's id and a whole second"):
        read_excluded(path)


def test_a_list_that_lint_calls_right_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "excluded.csv"
    path.write_bytes(b"\xef\xbb\xbfvideo_id\ttimestamp\r\n# of mine\r\n\r\n0f39OWEqJ24\t 0902 \r\n")
    assert read_excluded(path) == {("0f39OWEqJ24", 902)}


def test_reading_that_was_stopped_is_no_fault() -> None:
    with pytest.raises(KeyboardInterrupt), stoppable():
        raise RuntimeError("Query interrupted")  # as DuckDB tells of Ctrl-C
    with pytest.raises(RuntimeError, match="else"), stoppable():
        raise RuntimeError("something else")
