"""From the colours of a decoded frame to RGB, and to a JPEG.

Matrix and range are taken as the frame is flagged. Where it is not flagged, FFmpeg's own defaults hold,
whatever the size: BT.601, limited range. So `rgb` equals the PNG that ffmpeg writes of the same frame, byte
for byte. A JPEG (JFIF) is always BT.601 of full range, and its planes are converted to that; ffmpeg leaves
BT.709 as it is there, wrongly. Curves and primaries (PQ, HLG, BT.2020) are left as they are: only the matrix
is undone.
"""

import numpy as np
import numpy.typing as npt
import simplejpeg

from avakit.media.planes import Stored, jpeg_planes
from avakit.media.view import Cut


def rgb_of(stored: Stored) -> npt.NDArray[np.uint8]:
    """Return the frame as uint8 of shape (height, width, 3), turned upright. Raises `UnsupportedMovie`."""
    flat = stored.converter.convert(stored.frame, "rgb24")
    rows = np.frombuffer(memoryview(flat.planes[0]), np.uint8).reshape(flat.height, flat.planes[0].line_size)
    return np.ascontiguousarray(
        stored.orientation.apply(rows[:, : flat.width * 3].reshape(flat.height, flat.width, 3))
    )


def jpeg_of(stored: Stored, cut: Cut, quality: int) -> bytes:
    """Return a cut of the frame as a JPEG file, turned upright, its chroma sampled as in the movie where JPEG
    can. Raises `UnsupportedMovie`.
    """
    planes = jpeg_planes(stored, cut)
    luma, blue, red = planes if len(planes) == 3 else (planes[0], None, None)
    encoded: bytes = simplejpeg.encode_jpeg_yuv_planes(luma, blue, red, quality=quality)
    return encoded
