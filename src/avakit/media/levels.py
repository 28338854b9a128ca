"""From limited to full range, as swscale does it, by whole-number steps over whole planes.

Swscale takes each value of a plane to another, so 256 of them tell its table; a plane is brought there by a
few passes over bytes, each as wide as the processor's registers, which costs less than swscale itself. The
steps are held against swscale's table before they are used, and where they differ swscale does the work.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace

from avakit.media.conversion import Converter

Plane = npt.NDArray[np.uint8]

_WIDEST = 1 << 16


@dataclass(frozen=True)
class Stretch:
    """Takes 16 … `top` to 0 … 255, what lies beyond to the ends.

    With t = value - 16 it is t + (t + `more` - (t + `off`) // `apart`) // `step`: every `step`-th value or so
    is followed by a leap of two.
    """

    top: int
    step: int
    more: int
    apart: int
    off: int

    def apply(self, plane: Plane) -> Plane:
        """Return the stretched plane, contiguous, of the same shape."""
        low, high = _row(16)[: plane.shape[1]], _row(self.top)[: plane.shape[1]]
        full = np.maximum(plane, low)
        np.minimum(full, high, out=full)
        np.subtract(full, 16, out=full)
        leaps = (
            np.floor_divide(np.add(full, self.off), self.apart)
            if self.off
            else np.floor_divide(full, self.apart)
        )
        np.subtract(full, leaps, out=leaps)
        np.add(leaps, self.more, out=leaps)
        np.floor_divide(leaps, self.step, out=leaps)
        return np.add(full, leaps, out=full)


LUMA = Stretch(top=235, step=6, more=2, apart=74, off=0)
CHROMA = Stretch(top=240, step=7, more=3, apart=32, off=15)


def full_range(frame: VideoFrame) -> list[Plane] | None:
    """Return the planes of a frame of 8 bits a plane in limited range, as swscale brings them to full range.

    None if the steps are not swscale's on this machine.
    """
    planes = planes_of(frame)
    if max(frame.width, frame.height) > _WIDEST or not _proven(frame.format.name):
        return None
    return [(CHROMA if i else LUMA).apply(plane) for i, plane in enumerate(planes)]


def planes_of(frame: VideoFrame) -> list[Plane]:
    """Return the planes of a frame of 8 bits a plane, as views of it."""
    return [
        np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]
        for plane in frame.planes
    ]


@cache
def _row(value: int) -> Plane:
    # Numpy's way with one number in place of a row is twenty times as slow.
    row = np.full(_WIDEST, value, np.uint8)
    row.flags.writeable = False
    return row


@cache
def _proven(pixel_format: str) -> bool:
    """Return whether the steps give swscale's own table for every value of every plane of a format."""
    frame = VideoFrame(512, 512, pixel_format)
    frame.colorspace, frame.color_range = Colorspace.ITU601, ColorRange.MPEG
    for plane in planes_of(frame):
        plane[:] = np.resize(np.arange(256, dtype=np.uint8), plane.shape[1])
    expected = Converter().convert(frame, pixel_format, Colorspace.ITU601, ColorRange.JPEG)
    return all(
        np.array_equal((CHROMA if i else LUMA).apply(plane), target)
        for i, (plane, target) in enumerate(zip(planes_of(frame), planes_of(expected), strict=True))
    )
