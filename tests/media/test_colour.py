"""Colours are those of ffmpeg's PNG; a JPEG shows what `rgb` shows; pictures stand upright."""

from __future__ import annotations

import io
import shutil
import subprocess
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import simplejpeg
from PIL import Image
from tests.media.numbered import read, write_movie

from avakit.errors import UsageError
from avakit.media.movie import open_movie
from avakit.media.picture import Picture

FFMPEG = shutil.which("ffmpeg")
needs_ffmpeg = pytest.mark.skipif(FFMPEG is None, reason="ffmpeg is not installed")
FLAGS = {
    "unflagged": [],
    "bt709": ["-colorspace", "bt709", "-color_range", "tv"],
    "full": ["-pix_fmt", "yuvj420p", "-color_range", "pc"],
    "bt709 full": ["-pix_fmt", "yuvj420p", "-colorspace", "bt709", "-color_range", "pc"],
    "4:2:2": ["-pix_fmt", "yuv422p"],
    "4:4:4": ["-pix_fmt", "yuv444p"],
    "ten bits": ["-pix_fmt", "yuv420p10le"],
    "grey": ["-pix_fmt", "gray"],
}


def ffmpeg(*words: str | Path) -> bytes:
    assert FFMPEG is not None
    return subprocess.run([FFMPEG, "-v", "error", *map(str, words)], check=True, capture_output=True).stdout


def png_of(path: Path) -> npt.NDArray[np.uint8]:
    data = ffmpeg("-i", path, "-frames:v", "1", "-c:v", "png", "-pix_fmt", "rgb24", "-f", "image2pipe", "-")
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def make(path: Path, *options: str, size: str = "176x144") -> Path:
    ffmpeg(
        "-y", "-f", "lavfi", "-i", f"testsrc2=size={size}:rate=5:duration=1,gblur=2", "-c:v", "libx264",
        "-crf", "5", *options, path,
    )  # fmt: skip
    return path


def first(path: Path) -> Picture:
    return open_movie(path).frame_at(0)


def difference(a: npt.NDArray[np.uint8], b: npt.NDArray[np.uint8]) -> float:
    return float(np.abs(a.astype(int) - b).mean())


@needs_ffmpeg
@pytest.mark.parametrize("flags", list(FLAGS))
def test_rgb_is_ffmpegs_and_the_jpeg_shows_it(flags: str, tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp4", *FLAGS[flags])
    picture = first(path)
    assert picture.rgb.dtype == np.uint8
    assert picture.rgb.shape == (144, 176, 3)
    # Swscale's ways from ten bits and from 4:4:4 differ between versions of FFmpeg (chroma, dithering).
    allowed = {"ten bits": 2.5, "4:4:4": 1.0}.get(flags, 0.0)
    assert difference(picture.rgb, png_of(path)) <= allowed
    shown = simplejpeg.decode_jpeg(picture.jpeg(97), fastupsample=True)
    assert difference(shown, picture.rgb) < 1.7 + allowed


@needs_ffmpeg
@pytest.mark.parametrize("size", ["175x143", "16x16", "2x2"])
def test_odd_and_small_sizes(size: str, tmp_path: Path) -> None:
    width, height = map(int, size.split("x"))
    path = make(tmp_path / "a.mp4", "-vf", f"format=yuv444p,crop={width}:{height}:exact=1")
    picture = first(path)
    assert picture.rgb.shape == (height, width, 3)
    assert simplejpeg.decode_jpeg(picture.jpeg()).shape == (height, width, 3)


@needs_ffmpeg
@pytest.mark.parametrize("turn", [90, 180, 270])
@pytest.mark.parametrize("flags", ["unflagged", "4:2:2"])
def test_rotation_is_applied_as_ffmpeg_does(turn: int, flags: str, tmp_path: Path) -> None:
    source = make(tmp_path / "a.mp4", *FLAGS[flags])
    path = tmp_path / "turned.mp4"
    ffmpeg("-i", source, "-c", "copy", "-metadata:s:v", f"rotate={turn}", path)
    picture, expected = first(path), png_of(path)
    assert (picture.height, picture.width, 3) == picture.rgb.shape == expected.shape
    assert difference(picture.rgb, expected) < 1.5
    if turn == 180:
        assert difference(picture.rgb, first(source).rgb) > 5
    shown = simplejpeg.decode_jpeg(picture.jpeg(97), fastupsample=True)
    assert difference(shown, picture.rgb) < 3


@needs_ffmpeg
def test_pixels_are_never_resampled(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp4", "-vf", "setsar=64/51")
    picture = first(path)
    assert picture.sample_aspect == Fraction(64, 51)
    assert picture.rgb.shape == (144, 176, 3)


@needs_ffmpeg
def test_hidden_reference_pictures_of_vp8_are_not_in_the_timeline(tmp_path: Path) -> None:
    source = write_movie(tmp_path / "a.mkv", list(range(80)), Fraction(1, 25))
    path = tmp_path / "a.webm"
    for step in ("1", "2"):
        ffmpeg(
            "-y", "-i", source, "-c:v", "libvpx", "-b:v", "300k", "-auto-alt-ref", "1", "-lag-in-frames",
            "25", "-arnr-maxframes", "7", "-cpu-used", "4", "-g", "40", "-pass", step, "-passlogfile",
            tmp_path / "log", "-f", "webm", path,
        )  # fmt: skip
    movie = open_movie(path)
    assert len(movie.index.pts) > 80, "no hidden picture: the test shows nothing"
    assert [read(picture.rgb) for _, picture in movie.at_indices(range(len(movie.timeline)))] == list(
        range(80)
    )


@needs_ffmpeg
def test_a_cover_is_not_the_picture_stream(tmp_path: Path) -> None:
    source = write_movie(tmp_path / "a.mp4", list(range(20)), Fraction(1, 25))
    cover = tmp_path / "cover.jpg"
    ffmpeg("-f", "lavfi", "-i", "color=red:size=640x480", "-frames:v", "1", cover)
    path = tmp_path / "b.mp4"
    ffmpeg(
        "-i", cover, "-i", source, "-map", "0", "-map", "1", "-c", "copy",
        "-disposition:v:0", "attached_pic", path,
    )  # fmt: skip
    assert [read(picture.rgb) for _, picture in open_movie(path).at_indices(range(20))] == list(range(20))


def test_a_quality_that_jpeg_does_not_have_is_said(tmp_path: Path) -> None:
    picture = first(write_movie(tmp_path / "a.mkv", [0, 1], Fraction(1, 25)))
    with pytest.raises(UsageError, match="from 1 to 100"):
        picture.jpeg(0)
