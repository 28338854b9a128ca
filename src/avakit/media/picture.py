"""One picture of a movie."""

from fractions import Fraction
from functools import cached_property

import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame

from avakit.errors import UsageError
from avakit.media.colour import jpeg_of, rgb_of
from avakit.media.orientation import orientation_of


class Picture:
    """A decoded picture: upright, its pixels as they are stored (never resampled).

    `seconds`: the movie time at which it comes on screen. `pts`: its time stamp in the file, in ticks.
    """

    def __init__(self, frame: VideoFrame, pts: int, seconds: Fraction, sample_aspect: Fraction) -> None:
        """Keep a decoded frame; `sample_aspect` is that of its stream."""
        self.seconds = seconds
        self.pts = pts
        self._frame = frame
        self._stored_aspect = sample_aspect
        self._orientation = orientation_of(frame)

    def __repr__(self) -> str:
        """Return time and size."""
        return f"Picture(seconds={self.seconds}, pts={self.pts}, {self.width}×{self.height})"

    @property
    def width(self) -> int:
        """Pixels in a row, upright."""
        return self._frame.height if self._orientation.transposed else self._frame.width

    @property
    def height(self) -> int:
        """Rows, upright."""
        return self._frame.width if self._orientation.transposed else self._frame.height

    @property
    def sample_aspect(self) -> Fraction:
        """Width of a pixel over its height, upright; recorded, never applied."""
        return 1 / self._stored_aspect if self._orientation.transposed else self._stored_aspect

    @cached_property
    def rgb(self) -> npt.NDArray[np.uint8]:
        """The pixels, uint8 of shape (height, width, 3); computed once. Raises `UnsupportedMovie`."""
        return rgb_of(self._frame, self._orientation)

    def jpeg(self, quality: int = 90) -> bytes:
        """Return the picture as a JPEG file.

        `quality` is libjpeg's, 1 to 100. Raises `UsageError`, `UnsupportedMovie`.
        """
        if not 1 <= quality <= 100:
            raise UsageError(f"A JPEG's quality cannot be {quality}", "Give a number from 1 to 100.")
        return jpeg_of(self._frame, self._orientation, quality)
