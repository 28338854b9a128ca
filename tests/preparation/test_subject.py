"""Which seconds and boxes labels ask for, and that crops and tracks show them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import simplejpeg

from avakit.annotations.asking import Annotations
from avakit.annotations.table import build
from avakit.dataset import settings
from avakit.dataset.ava import Dataset
from avakit.dataset.ledger import Ledger
from avakit.dataset.root import create
from avakit.dataset.rows import Kind, State, VideoRow
from avakit.dataset.settings import Settings
from avakit.errors import UsageError
from avakit.preparation.prepare import prepare
from avakit.preparation.reading.pictures import open_pictures
from avakit.preparation.subject import Meant, labelled, require_boxes, subject_of
from avakit.rehearsal.numbers import label
from avakit.rehearsal.recipe import Movie
from avakit.releases.catalogue import release
from avakit.releases.model import Grid, Release

Movies = Callable[..., dict[str, Movie]]
V22 = release("v2.2")
SMALL = replace(V22, seconds=tuple(range(2, 118)), grid=Grid(2, 30, 30 * 115))
ROWS = """\
{video},0902,0.000,0.000,1.000,1.000,12,3
{video},0902,0.000,0.000,1.000,1.000,80,3
{video},0902,0.500,0.250,0.750,1.000,12,4
{video},0904,0.000,0.000,1.000,1.000,12,3
{video},0905
{video},0906,0.250,0.250,0.750,0.750,80,3
"""


def table(folder: Path, video: str, rows: str = ROWS, shift: int = 0) -> Annotations:
    csv = folder / "ava_val_v2.2.csv"
    text = rows.format(video=video)
    for second in range(902, 907):
        text = text.replace(f",{second:04}", f",{second - shift:04}")
    csv.write_text(text)
    (file,) = (file for file in V22.files("labels") if "val" in file.name)
    wide: Release = V22 if not shift else replace(V22, seconds=tuple(range(2, 1799)))
    build(wide, [(file, csv)], folder / "annotations.parquet")
    return Annotations(folder / "annotations.parquet")


VIDEO = "1j20qq1JyX4"


@pytest.mark.parametrize(
    ("actions", "persons", "meant", "shown"),
    [
        ([], None, [902, 904, 905, 906], ["0003", "0004", "0003", "0003"]),
        (["talk to"], None, [902, 906], ["0003", "0003"]),
        (["12"], None, [902, 904], ["0003", "0004", "0003"]),
        ([], 2, [902], ["0003", "0004"]),
        (["80"], 2, [902], ["0003"]),
        (["stand"], 3, [], []),
    ],
)
def test_labels_say_what_is_meant(
    actions: list[str], persons: int | None, meant: list[int], shown: list[str], tmp_path: Path
) -> None:
    actions = ["80" if name == "talk to" else name for name in actions]
    with table(tmp_path, VIDEO) as labels:
        known = labelled(subject_of(V22, VIDEO), labels, Meant.of(V22, actions, persons))
        other = labelled(subject_of(V22, "-5KQ66BBWC4"), labels, Meant.of(V22, actions, persons))
    assert known.meant == tuple(map(Fraction, meant))
    assert [one.person for _, one in known.shown] == shown
    assert known.seconds == tuple(map(Fraction, range(902, 1799)))
    assert len(other.meant) == (0 if actions or persons else 897)


def test_speech_has_no_boxes() -> None:
    with pytest.raises(UsageError, match="no boxes for crops"):
        require_boxes(release("speech-v1.0"), "crops")
    require_boxes(release("activespeaker-v1.0"), "tracks")


@pytest.fixture
def ava(movies: Movies, tmp_path: Path) -> Dataset:
    """A root with one window of two minutes, labelled at seconds 52 to 56."""
    movie = movies("mp4-25")["mp4-25"]
    root = create(tmp_path / "ava")
    asked = Settings.of({"release": "v2.2", "videos": [movie.video]})
    settings.save(root, asked)
    root.annotations.mkdir()
    table(root.annotations, movie.video, shift=850).close()
    with Ledger.write(root.ledger) as ledger:
        ledger.ask([(movie.video, "val")])
        place = root.path / "windows" / movie.path.name
        place.parent.mkdir()
        place.write_bytes(movie.path.read_bytes())
        ledger.put(
            VideoRow(
                movie.video, "val", State.HAVE, kind=Kind.WINDOW, path=root.relative(place),
                bytes=place.stat().st_size,
            )
        )  # fmt: skip
    return Dataset(root, asked, SMALL)


def number(movie: Movie, data: bytes) -> int:
    said = label(simplejpeg.decode_jpeg(data))
    assert said.movie == movie.recipe.number
    return said.number


@pytest.mark.parametrize("store", ["folder", "tar"])
def test_crops_and_tracks_show_the_person_at_its_second(store: str, ava: Dataset, movies: Movies) -> None:
    movie = movies("mp4-25")["mp4-25"]
    outcomes = prepare(ava, ["keyframes", "crops", "tracks"], margin=0, quality=95, store=store, jobs=2)
    assert [outcome.state for outcome in outcomes] == ["made"] * 3, outcomes
    with open_pictures(ava, "crops", movie.video) as crops:
        names = crops.record.file.tolist()
        assert names == [
            f"{movie.video}_{name}.jpg" for name in ("0052_0003", "0052_0004", "0054_0003", "0056_0003")
        ]
        for row, second in ((0, 52), (2, 54)):
            picture = crops.take([row])[0]
            assert label(picture).number == movie.number_at(second)
        part = crops.take([1])[0]
    with open_pictures(ava, "keyframes", movie.video) as keyframes:
        whole = keyframes.rgb([52])[0]
    high, wide = whole.shape[:2]
    right = whole[high // 4 :, wide // 2 : wide * 3 // 4]
    assert abs(part.shape[0] - right.shape[0]) <= 1
    assert part.shape[1] == right.shape[1]
    rows = min(len(part), len(right))
    assert np.abs(part[-rows:].astype(int) - right[-rows:]).mean() < 4
    with open_pictures(ava, "tracks", movie.video) as tracks:
        files, times = tracks.record.file.tolist(), tracks.record.second.tolist()
        own = [row for row, file in enumerate(files) if "_0003_" in file]
        assert [times[row] for row in own] == [52.0, 54.0, 56.0]  # a hole of two seconds parts them
    assert len(files) == 4


def test_a_track_is_right_by_number_between_its_labels(ava: Dataset, movies: Movies) -> None:
    movie = movies("mp4-25")["mp4-25"]
    rows = "".join(f"{{video}},0{second},0,0,1,1,12,3\n" for second in (902, 903, 904))
    table(ava.root.annotations, movie.video, rows, shift=850).close()
    (tracks,) = prepare(ava, ["tracks"], fps=10, margin=0, size=180)
    assert (tracks.files, tracks.state) == (21, "made")
    with open_pictures(ava, "tracks", movie.video) as pictures:
        pixels = pictures.take(range(21))
        numbers = [label(picture).number for picture in pixels]
        seconds = pictures.record.second.tolist()
    shape = round(movie.recipe.width * 180 / movie.recipe.height / 2) * 2
    assert pixels.shape[1:] == (180, shape, 3)
    assert numbers == [movie.number_at(52 + Fraction(n, 10)) for n in range(21)]
    assert seconds == pytest.approx([52 + n / 10 for n in range(21)])


def test_frames_around_labels_are_those_alone(ava: Dataset, movies: Movies) -> None:
    movie = movies("mp4-25")["mp4-25"]
    (frames,) = prepare(ava, ["frames"], around="0.1", actions=["80"], size=180)
    assert frames.files == 2 * 7
    folder = ava.root.path / "frames" / movie.video
    first = folder / f"{movie.video}_{30 * 50 - 2:06}.jpg"
    assert number(movie, first.read_bytes()) == movie.number_at(52 - Fraction(3, 30))
    assert len(list(folder.iterdir())) == 14
    (again,) = prepare(ava, ["frames"], around="0.1", actions=["80"], size=180)
    assert again.state == "kept"
    (others,) = prepare(ava, ["frames"], around="0.1", actions=["12"], size=180)
    assert others.state == "made"


def test_a_video_without_boxes_has_no_crops(ava: Dataset) -> None:
    table(ava.root.annotations, VIDEO, "{video},0902\n", shift=850).close()
    (crops,) = prepare(ava, ["crops"])
    assert crops.state == "refused"
    assert "nothing to make crops of" in (crops.message or "")
