from fractions import Fraction

import numpy as np
import pytest

from avakit.errors import GapError
from avakit.media.timeline import Timeline
from avakit.preparation.gaps import check_gaps
from avakit.preparation.plan import LEFT_OUT, plan_product
from avakit.preparation.products import Product

SECONDS = Product("keyframes", 1, tuple(range(10)), tuple(range(10)), 4)


def line(*starts: int) -> Timeline:
    """Pictures at 25 a second from each of the starts, ten seconds long in all, less what lies between."""
    pts = np.array(
        [tick for start, stop in zip(starts[::2], starts[1::2], strict=True) for tick in range(start, stop)]
    )
    return Timeline(pts, Fraction(1, 25), Fraction(0), Fraction(0), Fraction(int(pts[-1]) + 1, 25))


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
    with pytest.raises(GapError, match="Not one of 10 keyframes has a picture that can be decoded"):
        plan.without(range(250), "repeat_last")
