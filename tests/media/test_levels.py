"""The steps to full range are swscale's own table, in every format of pixels."""

from __future__ import annotations

import numpy as np
import pytest
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace

from avakit.media.levels import CHROMA, LUMA, full_range, planes_of

FORMATS = ["yuv420p", "yuv422p", "yuv444p"]


def noise(pixel_format: str, width: int = 176, height: int = 98, seed: int = 1) -> VideoFrame:
    """Return a frame of limited range whose planes hold every value, those beyond the range too."""
    frame = VideoFrame(width, height, pixel_format)
    for plane in planes_of(frame):
        plane[:] = np.random.default_rng(seed).integers(0, 256, plane.shape, np.uint8)
    frame.color_range = ColorRange.MPEG
    return frame


@pytest.mark.parametrize("pixel_format", FORMATS)
@pytest.mark.parametrize("size", [(176, 98), (175, 97), (2, 2), (1, 1)])
def test_the_steps_are_swscales(pixel_format: str, size: tuple[int, int]) -> None:
    frame = noise(pixel_format, *size)
    planes = full_range(frame)
    assert planes is not None, "the steps are not swscale's on this machine: it does the work, slower"
    frame.colorspace = Colorspace.ITU601
    expected = planes_of(frame.reformat(dst_colorspace=Colorspace.ITU601, dst_color_range=ColorRange.JPEG))
    for plane, target in zip(planes, expected, strict=True):
        assert np.array_equal(plane, target)


def test_the_textbook() -> None:
    """Luma is rounded as the textbook says; chroma is off by one, in swscale's way, on half of its values."""
    values = np.arange(16, 241, dtype=np.uint8)[None]
    luma = LUMA.apply(values[:, :220])[0]
    assert luma.tolist() == [round((v - 16) * 255 / 219) for v in range(16, 236)]
    chroma = CHROMA.apply(values)[0].astype(int)
    textbook = np.floor((np.arange(16, 241) - 128) * 255 / 224 + 128.5)
    assert 0 < np.count_nonzero(chroma != textbook) < 120
    assert np.abs(chroma - textbook).max() == 1
    assert LUMA.apply(np.array([[0, 15, 236, 255]], np.uint8)).tolist() == [[0, 0, 255, 255]]
    assert CHROMA.apply(np.array([[0, 15, 241, 255]], np.uint8)).tolist() == [[0, 0, 255, 255]]


def test_values_that_swscale_would_take_elsewhere_are_left_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from avakit.media import levels

    monkeypatch.setattr(levels, "CHROMA", levels.Stretch(top=240, step=7, more=3, apart=32, off=0))
    levels._proven.cache_clear()
    try:
        assert full_range(noise("yuv420p")) is None
    finally:
        levels._proven.cache_clear()
