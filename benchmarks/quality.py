"""How near JPEGs are to the decoded pictures: PSNR of luma and of chroma, measured in the JPEG's own planes.

A picture is decoded by FFmpeg alone, nothing of avakit between. Its planes are brought to the full range of
a JPEG by the definition (ITU-R BT.601), unrounded, and compared with the planes that are in the file.
"""

import statistics
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame

from benchmarks.movies import RATE

SAMPLES = 50
Planes = tuple[npt.NDArray[np.float64], ...]


@dataclass(frozen=True)
class Quality:
    """Means over the sampled pictures: PSNR in dB, size in bytes."""

    luma: float
    chroma: float
    bytes: float


def sampled(start: int, span: int) -> list[Fraction]:
    """Return the seconds that are looked at, spread evenly."""
    step = Fraction(span, SAMPLES)
    return [start + step * place + step / 2 for place in range(SAMPLES)]


def truth(movie: Path, seconds: Iterable[Fraction]) -> dict[int, Planes]:
    """Return the planes of the pictures on screen at these seconds, and of their neighbours, by number."""
    middle = {int(second * RATE) for second in seconds}
    wanted = {number + by for number in middle for by in (-1, 0, 1)}
    found: dict[int, Planes] = {}
    with av.open(str(movie)) as container:
        stream = container.streams.video[0]
        assert stream.time_base is not None
        container.seek(int(min(wanted) / RATE / stream.time_base), stream=stream)
        for frame in container.decode(stream):
            assert frame.pts is not None
            number = round(frame.pts * stream.time_base * RATE)
            if number in wanted:
                found[number] = _full(frame)
            if number > max(wanted):
                break
    return found


def measure(
    shown: Callable[[Fraction], Path], seconds: Iterable[Fraction], right: Mapping[int, Planes]
) -> Quality:
    """Return the quality of JPEGs; `shown` gives the file that shows a second.

    A way that shows the picture before or after is compared with that one: being late is another fault.
    """
    luma, chroma, sizes = [], [], []
    for second in seconds:
        path = shown(second)
        planes = _of_jpeg(path)
        number = int(second * RATE)
        near = (right[number + by] for by in (-1, 0, 1))
        best = min(near, key=lambda planes_of: _error(planes[0], planes_of[0]))
        luma.append(_decibels(_error(planes[0], best[0])))
        chroma.append(_decibels((_error(planes[1], best[1]) + _error(planes[2], best[2])) / 2))
        sizes.append(path.stat().st_size)
    return Quality(statistics.mean(luma), statistics.mean(chroma), statistics.mean(sizes))


def _of_jpeg(path: Path) -> Planes:
    with av.open(str(path), format="jpeg_pipe") as container:
        frame = next(container.decode(video=0))
    assert frame.format.name == "yuvj420p", frame.format.name
    return tuple(plane.astype(np.float64) for plane in _planes(frame))


def _full(frame: VideoFrame) -> Planes:
    assert frame.format.name == "yuv420p", "only 8 bits of limited range are known here"
    luma, *chroma = (plane.astype(np.float64) for plane in _planes(frame))
    full = [(luma - 16) * 255 / 219, *((plane - 128) * 255 / 224 + 128 for plane in chroma)]
    return tuple(np.clip(plane, 0, 255) for plane in full)


def _planes(frame: VideoFrame) -> list[npt.NDArray[np.uint8]]:
    return [
        np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]
        for plane in frame.planes
    ]


def _error(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> float:
    return float(np.square(one - other).mean())


def _decibels(error: float) -> float:
    return float(10 * np.log10(255**2 / error))
