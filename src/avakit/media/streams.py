"""Which stream holds the pictures, and what it says of them."""

from dataclasses import dataclass
from fractions import Fraction

from av.container import InputContainer
from av.video.stream import VideoStream

from avakit.errors import NoPictures, UnsupportedMovie
from avakit.media.origin import is_attached


@dataclass(frozen=True)
class Facts:
    """What a picture stream says of itself.

    `width`, `height`: of a stored picture, in pixels, before rotation. `rate`: its average in pictures a
    second, None if unknown. `sample_aspect`: width of a pixel over its height, 1 if unknown. `colour_space`,
    `colour_range`: numbers of ITU-T H.273 (matrix coefficients; 0 unknown, 1 limited, 2 full range).
    """

    codec: str
    pixel_format: str
    width: int
    height: int
    rate: Fraction | None
    sample_aspect: Fraction
    colour_space: int
    colour_range: int


def picture_stream(container: InputContainer, name: str) -> VideoStream:
    """Return the stream that FFmpeg calls the best of the moving pictures; attached covers are never taken.

    `name` is what to call the file in a message. Raises `NoPictures`, and `UnsupportedMovie` if this build
    has no decoder for it.
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
    return stream


def facts_of(stream: VideoStream) -> Facts:
    """Return what the stream says of its pictures."""
    context = stream.codec_context
    return Facts(
        codec=context.name,
        pixel_format=context.pix_fmt or "unknown",
        width=context.width,
        height=context.height,
        rate=stream.average_rate,
        sample_aspect=stream.sample_aspect_ratio or Fraction(1),
        colour_space=context.colorspace,
        colour_range=context.color_range,
    )
