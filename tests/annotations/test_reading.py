"""What is said of one csv of each kind: its errors, all of them, and what is doubtful."""

import os
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from tests.annotations.labels import good, joined, lines

from avakit.annotations.findings import FileReport, Finding
from avakit.annotations.reading import examine
from avakit.errors import AnnotationError
from avakit.releases.catalogue import release
from avakit.releases.model import SAFE_ID, Action, Release

REAL = Path(os.environ.get("AVAKIT_REAL_DATA", ""))
needs_real_data = pytest.mark.skipif(
    "AVAKIT_REAL_DATA" not in os.environ, reason="AVAKIT_REAL_DATA is not set"
)
V22 = release("v2.2")
SPEECH = release("speech-v1.0")
SPEAKER = release("activespeaker-v1.0")
OWN = replace(
    V22,
    name="kitchen",
    form=SAFE_ID,
    learns=True,
    seconds=(),
    excluded=None,
    actions=(Action(3, "cut", "kitchen", True), Action(7, "stir", "kitchen", True)),
)
FACE = "5BDj0ow5hnA,900.04,0.1,0.1,0.2,0.2,NOT_SPEAKING,5BDj0ow5hnA_0900_0960:1"


def said(tmp_path: Path, rows: list[str], of: Release, **named: object) -> FileReport:
    path = tmp_path / "labels.csv"
    path.write_bytes(joined(rows))
    return examine(path, of, **named)  # type: ignore[arg-type]


def warnings(report: FileReport) -> dict[str, list[int]]:
    assert report.errors == ()
    for warned in report.warnings:
        assert warned.count == len(warned.examples)
    return {warned.kind: [finding.line for finding in warned.examples] for warned in report.warnings}


@needs_real_data
def test_the_real_files_of_speech_and_kinetics() -> None:
    speech = examine(REAL / "ava/speech/ava_speech_labels_v1.csv", SPEECH)
    assert (speech.kind, speech.rows, speech.notes) == ("speech", 39_874, ())
    assert {warned.kind: warned.count for warned in speech.warnings} == {"no_length": 1}
    assert "uPJPNPbWMFk" not in speech.warnings[0].examples[0].found
    kinetics = examine(REAL / "ava/kinetics/kinetics_test_v1.0.csv", release("kinetics-v1.0"), split="test")
    assert (kinetics.kind, kinetics.rows, kinetics.warnings) == ("actions", 64_304, ())
    excluded = examine(REAL / "ava/v2.x/ava_val_excluded_timestamps_v2.2.csv", V22, split="val")
    assert (excluded.rows, excluded.warnings[0].kind, excluded.warnings[0].count) == (
        37,
        "excluded_second",
        37,
    )


@needs_real_data
def test_the_real_files_of_the_evaluation() -> None:
    truth, found = (
        examine(REAL / f"ava/evaluation/{name}.csv", V22, open_world=True) for name in ("gt", "pred")
    )
    assert (truth.errors, found.errors) == ((), ())
    assert "column 8 is a score: left out" in found.notes
    assert truth.notes == ()


def test_every_error_is_handed_on(tmp_path: Path) -> None:
    handed: list[Finding] = []
    rows = [f"{row}x" for row in good() * 70]
    report = said(tmp_path, rows, V22, on_error=handed.append)
    assert (report.error_count, len(handed), len(report.errors), report.rows) == (1400, 1400, 1000, 0)
    assert tuple(handed[:1000]) == report.errors
    assert [finding.line for finding in handed] == list(range(1, 1401))


def test_labels_of_another_kind_are_refused(tmp_path: Path) -> None:
    with pytest.raises(AnnotationError, match=r"has labels of speech .*, and v2\.2 has labels of actions"):
        said(tmp_path, ["5BDj0ow5hnA,900,901,NO_SPEECH"], V22)
    with pytest.raises(AnnotationError, match="has labels of actions"):
        said(tmp_path, good(), SPEAKER)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("5BDj0ow5hnA,901,900,NO_SPEECH", "line 2, end: '900': before its start, 901"),
        ("5BDj0ow5hnA,901,x,NO_SPEECH", "line 2, end: 'x': not a number"),
        ("5BDj0ow5hnA,901,9_02,NO_SPEECH", "line 2, end: '9_02': not a number"),
        ("5BDj0ow5hnA,901,902,SPEECH", "line 2, label: 'SPEECH': not one of NO_SPEECH, CLEAN_SPEECH,"),
        ("5BDj0ow5hnA,901,902", "line 2, line: '5BDj0ow5hnA,901,902': 3 columns, the others have 4"),
    ],
)
def test_errors_of_speech(tmp_path: Path, row: str, expected: str) -> None:
    sound = ["5BDj0ow5hnA,900,901,NO_SPEECH", "5BDj0ow5hnA,902,903.5,CLEAN_SPEECH"]
    report = said(tmp_path, [sound[0], row, sound[1]], SPEECH)
    assert report.error_count == 1
    assert expected in str(report.errors[0])


def test_doubts_of_speech(tmp_path: Path) -> None:
    rows = [
        "5BDj0ow5hnA,905,906,NO_SPEECH",  # after a gap
        "5BDj0ow5hnA,900,903,NO_SPEECH",
        "5BDj0ow5hnA,903,903,NO_SPEECH",  # of no length
        "5BDj0ow5hnA,903,904,CLEAN_SPEECH",
        "5BDj0ow5hnA,905.5,907,CLEAN_SPEECH",  # overlaps the first
        "5BDj0ow5hnA,907.0004,1801,CLEAN_SPEECH",  # ends too late
        "00000000000,900,901,NO_SPEECH",
        "00000000000,900,901,NO_SPEECH",
    ]
    assert warnings(said(tmp_path, rows, SPEECH)) == {
        "unknown_video": [7, 8],
        "other_second": [6],
        "no_length": [3],
        "gap": [1],
        "overlap": [5, 8],
        "duplicate": [8],
    }
    assert set(warnings(said(tmp_path, rows, SPEECH, open_world=True))) == {
        *("no_length", "gap", "overlap", "duplicate"),
    }


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (
            FACE.replace("NOT_SPEAKING", "SILENT"),
            "label: 'SILENT': not one of NOT_SPEAKING, SPEAKING_AUDIBLE",
        ),
        (FACE.replace(":1", " 1"), "entity_id: '5BDj0ow5hnA_0900_0960 1': not a track"),
        (FACE.replace("900.04", "900,04"), "9 columns, the others have 8"),
        (FACE.replace("0.1", "", 1), "x1: '': empty"),
        (FACE.rpartition(",")[0] + ",", "entity_id: '': not a track"),
    ],
)
def test_errors_of_speakers(tmp_path: Path, row: str, expected: str) -> None:
    report = said(tmp_path, [FACE, row, FACE], SPEAKER)
    assert report.error_count == 1
    assert expected in str(report.errors[0])


def test_doubts_of_speakers(tmp_path: Path) -> None:
    rows = [
        FACE,
        FACE.replace("0.1,0.1", "0.2,0.1"),
        FACE.replace("0.2", "1.2"),
        FACE.replace(":1", ":2"),
        FACE,
    ]
    found = {"box_outside": [3], "box_without_area": [2], "duplicate": [5]}
    assert warnings(said(tmp_path, rows, SPEAKER)) == found
    scored = said(tmp_path, [f"{row},0.{place}" for place, row in enumerate(rows)], SPEAKER)
    assert (warnings(scored), scored.rows) == (found, 5)


def test_a_release_of_ones_own_has_its_own_rules(tmp_path: Path) -> None:
    rows = ["my.video-1,0.04,0.1,0.1,0.2,0.2,3,1", "my.video-1,12.5", "v2,7,0.1,0.1,0.2,0.2,7,1"]
    report = said(tmp_path, rows, OWN)
    assert (warnings(report), report.rows) == ({}, 3)
    assert report.notes == ("1 line of 2 columns: annotated seconds without a box",)
    wrong = said(tmp_path, [*rows, "../up,1,0.1,0.1,0.2,0.2,4,1", "nul,1,0.1,0.1,0.2,0.2,3.5,1"], OWN)
    assert [str(finding) for finding in wrong.errors] == [
        "line 4, video_id: '../up': not the id of a video: up to 64 letters, digits, '_', '-' or '.'",
        "line 4, action_id: '4': not an action: 3, 7",
        "line 5, video_id: 'nul': not the id of a video: up to 64 letters, digits, '_', '-' or '.'",
        "line 5, action_id: '3.5': not an action: 3, 7",
    ]


def test_seconds_that_are_not_whole_are_compared_as_they_are_written(tmp_path: Path) -> None:
    third = replace(V22, seconds=tuple(Fraction(place, 3) for place in range(9)), form=SAFE_ID)
    rows = [f"1j20qq1JyX4,{second},0.1,0.1,0.2,0.2,12,1" for second in ("0.333333", "1", "2.666667", "0.34")]
    assert warnings(said(tmp_path, rows, third)) == {"other_second": [4]}
    own = replace(third, own_seconds={"1j20qq1JyX4": (Fraction(17, 50),)})
    assert warnings(said(tmp_path, rows, own)) == {"other_second": [1, 2, 3]}


def test_a_second_of_avas_is_whole_however_it_is_written(tmp_path: Path) -> None:
    row = "1j20qq1JyX4,902.000000,0.1,0.1,0.2,0.2,12,1"
    assert warnings(said(tmp_path, [row], V22)) == {}
    wrong = said(tmp_path, [row.replace(".000000", ".040000")], V22)
    assert "'902.040000': not a whole second" in str(wrong.errors[0])
    assert said(tmp_path, [row.replace(".000000", ".040000")], V22, open_world=True).errors == ()


def test_keyframes_without_a_box_stand_among_labels(tmp_path: Path) -> None:
    rows = [*good()[:3], "1j20qq1JyX4,0903", "1j20qq1JyX4,0901", *good()[3:], "1j20qq1JyX4,0903"]
    report = said(tmp_path, rows, V22, split="val")
    assert report.rows == 23
    assert warnings(report) == {"other_second": [5], "duplicate": [23]}
    assert report.notes == ("3 lines of 2 columns: annotated seconds without a box",)


def test_half_a_last_line_is_no_keyframe(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_bytes(joined(good()) + b"1j20qq1JyX4,0903")
    (error,) = examine(path, V22).errors
    assert (error.line, error.problem) == (21, "the last line is cut off: the file is not whole")


def test_labels_behind_many_keyframes_and_late_scores_are_read(tmp_path: Path) -> None:
    keyframes = [f"1j20qq1JyX4,{902 + place % 897:04d}" for place in range(8000)]
    late = said(tmp_path, [*keyframes, *good()], V22, open_world=True)
    assert (late.errors, late.rows) == ((), 8020)
    box = good()[0].rpartition(",")[0]
    scores = said(tmp_path, [*(f"{box},1" for _ in range(3000)), f"{box},0.5"], V22)
    assert (scores.errors, scores.rows) == ((), 3001)
    assert "column 8 is a score: left out" in scores.notes


def test_an_empty_line_before_the_header_does_not_hide_it(tmp_path: Path) -> None:
    header = "video_id,timestamp,x1,y1,x2,y2,action_id,person_id"
    report = said(tmp_path, ["", header, *good()], V22)
    assert (report.errors, report.rows) == ((), 20)


def test_a_line_without_the_column_that_is_left_out_is_wrong(tmp_path: Path) -> None:
    rows = [f"{row},ok" for row in good()]
    assert said(tmp_path, [*rows[:4], good()[4], *rows[5:]], V22).errors[0].line == 5


def test_many_lines_with_one_error_take_seconds(tmp_path: Path) -> None:
    rows = lines("train", 2000) * 25
    begun = time.perf_counter()
    report = said(tmp_path, [*rows, f"{rows[0]}_"], V22)
    assert time.perf_counter() - begun < 10
    assert [(error.line, error.column) for error in report.errors] == [(50_001, "person_id")]


@pytest.mark.parametrize("place", [1, 2, 8])
def test_a_line_of_endless_zeros_or_of_endless_rest_is_too_long(tmp_path: Path, place: int) -> None:
    rows = [f"{row},0" for row in good()]
    fields = rows[3].split(",")
    fields[place] = "0" * 5000
    (error,) = said(tmp_path, [*rows[:3], ",".join(fields)], V22).errors
    assert (error.line, error.problem) == (4, "longer than 4,096 characters: no label is")


def test_nothing_that_a_field_says_is_taken_for_a_field_that_is_not_there(tmp_path: Path) -> None:
    for row in ("NULL,0902", "\x01no field\x01,0902", ",0902", "1j20qq1JyX4,0902,,,,,,"):
        assert said(tmp_path, [*good(), row], V22).error_count
