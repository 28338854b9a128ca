"""The frame number in the picture: two lines of black and white cells.

The line along the upper edge says where a group of pictures begins, the one along the lower edge which
picture of the group it is; their sum is the frame number. (Two lines, because then all groups of a movie can
share the coded pictures behind their sync frames: see `avakit.rehearsal.encoding`.) Each line has 40 cells:
one white and one black to measure by, 10 bits of the movie's number, 20 bits of value, 8 bits of checksum.

    >>> import numpy as np
    >>> picture = np.full((90, 160, 3), 128, np.uint8)
    >>> draw(picture, 21550, movie=7)
    >>> read(picture), label(picture).movie
    (21550, 7)
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avakit.errors import DamagedMovie

CELLS = 40
MOVIES = 1 << 10  # movie numbers lie below
VALUES = 1 << 20  # and frame numbers below this

_BLACK, _WHITE = 16, 235  # limited range, so that no decoder clips them
_CONTRAST = 60.0  # what must be left of it to trust a line
_LEAST = 8  # pixels: one block of a codec
_SHIFTS = np.arange(29, -1, -1, dtype=np.int64)

Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Label:
    """What a picture says about itself: the movie's number, and the picture's number in it, from 0."""

    movie: int
    number: int


def height(rows: int) -> int:
    """Return how many pixel rows a line of cells takes in a picture of so many rows."""
    return max(_LEAST, round(rows / 45))


def lines(values: NDArray[np.int64], movie: int, width: int) -> Bytes:
    """Return one pixel row for each value, shape (len(values), width), uint8: black is 16, white 235."""
    payload = (np.int64(movie) << 20) | values
    bits = (payload[:, None] >> _SHIFTS) & 1
    checks = (_checksums(bits)[:, None] >> np.arange(7, -1, -1)) & 1
    guards = np.broadcast_to(np.array([1, 0]), (len(values), 2))
    cells = np.concatenate([guards, bits, checks], axis=1)
    columns = np.arange(width) * CELLS // width
    return np.where(cells[:, columns] == 1, _WHITE, _BLACK).astype(np.uint8)


def draw(picture: Bytes, number: int, movie: int = 0, *, group: int = 0) -> None:
    """Draw a number into a picture (height × width, or × 3), in place; `group` is what the upper line says.

    Raises ValueError if the numbers do not fit or the picture is too small for 40 cells of 4 pixels.
    """
    rows, width = picture.shape[:2]
    if not (0 <= group <= number < VALUES and 0 <= movie < MOVIES):
        raise ValueError(f"Number {number} of movie {movie} does not fit into the cells.")
    if width < 4 * CELLS or rows < 4 * _LEAST:
        raise ValueError(f"A picture of {width}×{rows} is too small for {CELLS} cells.")
    upper, lower = lines(np.array([group, number - group]), movie, width)
    tall = height(rows)
    picture[:tall] = upper if picture.ndim == 2 else upper[:, None]
    picture[-tall:] = lower if picture.ndim == 2 else lower[:, None]


def label(picture: Bytes) -> Label:
    """Return what a picture (height × width luma, or × 3 RGB; uint8) says about itself.

    Raises DamagedMovie if a line has too little contrast or its checksum does not fit.
    """
    luma = picture.astype(np.float64) if picture.ndim == 2 else picture.mean(axis=2)
    sliver = luma.shape[0] / 48
    first, last = round(sliver * 0.25), max(round(sliver * 0.75), 1)
    movie, group = _decode(luma[first : max(last, first + 1)].mean(axis=0), "upper")
    upside_down = luma[::-1]
    other, offset = _decode(upside_down[first : max(last, first + 1)].mean(axis=0), "lower")
    if movie != other:
        raise DamagedMovie(f"The picture's lines are of two movies, {movie} and {other}")
    return Label(movie, group + offset)


def read(picture: Bytes) -> int:
    """Return the frame number of a picture (height × width luma, or × 3 RGB). Raises as `label` does."""
    return label(picture).number


def _decode(profile: NDArray[np.float64], which: str) -> tuple[int, int]:
    """Return movie and value from the brightness along a line."""
    cell = len(profile) / CELLS
    total = np.concatenate([[0.0], np.cumsum(profile)])
    starts = np.round((np.arange(CELLS) + 0.25) * cell).astype(int)
    stops = np.maximum(np.round((np.arange(CELLS) + 0.75) * cell).astype(int), starts + 1)
    means = (total[stops] - total[starts]) / (stops - starts)
    white, black = means[0], means[1]
    if white - black < _CONTRAST:
        raise DamagedMovie(f"The picture has no legible number on its {which} line")
    bits = (means[2:] > (white + black) / 2).astype(np.int64)
    payload, check = bits[:30], bits[30:]
    if _checksums(payload[None])[0] != int(check @ (1 << np.arange(7, -1, -1))):
        raise DamagedMovie(f"The checksum of the picture's {which} line does not fit")
    number = int(payload @ (np.int64(1) << _SHIFTS))
    return number >> 20, number & (VALUES - 1)


def _remainders() -> NDArray[np.int64]:
    """Return CRC-8 (polynomial 0x07) of each of the 30 payload bits alone; the code is linear."""
    table = []
    for position in range(29, -1, -1):
        remainder = 1 << (position + 8)
        for degree in range(position + 8, 7, -1):
            if remainder >> degree & 1:
                remainder ^= 0x107 << (degree - 8)
        table.append(remainder)
    return np.array(table, np.int64)


_TABLE = _remainders()


def _checksums(bits: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the checksum of each row of payload bits. Never that of all zeros: 0xA5 is mixed in."""
    checks: NDArray[np.int64] = np.bitwise_xor.reduce(np.where(bits == 1, _TABLE, 0), axis=1)
    return checks ^ 0xA5
