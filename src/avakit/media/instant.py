"""A second of a movie, as people write it, made exact."""

import math
from decimal import Decimal
from fractions import Fraction

from avakit.errors import UsageError

Second = int | float | Fraction | Decimal


def instant(t: Second) -> Fraction:
    """Return the exact second that `t` stands for.

    Ints, Fractions and Decimals are exact already. A float stands for every number that rounds to it, and the
    last of these is taken: 0.1 is then not a hair before the picture that begins at 1/10, and
    `float(picture.seconds)` leads back to the same picture at every frame rate. Raises `UsageError` for what
    is no finite number.
    """
    if isinstance(t, float):
        if not math.isfinite(t):
            raise UsageError(f"{t} is not a second of a movie", "Give a finite number of seconds.")
        t = float(t)
        return Fraction(t) + Fraction(math.ulp(t)) / 2
    try:
        return Fraction(t)
    except (TypeError, ValueError, OverflowError):
        raise UsageError(
            f"{t!r} is not a second of a movie", "Give an int, a float, a Fraction or a Decimal."
        ) from None
