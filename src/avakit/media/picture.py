"""One picture of a movie."""

from collections.abc import Callable
from fractions import Fraction
from functools import cached_property

import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame

from avakit.errors import UsageError
from avakit.media.colour import jpeg_of, rgb_of
from avakit.media.conversion import Converter
from avakit.media.orientation import Orientation, orientation_of
from avakit.media.planes import Stored, video_frame
from avakit.media.view import WHOLE, View


class Picture:
    """A decoded picture: upright, its pixels as they are stored (never resampled unless a view asks for it).

    `pts`: its time stamp in the file, in ticks.
    """

    def __init__(
        self,
        frame: VideoFrame,
        pts: int,
        seconds: Fraction | Callable[[], Fraction],
        sample_aspect: Fraction,
        converter: Converter | None = None,
        orientation: Orientation | None = None,
    ) -> None:
        """Keep a decoded frame; `sample_aspect` is its stream's, the `converter` that of its pass.

        Nothing is worked out before it is asked for: most pictures are never asked for their second.
        """
        self._seconds = seconds
        self.pts = pts
        self._stored_aspect = sample_aspect
        self._orientation = orientation_of(frame) if orientation is None else orientation
        self._stored = Stored(frame, self._orientation, converter or Converter())
        self._jpegs: dict[tuple[int, View], bytes] = {}

    @cached_property
    def seconds(self) -> Fraction:
        """The movie time at which it comes on screen."""
        return self._seconds() if callable(self._seconds) else self._seconds

    def __repr__(self) -> str:
        """Return time and size."""
        return f"Picture(seconds={self.seconds}, pts={self.pts}, {self.width}×{self.height})"

    @property
    def width(self) -> int:
        """Pixels in a row, upright."""
        frame = self._stored.frame
        return frame.height if self._orientation.transposed else frame.width

    @property
    def height(self) -> int:
        """Rows, upright."""
        frame = self._stored.frame
        return frame.width if self._orientation.transposed else frame.height

    @property
    def sample_aspect(self) -> Fraction:
        """Width of a pixel over its height, upright; recorded, applied only by a view that asks for it."""
        return 1 / self._stored_aspect if self._orientation.transposed else self._stored_aspect

    @cached_property
    def rgb(self) -> npt.NDArray[np.uint8]:
        """The pixels, uint8 of shape (height, width, 3); computed once. Raises `UnsupportedMovie`."""
        return rgb_of(self._stored)

    def jpeg(self, quality: int = 90, view: View = WHOLE) -> bytes:
        """Return the picture, or a view of it, as a JPEG file; computed once a quality and view.

        `quality` is libjpeg's, 1 to 100. Raises `UsageError`, `UnsupportedMovie`.
        """
        check_quality(quality)
        key = (quality, view)
        if key not in self._jpegs:
            cut = view.pixels(self.width, self.height, self.sample_aspect)
            self._jpegs[key] = jpeg_of(self._stored, cut, quality)
        return self._jpegs[key]

    def video_frame(self, view: View = WHOLE) -> VideoFrame:
        """Return the picture, or a view of it, as a frame for a video encoder.

        It is yuv420p of limited range, in the matrix of the movie, upright, both sides even; its time stamp
        and time base are the caller's to set. It may share its pixels with the picture. Raises
        `UnsupportedMovie`.
        """
        cut = view.pixels(self.width, self.height, self.sample_aspect)
        return video_frame(self._stored, cut)


def check_quality(quality: int) -> None:
    """Raise `UsageError` for a quality that JPEG does not have."""
    if not 1 <= quality <= 100:
        raise UsageError(f"A JPEG's quality cannot be {quality}", "Give a number from 1 to 100.")
