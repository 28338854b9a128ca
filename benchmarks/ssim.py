"""Structural similarity of luma: squares of 8 × 8 pixels, 4 apart, as FFmpeg's filter `ssim` has it."""

import numpy as np
import numpy.typing as npt

Luma = npt.NDArray[np.float64]

_SIDE, _STEP = 8, 4
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


def ssim(one: Luma, other: Luma) -> float:
    """Return the mean similarity of two pictures of full range, 1 if they are the same."""
    mean, mean_other = _means(one), _means(other)
    spread = _means(one * one) - mean * mean + _means(other * other) - mean_other * mean_other
    common = _means(one * other) - mean * mean_other
    light = (2 * mean * mean_other + _C1) / (mean * mean + mean_other * mean_other + _C1)
    return float((light * (2 * common + _C2) / (spread + _C2)).mean())


def full_range(limited: npt.NDArray[np.uint8]) -> Luma:
    """Return luma of limited range as luma of full range, unrounded."""
    return np.clip((limited.astype(np.float64) - 16) * 255 / 219, 0, 255)


def _means(plane: Luma) -> Luma:
    sums = np.pad(plane.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    squares = sums[_SIDE:, _SIDE:] - sums[:-_SIDE, _SIDE:] - sums[_SIDE:, :-_SIDE] + sums[:-_SIDE, :-_SIDE]
    means: Luma = squares[::_STEP, ::_STEP] / _SIDE**2
    return means
