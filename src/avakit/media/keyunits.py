"""Which packets of H.264 decoding can begin with, told by the units inside, as FFmpeg's parser tells it.

The table of sync samples (stss) says so too, but files are about where it is wrong, or silent on pictures
from which decoding recovers: FFmpeg's flags follow the content, for this codec alone.
"""

import numpy as np
import numpy.typing as npt

from avakit.media.sampletable import Flags, Numbers

Bytes = npt.NDArray[np.uint8]

_STEPS = 64
"""So many units before its first slice has a packet at most, else it counts as one that cannot be told."""

_SLICES, _KEY, _SEI, _SETS = (1, 5), 5, 6, (7, 8)
"""Kinds of units (ISO/IEC 14496-10, table 7-1)."""

_RECOVERY = 6
"""The kind of message that says that decoding recovers here (the same, D.1.1)."""


def prefix_of(extradata: bytes) -> int | None:
    """Return how many bytes the length of a unit takes, by what a decoder is told first (ISO/IEC 14496-15,
    5.3.3); None where that is damaged.
    """
    if len(extradata) < 7 or extradata[0] != 1:
        return None
    at = 5
    for kind, mask in zip(_SETS, (31, 255), strict=True):
        count, at = extradata[at] & mask if at < len(extradata) else 0, at + 1
        for _ in range(count):
            length = int.from_bytes(extradata[at : at + 2], "big")
            if not length or at + 2 + length > len(extradata) or extradata[at + 2] & 31 != kind:
                return None
            at += 2 + length
        if not count:
            return None
    return (extradata[4] & 3) + 1


def key_packets(data: Bytes, pos: Numbers, size: Numbers, prefix: int) -> Flags | None:
    """Return which packets begin with a key picture, of those at `pos` in a file's bytes; None if one cannot
    be told. `prefix`: how many bytes the length of a unit takes.
    """
    end, place = pos + size, pos.copy()
    key, recovers = np.zeros(len(pos), np.bool_), np.zeros(len(pos), np.bool_)
    left = np.arange(len(pos))
    for _ in range(_STEPS):
        left = left[place[left] + prefix < end[left]]
        at = place[left] + prefix
        after = at + lengths(data, place[left], prefix)
        kind = data[at] & 31
        good = (after > at) & (after <= end[left])
        slices = good & np.isin(kind, _SLICES)
        key[left[slices]] = (kind[slices] == _KEY) | recovers[left[slices]]
        for one in np.flatnonzero(good & (kind == _SEI)).tolist():
            recovers[left[one]] |= _recovers(data[at[one] + 1 : after[one]].tobytes())
        place[left] = after
        left = left[good & ~slices]
        if not len(left):
            return key
    return None


def lengths(data: Bytes, at: Numbers, prefix: int) -> Numbers:
    """Return the numbers of `prefix` bytes that stand at places of `data`."""
    number = np.zeros(len(at), np.int64)
    for byte in range(prefix):
        number = number << 8 | data[at + byte]
    return number


def _recovers(content: bytes) -> bool:
    """Return whether a unit of H.264 with messages (SEI) says that decoding recovers here (D.2.8)."""
    plain, at = content.replace(b"\0\0\3", b"\0\0"), 0
    while at + 2 < len(plain):
        numbers = []
        for _ in range(2):
            number = 0
            while at < len(plain) and plain[at] == 255:
                number, at = number + 255, at + 1
            if at == len(plain):
                return False
            numbers.append(number + plain[at])
            at += 1
        kind, length = numbers
        if kind == _RECOVERY:
            return True
        at += length
    return False
