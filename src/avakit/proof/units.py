"""Whether packets are whole, told without decoding: the units inside must fill each exactly."""

from dataclasses import dataclass

import numpy as np
from av.video.stream import VideoStream

from avakit.media.index import Whole
from avakit.media.keyunits import Bytes, lengths
from avakit.media.sampletable import Flags, Numbers

_STEPS = 64
"""So many units into all packets at once; the few packets of more units are gone through one by one."""


@dataclass(frozen=True)
class Units:
    """Tests whether units, each with its length in `prefix` bytes before it, fill packets exactly."""

    prefix: int

    def __call__(self, data: memoryview) -> bool:
        """Return whether they fill the packet `data`, none of them empty."""
        return fills(data, self.prefix)

    def whole_ones(self, data: Bytes, pos: Numbers, size: Numbers) -> Flags:
        """Return which packets they fill, of those that lie at `pos` in `data` and are of `size` bytes."""
        end, place = pos + size, pos.copy()
        open_ones = np.flatnonzero(place + self.prefix <= end)
        for _ in range(_STEPS):
            at = place[open_ones]
            length = lengths(data, at, self.prefix)
            place[open_ones] = np.where(length > 0, at + self.prefix + length, -1)
            open_ones = open_ones[(length > 0) & (place[open_ones] + self.prefix <= end[open_ones])]
            if not len(open_ones):
                break
        whole: Flags = place == end
        view = data.data
        for one in open_ones.tolist():
            whole[one] = self(view[pos[one] : end[one]])
        return whole


def unit_test(stream: VideoStream) -> Whole | None:
    """Return a test of a packet's bytes, or None where the codec gives nothing to test by.

    H.264 and HEVC in mp4 and Matroska write each unit's length before it (ISO/IEC 14496-15, 5.3.3 and 8.3.3).
    """
    extra = stream.codec_context.extradata or b""
    if not extra or extra[0] != 1:
        return None
    if stream.codec_context.name == "h264" and len(extra) > 4:
        return Units((extra[4] & 3) + 1)
    if stream.codec_context.name == "hevc" and len(extra) > 21:
        return Units((extra[21] & 3) + 1)
    return None


def fills(data: memoryview, prefix: int) -> bool:
    """Return whether units with a length of `prefix` bytes before each fill `data` exactly, none of them
    empty.
    """
    position = 0
    while position + prefix <= len(data):
        length = int.from_bytes(data[position : position + prefix], "big")
        if length == 0:
            return False
        position += prefix + length
    return position == len(data)
