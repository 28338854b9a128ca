"""The verb sql: what it prints for whom, and what it refuses."""

import csv
import io
import json
import re
import sys
from pathlib import Path

import pytest
from tests.annotations.tables import action, write

from avakit.cli.app import run
from avakit.dataset.root import create
from avakit.dataset.settings import Settings, save

BOX = (0.1, 0.2, 0.3, 0.4)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("AVAKIT_ROOT", raising=False)
    made = create(tmp_path / "ava")
    save(made, Settings(release="v2.2"))
    rows = [action("-5KQ66BBWC4", 902.5, BOX, 12), action("1j20qq1JyX4", 903, BOX, 80, 7)]
    write(made.annotations / "annotations.parquet", "actions", rows)
    return made.path


def asked(root: Path, capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    assert run(["sql", "--root", str(root), *words]) == code
    out, err = capsys.readouterr()
    return err if code else out


def on_a_terminal(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)


def test_csv_where_nobody_looks(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = asked(root, capsys, "SELECT video, second, person_id, evaluated, [1, 2] AS more FROM labels")
    assert out == (
        "video,second,person_id,evaluated,more\n"
        '-5KQ66BBWC4,902.5,,true,"[1, 2]"\n'
        '1j20qq1JyX4,903.0,7,true,"[1, 2]"\n'
    )
    assert asked(root, capsys, "SELECT video FROM labels WHERE false") == "video\n"
    (_, row) = csv.reader(
        io.StringIO(asked(root, capsys, "SELECT 'a,\"b\"\nc', 1.50::DECIMAL(3, 2), '\\xAA'::BLOB"))
    )
    assert row == ['a,"b"\nc', "1.50", "aa"]


def test_json(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    question = (
        "SELECT video, 'nan'::DOUBLE, 2.5::DECIMAL(3, 1), NULL, true, {'a': [1, NULL]}, DATE '2018-01-02'"
    )
    found = json.loads(asked(root, capsys, "--json", f"{question} FROM labels"))
    assert found["columns"][0] == "video"
    assert found["rows"] == [
        [video, None, 2.5, None, True, {"a": [1, None]}, "2018-01-02"]
        for video in ("-5KQ66BBWC4", "1j20qq1JyX4")
    ]
    assert json.loads(asked(root, capsys, "--json", "FROM range(25000)"))["rows"][-1] == [24999]
    assert json.loads(asked(root, capsys, "--json", "FROM labels WHERE false"))["rows"] == []


def test_a_table_on_a_terminal(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    on_a_terminal(monkeypatch, 60)
    out = asked(
        root, capsys, "SELECT video, second, '[red]' || repeat('x', 100) || chr(27) AS long FROM labels"
    )
    assert "902.5" in out
    assert "[red]xxx" in out
    assert "…" in out
    assert "\x1b[31m" not in out
    assert "2 rows" in out
    assert max(map(len, re.sub(r"\x1b\[[0-9;]*m", "", out).splitlines())) <= 60
    assert "1 row\n" in asked(root, capsys, "SELECT 1")


def test_a_terminal_gets_the_first_thousand(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    on_a_terminal(monkeypatch, 60)
    out = asked(root, capsys, "SELECT range + 5000 AS n FROM range(100000000000)")
    assert "The first 1,000 rows" in out
    assert "5999" in out
    assert "6000" not in out


def test_from_standard_input(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def given(read: bytes) -> None:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(read)))

    given("\ufeffSELECT count(*) AS n\nFROM keyframes;\n".encode())
    assert asked(root, capsys, "-") == "n\n2\n"
    given(b"SELECT '\xff'")
    assert "no text in UTF-8" in asked(root, capsys, "-", code=2)
    given(bytes(2_000_000))
    assert "longer than 1,000,000 bytes" in asked(root, capsys, "-", code=2)


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("SELECT secnd FROM labels", "Did you mean second?"),
        ("SELECT 1 FROM keyframe", "Did you mean keyframes?"),
        ("COPY labels TO 'x.csv'", "Only a single SELECT can be asked"),
        ("SELECT * FROM read_text('/etc/hostname')", "reaches for something else than the labels"),
        ("SELECT * FROM '/etc/hostname.csv'", "reaches for something else than the labels"),
        ("SELECT CAST(video AS INTEGER) FROM labels", "Could not convert"),
        ("", "Only a single SELECT can be asked"),
    ],
)
def test_what_is_refused_is_a_sentence(
    root: Path, capsys: pytest.CaptureFixture[str], question: str, told: str
) -> None:
    for json_too in ([], ["--json"]):
        err = asked(root, capsys, question, *json_too, code=2)
        assert err.startswith("avakit: ")
        assert told in err
        assert err.count("\n") == 1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds what a process takes in all")
def test_what_duckdb_does_not_count_is_bounded_too(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("avakit.annotations.asking.memory", lambda: 500_000_000)
    err = asked(root, capsys, "SELECT repeat('x', 100000000) FROM range(2000)", code=2)
    assert "more memory than a question may take" in err
    assert asked(root, capsys, "SELECT count(*) AS n FROM labels") == "n\n2\n"


def test_no_labels_yet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save(create(tmp_path / "ava"), Settings(release="v2.2"))
    assert "has no labels yet" in asked(tmp_path / "ava", capsys, "SELECT 1", code=1)


def test_nobody_hears(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdout", None)
    assert run(["sql", "select 1"]) == 2
    assert "Standard output is closed" in capfd.readouterr().err
