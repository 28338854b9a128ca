"""`avakit prepare` as one types it: what it prints, and how it ends."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.preparation.roots import own
from tests.preparation.roots import run as elsewhere

from avakit.cli.app import run
from avakit.rehearsal.recipe import Movie

Movies = Callable[..., dict[str, Movie]]


@pytest.fixture
def root(movies: Movies, tmp_path: Path) -> Path:
    made = movies("mp4-25", seconds=20)["mp4-25"]
    own(tmp_path / "ava", {"room": made.path}, range(2, 6)).close()
    return tmp_path / "ava"


def test_all_products_then_status_and_verify(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    products = ["keyframes", "frames", "clips", "crops", "tracks", "audio"]
    assert run(["prepare", *products, "--root", str(root), "--seconds", "1", "--jobs", "2", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["summary"] == {"made": 6, "kept": 0, "refused": 0, "missing": 0}
    files = {one["product"]: one["files"] for one in document["products"]}
    assert (files["keyframes"], files["clips"], files["crops"], files["audio"]) == (4, 4, 4, 1)
    assert run(["status", "--root", str(root), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["products"]
    assert {one["product"]: one["files"] for one in told} == files
    assert run(["verify", "--root", str(root), "--json"]) == 0
    capsys.readouterr()
    assert run(["prepare", *products, "--root", str(root), "--seconds", "1"]) == 0
    assert "keyframes: 1 of 1 videos, 4 files" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["pictures"], "There is no product 'pictures'"),
        (["frames", "--store", "zip"], "There is no store 'zip'"),
        (["keyframes", "--store", "video"], "The store video holds frames"),
        (["frames", "--fps", "0"], "--fps cannot be '0'"),
        (["frames", "--fps", "nan"], "--fps cannot be 'nan'"),
        (["clips", "--seconds", "1e99"], "--seconds cannot be '1e99'"),
        (["frames", "--around", "-1"], "--around cannot be '-1'"),
        (["frames", "--size", "1"], "A short side cannot have 1 pixels"),
        (["frames", "--quality", "101"], "A JPEG's quality cannot be 101"),
        (["crops", "--margin", "nan"], "A margin cannot be nan"),
        (["frames", "--gaps", "fill"], "There is no policy 'fill' for gaps"),
        (["frames", "--jobs", "0"], "0 processes make no sense"),
        (["frames", "--videos", "nobody"], "has no video nobody"),
        (["clips", "--actions", "fly"], "has no action 'fly'"),
        ([], "Missing argument"),
    ],
)
def test_wrong_words_are_2(
    words: list[str], said: str, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["prepare", *words, "--root", str(root)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert not list((root / ".avakit" / "partial").iterdir())


def test_a_refusal_is_3_and_says_what_to_do(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (root / "avakit.toml").read_text().replace("last = 5", "last = 25")
    (root / "avakit.toml").write_text(text)
    assert run(["prepare", "keyframes", "audio", "--root", str(root)]) == 3
    err = capsys.readouterr().err
    assert "room has no keyframes: 6 of 24 keyframes have no picture in the movie: second 20 to 25" in err
    assert "Give --gaps skip or --gaps repeat_last" in err
    assert "audio: 1 of 1 videos" in err
    assert run(["prepare", "keyframes", "--gaps", "skip", "--root", str(root)]) == 0
    assert "room, keyframes: the movie lacks second 20 to 25\n" in capsys.readouterr().err


def test_a_process_of_its_own_prints_plain_lines(root: Path) -> None:
    done = elsewhere("prepare", "keyframes", "--root", str(root))
    assert (done.returncode, done.stdout) == (0, "")
    assert "keyframes: 1 of 1 videos, 4 files" in done.stderr
    assert "\x1b" not in done.stderr
