"""What is asked for of a picture: a part of it, a size, square pixels. Pure."""

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from avakit.errors import UnsupportedMovie, UsageError

Box = tuple[float, float, float, float]
"""x1, y1, x2, y2 as shares of the upright picture; may reach beyond it."""

LONGEST = 65_500
"""Most pixels of a side: libjpeg's own bound."""

_HAIR = 1e-6  # a share times a width may miss the whole pixel that it means by a rounding


class Cut(NamedTuple):
    """A part of an upright picture, and the size that it is brought to, all in pixels.

    `x`, `y` are even and the part ends on an even pixel or at the picture's edge: so does halved chroma.
    """

    x: int
    y: int
    width: int
    height: int
    out_width: int
    out_height: int

    @property
    def scales(self) -> bool:
        """Whether pixels are resampled."""
        return (self.width, self.height) != (self.out_width, self.out_height)


@dataclass(frozen=True)
class View:
    """A view of a picture. The one without anything is the picture as it is stored, upright.

    `box`: a part of it. `size`: how many pixels the shorter side gets, the shape kept but for rounding to
    even sides; larger ones are made smaller, smaller ones larger. `square`: width times the sample aspect, so
    that pixels are square. Raises `UsageError` for a box or a size that cannot be.
    """

    box: Box | None = None
    size: int | None = None
    square: bool = False

    def __post_init__(self) -> None:
        """Refuse what no picture has."""
        if self.size is not None and not 2 <= self.size <= LONGEST:
            raise UsageError(
                f"A picture's shorter side cannot be {self.size} pixels",
                f"Give a number from 2 to {LONGEST}.",
            )
        if self.box is not None and not all(math.isfinite(share) for share in self.box):
            raise UsageError(f"{self.box} is no box", "Give four shares of the picture: x1, y1, x2, y2.")

    def pixels(self, width: int, height: int, aspect: Fraction = Fraction(1)) -> Cut:
        """Return what to cut from an upright picture of `width` × `height` pixels of the shape `aspect`.

        A box is taken outwards to even pixels and clipped to the picture; it keeps at least one pixel.
        Sides are even where pixels are resampled, else as they are. Raises `UnsupportedMovie` for a side
        beyond 65,500 pixels.
        """
        if self is WHOLE:
            return Cut(0, 0, width, height, *_bounded(width, height))
        return _pixels(self, width, height, aspect)


WHOLE = View()
"""The picture as it is stored, upright."""


@lru_cache  # the same for picture after picture
def _pixels(view: View, width: int, height: int, aspect: Fraction) -> Cut:
    x1, y1, x2, y2 = view.box or (0.0, 0.0, 1.0, 1.0)
    x, wide = _span(x1, x2, width)
    y, high = _span(y1, y2, height)
    return Cut(x, y, wide, high, *_bounded(*_out(view, wide, high, aspect)))


def _out(view: View, width: int, height: int, aspect: Fraction) -> tuple[int, int]:
    shape = width * aspect if view.square else Fraction(width)
    if view.size is not None:
        factor = view.size / min(shape, Fraction(height))
        return _even(shape * factor), _even(height * factor)
    return (width if shape == width else _even(shape)), height


def _span(begin: float, end: float, length: int) -> tuple[int, int]:
    """Return where a share of a side begins and how long it is, in pixels."""
    low, high = sorted((min(max(begin, 0.0), 1.0), min(max(end, 0.0), 1.0)))
    first = min(math.floor(low * length + _HAIR), length - 1) // 2 * 2
    last = max(math.ceil(high * length - _HAIR), first + 1)
    return first, min(last + last % 2, length) - first


def _even(side: Fraction) -> int:
    return max(2, 2 * math.floor(side / 2 + Fraction(1, 2)))


def _bounded(width: int, height: int) -> tuple[int, int]:
    if max(width, height) > LONGEST:
        raise UnsupportedMovie(
            f"A picture would have {width} × {height} pixels, and a side may have {LONGEST}",
            "Ask for a smaller --size, or leave this movie out.",
        )
    return width, height
