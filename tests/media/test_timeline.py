"""The rule of the picture on screen, against a model that only compares fractions."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from avakit.media.timeline import Timeline

BASES = st.sampled_from([Fraction(1, 1000), Fraction(1, 14336), Fraction(1001, 24000), Fraction(1, 90000)])
TIMES = st.lists(st.fractions(min_value=-5, max_value=40, max_denominator=3000), min_size=1, max_size=20)


@st.composite
def timelines(draw: st.DrawFn) -> Timeline:
    base = draw(BASES)
    ticks = draw(st.lists(st.integers(-int(2 / base), int(30 / base)), min_size=1, max_size=40, unique=True))
    pts = np.array(sorted(ticks), dtype=np.int64)
    origin = draw(st.fractions(min_value=-3, max_value=3, max_denominator=1000))
    tolerance = draw(st.sampled_from([Fraction(0), Fraction(1, 2000)]))
    end = int(pts[-1]) * base + origin + draw(st.fractions(min_value=0, max_value=3, max_denominator=100))
    return Timeline(pts, base, origin, tolerance, end)


def model_at(line: Timeline, t: Fraction) -> int:
    return max((i for i in range(len(line)) if line.seconds(i) <= t + line.tolerance), default=0)


def model_nearest(line: Timeline, t: Fraction) -> int:
    return min(range(len(line)), key=lambda i: (abs(line.seconds(i) - t), i))


def model_gap(line: Timeline, t: Fraction) -> bool:
    if t >= line.end + line.tolerance or line.seconds(0) > t + 1 + line.tolerance:
        return True
    return t - line.seconds(model_at(line, t)) > 1 + line.tolerance


@given(timelines(), TIMES)
def test_at_gap_and_nearest_follow_the_rule(line: Timeline, times: list[Fraction]) -> None:
    borders = [
        line.seconds(i) + shift for i in range(len(line)) for shift in (0, -line.tolerance, line.tolerance)
    ]
    asked = times + borders
    assert line.at_many(asked).tolist() == [model_at(line, t) for t in asked]
    assert line.at_many(asked, "nearest").tolist() == [model_nearest(line, t) for t in asked]
    assert line.gaps(asked).tolist() == [model_gap(line, t) for t in asked]


def line_of(pts: list[int], tolerance: Fraction = Fraction(0)) -> Timeline:
    return Timeline(
        np.array(pts, np.int64), Fraction(1, 1000), Fraction(0), tolerance, Fraction(pts[-1] + 40, 1000)
    )


@pytest.mark.parametrize(
    ("tolerance", "expected"), [(Fraction(0), 0), (Fraction(1, 2000), 1), (Fraction(1, 3000), 0)]
)
def test_only_a_rounded_time_counts_as_reached_before_it_is(tolerance: Fraction, expected: int) -> None:
    line = line_of([33, 67], tolerance)
    assert line.at(Fraction(133, 2000)) == expected


def test_a_long_interval_is_a_gap_after_its_first_second() -> None:
    line = line_of([0, 40, 2540, 2580])
    assert [line.gap(Fraction(t, 1000)) for t in (39, 1040, 1041, 2539, 2540, 2619, 2620)] == [
        False, False, True, True, False, False, True,
    ]  # fmt: skip


def test_an_interval_of_a_second_is_no_gap() -> None:
    line = line_of([0, 1000, 2000])
    assert not any(line.gap(Fraction(t, 100)) for t in range(200))
    assert line.covers(0)


def test_far_away_seconds_do_not_overflow() -> None:
    line = line_of([0, 40])
    assert line.at_many([10**30, -(10**30)]).tolist() == [1, 0]
    assert line.gaps([10**30, -(10**30)]).all()
