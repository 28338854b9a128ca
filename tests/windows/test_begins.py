"""A file that was cut out of its movie keeps the movie's seconds, if it is said where it begins."""

import threading
from fractions import Fraction
from pathlib import Path

import pytest
from tests.conftest import Movies
from tests.windows.test_fetch import Here
from tests.windows.untagged import untagged

from avakit.media.movie import open_movie
from avakit.rehearsal.mirror import Mirror
from avakit.rehearsal.numbers import read
from avakit.rehearsal.recipe import Movie
from avakit.transfer.http import Http
from avakit.transfer.local import FileReader
from avakit.transfer.reader import Reader
from avakit.windows.cut import Cut, cut
from avakit.windows.fetch import fetch_window
from avakit.windows.movie import Piece
from avakit.windows.span import Window
from avakit.windows.whole import Wire

PART = Window(Fraction(40), Fraction(90))


def taken(reader: Reader, window: Window, begins: Fraction, out: Path) -> Path:
    wire = Wire(2, threading.Event(), lambda count: None)
    fetch_window(reader, window, out.with_suffix(".part"), out, Here(), wire, piece=Piece(begins))
    return out


def right(file: Path, movie: Movie, first: int, last: int) -> None:
    times = [Fraction(n, 3) for n in range(3 * first, 3 * last)]
    for second, picture in open_movie(file).pictures(times):
        assert read(picture.rgb) == movie.number_at(second), second


@pytest.mark.parametrize("name", ["mp4-25", "mp4-23.976", "mp4-edit", "mp4-open"])
@pytest.mark.parametrize("window", [(50, 80), (30, 100)], ids=["within", "around"])
def test_pictures_keep_their_seconds(
    movies: Movies, tmp_path: Path, name: str, window: tuple[int, int]
) -> None:
    movie = movies(name)[name]
    begins = untagged(movie.path, PART, tmp_path / "part.mp4")
    assert begins > 30
    wanted = Window(*map(Fraction, window))
    file = taken(FileReader(tmp_path / "part.mp4"), wanted, begins, tmp_path / "local")
    right(file, movie, 50, 80)


def test_over_the_wire_too(movies: Movies, tmp_path: Path) -> None:
    movie = movies("mp4-25")["mp4-25"]
    (tmp_path / "site").mkdir()
    begins = untagged(movie.path, PART, tmp_path / "site" / "part.mp4")
    with Mirror(tmp_path / "site") as mirror, Http(2) as http:
        reader = http.open(f"{mirror.url}/part.mp4")
        file = taken(reader, Window(Fraction(50), Fraction(80)), begins, tmp_path / "fetched")
    right(file, movie, 50, 80)


def test_what_a_file_says_itself_counts_more(movies: Movies, tmp_path: Path) -> None:
    movie = movies("mp4-25")["mp4-25"]
    first = cut(movie.path, "movie", PART, tmp_path / "first")
    assert isinstance(first, Cut)
    (tmp_path / "first").rename(tmp_path / "first.mp4")
    again = taken(
        FileReader(tmp_path / "first.mp4"), Window(Fraction(50), Fraction(80)), Fraction(900), tmp_path / "x"
    )
    right(again, movie, 50, 80)


def test_a_window_can_be_cut_from_before_its_first_picture_on(movies: Movies, tmp_path: Path) -> None:
    """A stored window, handed on: it begins after the second that is asked for."""
    movie = movies("mp4-23.976")["mp4-23.976"]
    cut(movie.path, "movie", PART, tmp_path / "first.mp4")
    done = cut(tmp_path / "first.mp4", "window", Window(Fraction(10), Fraction(80)), tmp_path / "second")
    assert isinstance(done, Cut)
    right(tmp_path / "second", movie, 41, 80)
