"""`avakit lint`: what it prints for people and for programs, and how it ends."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.annotations.labels import lines

from avakit.cli.app import run
from avakit.dataset.root import create

REAL = os.environ.get("AVAKIT_REAL_DATA")
CUSTOM = """release = "circus"
[custom]
kind = "actions"
classes = "classes.csv"
[custom.labels]
train = "train.csv"
"""


@pytest.fixture(autouse=True)
def _no_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AVAKIT_ROOT", raising=False)
    monkeypatch.chdir(tmp_path)


def write(name: str, rows: list[str]) -> str:
    Path(name).write_text("\n".join(rows) + "\n")
    return name


def damaged(count: int) -> list[str]:
    return [f"{row}_" for row in lines("val", count)]


def test_a_good_file_in_a_few_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["lint", write("ava_val_v2.2.csv", lines("val", 50))]) == 0
    out, err = capsys.readouterr()
    assert out == "ava_val_v2.2.csv: actions, 50 rows, no errors\n  note: judged as v2.2, val: by its name\n"
    assert err == ""


def test_errors_are_told_with_line_and_column_and_the_first_twenty_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["lint", write("ava_val_v2.2.csv", damaged(1500))]) == 1
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "ava_val_v2.2.csv: actions, 1,500 rows, 1,500 errors"
    assert out[1].startswith("  ava_val_v2.2.csv:1: person_id: not a number (found '")
    assert out[20].startswith("  ava_val_v2.2.csv:20: ")
    assert out[21] == "  … and 1,480 more"
    assert len(out) == 23


def test_json_has_all_errors_before_what_is_known_at_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    good = write("ava_train_v2.2.csv", lines("train", 10))
    assert run(["lint", "--json", write("ava_val_v2.2.csv", damaged(2500)), "absent.csv", good]) == 1
    out, err = capsys.readouterr()
    assert err == ""
    wrong, absent, right = json.loads(out)["files"]
    assert list(wrong) == [
        *("path", "kind", "release", "split", "errors", "error_count", "rows", "warnings", "notes")
    ]
    assert (wrong["path"], wrong["kind"], wrong["release"], wrong["split"]) == (
        "ava_val_v2.2.csv",
        "actions",
        "v2.2",
        "val",
    )
    assert [error["line"] for error in wrong["errors"]] == list(range(1, 2501))
    assert wrong["error_count"] == wrong["rows"] == 2500
    assert set(wrong["errors"][0]) == {"line", "column", "found", "problem"}
    assert wrong["errors"][0]["column"] == "person_id"
    assert absent["errors"] == [
        {"line": None, "column": "file", "found": "", "problem": "not there: check the name"}
    ]
    assert (right["rows"], right["errors"], right["warnings"]) == (10, [], [])
    assert right["notes"] == ["judged as v2.2, train: by its name"]


def test_warnings_do_not_count(capsys: pytest.CaptureFixture[str]) -> None:
    row = lines("val", 1)[0]
    files = [write("ids.txt", [row[:11], row[:11]]), write("ava_test_v2.2.txt", ["AAAAAAAAAAA", row[:11]])]
    assert run(["lint", *files]) == 0
    out = capsys.readouterr().out
    assert "  warning: duplicate: 1 row\n    ids.txt:2: the same as a line before (found '" in out
    assert out.endswith("2 files: 2 right, 0 with errors, 2 with warnings.\n")
    assert run(["lint", "--json", *files]) == 0
    (warned,) = json.loads(capsys.readouterr().out)["files"][0]["warnings"]
    assert (warned["kind"], warned["count"]) == ("duplicate", 1)
    assert warned["examples"][0]["line"] == 2


def test_v1_test_beside_v2_train_is_warned_of(capsys: pytest.CaptureFixture[str]) -> None:
    files = [
        write("ava_test_v1.0.csv", lines("test", 900, name="v1.0")),
        write("ava_train_v2.2.csv", lines("train", 3000)),
    ]
    assert run(["lint", "--json", *files]) == 0
    for file in json.loads(capsys.readouterr().out)["files"]:
        assert "mixed_splits" in [warned["kind"] for warned in file["warnings"]]


def test_the_release_and_the_split_can_be_said(capsys: pytest.CaptureFixture[str]) -> None:
    name = write("labels.csv", lines("val", 50))
    assert run(["lint", name, "--release", "v2.1", "--split", "train", "--json"]) == 0
    (file,) = json.loads(capsys.readouterr().out)["files"]
    assert (file["release"], file["split"]) == ("v2.1", "train")
    assert run(["lint", name, "--release", "v9"]) == 2
    assert "There is no release 'v9'" in capsys.readouterr().err
    assert run(["lint", name, "--release", "v2.1", "--split", "dev"]) == 2
    assert run(["lint", name, "--split", "dev"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "has no split 'dev'" in err
    assert run(["lint"]) == 2


def test_files_may_begin_with_a_hyphen_as_ids_do(capsys: pytest.CaptureFixture[str]) -> None:
    files = [write(f"{video}.csv", lines("val", 3)) for video in ("--205wugM18", "-IELREHX_js", "-rel")]
    assert run(["lint", *files]) == 0
    assert "3 right" in capsys.readouterr().out
    assert run(["lint", "--josn", files[0]]) == 2
    assert capsys.readouterr().err == (
        "avakit: '--josn' is neither an option nor a file. See avakit lint --help.\n"
    )


def test_the_data_set_around_says_what_a_file_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = create(Path("circus"))
    root.settings.write_text(CUSTOM)
    write("circus/classes.csv", ["1,juggle", "2,ride"])
    write("circus/train.csv", ["clown_1,0.5,0.1,0.1,0.2,0.2,1,0", "clown_1,0.5,0.1,0.1,0.2,0.2,3,0"])
    monkeypatch.chdir("circus")
    assert run(["lint", "train.csv", "classes.csv", "--json"]) == 1
    labels, classes = json.loads(capsys.readouterr().out)["files"]
    assert (labels["release"], labels["split"]) == ("circus", "train")
    assert [(error["line"], error["column"]) for error in labels["errors"]] == [(2, "action_id")]
    assert (classes["kind"], classes["rows"], classes["errors"]) == ("label_map", 2, [])
    root.settings.write_text("this is no TOML")
    write("train.csv", ["clown_1,0.5,0.1,0.1,0.2,0.2,3,0"])
    assert run(["lint", "train.csv", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["files"][0]["release"] is None


def test_standard_input(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    data = "\n".join(lines("val", 5)).encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert run(["lint", "-", "--json"]) == 0
    (file,) = json.loads(capsys.readouterr().out)["files"]
    assert (file["path"], file["rows"], file["release"]) == ("-", 5, "v2.2")


def test_no_standard_input_at_all(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert run(["lint", "-"]) == 1
    assert capsys.readouterr().out == "-: not there: check the name\n"


def test_a_name_and_a_text_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    name = "a\x1b[31m.csv"
    run(["lint", write(name, [*lines("val", 3), "\x1b[31mred,0902,0.1,0.1,0.2,0.2,1,1"])])
    assert "\x1b" not in capsys.readouterr().out
    Path("b.csv").write_bytes("\n".join(lines("val", 3)).encode() + b"\n\xff\xfe,0902,0.1,0.1,0.2,0.2,1,1\n")
    assert run(["lint", "b.csv", "--json"]) == 1
    document = capsys.readouterr().out
    assert document.isascii()
    assert json.loads(document)["files"][0]["errors"][0]["found"].startswith(r"\xff\xfe,0902")


@pytest.mark.skipif(sys.platform == "win32", reason="a pipe that closes")
def test_a_reader_that_has_enough_ends_it_quietly() -> None:
    name = write("ava_val_v2.2.csv", damaged(3000))
    command = f"{sys.executable} -m avakit lint --json {name} | head -c 10"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ('{"files": ', "")


@pytest.mark.skipif(REAL is None, reason="AVAKIT_REAL_DATA is not set")
def test_the_real_damage(capsys: pytest.CaptureFixture[str]) -> None:
    path = Path(str(REAL)) / "ava" / "damaged" / "ava_val_v2.2.head.csv"
    assert run(["lint", str(path)]) == 1
    assert f"{path}:16: person_id: not a number (found '3_')" in capsys.readouterr().out
    assert run(["lint", "--json", str(path)]) == 1
    (file,) = json.loads(capsys.readouterr().out)["files"]
    (error,) = file["errors"]
    assert (error["line"], error["column"], error["found"]) == (16, "person_id", "3_")
