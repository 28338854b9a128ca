"""What clips show: whole, in order, each picture at its time; at a movie's edges, what there is."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from avakit.errors import GapError
from avakit.media.timeline import Timeline
from avakit.preparation.clip.plan import (
    GROUP,
    Clip,
    clock_of,
    groups_of,
    groups_under,
    marked,
    pictures_of,
    plan_clips,
    times_of,
)

BASES = [Fraction(1, 25), Fraction(1001, 30000), Fraction(1, 1000), Fraction(1, 12800)]


def timeline(stamps: list[int], base: Fraction, origin: Fraction = Fraction(0)) -> Timeline:
    pts = np.array(stamps, dtype=np.int64)
    tolerance = Fraction(1, 2000) if base == Fraction(1, 1000) else Fraction(0)
    return Timeline(pts, base, origin, tolerance, (stamps[-1] + 1) * base + origin)


STEADY = timeline(list(range(250)), Fraction(1, 25))  # ten seconds


def clips(
    of: Timeline, seconds: list[Fraction | int], length: Fraction | int = 3, gaps: str = "error"
) -> tuple[Clip, ...]:
    exact = [Fraction(second) for second in seconds]
    names = [f"v_{float(second):g}" for second in exact]
    return plan_clips(of, exact, names, Fraction(length), gaps)  # type: ignore[arg-type]


def test_a_clip_shows_what_is_on_screen() -> None:
    (clip,) = clips(STEADY, [5])
    assert (clip.begin, clip.end) == (Fraction(7, 2), Fraction(13, 2))
    assert (clip.first, clip.stop) == (87, 163)  # 3.48 is on screen at 3.5; 6.52 is not any more
    times = times_of(clip, STEADY)
    assert times[:2] == [0, Fraction(1, 50)]
    assert not clip.lacking
    assert clock_of(clip, STEADY) == Fraction(1, 50)


def test_where_the_movie_ends_within_a_clip_it_is_shorter() -> None:
    (clip,) = clips(STEADY, [9])
    assert (clip.end, clip.stop, clip.lacking) == (Fraction(10), 250, True)
    (held,) = clips(STEADY, [9], gaps="repeat_last")
    assert (held.end, held.stop, held.lacking) == (Fraction(21, 2), 250, True)


def test_where_the_movie_begins_within_a_clip_nothing_is_shown_before() -> None:
    late = timeline(list(range(250)), Fraction(1, 25), Fraction(100))
    (clip,) = clips(late, [101], length=5)
    assert (clip.first, clip.starts, clip.lacking) == (0, Fraction(3, 2), True)
    (held,) = clips(late, [101], length=5, gaps="repeat_last")
    assert (held.starts, held.lacking) == (Fraction(0), True)
    (near,) = clips(late, [101], length=3)  # half a second: the first picture stands in, as everywhere
    assert (near.starts, near.lacking) == (Fraction(0), False)


def test_a_second_without_its_picture() -> None:
    with pytest.raises(GapError, match="1 of 2 clips"):
        clips(STEADY, [5, 12])
    assert [clip.second for clip in clips(STEADY, [5, 12], gaps="skip")] == [5]
    _, last = clips(STEADY, [5, 12], gaps="repeat_last")
    assert (last.first, last.stop, last.starts, last.lacking) == (249, 250, Fraction(0), True)
    with pytest.raises(GapError):
        clips(STEADY, [12], gaps="skip")


def test_a_hole_makes_a_clip_lacking() -> None:
    holed = timeline([*range(100), *range(140, 250)], Fraction(1, 25))
    assert [clip.lacking for clip in clips(holed, [2, 3, 7, 8], length=2)] == [False, False, False, False]
    assert [clip.lacking for clip in clips(holed, [3, 6], length=4)] == [True, True]


def test_lacking_seconds_are_joined() -> None:
    seconds = [Fraction(second) for second in range(1, 10)]
    some = [clip for clip in clips(STEADY, [1, 2, 5, 6]) if clip.second != 1]
    found = [(int(first), int(last)) for first, last in marked(some, seconds)]
    assert found == [(1, 1), (3, 4), (7, 9)]
    assert marked(clips(STEADY, list(range(2, 9))), [Fraction(second) for second in range(2, 9)]) == ()


def test_a_clock_too_fine_for_a_file_is_a_microsecond() -> None:
    odd = timeline(list(range(1000)), Fraction(1, 90001), Fraction(1, 44100))
    (clip,) = clips(odd, [Fraction(1, 1000)], length=Fraction(1, 500))
    assert clock_of(clip, odd) == Fraction(1, 1_000_000)


steps = st.lists(st.integers(1, 60), min_size=1, max_size=120)


@given(steps, st.sampled_from(BASES), st.integers(0, 5), st.fractions(Fraction(1, 10), 4), st.data())
def test_every_picture_is_in_its_clip_and_at_its_time(
    gaps: list[int], base: Fraction, origin: int, length: Fraction, data: st.DataObject
) -> None:
    of = timeline(np.cumsum(gaps).tolist(), base, Fraction(origin))
    first, last = of.seconds(0), of.end
    seconds = sorted(set(data.draw(st.lists(st.fractions(first, last), min_size=1, max_size=6))))
    try:
        made = clips(of, list(seconds), length, "skip")
    except GapError:
        return
    for clip in made:
        times = times_of(clip, of)
        assert len(times) == clip.stop - clip.first > 0
        assert times == sorted(set(times))
        assert times[0] >= 0
        assert all(time < clip.end - clip.begin for time in times)
        assert of.at(clip.second) in range(clip.first, clip.stop)
        clock = clock_of(clip, of)
        assert all((time / clock).denominator == 1 for time in times) or clock == Fraction(1, 1_000_000)


@given(steps, st.integers(1, 8), st.integers(1, 8))
def test_clips_that_meet_share_no_picture_but_the_one_between(
    gaps: list[int], length: int, count: int
) -> None:
    of = timeline(np.cumsum(gaps).tolist(), Fraction(1, 1000))
    seconds: list[Fraction | int] = [Fraction(length * (2 * k + 1), 20) for k in range(count)]
    try:
        made = clips(of, seconds, Fraction(length, 10), "repeat_last")
    except GapError:
        return
    for clip, after in pairwise(made):
        assert clip.end == after.begin
        assert after.first in (clip.stop, clip.stop - 1)


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(1, 90)), min_size=1, max_size=12))
def test_groups_cover_every_clip_once_and_begin_with_each(spans: list[tuple[int, int]]) -> None:
    zero = Fraction(0)
    made = [Clip("v", zero, zero, zero, first, first + count, zero, lacking=False) for first, count in spans]
    groups = groups_of(made)
    covered = pictures_of(groups).tolist()
    assert covered == sorted({index for first, count in spans for index in range(first, first + count)})
    assert all(0 < stop - first <= GROUP for first, stop in groups)
    assert {first for first, _ in spans} <= {first for first, _ in groups}
    for clip in made:
        under = groups_under(groups, [clip])
        assert under == tuple(group for group in groups if group[0] < clip.stop and clip.first < group[1])
