"""How a stored picture has to be turned and mirrored to stand upright."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt
from av.sidedata.sidedata import SideData, Type
from av.video.frame import VideoFrame


@dataclass(frozen=True)
class Orientation:
    """Rows become columns (`transposed`); then columns (`mirrored`) and rows (`flipped`) are reversed."""

    transposed: bool = False
    mirrored: bool = False
    flipped: bool = False

    @property
    def moves(self) -> bool:
        """Whether anything is to be done."""
        return self.transposed or self.mirrored or self.flipped

    def apply(self, pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """Return a view of pixels, of shape (height, width) or (height, width, channels), turned upright."""
        if self.transposed:
            pixels = pixels.swapaxes(0, 1)
        if self.mirrored:
            pixels = pixels[:, ::-1]
        return pixels[::-1] if self.flipped else pixels


UPRIGHT = Orientation()

_HARDLY = 57  # by how much the cosine of a degree is more than its sine


def orientation_of(frame: VideoFrame) -> Orientation:
    """Return what the frame's display matrix asks for, to the nearest quarter turn within a degree.

    Other angles and shears are left as they are: no recipe knows them, and boxes would not fit. The matrix
    (ISO/IEC 14496-12, 8.2.2; as FFmpeg hands it on) maps x' = a·x + c·y, y' = b·x + d·y, rows growing
    downwards.
    """
    try:
        data = cast(Mapping[Type, SideData], frame.side_data)[Type.DISPLAYMATRIX]
    except KeyError:
        return UPRIGHT
    a, b, _, c, d = (int(v) for v in np.frombuffer(memoryview(data), np.int32)[:5])
    if _HARDLY * max(abs(b), abs(c)) <= min(abs(a), abs(d)) != 0:
        return Orientation(mirrored=a < 0, flipped=d < 0)
    if _HARDLY * max(abs(a), abs(d)) <= min(abs(b), abs(c)) != 0:
        return Orientation(transposed=True, mirrored=c < 0, flipped=b < 0)
    return UPRIGHT


class Turns:
    """The orientations of the frames of a pass. A matrix is read once an angle: reading it costs as much as a
    tenth of decoding, and one stream that is flipped in the middle without another angle is not known.
    """

    def __init__(self) -> None:
        """Begin with no angle known."""
        self._known: dict[int, Orientation] = {}

    def of(self, frame: VideoFrame) -> Orientation:
        """Return what `orientation_of` does."""
        angle = frame.rotation
        if angle not in self._known:
            self._known[angle] = orientation_of(frame)
        return self._known[angle]
