"""The widening of levels is the formula of ITU-T H.273, rounded to the nearest."""

from collections.abc import Callable

import numpy as np
import pytest

from avakit.media.levels import Levels, full_chroma, full_luma

WAYS = [(full_luma, 16, 235, 0), (full_chroma, 16, 240, 128)]


def formula(low: int, high: int, middle: int) -> Levels:
    values = np.arange(256) - (middle or low)
    return np.clip(np.round(values * 255 / (high - low) + middle), 0, 255).astype(np.uint8)


@pytest.mark.parametrize(("widen", "low", "high", "middle"), WAYS)
def test_each_level_becomes_the_nearest(
    widen: Callable[[Levels], Levels], low: int, high: int, middle: int
) -> None:
    every = np.arange(256, dtype=np.uint8)
    assert widen(every).tolist() == formula(low, high, middle).tolist()
    assert every.tolist() == list(range(256))  # and what was given is left as it was


@pytest.mark.parametrize(("widen", "low", "high", "middle"), WAYS)
@pytest.mark.parametrize("length", [0, 1, 255, 262_143, 262_144, 262_145, 700_001])
def test_planes_of_any_length_are_widened_to_their_end(
    widen: Callable[[Levels], Levels], low: int, high: int, middle: int, length: int
) -> None:
    plane = np.random.default_rng(length).integers(0, 256, length).astype(np.uint8)
    plane.flags.writeable = False
    assert np.array_equal(widen(plane), formula(low, high, middle)[plane])
