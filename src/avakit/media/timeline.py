"""Which picture is on screen at a second: pure and exact."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np
import numpy.typing as npt

from avakit.media.moments import Moments
from avakit.media.ticks import Ticks

Policy = Literal["on_screen", "nearest"]

LONGEST_HOLD = Fraction(1)
"""How long a picture may stay on screen, in seconds, before those after it count as missing."""


@dataclass(frozen=True, eq=False)
class Timeline:
    """The pictures of a movie, in the order in which they are shown.

    `pts`: int64, strictly ascending, at least one; movie time of picture i = pts[i] × `time_base` + `origin`.
    `tolerance`: by how much (seconds) a stored time may have been rounded up, so that it still counts as
    reached. `end`: when the last picture leaves the screen. All times are movie seconds.
    """

    pts: Ticks
    time_base: Fraction
    origin: Fraction
    tolerance: Fraction
    end: Fraction

    def __len__(self) -> int:
        """Return the number of pictures."""
        return len(self.pts)

    def seconds(self, i: int) -> Fraction:
        """Return the movie time at which picture `i` comes on screen."""
        return int(self.pts[i]) * self.time_base + self.origin

    def at(self, t: Fraction | int, policy: Policy = "on_screen") -> int:
        """Return the index of the picture at second `t`; see `at_many`."""
        return int(self.at_many([t], policy)[0])

    def at_many(self, times: Sequence[Fraction | int], policy: Policy = "on_screen") -> Ticks:
        """Return for each second the index of its picture, int64 of shape (len(times),).

        `on_screen`: the last picture with movie time ≤ t + tolerance; before the first picture, the first.
        `nearest`: the picture whose movie time is nearest to t, the earlier of two.
        """
        moments = Moments.of(times)
        if policy == "nearest":
            return self._nearest(moments)
        found = np.searchsorted(self.pts, self._floor(moments, self.tolerance), side="right") - 1
        return np.maximum(found, 0).astype(np.int64)

    def gap(self, t: Fraction | int) -> bool:
        """Return whether the picture of second `t` is missing; see `gaps`."""
        return bool(self.gaps([t])[0])

    def gaps(self, times: Sequence[Fraction | int]) -> npt.NDArray[np.bool_]:
        """Return for each second whether its picture is missing, bool of shape (len(times),).

        Missing is: at or after `end`; more than a second before the first picture; and where the picture on
        screen came more than a second ago. So of an interval longer than 1.0 s between two pictures the first
        second belongs to the picture before it, the rest is a gap.
        """
        moments = Moments.of(times)
        shown = self.pts[self.at_many(moments)]
        hold = LONGEST_HOLD + self.tolerance
        too_long = shown < moments.ceil(self.time_base, -hold - self.origin)
        too_early = shown > self._floor(moments, hold)
        past = moments.floor(self.time_base, -self.end - self.tolerance) >= 0
        return np.asarray(too_long | too_early | past, dtype=np.bool_)

    def covers(self, t: Fraction | int) -> bool:
        """Return whether second `t` has its picture."""
        return not self.gap(t)

    def _nearest(self, moments: Moments) -> Ticks:
        before = np.searchsorted(self.pts, self._floor(moments, Fraction(0)), side="right") - 1
        before = np.clip(before, 0, max(len(self.pts) - 2, 0))
        after = np.minimum(before + 1, len(self.pts) - 1)
        # The later one wins if t lies past the middle: 2t > a + b, and a + b is whole, so the ceiling of t in
        # half ticks decides.
        twice = moments.ceil(self.time_base / 2, -self.origin)
        return np.where(twice > self.pts[before] + self.pts[after], after, before).astype(np.int64)

    def _floor(self, moments: Moments, shift: Fraction) -> Ticks:
        return moments.floor(self.time_base, shift - self.origin)
