from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from avakit.errors import UsageError
from avakit.media.instant import instant


def test_exact_kinds_stay_exact() -> None:
    assert instant(902) == 902
    assert instant(Fraction(1001, 30000)) == Fraction(1001, 30000)
    assert instant(Decimal("0.1")) == Fraction(1, 10)


@given(st.integers(0, 10**7), st.sampled_from([Fraction(1001, 24000), Fraction(1, 10), Fraction(1, 90000)]))
def test_a_float_reaches_the_picture_whose_time_it_was_rounded_from(n: int, step: Fraction) -> None:
    assert n * step <= instant(float(n * step)) < (n + 1) * step


def test_numpy_floats_are_floats() -> None:
    assert instant(np.float64(0.1)) == instant(0.1)


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), Decimal("NaN"), "902x"])
def test_what_is_no_second_is_refused(wrong: float) -> None:
    with pytest.raises(UsageError, match="not a second"):
        instant(wrong)
