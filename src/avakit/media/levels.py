"""From the limited to the full range of levels (ITU-T H.273), each to the nearest, by whole numbers.

Luma is to become (y - 16) * 255 / 219, chroma (c - 128) * 255 / 224 + 128. Both add to z, what is over 16, a
share of it: z * 36 / 219 is a sixth of z * 72 / 73, and z * 31 / 224 a seventh of z * 31 / 32. So two
divisions of bytes do, which numpy does 32 or 64 at a time; a look-up in a table goes byte by byte, and takes
three times as long. (That the rounding holds for each of the 256 levels is tested.)
"""

import numpy as np
import numpy.typing as npt

Levels = npt.NDArray[np.uint8]

_LOWEST, _LUMA, _CHROMA = np.uint8(16), np.uint8(235), np.uint8(240)  # numpy checks an int at each call
_BLOCK = 1 << 18  # bytes that stay in a core's cache from one step to the next


def full_luma(limited: Levels) -> Levels:
    """Return levels of luma widened to the full range; those outside of 16 to 235 become 0 and 255.

    `limited`: of one dimension, left as it is.
    """
    return _widened(limited, _LUMA, 73, 2, 6)


def full_chroma(limited: Levels) -> Levels:
    """Return levels of chroma widened to the full range; those outside of 16 to 240 become 0 and 255.

    `limited`: of one dimension, left as it is.
    """
    return _widened(limited, _CHROMA, 32, 6, 7)


def _widened(limited: Levels, highest: np.uint8, less: int, more: int, share: int) -> Levels:
    """Return z + (z - z / less + more) / share of each z over 16, divided without remainder."""
    full = np.empty(len(limited), np.uint8)
    for begin in range(0, len(limited), _BLOCK):
        over = full[begin : begin + _BLOCK]
        np.clip(limited[begin : begin + _BLOCK], _LOWEST, highest, out=over)
        np.subtract(over, _LOWEST, out=over)
        added = over // less
        np.subtract(over, added, out=added)
        np.add(added, more, out=added)
        np.floor_divide(added, share, out=added)
        np.add(over, added, out=over)
    return full
