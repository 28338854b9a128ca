"""Planes are cut where the view says, scaled once, turned upright, in the colours that they are for."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import simplejpeg
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation
from tests.media.numbered import draw, read

from avakit.errors import UnsupportedMovie
from avakit.media.conversion import Converter
from avakit.media.jpeg import Jpegs
from avakit.media.orientation import UPRIGHT, Orientation
from avakit.media.picture import Picture
from avakit.media.planes import Plane, Stored, jpeg_planes, planes_of, video_frame
from avakit.media.view import WHOLE, View

TURNS = [
    UPRIGHT,
    Orientation(transposed=True, mirrored=True),
    Orientation(mirrored=True, flipped=True),
    Orientation(transposed=True, flipped=True),
    Orientation(mirrored=True),
]
FORMATS = [
    "yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "gray", "yuv420p10le", "yuv411p", "yuv410p",
    "yuv440p", "rgb24", "gbrp", "nv12", "rgb8", "yuva420p", "p010le", "gray10le", "monob", "yuyv422",
]  # fmt: skip


def noise(pixel_format: str, width: int = 176, height: int = 98) -> VideoFrame:
    """Return a frame whose planes hold every value, those beyond the range too."""
    frame = VideoFrame(width, height, pixel_format)
    for i, plane in enumerate(planes_of(frame)):
        plane[:] = np.random.default_rng(i).integers(0, 256, plane.shape, np.uint8)
    return frame


def frame_of(rgb: Plane, pixel_format: str = "yuv420p") -> VideoFrame:
    return VideoFrame.from_ndarray(rgb, format="rgb24").reformat(format=pixel_format)


def shown(planes: list[Plane]) -> Plane:
    luma, blue, red = planes if len(planes) == 3 else (planes[0], None, None)
    return np.asarray(
        simplejpeg.decode_jpeg(
            simplejpeg.encode_jpeg_yuv_planes(luma, blue, red, quality=98), fastupsample=True
        )
    )


def upright(turn: Orientation, width: int, height: int) -> tuple[int, int]:
    return (height, width) if turn.transposed else (width, height)


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv422p", "yuv444p", "yuv411p", "yuv440p"])
@pytest.mark.parametrize("flags", [(2, 0), (5, 1), (6, 1), (1, 1), (1, 2), (6, 2), (9, 1)])
def test_whole_planes_are_widened_exactly(pixel_format: str, flags: tuple[int, int]) -> None:
    frame = noise(pixel_format)
    frame.colorspace, frame.color_range = flags
    planes = jpeg_planes(Stored(frame, UPRIGHT, Converter()), WHOLE.pixels(176, 98))
    to = {"yuv411p": "yuv444p", "yuv440p": "yuv444p"}.get(pixel_format, pixel_format)
    full, limited = (
        planes_of(frame.reformat(format=to, dst_colorspace=Colorspace.ITU601, dst_color_range=levels))
        for levels in (ColorRange.JPEG, ColorRange.MPEG)
    )
    for i, plane in enumerate(planes):
        scale, zero, middle = (255 / 224, 128, 128) if i else (255 / 219, 16, 0)
        exact = np.clip(np.round((limited[i].astype(float) - zero) * scale + middle), 0, 255)
        assert np.array_equal(plane, full[i] if flags[1] == 2 else exact)


@pytest.mark.parametrize("view", [WHOLE, View(size=48), View((0.0, 0.0, 0.5, 1.0), 48)])
@pytest.mark.parametrize("levels", [ColorRange.MPEG, ColorRange.JPEG])
def test_no_colour_drifts(view: View, levels: ColorRange) -> None:
    """An even picture stays as even, and what is lost by rounding is lost up as often as down."""
    lost = []
    for value in range(24, 232, 3):
        frame = VideoFrame(176, 98, "yuv420p")
        frame.colorspace, frame.color_range = 5, levels
        for plane in planes_of(frame):
            plane[:] = value
        planes = jpeg_planes(Stored(frame, UPRIGHT, Converter()), view.pixels(176, 98))
        scale = (255 / 219, 255 / 224, 255 / 224) if levels == ColorRange.MPEG else (1, 1, 1)
        zero = (16, 128, 128) if levels == ColorRange.MPEG else (0, 128, 128)
        base = (0, 128, 128)
        exact = [(value - z) * k + b for z, k, b in zip(zero, scale, base, strict=True)]
        lost.append([plane.mean() - right for plane, right in zip(planes, exact, strict=True)])
    assert np.abs(np.array(lost)).max() < 1.2
    assert np.abs(np.mean(lost, axis=0)).max() < 0.1


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv422p", "yuv444p", "gray", "yuv420p10le", "rgb24"])
@pytest.mark.parametrize("turn", TURNS, ids=str)
@pytest.mark.parametrize("size", [(192, 96), (191, 95)])
def test_a_cut_is_a_part_of_the_whole(pixel_format: str, turn: Orientation, size: tuple[int, int]) -> None:
    stored = Stored(frame_of(draw(1234)[: size[1], : size[0]].copy(), pixel_format), turn, Converter())
    wide, high = upright(turn, *size)
    whole = jpeg_planes(stored, WHOLE.pixels(wide, high))
    cut = View((0.3, 0.25, 0.71, 1.0)).pixels(wide, high)
    parts = jpeg_planes(stored, cut)
    assert parts[0].shape == (cut.height, cut.width)
    for part, plane in zip(parts, whole, strict=True):
        down, across = (2 if plane.shape[i] < whole[0].shape[i] else 1 for i in (0, 1))
        y, x = cut.y // down, cut.x // across
        assert np.array_equal(part, plane[y : y + part.shape[0], x : x + part.shape[1]])
        assert part.flags.c_contiguous
    shown(parts)


@pytest.mark.parametrize("pixel_format", FORMATS)
@pytest.mark.parametrize("size", [(192, 96), (37, 23), (1, 1), (2, 2), (1, 7)])
@pytest.mark.parametrize("turn", TURNS[:2], ids=str)
def test_every_format_and_size_has_its_views(
    pixel_format: str, size: tuple[int, int], turn: Orientation
) -> None:
    frame = VideoFrame.from_ndarray(draw(77)[: size[1], : size[0]].copy(), format="rgb24").reformat(
        format=pixel_format
    )
    stored, (wide, high) = Stored(frame, turn, Converter()), upright(turn, *size)
    for view in (
        WHOLE,
        View((0.2, 0.1, 0.6, 0.9)),
        View(size=48),
        View((0.2, 0.1, 0.6, 0.9), 32),
        View(square=True),
    ):
        cut = view.pixels(wide, high, Fraction(4, 3))
        assert shown(jpeg_planes(stored, cut)).shape == (cut.out_height, cut.out_width, 3)
        made = video_frame(stored, cut)
        assert (made.format.name, made.pict_type, made.color_range) == ("yuv420p", 0, ColorRange.MPEG)
        assert made.width % 2 == made.height % 2 == 0
        assert abs(made.width - cut.out_width) <= 1
        assert abs(made.height - cut.out_height) <= 1


@pytest.mark.parametrize("turn", TURNS, ids=str)
@pytest.mark.parametrize(
    "view", [View(size=192), View((0.0, 0.0, 1.0, 0.5)), View((0, 0, 1, 1), 64), View(square=True)]
)
def test_what_is_seen_is_the_same_for_jpeg_and_video(turn: Orientation, view: View) -> None:
    stored, (wide, high) = Stored(frame_of(draw(2047)), turn, Converter()), upright(turn, 192, 96)
    cut = view.pixels(wide, high, Fraction(2))
    jpeg = shown(jpeg_planes(stored, cut))
    video = video_frame(stored, cut).to_ndarray(format="rgb24")
    assert jpeg.shape == video.shape
    assert np.abs(jpeg.astype(int) - video).mean() < 2.5


def test_scaling_shows_what_swscale_shows() -> None:
    frame = frame_of(draw(5))
    planes = jpeg_planes(Stored(frame, UPRIGHT, Converter()), View(size=64).pixels(192, 96))
    expected = planes_of(
        frame.reformat(
            128, 64, "yuv420p", dst_colorspace=Colorspace.ITU601, dst_color_range=ColorRange.JPEG,
            interpolation=Interpolation.BICUBIC,
        )
    )  # fmt: skip
    for plane, near in zip(planes, expected, strict=True):
        assert np.abs(plane.astype(int) - near).max() <= 2


def test_a_video_keeps_its_matrix() -> None:
    frame = frame_of(draw(5))
    frame.colorspace, frame.color_range = Colorspace.ITU709, ColorRange.MPEG
    for view in (WHOLE, View(size=64), View((0.0, 0.0, 0.5, 1.0)), View((0.0, 0.0, 0.5, 1.0), 64)):
        made = video_frame(Stored(frame, UPRIGHT, Converter()), view.pixels(192, 96))
        assert made.colorspace == Colorspace.ITU709
    part = video_frame(Stored(frame, UPRIGHT, Converter()), View((0.0, 0.0, 0.5, 1.0)).pixels(192, 96))
    assert np.array_equal(planes_of(part)[0], planes_of(frame)[0][:, :96])


def test_a_picture_encodes_a_view_once() -> None:
    picture = Picture(frame_of(draw(99)), 3, Fraction(1), Fraction(1))
    first = Jpegs(90).encode(picture)
    assert Jpegs(90).encode(picture) is first is picture.jpeg()
    assert Jpegs(91).encode(picture) != first
    half = simplejpeg.decode_jpeg(Jpegs(95).encode(picture, View((0.0, 0.0, 1.0, 1.0), 192)))
    assert half.shape == (192, 384, 3)
    assert read(np.asarray(half[::2, ::2])) == 99
    assert picture.video_frame(View(size=48)).width == 96


def test_formats_that_swscale_does_not_know_are_said() -> None:
    with pytest.raises(UnsupportedMovie, match="cannot be converted"):
        Converter().convert(VideoFrame(64, 64, "yuv420p"), "bayer_bggr8")


def test_many_contexts_do_not_pile_up() -> None:
    converter, frame = Converter(), frame_of(draw(1))
    for size in range(2, 120, 2):
        converter.convert(frame, "yuv420p", size=(size, size))
    assert len(converter._contexts) <= 16
