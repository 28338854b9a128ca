"""`avakit adopt`, as it is typed."""

import json
from pathlib import Path

import pytest
from tests.collection.site import VAL
from tests.conftest import Movies

from avakit.cli.app import run

DASHED = "-IELREHX_js"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("AVAKIT_ROOT", raising=False)


def test_a_file_whose_id_begins_with_a_hyphen(
    movies: Movies, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    movie = movies("mp4-25", seconds=2100)["mp4-25"].path
    (tmp_path / f"{DASHED}.mp4").hardlink_to(movie)
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / f"{VAL[0]}.mp4").write_bytes(b"<html>")
    (tmp_path / "more" / "\x1b[2Jtitle.mp4").write_bytes(b"")
    assert run(["adopt", f"{DASHED}.mp4", "more", "--release", "v2.2", "--whole", "--json", "-q"]) == 3
    told = json.loads(capsys.readouterr().out)
    assert told["summary"] == {"have": 1, "partial": 0, "missing": 1, "here": 0, "unmatched": 1}
    assert {video["id"]: (video["state"], video["cause"]) for video in told["videos"]} == {
        DASHED: ("have", None),
        VAL[0]: ("missing", "corrupt"),
    }
    assert (tmp_path / "ava-v2.2" / "videos" / f"{DASHED}.mp4").samefile(movie)
    assert run(["adopt", f"{DASHED}.mp4", "more", "--root", "ava-v2.2"]) == 3
    said = capsys.readouterr().err
    assert "1 here already" in said
    assert "\x1b" not in said
    assert run(["adopt", f"{DASHED}.mp4", "--root", "ava-v2.2", "--quiet"]) == 0
    assert run(["status", "--root", "ava-v2.2"]) == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["x.mp4"], "--release"),
        (["x.mp4", "--release", "v9"], "v9"),
        (["--nothing", "--release", "v2.2"], "neither an option nor a file"),
        (["nowhere", "--release", "v2.2"], "There is no nowhere"),
        (["x.mp4", "--release", "v2.2", "--begins", "soon"], "no second"),
        (["x.mp4", "--release", "v2.2", "--begins", "900", "--whole"], "not a whole one"),
        (["x.mp4", "--release", "v2.2", "--jobs", "0"], "jobs"),
        ([], "PATH"),
    ],
)
def test_wrong_usage_is_said(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "x.mp4").write_bytes(b"x")
    assert run(["adopt", *words]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "ava-v2.2").exists()
