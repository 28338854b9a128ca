"""Any file of AVA's, or none: what it is, what is wrong in it, and what several files are together."""

import gzip
import io
import os
import pickle
import random
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from tests.annotations.labels import lines

from avakit.annotations.findings import Finding
from avakit.annotations.judging import Asked
from avakit.annotations.lint import Linted, Subject, lint
from avakit.annotations.spool import LONGEST_LINE, spool
from avakit.errors import UsageError
from avakit.releases.catalogue import release

REAL = os.environ.get("AVAKIT_REAL_DATA")
PAGE = b"<!DOCTYPE html>\n<html><body>404, not found</body></html>\n"
AESTHETIC = b"1 953619 0 1 5 17 38 36 15 6 5 1 1 22 1396\n2 953958 10 7 15 26 26 21 10 8 1 2 1 21 1396\n"


class Ear:
    """Writes down what it hears."""

    def __init__(self) -> None:
        self.heard: list[Subject | Finding | Linted] = []

    def begin(self, subject: Subject) -> None:
        self.heard.append(subject)

    def error(self, finding: Finding) -> None:
        self.heard.append(finding)

    def end(self, linted: Linted) -> None:
        self.heard.append(linted)


def written(path: Path, rows: list[str]) -> Path:
    path.write_text("\n".join(rows) + "\n")
    return path


def one(path: Path | str, **named: object) -> Linted:
    (found,) = lint([path], **named)  # type: ignore[arg-type]
    return found


def test_good_labels_have_nothing_to_be_said(tmp_path: Path) -> None:
    found = one(written(tmp_path / "ava_val_v2.2.csv", lines("val", 50)))
    assert (found.subject.kind, found.subject.release, found.subject.split) == ("actions", "v2.2", "val")
    assert (found.report.rows, found.report.error_count) == (50, 0)
    assert found.report.notes[0] == "judged as v2.2, val: by its name"


def test_every_error_is_heard_in_order_and_the_first_are_kept(tmp_path: Path) -> None:
    rows = [row if n % 2 else f"{row}_" for n, row in enumerate(lines("val", 3000))]
    ear = Ear()
    found = one(written(tmp_path / "ava_val_v2.2.csv", rows), listener=ear)
    errors = [heard for heard in ear.heard if isinstance(heard, Finding)]
    assert [error.line for error in errors] == list(range(1, 3001, 2))
    assert (found.report.error_count, len(found.report.errors)) == (1500, 1000)
    assert ear.heard[0] == found.subject
    assert ear.heard[-1] == found


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        (PAGE, "a web page or a server's answer"),
        (
            b'<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code></Error>',
            "a web page or a server's answer",
        ),
        (AESTHETIC, "of another data set that is called AVA too"),
        (pickle.dumps({"0f39OWEqJ24,0902": [0.1]}), "a pickle"),
        (gzip.compress(b"1j20qq1JyX4,0902", mtime=0), "packed by gzip"),
        (b"BZh91AY&SY", "packed by bzip2"),
        (b"PAR1\x15", "a table in Parquet"),
        (b"\x00\x00\x00\x20ftypisom", "a movie (MP4)"),
        ("1j20qq1JyX4,0902".encode("utf-16"), "written in UTF-16"),
        (bytes(1000), "zero bytes"),
        (b"0" * 300_000, "does not end"),
        (b"hello, world\nthis is, no csv\n", "2 columns"),
        (b"Dear all,\nhere are the labels.\n", "column"),
        (b"one two three\n", "neither commas nor tabs"),
    ],
)
def test_what_is_none_of_avas_is_named(tmp_path: Path, data: bytes, sentence: str) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(data)
    found = one(path)
    assert (found.subject.kind, found.report.error_count) == ("unknown", 1)
    (error,) = found.report.errors
    assert (error.line, error.column) == (0, "file")
    assert sentence in error.problem
    assert str(tmp_path) not in error.problem


def test_an_archive_is_to_be_unpacked_and_one_cut_in_half_is_said(tmp_path: Path) -> None:
    path = tmp_path / "ava_v2.2.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("ava_val_v2.2.csv", "\n".join(lines("val", 500)))
    assert "a zip archive. Unpack it" in one(path).report.errors[0].problem
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert "cut off" in one(path).report.errors[0].problem


def test_what_is_not_there_stops_no_other(tmp_path: Path) -> None:
    good = written(tmp_path / "ava_val_v2.2.csv", lines("val", 5))
    found = lint([tmp_path / "absent.csv", tmp_path, "nul\0", good])
    problems = [[error.problem for error in linted.report.errors] for linted in found]
    assert problems[0] == ["not there: check the name"]
    assert problems[1] == ["a folder: name the files in it"]
    assert "not readable" in problems[2][0]
    assert problems[3] == []


def test_labels_of_another_kind_than_the_release_asked_for(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", ["5BDj0ow5hnA,900,905.67,NO_SPEECH"] * 3)
    (error,) = one(path, asked=Asked(release("v2.2"))).report.errors
    assert "has labels of speech" in error.problem
    assert one(path).subject.release == "speech-v1.0"


def test_labels_of_speakers(tmp_path: Path) -> None:
    row = "5BDj0ow5hnA,960.04,0.1,0.1,0.2,0.2,SPEAKING_AUDIBLE,5BDj0ow5hnA_0960_1020:1"
    found = one(written(tmp_path / "5BDj0ow5hnA-activespeaker.csv", [row]))
    assert (found.subject.kind, found.subject.release) == ("speaker", "activespeaker-v1.0")
    assert found.report.errors == ()
    wrong = one(written(tmp_path / "x.csv", [row, row.replace("960.04", "960_04")]))
    assert [error.line for error in wrong.report.errors] == [2]
    assert wrong.subject.release == "activespeaker-v1.0"


def test_data_of_ones_own_is_judged_by_its_form_alone(tmp_path: Path) -> None:
    rows = [f"juggler.{n},{n}.25,0.1,0.1,0.2,0.2,{100 + n},{n}" for n in range(5)]
    found = one(written(tmp_path / "train.csv", rows))
    assert (found.subject.release, found.subject.split) == (None, "train")
    assert not found.report.errors
    assert not found.report.warnings
    (error,) = one(written(tmp_path / "train.csv", [*rows, "../x,1,0.1,0.1,0.2,0.2,1,1"])).report.errors
    assert (error.line, error.column, error.found) == (6, "video_id", "../x")


def test_a_label_map_is_linted_with_its_lines(tmp_path: Path) -> None:
    path = written(tmp_path / "x.pbtxt", ['item { name: "a" id: 1 }', 'item { name: "" id: 0 }'])
    ear = Ear()
    found = one(path, listener=ear)
    assert found.subject.kind == "label_map"
    assert [(error.line, error.column) for error in found.report.errors] == [(2, "id"), (2, "name")]
    assert len(ear.heard) == 4


def test_the_same_video_in_files_of_different_splits(tmp_path: Path) -> None:
    test = written(tmp_path / "ava_test_v1.0.csv", lines("test", 900, name="v1.0"))
    train = written(tmp_path / "ava_train_v2.2.csv", lines("train", 4000))
    val = written(tmp_path / "ava_val_v2.2.csv", lines("val", 900))
    assert all(not mixes(found) for found in (*lint([test]), *lint([train, val])))
    of_test, of_train, of_val = lint([test, train, val])
    (warned,) = mixes(of_test)
    shared = {video.id for video in release("v1.0").videos(["test"])} & {
        video.id for video in release("v2.2").videos()
    }
    rows = [row for row in test.read_text().splitlines() if row[:11] in shared]
    assert len(shared) == 34
    assert warned.count == len(rows)
    assert warned.examples[0].column == "video_id"
    assert test.read_text().splitlines()[warned.examples[0].line - 1].startswith(warned.examples[0].found)
    notes = [note for note in of_test.report.notes if "videos are in" in note]
    assert f"25 of its 38 videos are in {train} (v2.2, train) too: scores would be of movies" in notes[0]
    assert notes[1].startswith(f"9 of its 38 videos are in {val} (v2.2, val) too")
    assert mixes(of_train)
    assert mixes(of_val)
    assert not any(found.report.error_count for found in (of_test, of_train, of_val))


def mixes(found: Linted) -> list:  # type: ignore[type-arg]
    return [warned for warned in found.report.warnings if warned.kind == "mixed_splits"]


def test_a_header_is_no_video_of_two_splits(tmp_path: Path) -> None:
    head = "video_id,timestamp,x1,y1,x2,y2,action_id,person_id"
    files = [
        written(tmp_path / f"ava_{split}_v2.2.csv", [head, *lines(split, 5), "", *lines(split, 5, seed=1)])
        for split in ("train", "val")
    ]
    assert not any(mixes(found) for found in lint(files))


def test_clips_of_kinetics_are_linted_in_an_open_world(tmp_path: Path) -> None:
    rows = [f"AAAAAAAA{n:03d},{n}.500000,0.1,0.1,0.2,0.2,3" for n in range(9)]
    found = one(written(tmp_path / "kinetics_val_v1.0.csv", [*rows, "BBBBBBBBBBB,12.340000"]))
    assert (found.subject.release, found.subject.split) == ("kinetics-v1.0", "val")
    assert not found.report.errors
    assert not found.report.warnings
    assert found.rows == 10


ORIGINALS = {
    "ava_val_v2.2.csv": "\n".join(lines("val", 8)),
    "x-activespeaker.csv": "5BDj0ow5hnA,960.04,0.1,0.1,0.2,0.2,SPEAKING_AUDIBLE,5BDj0ow5hnA_0960_1020:1\n"
    * 3,
    "speech.csv": "5BDj0ow5hnA,900,905.67,NO_SPEECH\n5BDj0ow5hnA,905.67,907.4,CLEAN_SPEECH\n",
    "own.csv": "clip_1,1.5,0.1,0.1,0.2,0.2,300,1\n" * 3,
    "list.pbtxt": 'label {\n  name: "walk"\n  label_id: 14\n}\n' * 2,
    "ids.txt": "1j20qq1JyX4\n-IELREHX_js\n",
    "excluded.csv": "1j20qq1JyX4,0902\n-IELREHX_js,0903\n",
}
PIECES = [
    b",",
    b"\t",
    b"\n",
    b"\r\n",
    b";",
    b'"',
    b"_",
    b"9",
    b"\0",
    b"\xff",
    b"nan",
    b"{",
    b"<",
    b"#",
    b"x" * 5000,
]


@pytest.mark.parametrize("name", ORIGINALS)
def test_mutated_files_are_right_or_wrong_and_never_a_fault(tmp_path: Path, name: str) -> None:
    chance = random.Random(name)
    for _ in range(12):
        data = ORIGINALS[name].encode()
        for _ in range(chance.randint(1, 3)):
            start = chance.randrange(len(data) + 1)
            stop = min(len(data), start + chance.choice((0, 1, 5, 40)))
            data = data[:start] + chance.choice([*PIECES, data[start:stop] * 2, b""]) + data[stop:]
        (tmp_path / name).write_bytes(data)
        ear = Ear()
        found = one(tmp_path / name, listener=ear)
        errors = [heard for heard in ear.heard if isinstance(heard, Finding)]
        assert tuple(errors) == found.report.errors
        assert found.report.error_count == len(errors)
        assert found.rows or errors
        assert all(error.problem and str(tmp_path) not in error.problem for error in errors)


def test_the_same_split_may_have_a_video_twice(tmp_path: Path) -> None:
    files = [written(tmp_path / f"ava_train_v2.{n}.csv", lines("train", 900)) for n in (1, 2)]
    assert not any(mixes(found) for found in lint(files))


def test_standard_input_is_a_file_too() -> None:
    data = "\n".join(lines("val", 50)).encode() + b"\n"
    found = one("-", stdin=io.BytesIO(data))
    assert (found.subject.name, found.subject.release, found.report.rows) == ("-", "v2.2", 50)
    assert one("-", stdin=io.BytesIO(b"")).report.errors[0].problem.startswith("empty")
    with pytest.raises(UsageError, match="can be read once"):
        lint(["-", "-"], stdin=io.BytesIO())


def test_the_split_asked_for_must_be_one(tmp_path: Path) -> None:
    path = written(tmp_path / "ava_val_v2.2.csv", lines("val", 5))
    with pytest.raises(UsageError, match="has no split 'dev'"):
        lint([path], asked=Asked(split="dev"))


class Endless(io.RawIOBase):
    """Gives the same bytes again and again, and counts."""

    def __init__(self, piece: bytes) -> None:
        self.piece = piece
        self.given = 0

    def read(self, size: int = -1) -> bytes:
        self.given += size
        return self.piece * (size // len(self.piece))


@pytest.mark.parametrize(
    ("piece", "problem"),
    [(b"\0", "zero bytes"), (b"0", "line"), (b"a,b", "line"), (b"1 2\n", "neither commas")],
)
def test_an_endless_stream_is_refused_from_its_beginning(
    piece: bytes, problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "__defaults__", (4 << 20,))
    stream = Endless(piece)
    assert problem in one("-", stdin=stream).report.errors[0].problem
    assert stream.given < 5 << 20


def test_a_stream_that_cannot_be_read_is_said_like_a_file(tmp_path: Path) -> None:
    class Broken(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            raise IsADirectoryError(21, "Is a directory")

    (error,) = one("-", stdin=Broken()).report.errors
    assert error.problem == "not readable (Is a directory): check its name and rights"
    assert one("-").report.errors[0].problem == "not there: check the name"


def test_zeros_behind_good_lines_are_refused(tmp_path: Path) -> None:
    good = ("\n".join(lines("val", 50)) + "\n").encode() * 200
    found = one("-", stdin=io.BytesIO(good + bytes(10)))
    assert found.report.errors[0].problem.startswith("binary: it has zero bytes")
    found = one("-", stdin=io.BytesIO(good + b"0" * (LONGEST_LINE + 300_000)))
    assert found.report.errors[0].problem.startswith("one endless line")


def test_no_more_than_the_limit_is_taken_from_a_pipe(tmp_path: Path) -> None:
    found = spool(io.BytesIO(b"1,2\n" * 300_000), tmp_path / "out", largest=1_000_000)
    assert "larger than 1,000,000 bytes" in (found.problem or "")
    assert (tmp_path / "out").stat().st_size < 1_500_000
    assert spool(io.BytesIO(b"1,2\n" * 1000), tmp_path / "all", largest=4000).problem is None


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no /dev/zero")
def test_a_device_is_no_trap() -> None:
    assert "zero bytes" in one("/dev/zero").report.errors[0].problem
    assert one("/dev/null").report.errors[0].problem.startswith("empty")


@pytest.mark.skipif(sys.platform == "win32", reason="head and /dev/zero")
def test_four_gigabytes_of_zeros_on_a_real_pipe() -> None:
    command = f"head -c 4G /dev/zero | {sys.executable} -m avakit lint -"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("-: not a csv but binary: it has zero bytes")


@pytest.mark.skipif(REAL is None, reason="AVAKIT_REAL_DATA is not set")
@pytest.mark.parametrize(
    ("name", "kind", "rows", "release_name", "split"),
    [
        ("v1.0/ava_test_v1.0.csv", "actions", 41_425, "v1.0", "test"),
        ("damaged/ava_test_v1.0.tabs.csv", "actions", 41_425, "v1.0", "test"),
        ("kinetics/kinetics_test_v1.0.csv", "actions", 64_304, "kinetics-v1.0", "test"),
        ("speech/ava_speech_labels_v1.csv", "speech", 39_874, "speech-v1.0", "all"),
        ("speech/ava_speech_file_names_v1.txt", "videos", 160, "speech-v1.0", "all"),
        ("v1.0/ava_action_list_v1.0.pbtxt", "label_map", 80, None, None),
        ("v2.x/ava_action_list_v2.2_for_activitynet_2019.pbtxt", "label_map", 60, None, None),
        ("v1.0/ava_ytids_train_v1.0.txt", "ids", 154, "v1.0", "train"),
        ("v2.x/ava_file_names_test_v2.1.txt", "videos", 131, "v2.2", "test"),
        ("v2.x/ava_included_timestamps_v2.2.txt", "seconds", 897, "v2.2", None),
        ("v2.x/ava_train_excluded_timestamps_v2.2.csv", "excluded", 161, "v2.2", "train"),
        ("v2.x/ava_sample.csv", "actions", 8, "v2.2", "train"),
        ("v2.x/cvdf_md5.csv", "checksums", 160, None, None),
        ("evaluation/gt.csv", "actions", 12, None, None),
        ("evaluation/pred.csv", "actions", 30, None, None),
    ],
)
def test_real_files(name: str, kind: str, rows: int, release_name: str | None, split: str | None) -> None:
    found = one(Path(str(REAL)) / "ava" / name)
    assert (found.subject.kind, found.subject.release, found.subject.split) == (kind, release_name, split)
    assert (found.report.rows, found.report.errors) == (rows, ())


@pytest.mark.skipif(REAL is None, reason="AVAKIT_REAL_DATA is not set")
def test_the_real_damage_is_named() -> None:
    found = one(Path(str(REAL)) / "ava" / "damaged" / "ava_val_v2.2.head.csv")
    (error,) = found.report.errors
    assert (error.line, error.column, error.found) == (16, "person_id", "3_")
    assert (found.subject.release, found.subject.split, found.rows) == ("v2.2", "val", 30)
