"""The frame number in the picture survives what pictures go through."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from avakit.errors import DamagedMovie
from avakit.rehearsal.numbers import MOVIES, VALUES, Label, draw, label, lines, read


def picture(rows: int = 96, width: int = 160) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.random.default_rng(rows).integers(0, 256, (rows, width, 3), dtype=np.uint8)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, VALUES - 1), st.integers(0, MOVIES - 1), st.integers(1, 4000))
def test_a_number_comes_back(number: int, movie: int, sync: int) -> None:
    drawn = picture()
    draw(drawn, number, movie, group=number - number % sync)
    assert label(drawn) == Label(movie, number)
    assert read(drawn[:, :, 0]) == number


@pytest.mark.parametrize("size", [(96, 160), (90, 160), (270, 480), (360, 640), (1080, 1920)])
@pytest.mark.parametrize("quality", [75, 90])
def test_it_survives_jpeg(size: tuple[int, int], quality: int) -> None:
    for number in (0, 1, 21550, 52499):
        drawn = picture(*size)
        draw(drawn, number, 77, group=number // 250 * 250)
        file = io.BytesIO()
        Image.fromarray(drawn).save(file, "JPEG", quality=quality)
        assert label(np.asarray(Image.open(file))) == Label(77, number)


@pytest.mark.parametrize("short_side", [180, 240, 256, 340])
def test_it_survives_scaling(short_side: int) -> None:
    drawn = picture(360, 640)
    draw(drawn, 27029, 5, group=27000)
    size = (round(640 * short_side / 360), short_side)
    assert read(np.asarray(Image.fromarray(drawn).resize(size, Image.Resampling.BILINEAR))) == 27029


def test_it_survives_full_range() -> None:
    drawn = picture()
    draw(drawn, 1234)
    full = ((drawn.astype(np.float64) - 16) * 255 / 219).clip(0, 255).astype(np.uint8)
    assert read(full) == 1234


def test_one_cell_that_changed_is_noticed() -> None:
    for cell in range(2, 40):
        drawn = picture()
        draw(drawn, 4321)
        drawn[-8:, cell * 4 : cell * 4 + 4] = 251 - drawn[-8:, cell * 4 : cell * 4 + 4]
        with pytest.raises(DamagedMovie, match="lower line"):
            read(drawn)


def test_two_movies_in_one_picture_are_noticed() -> None:
    drawn, other = picture(), picture()
    draw(drawn, 5, movie=1)
    draw(other, 5, movie=2)
    drawn[:48] = other[:48]
    with pytest.raises(DamagedMovie, match="two movies"):
        read(drawn)


def test_a_picture_without_a_number_says_so() -> None:
    with pytest.raises(DamagedMovie, match="no legible number"):
        read(np.full((96, 160, 3), 128, np.uint8))


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        draw(picture(), VALUES)
    with pytest.raises(ValueError, match="too small"):
        draw(picture(96, 100), 1)


def test_all_lines_of_a_movie_differ() -> None:
    rows = lines(np.arange(30000), 9, 160)
    assert len(np.unique(np.packbits(rows > 128, axis=1), axis=0)) == 30000
