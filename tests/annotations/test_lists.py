"""Lists of ids, file names, seconds, excluded seconds, checksums: known by their lines, wrong ones named."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avakit.annotations.findings import Finding
from avakit.annotations.lists import LISTS, Frame, examine_list, is_pair, list_kind
from avakit.releases.catalogue import release
from avakit.releases.model import AVA_ID, SAFE_ID

REAL = os.environ.get("AVAKIT_REAL_DATA")
V22 = release("v2.2")
VAL = [video.id for video in V22.videos(["val"])]
TRAIN = [video.id for video in V22.videos(["train"])]
SOUND = {
    "ids": VAL,
    "videos": [f"{video.id}.{video.container}" for video in V22.videos(["val"])],
    "seconds": [f"{second:04d}" for second in V22.seconds],
    "excluded": [f"{video},{second:04d}" for video, second in sorted((V22.excluded or {})["val"])],
    "checksums": [f"{video}.mp4,{'0' * 32}" for video in VAL],
}


def examine(tmp_path: Path, kind: str, lines: list[str], *, split: str | None = "val"):  # type: ignore[no-untyped-def]
    path = tmp_path / "list.txt"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    heard: list[Finding] = []
    report = examine_list(path, kind, Frame(V22, split, AVA_ID), heard.append)
    assert tuple(heard) == report.errors
    return report


@pytest.mark.parametrize("kind", LISTS)
def test_a_sound_list_has_nothing_to_be_said(tmp_path: Path, kind: str) -> None:
    report = examine(tmp_path, kind, SOUND[kind])
    assert (report.kind, report.rows) == (kind, len(SOUND[kind]))
    assert report.errors == report.warnings == ()
    if kind != "excluded":
        assert list_kind(SOUND[kind], "x") == kind
    assert is_pair(SOUND["excluded"], "x")


def test_how_much_of_a_split_it_is(tmp_path: Path) -> None:
    assert examine(tmp_path, "ids", VAL).notes == ("all 64 videos of val",)
    assert examine(tmp_path, "ids", VAL[:10]).notes == ("10 of 64 videos of val",)
    assert examine(tmp_path, "ids", TRAIN + VAL[1:], split=None).notes == (
        "all 235 videos of train",
        "63 of 64 videos of val",
    )
    assert examine(tmp_path, "seconds", SOUND["seconds"][1:]).notes == ("896 of 897 annotated seconds",)


@pytest.mark.parametrize(
    ("kind", "line", "column", "found", "problem"),
    [
        ("ids", "short", "video_id", "short", "An id is 11 letters"),
        ("ids", "#NAME?", "video_id", "#NAME?", "a spreadsheet has replaced the id"),
        ("ids", "1j20qq1JyX4,12", "line", "1j20qq1JyX4,12", "2 columns: video_id belongs here"),
        ("ids", "../../passwd", "video_id", "../../passwd", "An id is"),
        ("videos", "1j20qq1JyX4", "file_name", "1j20qq1JyX4", "such as 1j20qq1JyX4.mp4"),
        ("videos", "a/1j20qq1JyX4.mp4", "file_name", "a/1j20qq1JyX4.mp4", "such as"),
        ("seconds", "09o2", "timestamp", "09o2", "such as 0902"),
        ("seconds", "-902", "timestamp", "-902", "such as 0902"),
        ("excluded", "1j20qq1JyX4,x", "timestamp", "x", "such as 0902"),
        ("excluded", "1j20qq1JyX4", "line", "1j20qq1JyX4", "1 column: video_id,timestamp belongs"),
        ("checksums", f"a.mp4,{'0' * 31}g", "md5", "0" * 31 + "g", "32 digits"),
        ("ids", "x" * 5000, "line", "x" * 4096, "the rest of the file was not read"),
    ],
)
def test_a_wrong_line_is_named(
    tmp_path: Path, kind: str, line: str, column: str, found: str, problem: str
) -> None:
    report = examine(tmp_path, kind, [*SOUND[kind][:5], line])
    assert report.error_count == 1
    (error,) = report.errors
    assert (error.line, error.column, error.found) == (6, column, found)
    assert problem in error.problem


def test_doubtful_lines_are_warned_of(tmp_path: Path) -> None:
    lines = [VAL[0], VAL[0], "AAAAAAAAAAA", TRAIN[0]]
    warnings = examine(tmp_path, "ids", lines).warnings
    assert {warned.kind: [e.line for e in warned.examples] for warned in warnings} == {
        "duplicate": [2],
        "unknown_video": [3],
        "other_split": [4],
    }
    (warned,) = examine(tmp_path, "seconds", ["0902", "0901", "1799"]).warnings
    assert (warned.kind, warned.count) == ("other_second", 2)
    (warned,) = examine(tmp_path, "seconds", ["0902", "902", "902.0"]).warnings
    assert (warned.kind, warned.count) == ("duplicate", 2)


def test_a_list_as_people_have_it(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes(b"\xef\xbb\xbfvideo_id\r\n\r\n" + "\r\n".join(f' "{video}" ' for video in VAL).encode())
    report = examine_list(path, "ids", Frame(V22, "val", AVA_ID))
    assert (report.rows, report.error_count, report.warnings) == (64, 0, ())
    assert report.notes == ("the first line is a header", "all 64 videos of val")
    path.write_text("# my videos\n1j20qq1JyX4\n#NAME?\n")
    report = examine_list(path, "ids", Frame(V22, "val", AVA_ID))
    assert report.notes == ("lines that begin with # and a space: left out as comments",)
    assert [error.line for error in report.errors] == [3]
    path.write_text("\n\n")
    assert examine_list(path, "ids", Frame(V22, "val", AVA_ID)).error_count == 1


@pytest.mark.parametrize(
    ("lines", "name", "kind"),
    [
        (["my_video", "other.video"], "ids.txt", "ids"),
        (["my_video", "other.video"], "notes.txt", None),
        (["clip_1.mp4", "clip_2.avi"], "anything", "videos"),
        (["hello world", "how are you"], "ids.txt", None),
        (["1j20qq1JyX4,0902,0.1,0.1,0.2,0.2,12,1"], "train.csv", None),
        (["1j20qq1JyX4,0902"], "train.csv", None),
    ],
)
def test_what_is_a_list_and_what_is_none(lines: list[str], name: str, kind: str | None) -> None:
    assert list_kind(lines, name) == kind


def test_pairs_are_excluded_seconds_by_name_or_by_content() -> None:
    assert is_pair(["abc,0902"], "my_excluded.csv")
    assert not is_pair(["1j20qq1JyX4,0902"], "keyframes.csv")


@pytest.mark.skipif(REAL is None, reason="AVAKIT_REAL_DATA is not set")
@pytest.mark.parametrize(
    ("name", "kind", "rows"),
    [
        ("v1.0/ava_ytids_test_v1.0.txt", "ids", 38),
        ("v2.x/ava_test_v2.2.txt", "ids", 131),
        ("v2.x/ava_file_names_trainval_v2.1.txt", "videos", 299),
        ("v2.x/ava_included_timestamps_v2.2.txt", "seconds", 897),
        ("v2.x/cvdf_md5.csv", "checksums", 160),
        ("speech/ava_speech_file_names_v1.txt", "videos", 160),
    ],
)
def test_real_lists(name: str, kind: str, rows: int) -> None:
    path = Path(str(REAL)) / "ava" / name
    assert list_kind(path.read_text().splitlines(), path.name) == kind
    report = examine_list(path, kind, Frame(None, None, SAFE_ID))
    assert (report.rows, report.error_count) == (rows, 0)


@given(data=st.binary(max_size=200), kind=st.sampled_from(LISTS))
def test_any_bytes_at_all_are_looked_at(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, kind: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.txt"
    path.write_bytes(data)
    report = examine_list(path, kind, Frame(V22, "val", SAFE_ID))
    assert report.rows or report.error_count


@given(
    kind=st.sampled_from(LISTS),
    place=st.integers(0, 150),
    piece=st.sampled_from(
        [b",", b"\n", b"\r", b"\0", b"\xff", b"_", b"-", b"x", b"9", b"\t", b";", b" ", b'"']
    ),
)
def test_a_mutated_list_is_sound_or_named(
    tmp_path_factory: pytest.TempPathFactory, kind: str, place: int, piece: bytes
) -> None:
    data = "\n".join(SOUND[kind][:12]).encode()
    path = tmp_path_factory.getbasetemp() / "mutated.txt"
    path.write_bytes(data[:place] + piece + data[place + 1 :])
    report = examine_list(path, kind, Frame(V22, "val", AVA_ID))
    assert report.rows + report.error_count >= 11
    assert all(1 <= error.line <= 14 and error.problem for error in report.errors)
