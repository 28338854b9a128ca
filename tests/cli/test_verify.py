"""`avakit verify`: what it prints and how it ends."""

import json
from pathlib import Path

import pytest

from avakit.cli.app import run
from avakit.dataset.ledger import Ledger
from avakit.dataset.root import create
from avakit.dataset.rows import Kind, State, VideoRow
from avakit.dataset.settings import Settings, save

LOST, TORN = "-IELREHX_js", "1j20qq1JyX4"


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("AVAKIT_ROOT", raising=False)
    root = create(tmp_path / "ava")
    save(root, Settings(release="v2.2"))
    root.windows.mkdir()
    (root.windows / f"{TORN}.mkv").write_bytes(b"torn")
    with Ledger.write(root.ledger) as ledger:
        for video, container in ((LOST, "mp4"), (TORN, "mkv")):
            place = f"windows/{video}.{container}"
            ledger.put(VideoRow(video, "val", State.HAVE, kind=Kind.WINDOW, path=place, bytes=400))
        ledger.put(VideoRow("5BDj0ow5hnA", "val", State.MISSING))
    return root.path


def test_what_is_wrong_is_said_with_the_next_step(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", "--root", str(path), "--quiet"]) == 1
    out, err = capsys.readouterr()
    assert err == ""
    lost, torn, count = out.splitlines()
    gone = path / "windows" / f"{LOST}.mp4"
    assert lost == f"{LOST} window: {gone} is gone. Run avakit get: it is fetched again."
    assert "has 4 bytes, not 400. Run avakit get" in torn
    assert count == "0 of 2 are right."


def test_json_is_one_document(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", "--root", str(path), "--json", f"--videos={LOST}"]) == 1
    told = json.loads(capsys.readouterr().out)
    (finding,) = told.pop("findings")
    assert told == {"checked": 1, "right": 0}
    assert set(finding) == {"video", "what", "problem", "next_step"}
    assert (finding["video"], finding["what"]) == (LOST, "window")


def test_an_id_that_was_not_asked_for_is_wrong_usage(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", "--root", str(path), "--videos=Hscyg0vLKc8"]) == 2
    assert "was not asked for" in capsys.readouterr().err
