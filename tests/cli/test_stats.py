"""The verb stats: its table, its document, its page."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.annotations.tables import SPEECH, action, write

from avakit.cli.app import run
from avakit.dataset.root import create
from avakit.dataset.settings import Settings, save

LEFT, RIGHT = (0.0, 0.0, 0.5, 1.0), (0.5, 0.0, 1.0, 1.0)
ROWS = [
    action("1j20qq1JyX4", 902, LEFT, 12, 1),
    action("1j20qq1JyX4", 902, LEFT, 80, 1),
    action("1j20qq1JyX4", 903, RIGHT, 12, 2),
    action("-5KQ66BBWC4", 902, RIGHT, 12, 1, split="train"),
]


def root(path: Path, release: str, kind: str, rows: list[tuple[object, ...]]) -> str:
    made = create(path / "ava")
    save(made, Settings(release=release))
    write(made.annotations / "annotations.parquet", kind, rows)
    return str(made.path)


@pytest.fixture
def ava(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.delenv("AVAKIT_ROOT", raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    return root(tmp_path, "v2.2", "actions", ROWS)


def line(out: str, start: str) -> list[str]:
    (found,) = (each.split() for each in out.splitlines() if each.strip().startswith(start))
    return found


def test_the_table(ava: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["stats", "--root", ava]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.startswith("AVA v2.2: train, val\n")
    assert line(out, "boxes") == ["boxes", "1", "2", "3"]
    assert line(out, "labels a box") == ["labels", "a", "box", "1.00", "1.50", "1.33"]
    assert line(out, "labels         1,6") == ["labels", "1,620,000", "4", "-1,619,996", "-100.0"]
    assert line(out, "12 stand") == ["12", "stand", "1", "2", "3", "75.00%", "██████████"]
    assert line(out, "16 brush") == ["16", "brush", "teeth", "0", "0", "0", "0.00%"]
    assert line(out, "stand")[1:3] == ["watch", "(a"]
    assert max(map(len, out.splitlines())) <= 80


def test_one_split(ava: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["stats", "--root", ava, "--split", "train"]) == 0
    out = capsys.readouterr().out
    assert line(out, "boxes") == ["boxes", "1"]
    assert "not all is here" in " ".join(line(out, "labels         1,6"))
    assert run(["stats", "--root", ava, "--split", "nope"]) == 2
    assert "Its splits: train, val, test." in capsys.readouterr().err


def test_the_document(ava: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["stats", "--root", ava, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["splits"]["val"]["labels"] == 3
    assert found["total"]["people"] == 3
    assert len(found["classes"]) == 80
    assert found["cooccurrence"] == [[12, 80, 1]]
    assert found["distributions"]["labels_a_box"]["counts"] == [[1, 2], [2, 1]]
    assert {one["noun"]: one["difference"] for one in found["published"]}["labels"] == 4 - 1_620_000


def test_the_page(ava: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "new" / "report.html"
    assert run(["stats", "--root", ava, "--html", str(page), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["release"] == "v2.2"
    assert page.read_text("utf-8").startswith("<!doctype html>")
    assert [path.name for path in page.parent.iterdir()] == ["report.html"]
    assert run(["stats", "--root", ava, "--html", str(tmp_path)]) == 2
    assert "is a folder" in capsys.readouterr().err


def test_without_the_extra(
    ava: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("avakit.explorer.report.find_spec", lambda name: None)
    assert run(["stats", "--root", ava, "--html", str(tmp_path / "report.html")]) == 2
    assert "pip install 'avakit[report]'" in capsys.readouterr().err
    assert not (tmp_path / "report.html").exists()


def test_speech(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = root(tmp_path, "speech-v1.0", "speech", list(SPEECH))
    assert run(["stats", "--root", path]) == 0
    out = capsys.readouterr().out
    assert line(out, "CLEAN_SPEECH") == ["CLEAN_SPEECH", "2", "66.67%", "0.42", "██████████"]


def test_nothing_at_all(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = root(tmp_path, "v2.2", "actions", [])
    assert run(["stats", "--root", path, "--html", str(tmp_path / "report.html")]) == 0
    assert "There are no labels" in (tmp_path / "report.html").read_text("utf-8")
    capsys.readouterr()


def test_a_split_may_be_called_as_all_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "avakit.toml").write_text(
        'release = "mine"\nsources = ["folder=."]\n[custom.labels]\nall = "a.csv"\nval = "b.csv"\n'
    )
    (tmp_path / "a.csv").write_text("x,1,0,0,1,1,1,0\n")
    (tmp_path / "b.csv").write_text("y,1,0,0,1,1,1,0\n")
    assert run(["get", "--root", str(tmp_path), "--quiet"]) == 3
    assert run(["stats", "--root", str(tmp_path)]) == 0
    assert ["all", "val", "total"] in [one.split() for one in capsys.readouterr().out.splitlines()]


def test_a_terminal_without_blocks_gets_bars_too(ava: str) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "avakit", "stats", "--root", ava],
        env={"PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "##########" in told
    assert "\\u258" not in told
