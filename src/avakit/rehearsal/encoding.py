"""Coded pictures by the ten thousand, quickly.

A group of pictures is a sync frame and what hangs on it. Behind the sync frame only the lower line of cells
changes (and the noise, if any), in the same way in every group; so those pictures are coded once, on a grey
ground, and serve every group: they add the same differences to whatever their sync frame shows. What is left
to code is the sync frames. A movie with open groups has pictures that hang on two groups, and is coded
picture by picture.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import av
import numpy as np
from av.codec.context import CodecContext
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType
from av.video.plane import VideoPlane
from av.video.stream import VideoStream

from avakit.rehearsal.numbers import Bytes, height, lines
from avakit.rehearsal.recipe import Recipe

GREY = 64
_H264 = {"preset": "ultrafast", "qp": "28", "sc_threshold": "0", "forced-idr": "1"}
_VP9 = {
    "deadline": "realtime",
    "cpu-used": "8",
    "lag-in-frames": "0",
    "auto-alt-ref": "0",
    "aq-mode": "0",
    "b": "0",
    "crf": "32",
    "qmin": "32",
    "qmax": "32",
    # No picture may depend on the statistics of those before it, or groups could not share pictures.
    "error-resilient": "default",
    "frame-parallel": "1",
}


class Planes(NamedTuple):
    """Writable planes of a YUV 4:2:0 picture, limited range."""

    y: Bytes
    u: Bytes
    v: Bytes


Scene = Callable[[int, Planes], None]
"""Paints the picture with this number, but for its lowest 32 rows, which must stay grey."""


@dataclass(frozen=True)
class Coded:
    """A coded picture: its number in display order, its bytes, whether it is a sync frame."""

    number: int
    data: bytes
    sync: bool


def settings(recipe: Recipe) -> dict[str, str]:
    """Return the encoder's options."""
    if recipe.container == "webm":
        return _VP9 | {"g": str(recipe.sync)}
    options = _H264 | {"bf": str(recipe.b_frames), "g": str(recipe.sync)}
    return options | {"x264-params": "open_gop=1"} if recipe.open_groups else options


def prepare(context: CodecContext, recipe: Recipe) -> VideoCodecContext:
    """Set an encoder up for a recipe, and return it. One thread: movies are made side by side."""
    if not isinstance(context, VideoCodecContext):
        raise TypeError(f"{context.name} codes no pictures.")
    context.width, context.height, context.pix_fmt = recipe.width, recipe.height, "yuv420p"
    context.time_base = Fraction(1, 25)
    context.framerate = Fraction(25)
    context.options = settings(recipe)
    context.thread_count = 1
    return context


def coded_pictures(
    context: VideoCodecContext, recipe: Recipe, groups: Sequence[int], scene: Scene
) -> Iterator[Coded]:
    """Yield all pictures of a movie in decoding order. `groups` holds how many pictures each group has."""
    canvas = _Canvas(recipe)
    firsts = np.cumsum([0, *groups])
    if recipe.open_groups:
        yield from _encode(context, canvas, _every(canvas, int(firsts[-1]), recipe, scene))
        return
    shared: dict[int, list[Coded]] = {}
    syncs = _encode(context, canvas, _sync_frames(canvas, [int(first) for first in firsts[:-1]], scene))
    for first, length, sync in zip(firsts, groups, syncs, strict=False):
        if length not in shared:
            shared[length] = group(recipe, length)[1:]
        yield Coded(int(first), sync.data, True)
        for coded in shared[length]:
            yield Coded(int(first) + coded.number, coded.data, False)


def group(recipe: Recipe, length: int, noise: float | None = None) -> list[Coded]:
    """Return the coded pictures of a group of `length` on grey ground, in decoding order."""
    codec = "libvpx-vp9" if recipe.container == "webm" else "libx264"
    context = prepare(av.CodecContext.create(codec, "w"), recipe)
    context.flags |= 1 << 22  # AV_CODEC_FLAG_GLOBAL_HEADER: no parameter sets among the pictures
    canvas = _Canvas(recipe, noise)
    return list(_encode(context, canvas, _grey(canvas, length)))


class _Canvas:
    """The one frame that everything is painted on: encoders copy it before they return."""

    def __init__(self, recipe: Recipe, noise: float | None = None) -> None:
        self.frame = av.VideoFrame(recipe.width, recipe.height, "yuv420p")
        self.frame.time_base = Fraction(1, 25)
        self.planes = Planes(*(_plane(plane) for plane in self.frame.planes))
        self.movie, self.width = recipe.number, recipe.width
        self.line = height(recipe.height)
        self.noise = Noise.of(recipe, noise)
        for plane, value in zip(self.planes, (GREY, 128, 128), strict=True):
            plane[:] = value

    def rows(self, values: Iterable[int]) -> Bytes:
        return lines(np.fromiter(values, np.int64), self.movie, self.width)


def _plane(plane: VideoPlane) -> Bytes:
    rows: Bytes = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]


class Noise:
    """Noise of a known strength that moves in the same way in every group, in a band of the picture."""

    def __init__(self, strength: float, top: int, bottom: int, width: int) -> None:
        self.strength, self.top, self.bottom = strength, top, bottom
        # A few hundred offsets into one field are as dear to code as fresh noise, and cheaper to make.
        self.field = np.random.default_rng(1).normal(0, 1, (bottom - top + 64, width + 64)).clip(-2.5, 2.5)
        self.scaled = (GREY + self.field * strength).clip(16, 235).astype(np.uint8)

    @staticmethod
    def of(recipe: Recipe, strength: float | None) -> "Noise | None":
        """Return the noise that brings a recipe to its bit rate, or None if it asks for none."""
        if recipe.kbits is None and strength is None:
            return None
        top, bottom = recipe.height // 3 // 16 * 16, (recipe.height - 48) // 16 * 16
        return Noise(_strength(recipe) if strength is None else strength, top, bottom, recipe.width)

    def paint(self, offset: int, y: Bytes) -> None:
        """Paint the noise of the picture `offset` of a group."""
        down, right = (offset * 29) % 63, (offset * 37) % 61
        y[self.top : self.bottom] = self.scaled[
            down : down + self.bottom - self.top, right : right + y.shape[1]
        ]


_STRENGTHS: dict[Recipe, float] = {}


def _strength(recipe: Recipe) -> float:
    """Find, by halving, how strong the noise must be: measured on a short group."""
    if recipe not in _STRENGTHS:
        wanted = (recipe.kbits or 0) * 125 * recipe.sync / float(recipe.rate or 25)
        low, high = 0.0, 60.0
        for _ in range(12):
            middle = (low + high) / 2
            sync, *others = (len(coded.data) for coded in group(recipe, 61, middle))
            enough = sync + sum(others) / len(others) * (recipe.sync - 1) >= wanted
            low, high = (low, middle) if enough else (middle, high)
        _STRENGTHS[recipe] = high
    return _STRENGTHS[recipe]


Order = tuple[int, bool]
"""A picture to be coded now: its number, and whether as a sync frame. The canvas shows it already."""


def _sync_frames(canvas: _Canvas, firsts: Sequence[int], scene: Scene) -> Iterator[Order]:
    uppers, lower = canvas.rows(firsts), canvas.rows([0])[0]
    for first, upper in zip(firsts, uppers, strict=True):
        scene(first, canvas.planes)
        _finish(canvas, upper, lower, 0)
        yield first, True


def _grey(canvas: _Canvas, length: int) -> Iterator[Order]:
    for offset, lower in enumerate(canvas.rows(range(length))):
        canvas.planes.y[-canvas.line :] = lower
        if canvas.noise:
            canvas.noise.paint(offset, canvas.planes.y)
        yield offset, offset == 0


def _every(canvas: _Canvas, count: int, recipe: Recipe, scene: Scene) -> Iterator[Order]:
    lowers = canvas.rows(range(recipe.sync))
    for number in range(count):
        offset = number % recipe.sync
        if offset == 0:
            scene(number, canvas.planes)
            canvas.planes.y[: canvas.line] = canvas.rows([number])[0]
        _finish(canvas, None, lowers[offset], offset)
        yield number, False


def _finish(canvas: _Canvas, upper: Bytes | None, lower: Bytes, offset: int) -> None:
    if upper is not None:
        canvas.planes.y[: canvas.line] = upper
    if canvas.noise:
        canvas.noise.paint(offset, canvas.planes.y)
    canvas.planes.y[-canvas.line :] = lower


def _encode(context: VideoCodecContext, canvas: _Canvas, orders: Iterable[Order]) -> Iterator[Coded]:
    frame = canvas.frame
    for number, sync in orders:
        frame.pts = number
        frame.pict_type = PictureType.I if sync else PictureType.NONE
        for packet in context.encode(frame):
            yield _coded(packet)
    for packet in context.encode(None):
        yield _coded(packet)


def _coded(packet: "av.Packet[VideoStream]") -> Coded:
    if packet.pts is None:
        raise ValueError("The encoder gave a picture without its number.")
    return Coded(packet.pts, bytes(packet), packet.is_keyframe)
