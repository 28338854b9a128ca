"""Small movies whose every picture carries its number, made on the spot."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

WIDTH, HEIGHT, CELL, BITS = 192, 96, 16, 12


def draw(number: int, width: int = WIDTH, height: int = HEIGHT) -> npt.NDArray[np.uint8]:
    """Return a picture, uint8 (height, width, 3): its number as 12 black and white cells, a drifting ramp."""
    ramp = np.arange(width) * 2 + np.arange(height)[:, None] + number * 3
    rgb = np.stack([(ramp + shade) % 160 + 60 for shade in (0, 40, 80)], axis=2).astype(np.uint8)
    for bit in range(BITS):
        rgb[: CELL * 2, bit * CELL : (bit + 1) * CELL] = 235 if number >> bit & 1 else 20
    return rgb


def read(rgb: npt.NDArray[np.uint8]) -> int:
    """Return the number that a picture carries."""
    cells = (
        rgb[: CELL * 2, : CELL * BITS]
        .mean(axis=2)
        .reshape(CELL * 2, BITS, CELL)[8:24, :, 4:12]
        .mean(axis=(0, 2))
    )
    assert np.all(np.abs(cells - 128) > 50), cells
    return int(sum(1 << bit for bit in range(BITS) if cells[bit] > 128))


def write_movie(
    path: Path,
    times: Sequence[int],
    time_base: Fraction,
    *,
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    options: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
    rotation: int = 0,
    metadata: dict[str, str] | None = None,
) -> Path:
    """Write a movie whose picture i begins at times[i] × time_base."""
    with av.open(str(path), "w", options=container_options or {}) as out:
        out.metadata.update(metadata or {})
        stream = out.add_stream(codec, rate=Fraction(30), options=options or {"preset": "ultrafast"})
        assert isinstance(stream, av.video.stream.VideoStream)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, pixel_format
        stream.time_base = stream.codec_context.time_base = time_base
        if rotation:
            stream.set_display_rotation(rotation)
        for number, pts in enumerate(times):
            frame = av.VideoFrame.from_ndarray(draw(number), format="rgb24").reformat(format=pixel_format)
            frame.pts, frame.time_base = pts, time_base
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path
