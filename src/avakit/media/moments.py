"""Seconds of a movie, exact, many at once: pure."""

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import overload

import numpy as np
import numpy.typing as npt

from avakit.media.ticks import Ticks

_INT64 = np.iinfo(np.int64)
_EXACT = 2**53  # up to here whole numbers are floats, and a quotient of them is rounded once

_Whole = npt.NDArray[np.int64] | npt.NDArray[np.object_]


class Moments(Sequence[Fraction]):
    """Number k is `ticks[k]` / `rate` movie seconds.

    A sequence of fractions that makes none before it is asked for: a window has 27,030 seconds of frames.
    Whole numbers of any size are right; those that fit int64 are fast.
    """

    def __init__(self, ticks: Sequence[int] | _Whole, rate: int) -> None:
        """Hold these; `rate`: ticks a second, at least 1."""
        self._ticks = ticks if isinstance(ticks, np.ndarray) else _whole(ticks)
        self._rate = rate
        self._reach = max(1, abs(int(self._ticks.min())), abs(int(self._ticks.max()))) if len(ticks) else 1

    @classmethod
    def of(cls, times: Sequence[Fraction | int]) -> "Moments":
        """Return seconds as moments."""
        if isinstance(times, Moments):
            return times
        rate = math.lcm(*{time.denominator for time in times})
        return cls([time.numerator * (rate // time.denominator) for time in times], rate)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._ticks)

    @overload
    def __getitem__(self, k: int) -> Fraction: ...
    @overload
    def __getitem__(self, k: slice) -> "Moments": ...
    def __getitem__(self, k: int | slice) -> "Fraction | Moments":
        """Return one, or some."""
        if isinstance(k, slice):
            return Moments(self._ticks[k], self._rate)
        return Fraction(int(self._ticks[k]), self._rate)

    def floor(self, unit: Fraction, shift: Fraction) -> Ticks:
        """Return how many whole units (seconds, more than 0) there are in each, `shift` seconds later.

        Rounded down; what is beyond int64 is at its ends.
        """
        whole, divisor = self._over(unit, shift)
        return _clipped(whole // divisor)

    def ceil(self, unit: Fraction, shift: Fraction) -> Ticks:
        """Return the same rounded up."""
        whole, divisor = self._over(unit, shift)
        return _clipped(-(-whole // divisor))

    def floats(self) -> npt.NDArray[np.float64]:
        """Return the nearest floats, float64."""
        if max(self._reach, self._rate) <= _EXACT:
            return np.asarray(self._ticks / self._rate, dtype=np.float64)
        return np.fromiter((tick / self._rate for tick in self._ticks.tolist()), np.float64, len(self))

    def _over(self, unit: Fraction, shift: Fraction) -> tuple[_Whole, int]:
        """Return each, so much later, in units: a whole number over a divisor that all share."""
        scale = shift.denominator * unit.denominator
        offset = shift.numerator * unit.denominator * self._rate
        divisor = self._rate * shift.denominator * unit.numerator
        near = max(self._reach * scale + abs(offset), divisor) <= _INT64.max
        ticks = self._ticks if near else self._ticks.astype(np.object_)
        return ticks * scale + offset, divisor


def _whole(ticks: Sequence[int]) -> _Whole:
    try:
        return np.fromiter(ticks, np.int64, len(ticks))
    except OverflowError:
        return np.array(list(ticks), dtype=np.object_)


def _clipped(values: _Whole) -> Ticks:
    return np.clip(values, _INT64.min, _INT64.max).astype(np.int64)
