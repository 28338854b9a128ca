"""The planes of a picture as they are asked for: for a JPEG or for a video, cut, scaled, upright."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import numpy.typing as npt
from av.video.format import VideoFormat
from av.video.frame import PictureType, VideoFrame
from av.video.plane import VideoPlane
from av.video.reformatter import ColorRange, Colorspace

from avakit.media.conversion import Converter, Shape
from avakit.media.levels import full_chroma, full_luma
from avakit.media.orientation import Orientation
from avakit.media.view import Cut

Plane = npt.NDArray[np.uint8]

_RGB = 0  # of ITU-T H.273
_SHIFTS = {"yuv420p": (1, 1), "yuv422p": (1, 0), "yuv444p": (0, 0), "gray": (0, 0)}


@dataclass
class Stored:
    """A decoded frame, how it has to be turned to stand upright, and what converts it."""

    frame: VideoFrame
    orientation: Orientation
    converter: Converter

    @property
    def even(self) -> bool:
        """Whether both sides are even."""
        return self.frame.width % 2 == 0 and self.frame.height % 2 == 0

    @cached_property
    def for_jpeg(self) -> list[Plane]:
        """The planes in the colours of a JPEG, once for all cuts. Raises `UnsupportedMovie`."""
        return _to_jpeg(self.converter, self.frame, _jpeg_format(self))


def planes_of(frame: VideoFrame) -> list[Plane]:
    """Return the planes of a frame of 8 bits a sample, as views of it."""
    return [
        np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]
        for plane in frame.planes
    ]


def jpeg_planes(stored: Stored, cut: Cut) -> list[Plane]:
    """Return contiguous planes for a JPEG (BT.601, full range): one if grey, else three.

    Chroma is sampled as in the movie where JPEG can. Raises `UnsupportedMovie`.
    """
    converter, to = stored.converter, _jpeg_format(stored)
    place, size = _stored(stored, cut)
    if cut.scales and _is_whole(place, stored.frame):
        planes = _to_jpeg(converter, stored.frame, to, size)
    else:
        planes = stored.for_jpeg
        if not _is_whole(place, stored.frame):
            planes = _cut(planes, place, to)
        if cut.scales:
            part = _frame_of(planes, to, Colorspace.ITU601, ColorRange.JPEG)
            planes = _to_jpeg(converter, part, to, size)
    if stored.orientation.moves:
        planes = [stored.orientation.apply(plane) for plane in planes]
    return [np.ascontiguousarray(plane) for plane in planes]


def video_frame(stored: Stored, cut: Cut) -> VideoFrame:
    """Return a frame for an encoder: yuv420p, limited range, the movie's own matrix, both sides even.

    Where nothing is resampled, a last odd row or column is left out. Raises `UnsupportedMovie`.
    """
    cut = _evened(cut)
    frame, converter, space = stored.frame, stored.converter, _matrix(stored.frame)
    place, size = _stored(stored, cut)
    if _is_whole(place, frame) and not stored.orientation.moves:
        made = converter.convert(frame, "yuv420p", space, ColorRange.MPEG, size)
    else:
        to = "yuv420p" if stored.even else "yuv444p"
        base = converter.convert(frame, to, space, ColorRange.MPEG)
        planes = [stored.orientation.apply(plane) for plane in _cut(planes_of(base), place, to)]
        part = _frame_of(planes, to, base.colorspace, ColorRange.MPEG)
        size = (cut.out_width, cut.out_height)
        made = converter.convert(part, "yuv420p", space, ColorRange.MPEG, size)
    made.pict_type = PictureType.NONE  # encoders take the decoder's kind of picture for an order
    return made


def _to_jpeg(converter: Converter, frame: VideoFrame, to: str, size: Shape | None = None) -> list[Plane]:
    """Return the planes in the colours of a JPEG.

    The range is widened by formula, to the nearest level: the swscale of FFmpeg 8 rounds chroma down there,
    half a level too low on average, which earlier ones did not.
    """
    if to == "gray" or not _is_limited(frame):
        return planes_of(converter.convert(frame, to, Colorspace.ITU601, ColorRange.JPEG, size))
    plain = frame.format.name == to and size is None and frame.colorspace in _BT601
    base = frame if plain else converter.convert(frame, to, Colorspace.ITU601, ColorRange.MPEG, size)
    luma, blue, red = base.planes
    return [_widened(luma, full_luma), _widened(blue, full_chroma), _widened(red, full_chroma)]


def _widened(plane: VideoPlane, widen: Callable[[Plane], Plane]) -> Plane:
    """Return a plane of limited range in the full one."""
    rows = widen(np.frombuffer(memoryview(plane), np.uint8)).reshape(plane.height, plane.line_size)
    return rows[:, : plane.width]


def _is_limited(frame: VideoFrame) -> bool:
    """Return whether a frame has luma and chroma of limited range."""
    shape = frame.format
    if shape.is_rgb or shape.has_palette or frame.colorspace == _RGB:
        return False
    return frame.color_range != ColorRange.JPEG and not shape.name.startswith("yuvj")


_BT601 = (2, 5, 6)  # of ITU-T H.273; 2 is unknown, which FFmpeg takes for it


def _jpeg_format(stored: Stored) -> str:
    return _sampled(stored.frame.format.name, stored.even, stored.orientation.moves)


@cache
def _sampled(pixel_format: str, even: bool, moves: bool) -> str:
    shape = VideoFormat(pixel_format)
    if len(shape.components) < 3 and not shape.has_palette:
        return "gray"
    if shape.is_rgb or shape.has_palette:
        return "yuv444p"
    halved = (shape.chroma_width(256) == 128, shape.chroma_height(256) == 128)
    if halved == (True, True) and (even or not moves):
        return "yuv420p"
    if halved == (True, False) and not moves:
        return "yuv422p"
    return "yuv444p"


def _stored(stored: Stored, cut: Cut) -> tuple[tuple[int, int, int, int], Shape]:
    """Return where an upright cut lies in the stored frame: x, y, width, height; and its size then."""
    x, y, width, height, out_width, out_height = cut
    turn, frame = stored.orientation, stored.frame
    upright = (frame.height, frame.width) if turn.transposed else (frame.width, frame.height)
    if turn.mirrored:
        x = upright[0] - x - width
    if turn.flipped:
        y = upright[1] - y - height
    if turn.transposed:
        return (y, x, height, width), (out_height, out_width)
    return (x, y, width, height), (out_width, out_height)


def _is_whole(place: tuple[int, int, int, int], frame: VideoFrame) -> bool:
    return place == (0, 0, frame.width, frame.height)


def _cut(planes: Sequence[Plane], place: tuple[int, int, int, int], pixel_format: str) -> list[Plane]:
    x, y, width, height = place
    found = []
    for i, plane in enumerate(planes):
        across, down = _SHIFTS[pixel_format] if i else (0, 0)
        rows = slice(y >> down, -(-(y + height) >> down))
        found.append(plane[rows, x >> across : -(-(x + width) >> across)])
    return found


def _frame_of(planes: Sequence[Plane], pixel_format: str, space: int, levels: ColorRange) -> VideoFrame:
    height, width = planes[0].shape
    frame = VideoFrame(width, height, pixel_format)
    frame.colorspace, frame.color_range = space, levels
    for target, plane in zip(planes_of(frame), planes, strict=True):
        target[:] = plane
    return frame


def _matrix(frame: VideoFrame) -> Colorspace | None:
    """Return the matrix to bring a frame without one to, None where it has its own."""
    if frame.format.is_rgb or frame.format.has_palette or frame.colorspace == _RGB:
        return Colorspace.ITU601
    return None


def _evened(cut: Cut) -> Cut:
    if cut.scales:
        return cut._replace(
            out_width=cut.out_width + cut.out_width % 2,
            out_height=max(2, cut.out_height + cut.out_height % 2),
        )
    width, height = (max(1, side - side % 2) for side in (cut.width, cut.height))
    return cut._replace(width=width, height=height, out_width=max(2, width), out_height=max(2, height))
