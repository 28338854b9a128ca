"""Which stream holds the pictures, and what it says of them."""

import re
from dataclasses import dataclass
from fractions import Fraction

from av.container import InputContainer
from av.video.stream import VideoStream

from avakit.errors import NoPictures, UnsupportedMovie
from avakit.media.opening import MOST_PIXELS
from avakit.media.origin import is_attached

_BY_KIND = frozenset({"mpeg4", "mpeg2video", "mpeg1video"})
"""Codecs whose packets tell by their kind alone in which order they are shown."""

_PACKED = re.compile(rb"DivX\d+(?:b|Build)\d+p")


@dataclass(frozen=True)
class Facts:
    """What a picture stream says of itself.

    `width`, `height`: of a stored picture, in pixels, before rotation. `rate`: its average in pictures a
    second, None if unknown. `sample_aspect`: width of a pixel over its height, 1 if unknown. `colour_space`,
    `transfer`, `colour_range`: numbers of ITU-T H.273 (matrix coefficients; transfer characteristics, of
    which 16 is PQ and 18 HLG; 0 unknown, 1 limited, 2 full range).
    """

    codec: str
    pixel_format: str
    width: int
    height: int
    rate: Fraction | None
    sample_aspect: Fraction
    colour_space: int
    colour_range: int
    transfer: int


def picture_stream(container: InputContainer, name: str) -> VideoStream:
    """Return the stream that FFmpeg calls the best of the moving pictures; attached covers are never taken.

    `name` is what to call the file in a message. Raises `NoPictures`, and `UnsupportedMovie` if this build
    has no decoder for it, if its pictures are beyond all measure, or if nothing tells when each is shown.
    """
    moving = [stream for stream in container.streams.video if not is_attached(stream)]
    if not moving:
        raise NoPictures(f"{name} has no picture stream", "Get it again, from another source.")
    best = container.streams.best("video")
    stream = next((s for s in moving if best is not None and s.index == best.index), None)
    if stream is None:  # a cover that is marked as the default, or no decoder for any
        stream = max(moving, key=lambda s: s.width * s.height if s.codec_context is not None else -1)
    if stream.codec_context is None or stream.time_base is None:
        raise UnsupportedMovie(f"The pictures of {name} are in a codec that this build cannot decode")
    _check_size(stream, name)
    if "avi" in container.format.name.split(","):
        _check_order(stream, name)
    return stream


def _check_size(stream: VideoStream, name: str) -> None:
    width, height = stream.codec_context.width, stream.codec_context.height
    if width * height > MOST_PIXELS:
        raise UnsupportedMovie(
            f"{name} announces pictures of {width} × {height} pixels, more than any level of its codec has",
            "If they are real, make them smaller with another tool first.",
        )


def _check_order(stream: VideoStream, name: str) -> None:
    """Refuse what an AVI cannot tell: it stores no time stamps, so pictures must be shown as they are stored,
    or their kinds must tell the order.
    """
    context = stream.codec_context
    if not context.reorder_depth:
        return
    if context.name not in _BY_KIND:
        raise UnsupportedMovie(
            f"{name} stores pictures in another order than it shows them, and AVI has no times to tell it",
            "Encode it anew, as in `ffmpeg -i movie.avi movie.mp4`, then try again.",
        )
    check_unpacked(context.extradata or b"", name)


def check_unpacked(data: bytes | memoryview, name: str) -> None:
    """Raise `UnsupportedMovie` if the head of an MPEG-4 stream says that it is packed, as old DivX files are.

    Two pictures lie in one packet there, and an empty packet follows, so times belong to the wrong ones.
    """
    if _PACKED.search(data):
        raise UnsupportedMovie(
            f"{name} stores two pictures in one packet, as old DivX files do",
            "Unpack it without loss, as in"
            " `ffmpeg -i movie.avi -c copy -bsf:v mpeg4_unpack_bframes unpacked.avi`, then try again.",
        )


def facts_of(stream: VideoStream) -> Facts:
    """Return what the stream says of its pictures."""
    context = stream.codec_context
    return Facts(
        codec=context.name,
        pixel_format=context.pix_fmt or "unknown",
        width=context.width,
        height=context.height,
        rate=stream.average_rate,
        sample_aspect=Fraction(stream.sample_aspect_ratio or 1),  # PyAV 19 has a rational of its own
        colour_space=context.colorspace,
        colour_range=context.color_range,
        transfer=context.color_trc,
    )
