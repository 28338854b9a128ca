"""How pictures are coded for training: so that any few of them can be had at once, and decoded fast."""

from __future__ import annotations  # PyAV's contexts are generic for the type checker only

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from fractions import Fraction
from types import MappingProxyType

import av
from av.codec.context import CodecContext, Flags
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from avakit.errors import MediaError, UnsupportedMovie
from avakit.media.conversion import Converter
from avakit.media.movie import Movie
from avakit.media.picture import Picture
from avakit.media.view import View

EVERY = 12
CRF = 18
PRESET = "veryfast"
BETWEEN = 1

_LONG = 120
_CLOCK = Fraction(1, 25)
# Without this, libx264's look ahead gives other bytes on other processors, and even from run to run.
_SAME = "cpu-independent=1"
# What libx264 calls fastdecode: a tenth more bytes, and decoding takes two thirds of the time.
_FAST = "no-deblock=1:cabac=0:weightb=0:weightp=0"


@dataclass(frozen=True)
class Coding:
    """An encoder and its settings. `every`: pictures from a sync picture to the next."""

    codec: str
    every: int
    options: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def length(self) -> int:
        """How many pictures one encoder codes before a new one begins: whole groups, about 120."""
        return self.every * max(1, _LONG // self.every)

    @property
    def words(self) -> str:
        """All of it in a line, for the record."""
        settings = [f"{name}={value}" for name, value in sorted(self.options.items())]
        return " ".join([self.codec, f"every={self.every}", *settings])

    def __reduce__(self) -> tuple[type[Coding], tuple[str, int, dict[str, str]]]:
        """Travel to another process."""
        return Coding, (self.codec, self.every, dict(self.options))


def h264(
    every: int = EVERY, crf: float = CRF, preset: str = PRESET, between: int = BETWEEN, *, fast: bool = True
) -> Coding:
    """Return H.264 by libx264.

    `every`: pictures from a sync picture to the next; `crf`: its quality, lower is better; `between`:
    pictures between two others that no other refers to, so that they need not be decoded; `fast`: without
    those of its tools that take the longest to decode.
    """
    kinds = f"open-gop=0:scenecut=0:b-adapt=0:b-pyramid=none:bframes={min(between, max(every - 2, 0))}"
    groups = f"keyint={every}:min-keyint={every}"
    params = ":".join([groups, kinds, _SAME, *([_FAST] if fast else [])])
    return Coding(
        "libx264", every, {"preset": preset, "crf": f"{crf:g}", "a53cc": "0", "x264-params": params}
    )


CODING = h264()
"""What the store `video` is coded by: see docs/stores.md for what else was measured."""


@dataclass(frozen=True)
class Looks:
    """What all coded pictures have in common.

    `width`, `height`: pixels; `aspect`: of a pixel; `colours`: matrix, range, primaries and curve as FFmpeg
    numbers them.
    """

    width: int
    height: int
    aspect: Fraction
    colours: tuple[int, int, int, int]


def looks_of(movie: Movie, view: View) -> Looks:
    """Return what the pictures of a movie look like when they are coded: as its first does."""
    picture = _first(movie)
    if picture is None:
        facts = movie.facts
        blank = VideoFrame(facts.width, facts.height, "yuv420p")
        blank.colorspace, blank.color_range = facts.colour_space, facts.colour_range
        picture = Picture(blank, 0, Fraction(0), facts.sample_aspect)
    frame = picture.video_frame(view)
    colours = (frame.colorspace, frame.color_range, frame.color_primaries, frame.color_trc)
    aspect = Fraction(1) if view.square else picture.sample_aspect
    matrix, levels, primaries, curve = (int(number) for number in colours)
    return Looks(frame.width, frame.height, aspect, (matrix, levels, primaries, curve))


def fitted(picture: Picture, view: View, looks: Looks, converter: Converter) -> VideoFrame:
    """Return a picture as a frame for the encoder, in the size of the others, whatever its own."""
    return converter.convert(picture.video_frame(view), "yuv420p", size=(looks.width, looks.height))


def prepare(context: VideoCodecContext, coding: Coding, looks: Looks) -> VideoCodecContext:
    """Set an encoder up, and return it. The same pictures give the same bytes."""
    context.width, context.height, context.pix_fmt = looks.width, looks.height, "yuv420p"
    context.sample_aspect_ratio = looks.aspect.limit_denominator(1 << 15)
    context.colorspace, context.color_range, context.color_primaries, context.color_trc = looks.colours
    context.time_base, context.framerate = _CLOCK, 1 / _CLOCK
    context.gop_size, context.thread_count = coding.every, 1
    context.flags |= Flags.global_header | Flags.bitexact
    context.options = dict(coding.options)
    return context


def encoder(coding: Coding, looks: Looks) -> VideoCodecContext:
    """Return an encoder. Raises `UnsupportedMovie` where this build of FFmpeg has none of that name."""
    if coding.codec not in av.codecs_available:
        raise UnsupportedMovie(
            f"This build of FFmpeg has no encoder {coding.codec}",
            "Install the wheel of av from PyPI, or use --store folder or tar.",
        )
    context = CodecContext.create(coding.codec, "w")
    if not isinstance(context, VideoCodecContext):
        raise TypeError(f"{coding.codec} codes no pictures")
    return prepare(context, coding, looks)


def numbered(frame: VideoFrame, number: int) -> VideoFrame:
    """Return the frame, called the `number`-th for the encoder: quality does not hang on times."""
    frame.pts, frame.time_base = number, _CLOCK
    return frame


def _first(movie: Movie) -> Picture | None:
    try:
        with closing(movie.at_indices([0])) as pictures:
            return next(pictures)[1]
    except MediaError:
        return None
