"""Pictures into H.264: groups that depend on nothing before them, each from an encoder of its own.

So the same pictures give the same bytes, whatever was encoded before them, in whichever process.
"""

from __future__ import annotations  # PyAV's packets are generic for the type checker only

import io
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType

import av
from av.container import OutputContainer
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from avakit.errors import UnsupportedMovie
from avakit.preparation.clip.plan import GROUP

ENCODER = "libx264"
OPTIONS = MappingProxyType(
    {
        "preset": "superfast",
        "crf": "20",
        "threads": "1",
        "x264-params": f"keyint={GROUP}:min-keyint=1:bframes=0:open-gop=0",
    }
)
"""No pictures that are decoded out of their order: so a clip may end after any of them."""

WORDS = " ".join([ENCODER, *(f"{name}={value}" for name, value in sorted(OPTIONS.items()))])
"""All of it in a line, for the record."""

_RATE = Fraction(25)  # what rates are unknown to be; the encoder judges pictures by their own times


@dataclass(frozen=True)
class Form:
    """What all pictures of one stream have in common: size in pixels, shape of a pixel, colours (H.273)."""

    width: int
    height: int
    sample_aspect: Fraction
    colour_range: int
    colour_space: int
    primaries: int
    transfer: int


@dataclass(frozen=True)
class Coded:
    """A coded picture; `sync`: decoding can begin here."""

    data: bytes
    sync: bool


class Coder:
    """Encodes groups of pictures of one form, and keeps what a file has to know of them."""

    def __init__(self, form: Form, time_base: Fraction, rate: Fraction | None) -> None:
        """Prepare for pictures with time stamps in `time_base`. Raises `UnsupportedMovie`."""
        self._form = form
        self._time_base = time_base
        self._rate = _RATE if rate is None or not 0 < rate <= 1000 else rate
        if ENCODER not in av.codecs_available:
            raise UnsupportedMovie("This build of PyAV has no encoder for H.264", "Give --copy.")
        self._container: OutputContainer = av.open(io.BytesIO(), "w", format="mp4")
        stream = self._container.add_stream(ENCODER, options=dict(OPTIONS))
        if not isinstance(stream, VideoStream):
            raise TypeError(f"{ENCODER} encodes no pictures")
        self._prepare(stream.codec_context)
        stream.time_base = time_base
        self._container.start_encoding()
        self.template = stream
        self._encoder: VideoCodecContext | None = None
        self._waiting: dict[int, int] = {}

    def take(self, index: int, pts: int, frame: VideoFrame) -> dict[int, Coded]:
        """Encode the next picture, `index` in the timeline; return what has become ready, by index."""
        if self._encoder is None:
            encoder = VideoCodecContext.create(ENCODER, "w")
            if not isinstance(encoder, VideoCodecContext):
                raise TypeError(f"{ENCODER} encodes no pictures")
            self._prepare(encoder)
            encoder.options = dict(OPTIONS)
            self._encoder = encoder
        self._waiting[pts] = index
        frame.pts, frame.time_base, frame.pict_type = pts, self._time_base, 0
        return self._coded(frame)

    def end(self) -> dict[int, Coded]:
        """End a group; return the rest of it."""
        rest = {} if self._encoder is None else self._coded(None)
        self._encoder = None
        return rest

    def close(self) -> None:
        """Let everything go."""
        self._encoder = None
        self._container.close()

    def _coded(self, frame: VideoFrame | None) -> dict[int, Coded]:
        if self._encoder is None:
            raise ValueError("nothing is being encoded")
        return {
            self._waiting.pop(packet.pts or 0): Coded(bytes(packet), packet.is_keyframe)
            for packet in self._encoder.encode(frame)
        }

    def _prepare(self, context: VideoCodecContext) -> None:
        form = self._form
        context.width, context.height, context.pix_fmt = form.width, form.height, "yuv420p"
        context.sample_aspect_ratio = form.sample_aspect
        context.color_range, context.colorspace = form.colour_range, form.colour_space
        context.color_primaries, context.color_trc = form.primaries, form.transfer
        context.time_base, context.framerate = self._time_base, self._rate
        context.thread_count, context.max_b_frames = 1, 0
        context.flags |= av.codec.context.Flags.global_header | av.codec.context.Flags.bitexact
