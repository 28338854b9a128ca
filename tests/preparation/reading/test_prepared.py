"""What `prepare` made is read back right, by the number in the picture, from every store."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import duckdb
import numpy as np
import pytest
from tests.annotations.tables import action, write
from webdataset.tariterators import tar_file_iterator

from avakit.dataset import settings
from avakit.dataset.ava import Dataset
from avakit.dataset.ledger import Ledger
from avakit.dataset.products import beside, problem_of
from avakit.dataset.root import create
from avakit.dataset.rows import Kind, State, VideoRow
from avakit.dataset.settings import Settings
from avakit.preparation.prepare import prepare
from avakit.preparation.reading.pictures import Pictures, open_pictures
from avakit.preparation.store.parquet import read_facts
from avakit.rehearsal.numbers import label
from avakit.rehearsal.recipe import Movie
from avakit.releases.catalogue import release
from avakit.releases.model import Grid

Movies = Callable[..., dict[str, Movie]]
V22 = release("v2.2")
SMALL = replace(V22, seconds=tuple(range(40, 44)), grid=Grid(40, 30, 90))


def prepared(movie: Movie, path: Path, *products: str, **options: object) -> Dataset:
    """A root with one window and products of it."""
    root = create(path)
    asked = Settings.of({"release": "v2.2", "videos": [movie.video]})
    settings.save(root, asked)
    write(root.table, "actions", [action(movie.video, 41, (0.1, 0.1, 0.5, 0.9), 12, 0)])
    root.windows.mkdir()
    place = root.windows / movie.path.name
    place.write_bytes(movie.path.read_bytes())
    with Ledger.write(root.ledger) as ledger:
        ledger.ask([(movie.video, V22.video(movie.video).splits["v2.2"])])
        size = place.stat().st_size
        ledger.put(
            VideoRow(movie.video, "val", State.HAVE, kind=Kind.WINDOW, path=root.relative(place), bytes=size)
        )
    ava = Dataset(root, asked, SMALL)
    outcomes = prepare(ava, products, jobs=1, **options)  # type: ignore[arg-type]
    assert [outcome.state for outcome in outcomes] == ["made"] * len(products), outcomes
    return ava


def wrong(movie: Movie, pictures: Pictures, seconds: list[Fraction]) -> list[str]:
    """Which rows do not show the number that is on screen at their second, and say so in the record."""
    record, found = pictures.record, []
    assert [float(second) for second in seconds] == pictures.seconds.tolist() == record.second.tolist()
    for row, (second, picture) in enumerate(zip(seconds, pictures.take(range(len(pictures))), strict=True)):
        said, right = label(picture), movie.number_at(second)
        if (said.movie, said.number) != (movie.recipe.number, right):
            found.append(f"row {row}: {said}, not {right}")
        if record.picture[row] != right:
            found.append(f"row {row} of the record: {record.picture[row]}, not {right}")
    return found


@pytest.mark.parametrize("store", ["folder", "tar"])
@pytest.mark.parametrize("name", ["mp4-23.976", "mkv-variable"])
def test_every_store_gives_the_right_pictures(name: str, store: str, movies: Movies, tmp_path: Path) -> None:
    movie = movies(name)[name]
    ava = prepared(movie, tmp_path / "ava", "keyframes", "frames", store=store)
    with (
        open_pictures(ava, "frames", movie.video) as frames,
        open_pictures(ava, "keyframes", movie.video) as keys,
    ):
        assert wrong(movie, frames, [40 + Fraction(i, 30) for i in range(90)]) == []
        assert wrong(movie, keys, [Fraction(second) for second in SMALL.seconds]) == []
        assert keys.numbers.tolist() == [40, 41, 42, 43]
        np.testing.assert_array_equal(keys.rgb([42]), frames.take(frames.rows_at([42])))
        assert label(frames.rgb([31])[0]).number == movie.number_at(Fraction(41))
        facts = read_facts(ava.root.product("frames") / f"{movie.video}.parquet")
    assert {"time_base", "origin", "recipe", "versions"} <= set(facts)


@pytest.mark.parametrize("name", ["mp4-23.976", "mp4-variable"])
def test_stored_videos_give_the_right_pictures(name: str, movies: Movies, tmp_path: Path) -> None:
    movie = movies(name)[name]
    ava = prepared(movie, tmp_path / "ava", "frames", store="video")
    with open_pictures(ava, "frames", movie.video) as frames:
        assert wrong(movie, frames, [40 + Fraction(i, 30) for i in range(90)]) == []
        assert label(frames.rgb([31])[0]).number == movie.number_at(Fraction(41))


@pytest.mark.parametrize("store", ["folder", "tar"])
@pytest.mark.parametrize("copied", [False, True])
def test_clips_give_the_right_pictures(copied: bool, store: str, movies: Movies, tmp_path: Path) -> None:
    movie = movies("mp4-23.976")["mp4-23.976"]
    ava = prepared(movie, tmp_path / "ava", "clips", "audio", seconds=1, copy=copied, store=store)
    sound, clip = ava.root.product("audio") / movie.video, ava.root.product("clips") / movie.video
    assert beside(sound, ".m4a" if copied else ".wav").is_file()
    assert beside(clip, ".tar").is_file() == (store == "tar") != clip.is_dir()
    with Ledger.read(ava.root.ledger) as ledger:
        rows = [ledger.product(movie.video, name) for name in ("clips", "audio")]
    assert [row and problem_of(ava.root, row, sizes=True) for row in rows] == [None, None]
    with open_pictures(ava, "clips", movie.video) as clips:
        rows = (clips.seconds == 41).nonzero()[0]
        first, last = (
            movie.number_at(Fraction(81, 2)),
            movie.number_at(Fraction(83, 2) - Fraction(1, 10**6)),
        )
        said = [label(picture).number for picture in clips.take(rows)]
        assert said == list(range(first, last + 1)) == clips.record.picture[rows].tolist()


def test_a_tar_is_a_shard_with_an_index(movies: Movies, tmp_path: Path) -> None:
    movie = movies("mp4-25")["mp4-25"]
    ava = prepared(movie, tmp_path / "ava", "frames", store="tar")
    place = ava.root.product("frames") / movie.video
    tar = place.with_name(f"{movie.video}.tar")
    assert not place.exists()
    with open_pictures(ava, "frames", movie.video) as frames:
        record = frames.record
        with tar.open("rb") as file:
            members = [(member["fname"], member["data"]) for member in tar_file_iterator(file)]
        assert [name for name, _ in members] == record.file.tolist()
        assert [data for _, data in members] == [frames.jpeg(row) for row in range(90)]
    rows = duckdb.execute(
        f"SELECT \"offset\", size FROM '{place.with_name(f'{movie.video}.parquet')}' WHERE number = 61"
    ).fetchall()
    ((offset, size),) = rows
    assert tar.read_bytes()[offset : offset + size] == members[60][1]
