"""From the colours of a decoded frame to RGB, and to the planes of a JPEG.

Matrix and range are taken as the frame is flagged. Where it is not flagged, FFmpeg's own defaults hold,
whatever the size: BT.601, limited range. So `rgb` equals the PNG that ffmpeg writes of the same frame, byte
for byte. A JPEG (JFIF) is always BT.601 of full range, and its planes are converted to that; ffmpeg leaves
BT.709 as it is there, wrongly.
"""

import av.error
import numpy as np
import numpy.typing as npt
import simplejpeg
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace

from avakit.errors import UnsupportedMovie
from avakit.media.orientation import Orientation

Plane = npt.NDArray[np.uint8]


def rgb_of(frame: VideoFrame, orientation: Orientation) -> Plane:
    """Return the frame as uint8 of shape (height, width, 3), turned upright."""
    flat = _reformat(frame, "rgb24")
    rows = np.frombuffer(memoryview(flat.planes[0]), np.uint8).reshape(flat.height, flat.planes[0].line_size)
    return np.ascontiguousarray(
        orientation.apply(rows[:, : flat.width * 3].reshape(flat.height, flat.width, 3))
    )


def jpeg_of(frame: VideoFrame, orientation: Orientation, quality: int) -> bytes:
    """Return the frame as a JPEG file, turned upright, its chroma sampled as in the movie where JPEG can."""
    planes = [np.ascontiguousarray(orientation.apply(plane)) for plane in _jpeg_planes(frame, orientation)]
    luma, blue, red = planes if len(planes) == 3 else (planes[0], None, None)
    encoded: bytes = simplejpeg.encode_jpeg_yuv_planes(luma, blue, red, quality=quality)
    return encoded


def _jpeg_planes(frame: VideoFrame, orientation: Orientation) -> list[Plane]:
    flat = _reformat(frame, _jpeg_format(frame, orientation), Colorspace.ITU601, ColorRange.JPEG)
    return [
        np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]
        for plane in flat.planes
    ]


def _jpeg_format(frame: VideoFrame, orientation: Orientation) -> str:
    shape = frame.format
    if len(shape.components) < 3 and not shape.has_palette:
        return "gray"
    if shape.is_rgb or shape.has_palette:
        return "yuv444p"
    halved = (shape.chroma_width(256) == 128, shape.chroma_height(256) == 128)
    even = frame.width % 2 == 0 and frame.height % 2 == 0
    if halved == (True, True) and (even or not orientation.moves):
        return "yuv420p"
    if halved == (True, False) and not orientation.moves:
        return "yuv422p"
    return "yuv444p"


def _reformat(
    frame: VideoFrame, to: str, space: Colorspace | None = None, colour_range: ColorRange | None = None
) -> VideoFrame:
    try:  # one thread: whoever wants more decodes several parts of the movie at once
        return frame.reformat(format=to, dst_colorspace=space, dst_color_range=colour_range, threads=1)
    except av.error.FFmpegError as error:
        raise UnsupportedMovie(
            f"Pictures of format {frame.format.name}, colour space {frame.colorspace}, cannot be converted"
        ) from error
