import json
from pathlib import Path

import pytest

from avakit.causes import Cause
from avakit.cli.app import run
from avakit.dataset.ledger import Ledger
from avakit.dataset.root import create
from avakit.dataset.rows import State, VideoRow
from avakit.dataset.settings import Settings, save


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("AVAKIT_ROOT", raising=False)
    root = create(tmp_path / "ava")
    save(root, Settings(release="v2.2"))
    with Ledger.write(root.ledger) as ledger:
        ledger.put(VideoRow("1j20qq1JyX4", "val", State.HAVE, "cvdf", bytes=7))
    return root.path


def lose(path: Path) -> None:
    with Ledger.write(create(path).ledger) as ledger:
        ledger.put(
            VideoRow("-5KQ66BBWC4", "train", State.MISSING, "cvdf", cause=Cause.GONE, message="Removed.")
        )


def test_all_there_is_0_and_missing_ones_are_3(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["status", "--root", str(path)]) == 0
    assert capsys.readouterr().out == f"v2.2 in {path}: 1 of 1 videos, 7 bytes\n"
    lose(path)
    assert run(["status", "--root", str(path)]) == 3
    out, err = capsys.readouterr()
    assert "gone, 1 video: It was removed" in out
    assert "-5KQ66BBWC4  Removed." in out
    assert err == ""


def test_json_is_one_document(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lose(path)
    assert run(["status", "--json", "--root", str(path)]) == 3
    told = json.loads(capsys.readouterr().out)
    assert told["release"] == "v2.2"
    assert told["summary"] == {"asked": 2, "have": 1, "partial": 0, "missing": 1, "bytes": 7}
    assert [set(video) for video in told["videos"]] == [
        {"id", "split", "state", "source", "bytes", "cause", "next"}
    ] * 2


def test_the_root_is_found_from_within_and_by_the_environment(
    path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(path / ".avakit")
    assert run(["status"]) == 0
    monkeypatch.chdir(path.parent)
    monkeypatch.setenv("AVAKIT_ROOT", str(path))
    assert run(["status"]) == 0
    monkeypatch.setenv("AVAKIT_ROOT", str(path / "absent"))
    assert run(["status"]) == 1
    assert "does not exist" in capsys.readouterr().err


def test_a_damaged_ledger_is_a_sentence(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (path / ".avakit" / "ledger.sqlite").write_bytes(b"nonsense" * 1000)
    assert run(["status", "--root", str(path), "--json"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("avakit: The ledger")
    assert "damaged" in err
    assert "Traceback" not in err
