"""Parts of a movie: where they begin, and that each is decoded once for all products."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.media.numbered import write_movie

from avakit.media.movie import Movie, open_movie
from avakit.media.picture import Picture
from avakit.preparation.making import Written
from avakit.preparation.piece import pieces, run_piece


@given(
    st.lists(st.integers(0, 500), unique=True).map(sorted),
    st.lists(st.integers(0, 500), unique=True, min_size=1).map(sorted),
    st.integers(1, 9),
)
def test_pieces_are_the_whole_in_order(indices: list[int], sync: list[int], count: int) -> None:
    parts = pieces(np.array(indices, np.int64), np.array(sync, np.int64), count)
    assert [i for part in parts for i in part.tolist()] == indices
    assert all(len(part) for part in parts)


def test_pieces_begin_at_sync_pictures() -> None:
    parts = pieces(np.arange(1000), np.arange(0, 1000, 120), 2)
    assert [int(part[0]) for part in parts] == [0, 360, 600, 720, 840, 960]


def test_later_pieces_are_shorter_and_none_is_tiny() -> None:
    lengths = [len(part) for part in pieces(np.arange(10_000), np.arange(10_000), 2)]
    assert lengths[0] == 2500
    assert lengths == sorted(lengths, reverse=True)
    assert min(lengths[:-1]) == 100


def test_a_piece_of_few_pictures_spans_as_much_of_the_movie() -> None:
    assert [part.tolist() for part in pieces(np.arange(0, 500, 40), np.arange(500), 8)] == [
        [0, 40, 80], [120, 160, 200], [240, 280, 320], [360, 400, 440], [480],
    ]  # fmt: skip


def test_one_process_gets_it_whole() -> None:
    assert [len(part) for part in pieces(np.arange(10_000), np.arange(10_000), 1)] == [10_000]


def test_pictures_are_heard_of_though_no_file_is_written(tmp_path: Path) -> None:
    """A long clip takes minutes to its first byte, and is not to be taken for hung."""
    movie = open_movie(write_movie(tmp_path / "a.mp4", range(50), Fraction(1, 25)))
    heard: list[int] = []
    assert run_piece(movie, [Watching()], heard.append).lost == ()
    assert heard == [0] * 50


class Watching:
    """A chore that only sees pictures."""

    pictures = np.arange(50)

    def begin(self, movie: Movie, written: Written) -> Watching:
        return self

    def take(self, index: int, picture: Picture) -> None:
        """Do nothing."""

    def end(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""
