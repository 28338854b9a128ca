"""A video whose pictures and sound are files of their own, from a source to its place; a grep for secrets."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from threading import Event

import pytest
from tests.conftest import Movies
from tests.windows.apart import apart

from avakit.collection.request import Request
from avakit.collection.video import Collected, Task, collect
from avakit.dataset.root import Root, create
from avakit.dataset.rows import State
from avakit.engine.worker import Worker
from avakit.media.movie import open_movie
from avakit.rehearsal.faults import Status
from avakit.rehearsal.mirror import Mirror
from avakit.rehearsal.numbers import read
from avakit.rehearsal.recipe import Movie
from avakit.releases.catalogue import release
from avakit.releases.model import Video
from avakit.sources.access import Access
from avakit.sources.offer import Missing, Offer
from avakit.sources.source import Source
from avakit.transfer.http import Http
from avakit.windows.span import Window
from avakit.windows.whole import Wire

SECONDS = release("v2.2").seconds
WINDOW = Window(Fraction(895), Fraction(1806))


@dataclass
class Two:
    """A source that has two files of every video."""

    http: Http
    pictures: str
    sound: str
    container: str
    name = "two"

    def find(self, video: Video) -> Offer | Missing:
        sound = self.http.open(self.sound)
        return Offer(self.name, self.http.open(self.pictures), self.container, None, sound=sound)


@pytest.fixture
def worker() -> Iterator[Worker]:
    with Worker(Event()) as made:
        yield made


def collected(source: Source, video: Video, root: Root, worker: Worker, *, whole: bool = False) -> Collected:
    request = Request(root, SECONDS, WINDOW, whole)
    return collect(Task(video, "val", None), request, [source], worker, Wire(4, Event(), lambda _: None))


def right(file: Path, movie: Movie) -> None:
    seconds = [Fraction(second) for second in range(902, 1799, 13)]
    for second, picture in open_movie(file).pictures(seconds):
        assert read(picture.rgb) == movie.number_at(second), second


@pytest.mark.parametrize("name", ["mp4-23.976", "webm"])
@pytest.mark.parametrize("whole", [False, True], ids=["window", "whole"])
def test_one_file_comes_to_its_place(
    name: str, whole: bool, movies: Movies, movie_folder: Path, tmp_path: Path, worker: Worker
) -> None:
    movie = movies(name, seconds=2100)[name]
    pictures, sound = apart(movie.path, movie_folder / "apart")
    video = Video(movie.video, "trainval", None, None, ())
    root = create(tmp_path / "ava")
    with Mirror(pictures.parent) as mirror, Http(4) as http:
        source = Two(
            http, f"{mirror.url}/{pictures.name}", f"{mirror.url}/{sound.name}", movie.recipe.container
        )
        got = collected(source, video, root, worker, whole=whole)
    assert (got.row.state, got.note) == (State.HAVE, "")
    place = (root.videos if whole else root.windows) / f"{video.id}.{movie.recipe.container}"
    assert got.row.path == root.relative(place)
    right(place, movie)
    assert list(root.partial.iterdir()) == []


def test_without_its_sound_it_counts_and_that_is_noted(
    movies: Movies, movie_folder: Path, tmp_path: Path, worker: Worker
) -> None:
    movie = movies("mp4-25", seconds=2100)["mp4-25"]
    pictures, sound = apart(movie.path, movie_folder / "apart")
    video = Video(movie.video, "trainval", None, None, ())
    root = create(tmp_path / "ava")
    with Mirror(pictures.parent) as mirror, Http(4) as http:
        source = Two(http, f"{mirror.url}/{pictures.name}", f"{mirror.url}/{sound.name}", "mp4")
        source.find(video)
        offer = source.find(video)
        assert isinstance(offer, Offer)
        source.find = lambda video: offer  # type: ignore[method-assign]
        mirror._faults = [("*sound*", Status(404))]
        got = collected(source, video, root, worker)
    assert got.row.state is State.HAVE
    assert "without its sound" in got.note
    right(root.windows / f"{video.id}.mp4", movie)
    assert list(root.partial.iterdir()) == []


def test_secrets_of_youtube_are_nowhere(
    movies: Movies, movie_folder: Path, tmp_path: Path, worker: Worker
) -> None:
    """The cookies, and the signatures in the addresses of files."""
    pytest.importorskip("yt_dlp", reason="the extra youtube is not installed")
    from tests.sources.tube import TubeIE, tube

    from avakit.sources.youtube import YouTube

    movie = movies("mp4-25", seconds=2100)["mp4-25"]
    pictures, sound = apart(movie.path, movie_folder / "apart")
    video = Video(movie.video, "trainval", None, None, ())
    cookies = tmp_path / "cookies.txt"
    cookies.write_text("# Netscape HTTP Cookie File\n127.0.0.1\tFALSE\t/\tFALSE\t0\tSID\tsecret\n")
    root = create(tmp_path / "ava")
    with tube() as site, Http(4) as http:
        site.put(video.id, pictures, sound)
        source = YouTube(
            Access(http, cookies=cookies),
            page=lambda one: f"{site.url}/watch/{one}",
            extractors=[TubeIE],
            key="Tube",
            pause=(0.0, 0.0),
        )
        site.statuses = [206] * 3 + [503] * 1000
        failed = collected(source, video, root, worker)
        left = [path.read_bytes() for path in root.path.rglob("*") if path.is_file()]
        site.statuses = []
        got = collected(source, video, root, worker)
    assert site.headers[-1]["Cookie"] == "SID=secret"
    assert failed.row.cause == "server"
    assert got.row.state is State.HAVE
    right(root.windows / f"{video.id}.mp4", movie)
    left += [path.read_bytes() for path in root.path.rglob("*") if path.is_file()]
    assert left
    assert not any(b"secret" in content for content in left)
    assert "secret" not in repr((failed, got))
