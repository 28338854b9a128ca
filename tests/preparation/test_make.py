"""Every picture of every product is right, by the number read from it; work goes on where it was."""

from __future__ import annotations

import errno
import os
import random
import re
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
import simplejpeg

from avakit.errors import DiskFull
from avakit.media.movie import open_movie
from avakit.preparation.make import Made, Refused, Task, make_products
from avakit.preparation.products import Product, product_of
from avakit.preparation.recipe import Recipe
from avakit.preparation.store.folder import Workshop
from avakit.preparation.subject import Subject, subject_of
from avakit.rehearsal.numbers import label
from avakit.rehearsal.recipe import Movie
from avakit.rehearsal.standard import standard
from avakit.releases.catalogue import release

Movies = Callable[..., dict[str, Movie]]
SECONDS = Product("keyframes", 1, tuple(range(1, 61)), tuple(range(1, 61)), 4)
GRID = Product("frames", 30, tuple(range(30 * 41, 30 * 45)), tuple(range(1, 121)), 6)


def subject(video: str, seconds: range = range(1, 61)) -> Subject:
    every = tuple(map(Fraction, seconds))
    return Subject(video, Fraction(41), Fraction(30), 120, None, every, 0, meant=every)


def task(movie: Movie, root: Path, **changes: object) -> Task:
    partial = root / ".avakit" / "partial"
    partial.mkdir(parents=True, exist_ok=True)
    made = Task(subject(movie.video), movie.path, root, partial, ("keyframes", "frames"), Recipe())
    return replace(made, **changes)  # type: ignore[arg-type]


def wrong(movie: Movie, root: Path, product: Product) -> list[str]:
    """Which files do not show the number that is on screen at their second."""
    found = []
    for k, second in enumerate(product.times):
        name = product.file_name(movie.video, k)
        said = label(simplejpeg.decode_jpeg((root / product.name / movie.video / name).read_bytes()))
        if (said.movie, said.number) != (movie.recipe.number, movie.number_at(second)):
            found.append(f"{name}: {said}, not {movie.number_at(second)}")
    return found


KINDS = [name for name in standard() if not name.endswith("-700k")]  # those differ in size alone


@pytest.mark.parametrize("name", KINDS)
def test_every_picture_is_right(name: str, movies: Movies, tmp_path: Path) -> None:
    movie = movies(name)[name]
    keyframes, frames = make_products(task(movie, tmp_path))
    assert wrong(movie, tmp_path, SECONDS) == []
    assert wrong(movie, tmp_path, GRID) == []
    assert isinstance(keyframes, Made)
    assert isinstance(frames, Made)
    assert keyframes.counts == {"wanted": 60, "files": 60, "pictures": 60, "lacking": 0}
    assert frames.counts["files"] == 120
    assert not list((tmp_path / ".avakit" / "partial").iterdir())


@pytest.mark.parametrize("name", ["mkv"])
def test_every_keyframe_of_a_whole_movie_is_right(name: str, movies: Movies, tmp_path: Path) -> None:
    movie = movies(name, seconds=2100)[name]
    known = subject_of(release("v2.2"), movie.video)
    keyframes = product_of("keyframes", known, Recipe(), open_movie(movie.path).timeline)
    make_products(task(movie, tmp_path, subject=known, names=("keyframes",), processes=2))
    assert wrong(movie, tmp_path, keyframes) == []
    assert len(list((tmp_path / "keyframes" / movie.video).iterdir())) == 897


def contents(root: Path, movie: Movie) -> dict[str, bytes]:
    return {
        f"{product}/{path.name}": path.read_bytes()
        for product in ("keyframes", "frames")
        for path in (root / product / movie.video).iterdir()
    }


@pytest.fixture
def movie(movies: Movies) -> Movie:
    return movies("mp4-25")["mp4-25"]


def test_repeats_are_links_and_bytes_count_once(movie: Movie, tmp_path: Path) -> None:
    _, frames = make_products(task(movie, tmp_path))
    assert isinstance(frames, Made)
    folder = tmp_path / "frames" / movie.video
    assert frames.counts["pictures"] == len({path.stat().st_ino for path in folder.iterdir()}) == 100
    assert frames.bytes < sum(path.stat().st_size for path in folder.iterdir())


def test_files_are_copied_where_there_are_no_links(
    movie: Movie, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, target: Path) -> None:
        raise OSError(errno.EMLINK, "Too many links")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    make_products(task(movie, tmp_path))
    assert wrong(movie, tmp_path, GRID) == []


def test_parts_make_the_same_files(movie: Movie, tmp_path: Path) -> None:
    make_products(task(movie, tmp_path / "one"))
    make_products(task(movie, tmp_path / "three", processes=3))
    assert contents(tmp_path / "one", movie) == contents(tmp_path / "three", movie)


class Killed(Exception):
    """Stands for a process that ends between two pictures."""


def test_work_goes_on_where_it_was(movie: Movie, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_products(task(movie, tmp_path / "at once"))
    written: list[int] = []

    def die(size: int) -> None:
        written.extend([size] * (size > 0))
        if len(written) == 60:
            raise Killed

    todo = task(movie, tmp_path / "twice")
    with pytest.raises(Killed):
        make_products(todo, die)
    assert not (tmp_path / "twice" / "keyframes").exists()
    begun = sorted((todo.partial / f"frames-{movie.video}").glob("*.jpg"))
    begun[0].write_bytes(begun[0].read_bytes()[:-7])  # a picture that was cut short
    again: list[int] = []
    make_products(todo, lambda size: again.extend([size] * (size > 0)))
    assert contents(tmp_path / "twice", movie) == contents(tmp_path / "at once", movie)
    everything = len({path.stat().st_ino for path in (tmp_path / "at once").rglob("*.jpg")})
    assert (
        len(again) <= everything - 60 + 2
    )  # one report a picture encoded: that cut short, and that under way
    assert not list(todo.partial.iterdir())


def test_another_recipe_begins_anew_and_takes_the_place(movie: Movie, tmp_path: Path) -> None:
    make_products(task(movie, tmp_path))
    first = contents(tmp_path, movie)
    make_products(task(movie, tmp_path, recipe=Recipe(quality=50)))
    second = contents(tmp_path, movie)
    assert first.keys() == second.keys()
    assert sum(map(len, second.values())) < 0.8 * sum(map(len, first.values()))


def test_a_full_disk_is_a_sentence_and_what_was_made_stays(
    movie: Movie, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    todo = task(movie, tmp_path)
    real, count = Workshop.write, 0

    def write(self: Workshop, name: str, jpeg: bytes) -> None:
        nonlocal count
        count += 1
        if count > 30:
            raise_full(self.aside / name)
        real(self, name, jpeg)

    def raise_full(path: Path) -> None:
        from avakit.transfer.disk import disk_errors

        with disk_errors(path):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Workshop, "write", write)
    with pytest.raises(DiskFull, match=r"No room left to write .*\.jpg.* run again"):
        make_products(todo)
    assert len(list(todo.partial.rglob("*.jpg"))) >= 30
    monkeypatch.undo()
    make_products(todo)
    assert wrong(movie, tmp_path, GRID) == []


def test_a_short_movie_refuses_one_product_and_makes_the_other(movie: Movie, tmp_path: Path) -> None:
    long = subject(movie.video, range(100, 160))
    refused, frames = make_products(task(movie, tmp_path, subject=long))
    assert isinstance(refused, Refused)
    assert "40 of 60 keyframes" in str(refused.error)
    assert "second 120 to 159" in str(refused.error)
    assert isinstance(frames, Made)
    assert not (tmp_path / "keyframes").exists()
    skipped, _ = make_products(task(movie, tmp_path, subject=long, recipe=Recipe(gaps="skip")))
    assert isinstance(skipped, Made)
    assert skipped.counts == {"wanted": 60, "files": 20, "pictures": 20, "lacking": 40}
    assert [list(stretch) for stretch in skipped.lacking] == [[120, 159]]


@pytest.mark.parametrize("gaps", ["error", "skip", "repeat_last"])
def test_a_damaged_movie_is_refused_or_passed_over(gaps: str, movies: Movies, tmp_path: Path) -> None:
    movie = movies("mp4-700k", seconds=60)["mp4-700k"]
    data = bytearray(movie.path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 60_000] = random.Random(1).randbytes(60_000)
    path = tmp_path / "damaged.mp4"
    path.write_bytes(data)
    known, recipe = subject(movie.video, range(1, 58)), Recipe(gaps=gaps)  # type: ignore[arg-type]
    todo = task(movie, tmp_path, subject=known, window=path, names=("keyframes",), recipe=recipe)
    (made,) = make_products(todo)
    if gaps == "error":
        assert isinstance(made, Refused)
        assert re.search(r"\d+ of 57 keyframes show what cannot be decoded: second \d\d", str(made.error))
        return
    assert isinstance(made, Made)
    assert made.damage
    assert made.counts["files"] == (57 if gaps == "repeat_last" else 57 - made.counts["lacking"])
