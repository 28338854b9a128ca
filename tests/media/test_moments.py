"""Many seconds at once are what fractions say one by one."""

import math
from fractions import Fraction

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from avakit.media.moments import Moments

FAR = 2**63
TIMES = st.lists(st.fractions(min_value=-(10**6), max_value=10**6, max_denominator=10**5), max_size=8)
UNITS = st.fractions(min_value=Fraction(1, 10**6), max_value=10, max_denominator=10**6)


@given(TIMES, UNITS, st.fractions(min_value=-(10**4), max_value=10**4, max_denominator=10**6))
@example([Fraction(3 * FAR), Fraction(-3 * FAR)], Fraction(1), Fraction(0))
@example([Fraction(FAR - 1), Fraction(-FAR)], Fraction(1), Fraction(0))
@example([Fraction(1), Fraction(0)], Fraction(1, FAR), Fraction(1, FAR))
@example([], Fraction(1), Fraction(1))
def test_units_are_counted_exactly(times: list[Fraction], unit: Fraction, shift: Fraction) -> None:
    moments = Moments.of(times)
    down = [math.floor((time + shift) / unit) for time in times]
    up = [math.ceil((time + shift) / unit) for time in times]
    assert moments.floor(unit, shift).tolist() == [min(max(n, -FAR), FAR - 1) for n in down]
    assert moments.ceil(unit, shift).tolist() == [min(max(n, -FAR), FAR - 1) for n in up]
    assert moments.floor(unit, shift).dtype == np.int64


@given(TIMES)
@example([Fraction(2**60 + 1, 3), Fraction(1, 2**60 - 1)])
@example([Fraction(10**30, 7)])
def test_floats_are_the_nearest(times: list[Fraction]) -> None:
    assert Moments.of(times).floats().tolist() == [float(time) for time in times]


@given(TIMES)
def test_they_are_a_sequence_of_fractions(times: list[Fraction]) -> None:
    moments = Moments.of(times)
    assert list(moments) == times
    assert list(moments[1:]) == times[1:]
    assert len(moments) == len(times)
    assert Moments.of(moments) is moments


def test_whole_seconds_and_ranges_are_taken_as_they_are() -> None:
    assert list(Moments.of([902, Fraction(5, 2)])) == [902, Fraction(5, 2)]
    assert list(Moments(range(0, 6, 2), 30)) == [0, Fraction(1, 15), Fraction(2, 15)]
