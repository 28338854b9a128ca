"""What a view takes of a picture: whole pixels, even where chroma needs it, never none, never too many."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avakit.errors import UnsupportedMovie, UsageError
from avakit.media.view import LONGEST, WHOLE, Cut, View

sides = st.integers(1, 8000)
shares = st.floats(-0.5, 1.5)
boxes = st.none() | st.tuples(shares, shares, shares, shares)
aspects = st.fractions(Fraction(1, 4), Fraction(4), max_denominator=100)


@given(sides, sides, boxes, st.none() | st.integers(2, 1000), st.booleans(), aspects)
def test_every_view_of_every_picture(
    width: int, height: int, box: tuple[float, float, float, float] | None, size: int | None,
    square: bool, aspect: Fraction,
) -> None:  # fmt: skip
    try:
        cut = View(box, size, square).pixels(width, height, aspect)
    except UnsupportedMovie:
        assert size is not None or square
        return
    assert 0 <= cut.x < cut.x + cut.width <= width
    assert 0 <= cut.y < cut.y + cut.height <= height
    assert cut.x % 2 == cut.y % 2 == 0
    assert cut.width % 2 == 0 or cut.x + cut.width == width
    assert cut.height % 2 == 0 or cut.y + cut.height == height
    assert 1 <= min(cut.out_width, cut.out_height) <= max(cut.out_width, cut.out_height) <= LONGEST
    if size is not None:
        assert cut.out_width % 2 == cut.out_height % 2 == 0
        assert abs(min(cut.out_width, cut.out_height) - size) <= 1
    if box is None:
        assert (cut.x, cut.y, cut.width, cut.height) == (0, 0, width, height)
    if size is None and (not square or aspect == 1):
        assert not cut.scales


@given(sides, sides, st.tuples(shares, shares, shares, shares))
def test_a_box_is_inside_its_cut(width: int, height: int, box: tuple[float, float, float, float]) -> None:
    cut = View(box).pixels(width, height)
    for low, high, first, length, side in (
        (box[0], box[2], cut.x, cut.width, width),
        (box[1], box[3], cut.y, cut.height, height),
    ):
        low, high = sorted((min(max(low, 0.0), 1.0), min(max(high, 0.0), 1.0)))
        assert first <= low * side + 1e-5 or first == (side - 1) // 2 * 2
        assert high * side - 1e-5 <= first + length
        assert first + length <= max(high * side, low * side + 1) + 3


@pytest.mark.parametrize(
    ("view", "width", "height", "aspect", "cut"),
    [
        (WHOLE, 641, 359, Fraction(3), Cut(0, 0, 641, 359, 641, 359)),
        (View(size=256), 640, 360, Fraction(1), Cut(0, 0, 640, 360, 456, 256)),
        (View(size=256), 360, 640, Fraction(1), Cut(0, 0, 360, 640, 256, 456)),
        (View(size=256), 100, 50, Fraction(1), Cut(0, 0, 100, 50, 512, 256)),
        (View(square=True), 720, 576, Fraction(16, 15), Cut(0, 0, 720, 576, 768, 576)),
        (View(size=288, square=True), 720, 576, Fraction(16, 15), Cut(0, 0, 720, 576, 384, 288)),
        (View(square=True), 720, 576, Fraction(1), Cut(0, 0, 720, 576, 720, 576)),
        (View((0.25, 0.5, 0.5, 1.0)), 640, 360, Fraction(1), Cut(160, 180, 160, 180, 160, 180)),
        (View((0.1, 0.1, 0.3, 0.3)), 640, 360, Fraction(1), Cut(64, 36, 128, 72, 128, 72)),
        (View((0.5, 0.5, 0.5, 0.5)), 640, 360, Fraction(1), Cut(320, 180, 2, 2, 2, 2)),
        (View((1.0, 1.0, 1.2, 1.2)), 641, 361, Fraction(1), Cut(640, 360, 1, 1, 1, 1)),
        (View((0.0, 0.0, 1.0, 1.0)), 1, 1, Fraction(1), Cut(0, 0, 1, 1, 1, 1)),
        (View(size=2), 1, 1, Fraction(1), Cut(0, 0, 1, 1, 2, 2)),
    ],
)  # fmt: skip
def test_views_by_hand(view: View, width: int, height: int, aspect: Fraction, cut: Cut) -> None:
    assert view.pixels(width, height, aspect) == cut


def test_sides_that_jpeg_does_not_have_are_said() -> None:
    with pytest.raises(UnsupportedMovie, match="80000 × 2 pixels"):
        WHOLE.pixels(80_000, 2)
    with pytest.raises(UnsupportedMovie, match="smaller --size"):
        View(size=256).pixels(4000, 1)


@pytest.mark.parametrize("size", [0, 1, -4, LONGEST + 1])
def test_sizes_that_cannot_be(size: int) -> None:
    with pytest.raises(UsageError, match="shorter side"):
        View(size=size)


def test_a_box_of_no_numbers() -> None:
    with pytest.raises(UsageError, match="is no box"):
        View((0.0, 0.0, float("nan"), 1.0))
