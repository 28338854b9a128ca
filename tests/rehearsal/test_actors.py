"""The movies with actors show what their annotations say."""

import io
import zipfile
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from avakit.rehearsal import actors
from avakit.rehearsal.actors import make_plays, rows, write_annotations
from avakit.rehearsal.numbers import label
from avakit.rehearsal.plays import Actor, plays
from avakit.rehearsal.recipe import Movie
from avakit.releases.catalogue import release

LIVELY = (30, 44)  # seconds, so that the test need not make 35 minutes


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(actors, "_LIVELY", LIVELY)
    return 50


def picture_at(movie: Movie, second: int) -> NDArray[np.uint8]:
    shown = None
    with av.open(str(movie.path)) as container:
        for frame in container.decode(video=0):
            assert frame.time_base is not None
            if frame.pts is None or frame.pts * frame.time_base > second + movie.rounding:
                break
            shown = frame
    assert shown is not None
    return shown.to_ndarray(format="rgb24").astype(np.uint8)


@pytest.mark.parametrize("name", ["room", "street"])
def test_boxes_hold_the_actors(tmp_path: Path, short: int, name: str) -> None:
    play = plays(short)[name]
    movie = make_plays(tmp_path, [name], seconds=short)[name]
    empty = actors._Stage(play, movie).ground.y.astype(int)
    for second in (31, 38, 43):
        picture = picture_at(movie, second)
        assert label(picture).number == movie.number_at(second)
        assert label(picture).movie == play.recipe.number
        moment = movie.time_of(movie.number_at(second))
        luma = 16 + picture.astype(float) @ np.array([0.257, 0.504, 0.098])
        differs = np.abs(luma - empty) > 24
        differs[:10], differs[-20:] = False, False
        outside = differs.copy()
        for actor in play.cast:
            x1, y1, x2, y2 = boxes_near(actor, moment)
            assert differs[y1:y2, x1:x2].mean() > 0.2  # somebody is in it
            outside[y1 - 6 : y2 + 6, x1 - 10 : x2 + 10] = False
        assert outside.mean() < 0.001  # and nobody elsewhere


def boxes_near(actor: Actor, moment: Fraction) -> tuple[int, int, int, int]:
    x1, y1, x2, y2 = actors._box(actor, moment)
    return round(x1 * 640), round(y1 * 360), round(x2 * 640), round(y2 * 360)


def test_rows_are_avas() -> None:
    v22 = release("v2.2")
    for play in plays().values():
        assert play.recipe.video in {video.id for video in v22.splits[play.split].videos}
        found = rows(play)
        assert {row.second for row in found} == set(range(902, 1799))
        assert {row.action for row in found} <= {action.id for action in v22.actions}
        assert all(0 <= row.box[0] < row.box[2] <= 1 and 0 <= row.box[1] < row.box[3] <= 1 for row in found)
        assert len({row.person for row in found}) == 3
    first = str(rows(plays()["room"])[0])
    assert first.startswith("zC5Fh2tTS1U,0902,0.")
    assert first.endswith(",11,0")


def test_the_archive_is_laid_out_as_the_official_one(tmp_path: Path) -> None:
    path = write_annotations(tmp_path / "annotations" / "ava_v2.2.zip", plays().values())
    archive = next(file for file in release("v2.2").annotation_files if file.role == "archive")
    with zipfile.ZipFile(path) as written:
        assert set(written.namelist()) == set(archive.members)
        val = io.TextIOWrapper(written.open("ava_val_v2.2.csv"), "utf-8").read().splitlines()
    assert {line.split(",")[0] for line in val} == {"zC5Fh2tTS1U", "ayAMdYfJJLk"}
    assert all(len(line.split(",")) == 8 for line in val)


def test_the_same_plays_give_the_same_archive(tmp_path: Path) -> None:
    one, two = (write_annotations(tmp_path / name, [plays(920)["room"]]) for name in ("one.zip", "two.zip"))
    assert one.read_bytes() == two.read_bytes()
