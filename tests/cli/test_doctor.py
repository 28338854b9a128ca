"""`avakit doctor`, as it is typed."""

import json
import os
from pathlib import Path

import pytest
from tests.collection.site import VAL

from avakit.cli.app import run


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name == "AVAKIT_ROOT":
            monkeypatch.delenv(name)


def test_ready_and_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "have").mkdir()
    assert run(["doctor", "--source", "folder=have"]) == 1
    told = capsys.readouterr().out
    assert "DO  source folder=" in told
    assert "Not ready" in told
    (tmp_path / "have" / f"{VAL[5]}.mp4").write_bytes(b"movie")
    assert run(["doctor", "--source", "folder=have"]) == 0
    assert "Ready." in capsys.readouterr().out
    assert run(["doctor", "--source", "folder=have", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["ready"] is True
    assert {frozenset(check) for check in document["checks"]} == {frozenset(["name", "ok", "found", "todo"])}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["have"]


def test_no_password_is_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / f"{VAL[5]}.mp4").write_bytes(b"movie")
    monkeypatch.setenv("https_proxy", "http://me:secret@127.0.0.1:9")
    assert run(["doctor", "--source", "folder=."]) == 0
    seen = capsys.readouterr()
    assert "127.0.0.1:9" in seen.out
    assert "secret" not in seen.out + seen.err
    assert run(["doctor", "--source", "mirror=http://me:secret@127.0.0.1:9/"]) == 2
    seen = capsys.readouterr()
    assert "secret" not in seen.out + seen.err


def test_a_source_that_there_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "--source", "moon"]) == 2
    assert "moon" in capsys.readouterr().err
