"""The demo, on movies of 45 seconds and a release whose annotated part lies in them."""

import json
import shutil
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from PIL import Image

from avakit.cli import demo
from avakit.cli.app import run
from avakit.rehearsal import actors
from avakit.releases import catalogue
from avakit.releases.model import Grid, Release

SECONDS = tuple(range(20, 40))
V22 = catalogue.release("v2.2")
SMALL = replace(
    V22,
    seconds=SECONDS,
    window=(Fraction(15), Fraction(42)),
    grid=Grid(20, 30, 90),
    # So short a movie comes whole, and is not to have the real one's checksum.
    splits={
        name: replace(split, videos=tuple(replace(video, md5=None) for video in split.videos))
        for name, split in V22.splits.items()
    },
)


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    def small(name: str) -> Release:
        assert name == "v2.2"
        return SMALL

    monkeypatch.setattr(demo, "_SECONDS", 45)
    monkeypatch.setattr(demo, "_SHOWN", {"room": (20, 30), "street": (39,)})
    for module in (catalogue, actors):
        monkeypatch.setattr(module, "release", small)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first test leaves its demo, for the others to go on with."""
    return tmp_path_factory.mktemp("demo") / "here"


def again(made: Path, tmp_path: Path) -> Path:
    if made.exists():
        shutil.copytree(made, tmp_path / "demo")
    return tmp_path / "demo"


def test_the_whole_way_and_once_more(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # what the environment names is not asked
    folder = tmp_path / "demo"
    assert run(["demo", str(folder), "--json", "--quiet"]) == 0
    out, err = capsys.readouterr()
    first = json.loads(out)
    assert err == ""
    assert first["products"] == [
        {"product": "keyframes", "files": 40, "numbers_right": 40},
        {"product": "frames", "files": 90, "numbers_right": 3},
    ]
    assert 0 < first["fetched_bytes"] <= first["whole_bytes"] * 1.1
    assert 0 < first["disk"]["frames"] < first["disk"]["frames_unshared"]
    assert [bool(step["command"]) for step in first["steps"]] == [False, *[True] * 4, False, False]
    with Image.open(first["contact_sheet"]) as sheet:
        assert sheet.width > 1000
    shutil.copytree(folder, made)

    assert run(["demo", str(folder), "--quiet"]) == 0
    out, err = capsys.readouterr()
    assert "nothing: both windows are here from the run before" in out
    assert "40 keyframes, all of them" in out
    assert "\n1  " not in out
    assert err == ""


def test_what_it_tells(made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = again(made, tmp_path)
    assert run(["demo", str(folder)]) == 0
    out, err = capsys.readouterr()
    assert "\x1b" not in out
    for heading in ("\n1  ", "\n7  ", "Fetched", "Proven", "Disk", "Look at", "Next"):
        assert heading in out
    assert f"$ avakit verify --root {folder / 'data'}" in out
    assert "official file:" not in out + err  # these labels are given, and everybody knows it


def test_a_wrong_picture_is_found(made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = again(made, tmp_path)
    assert run(["demo", str(folder), "--quiet"]) == 0
    capsys.readouterr()
    keyframes = sorted((folder / "data" / "keyframes" / "zC5Fh2tTS1U").iterdir())
    shutil.copyfile(keyframes[3], keyframes[4])
    assert run(["demo", str(folder), "--quiet"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("avakit: 1 of 20 keyframes show")
    assert keyframes[4].name in err


def test_a_folder_of_something_else_stays_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data").mkdir()
    assert run(["demo", str(tmp_path)]) == 1
    assert "holds something else than a demo" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["data"]
    (tmp_path / "file").touch()
    assert run(["demo", str(tmp_path / "file")]) == 1
    assert "is a file. Name another folder" in capsys.readouterr().err
