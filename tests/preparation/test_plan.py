from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from avakit.errors import GapError, UsageError
from avakit.media.timeline import Timeline
from avakit.preparation.plan import LEFT_OUT, check_gaps, files_by_picture, pieces, plan_product
from avakit.preparation.products import Product, products_of
from avakit.releases.catalogue import release
from avakit.releases.model import Grid

V22 = release("v2.2")
SECONDS = Product("keyframes", 1, tuple(range(10)), tuple(range(10)), 4)


def line(*starts: int) -> Timeline:
    """Pictures at 25 a second from each of the starts, ten seconds long in all, less what lies between."""
    pts = np.array(
        [tick for start, stop in zip(starts[::2], starts[1::2], strict=True) for tick in range(start, stop)]
    )
    return Timeline(pts, Fraction(1, 25), Fraction(0), Fraction(0), Fraction(int(pts[-1]) + 1, 25))


def test_the_products_of_a_release() -> None:
    keyframes, frames = products_of(["keyframes", "frames"], V22, "-IELREHX_js")
    assert [len(keyframes), keyframes.times[0], keyframes.times[-1]] == [897, 902, 1798]
    assert keyframes.file_name("-IELREHX_js", 0) == "-IELREHX_js_0902.jpg"
    assert [len(frames), frames.times[1], frames.times[60]] == [27030, 900 + Fraction(1, 30), 902]
    assert frames.file_name("1j20qq1JyX4", 0) == "1j20qq1JyX4_000001.jpg"
    assert frames.file_name("1j20qq1JyX4", 27029) == "1j20qq1JyX4_027030.jpg"
    assert len(products_of(["keyframes"], release("v1.0"), "-IELREHX_js")[0]) == 299


def test_data_of_ones_own_has_seconds_and_frames_of_its_own() -> None:
    half = Fraction(1, 2)
    seconds = {"room.a": (1, 3 * half), "b": (0,)}
    own = replace(V22, seconds=(), own_seconds=seconds, grid=Grid(half, 6, None), learns=True)
    keyframes, frames = products_of(["keyframes", "frames"], own, "room.a", (Fraction(0), Fraction(10)))
    assert keyframes.times == [1, 3 * half]
    assert [keyframes.file_name("room.a", k) for k in range(2)] == [
        "room.a_0001.000000.jpg",
        "room.a_0001.500000.jpg",
    ]
    assert [len(frames), frames.times[0], frames.times[1]] == [57, half, half + Fraction(1, 6)]
    assert frames.times[-1] < 10 <= frames.times[-1] + Fraction(1, 6)
    (whole,) = products_of(["keyframes"], replace(own, own_seconds={"b": (0,)}), "b")
    assert whole.file_name("b", 0) == "b_0000.jpg"
    assert len(products_of(["frames"], own, "b")[0]) == 0


@pytest.mark.parametrize("names", [[], ["clips"]])
def test_products_that_cannot_be_made_are_said(names: list[str]) -> None:
    with pytest.raises(UsageError, match="There are: keyframes, frames"):
        products_of(names, V22, "-IELREHX_js")


def test_a_policy_that_does_not_exist_is_said() -> None:
    with pytest.raises(UsageError, match="There are: error, skip, repeat_last"):
        check_gaps("ignore")


def test_a_whole_movie_has_no_gaps() -> None:
    plan = plan_product(line(0, 250), SECONDS, "error")
    assert plan.indices.tolist() == list(range(0, 250, 25))
    assert plan.lacking_seconds == ()


def test_gaps_refuse_leave_out_or_repeat() -> None:
    timeline = line(0, 60, 130, 200)  # nothing from 2.4 to 5.2 s, and nothing from 8 s on
    with pytest.raises(
        GapError, match=r"5 of 10 keyframes .* second 4 to 5, 8 to 9$|second 4 to 5, 8 to 9\."
    ):
        plan_product(timeline, SECONDS, "error")
    skip = plan_product(timeline, SECONDS, "skip")
    assert skip.indices.tolist() == [0, 25, 50, 59, LEFT_OUT, LEFT_OUT, 80, 105, LEFT_OUT, LEFT_OUT]
    repeat = plan_product(timeline, SECONDS, "repeat_last")
    assert repeat.indices.tolist() == [0, 25, 50, 59, 59, 59, 80, 105, 129, 129]
    assert skip.lacking_seconds == repeat.lacking_seconds
    assert [list(stretch) for stretch in skip.lacking_seconds] == [[4, 5], [8, 9]]


def test_a_movie_that_has_none_is_refused_by_every_policy() -> None:
    late = Product("keyframes", 1, (20, 21), (20, 21), 4)
    for gaps in ("error", "skip", "repeat_last"):
        with pytest.raises(GapError, match="2 of 2 keyframes"):
            plan_product(line(0, 250), late, check_gaps(gaps))


def test_what_cannot_be_decoded_is_left_out_or_repeated() -> None:
    plan = plan_product(line(0, 250), SECONDS, "skip")
    assert plan.without([25, 50], "skip").indices.tolist()[:4] == [0, LEFT_OUT, LEFT_OUT, 75]
    repeated = plan.without([0, 50, 75], "repeat_last")
    assert repeated.indices.tolist()[:5] == [25, 25, 25, 25, 100]
    assert [list(stretch) for stretch in repeated.lacking_seconds] == [[0, 0], [2, 3]]
    assert set(plan.without(range(250), "repeat_last").indices.tolist()) == {LEFT_OUT}


def test_files_of_one_picture_are_together() -> None:
    grid = Product("frames", 30, tuple(range(60)), tuple(range(1, 61)), 6)
    plans = [plan_product(line(0, 250), product, "error") for product in (SECONDS, grid)]
    files = files_by_picture(plans)
    assert files[25] == [(0, 1), (1, 30), (1, 31)]
    assert sum(map(len, files.values())) == 70
    assert list(files) == sorted(files)


@given(
    st.lists(st.integers(0, 500), unique=True).map(sorted),
    st.lists(st.integers(0, 500), unique=True, min_size=1).map(sorted),
    st.integers(1, 9),
)
def test_pieces_are_the_whole_in_order(indices: list[int], sync: list[int], count: int) -> None:
    parts = pieces(np.array(indices, np.int64), np.array(sync, np.int64), count)
    assert [i for part in parts for i in part.tolist()] == indices
    assert len(parts) <= count
    assert all(len(part) for part in parts)


def test_pieces_begin_at_sync_pictures() -> None:
    parts = pieces(np.arange(100), np.arange(0, 100, 12), 3)
    assert [int(part[0]) for part in parts] == [0, 36, 72]
