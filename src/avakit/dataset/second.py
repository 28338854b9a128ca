"""A second of the movie as settings hold it: exact, whatever its spelling."""

from decimal import Decimal
from fractions import Fraction
from typing import Annotated

from pydantic import BeforeValidator

FINEST = 10**9
"""A second's smallest part: what TOML's decimals carry."""

_DIGITS = 30


def _second(value: object) -> Fraction:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | Fraction):
        raise ValueError("no number")
    if isinstance(value, Decimal) and (not value.is_finite() or abs(value.adjusted()) > _DIGITS):
        raise ValueError("out of all bounds")
    exact = (
        Fraction(str(value)) if isinstance(value, float) else Fraction(value)
    )  # "nan" and "inf" are refused
    if exact < 0 or (exact * FINEST).denominator != 1:
        raise ValueError("negative, or too fine to be written")
    return exact


Second = Annotated[Fraction, BeforeValidator(_second)]
"""A second of the movie, from 0, with at most 9 decimals; for pydantic's models."""


def ordered(window: tuple[Fraction, Fraction] | None) -> tuple[Fraction, Fraction] | None:
    """Return a window if it is one: its start before its stop. Raises ValueError."""
    if window is not None and window[0] >= window[1]:
        raise ValueError("empty")
    return window
