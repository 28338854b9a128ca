"""`avakit plan`, as it is typed."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.collection.site import VAL
from tests.conftest import Movies

from avakit.cli.app import run
from avakit.rehearsal.mirror import Mirror
from avakit.sources.mirror import CVDF

DASHED = "-XpUuIgyUHE"
"""An mp4 whose MD5 nobody knows."""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name == "AVAKIT_ROOT":
            monkeypatch.delenv(name)


def test_a_plan_for_people(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(["plan", "v2.2", "--split", "val"]) == 0
    told = capsys.readouterr().out
    assert "64 videos, 0 here already" in told
    assert "at 1 MB/s" in told
    assert f"{64 * 27_030 + 64:,} files" in told
    assert max(map(len, told.splitlines()[2:])) <= 80
    assert not any(tmp_path.iterdir())


def test_a_plan_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plan", "v2.2", "--split", "val", "--json", "--limit-rate", "1M"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["videos"] == {"asked": 64, "have": 0}
    assert {(way["movies"], way["product"]) for way in told["ways"]} == {
        (movies, product) for movies in ("window", "whole") for product in (None, "keyframes", "frames")
    }
    (first, *_) = told["ways"]
    assert first["hours"] == [
        {"bytes_per_second": 1 << 20, "hours": round(first["download_bytes"] / (1 << 20) / 3600, 3)}
    ]
    assert told["free_bytes"] > 0


@pytest.mark.skipif(shutil.which("curl") is None or os.name == "nt", reason="needs sh and curl")
def test_a_script_whose_files_are_adopted(
    movies: Movies, capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> None:
    movie = movies("mp4-25", seconds=2100)["mp4-25"].path
    site, here = tmp_path / "site", tmp_path / "here"
    (site / "trainval").mkdir(parents=True)
    here.mkdir()
    (site / "trainval" / f"{DASHED}.mp4").hardlink_to(movie)
    with Mirror(site) as mirror:
        words = ["plan", "v2.2", "--videos", DASHED, "--source", f"mirror={mirror.url}"]
        assert run([*words, "--format", "sh"]) == 0
        text = capfdbinary.readouterr().out
        (here / "fetch.sh").write_bytes(text)
        done = subprocess.run(["sh", "fetch.sh"], cwd=here, capture_output=True, timeout=60)
    got = here / f"{DASHED}.mp4"
    assert done.returncode == 0, done.stderr
    assert got.read_bytes() == movie.read_bytes()
    assert run(["adopt", "here", "--release", "v2.2", "--whole", "-q"]) == 0
    assert run(["plan", "--root", "ava-v2.2", "--format", "sh"]) == 2
    assert b"here already" in capfdbinary.readouterr().err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ([], 2, "No release"),
        (["v9"], 2, "v9"),
        (["v2.2", "--format", "exe"], 2, "no format"),
        (["v2.2", "--format", "sh", "--json"], 2, "no JSON"),
        (["v2.2", "--format", "sh", "--source", "folder=."], 2, "None of the sources"),
        (["v2.2", "--source", "mirror=http://me:secret@h/", "--format", "sh"], 2, "password"),
        (["v2.2", "--limit-rate", "fast"], 2, "no speed"),
        (["v2.2", "--videos", "zzzzzzzzzzz"], 2, "no video"),
        (["activespeaker-v1.0", "--format", "sh"], 1, "labels"),
        (["v2.2", "--videos", VAL[0], "--persons-min", "2"], 2, "labels"),
    ],
)
def test_what_cannot_be_planned_is_said(
    words: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["plan", *words]) == code
    told = capsys.readouterr().err
    assert said in told
    assert "secret" not in told


def test_a_script_of_the_usual_sources(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plan", "v2.2", f"--videos={DASHED}", "--format", "aria2"]) == 0
    assert f"{CVDF}/trainval/{DASHED}.mp4\n  out={DASHED}.mp4\n" in capsys.readouterr().out
