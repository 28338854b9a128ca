"""The bound: decode, full range, JPEG, write, and nothing else, by one process a core.

A bare loop over the libraries, with avakit's own widening of the range, the fastest known: it knows no index,
checks nothing, links nothing, and finishes nothing. What avakit takes more is its own.
"""

from __future__ import annotations  # PyAV's packets are generic for the type checker only

import os
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import astuple, dataclass
from functools import partial
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from typing import Self

import av
import numpy as np
import numpy.typing as npt
import simplejpeg
from av.container import InputContainer
from av.video.frame import VideoFrame

from avakit.media.levels import full_chroma, full_luma
from benchmarks.movies import RATE
from benchmarks.recipes import START

CORES = os.cpu_count() or 1
QUALITY = 90


@dataclass(frozen=True)
class Steps:
    """Processor seconds by step: other programs on the machine do not count, waiting for the disk neither."""

    decode: float = 0.0
    range: float = 0.0
    jpeg: float = 0.0
    write: float = 0.0

    all: float = 0.0

    @property
    def sum(self) -> float:
        """Seconds of the four steps; `all` has the loop around them too."""
        return self.decode + self.range + self.jpeg + self.write


class Bare:
    """Processes that wait, so that starting them is not on the clock. A context manager."""

    def __init__(self) -> None:
        self._pool = ProcessPoolExecutor(CORES, mp_context=get_context("spawn"))
        self.steps: list[Steps] = []

    def __enter__(self) -> Self:
        """Start them."""
        list(self._pool.map(time.sleep, [0.5] * CORES))
        return self

    def __exit__(self, *_: object) -> None:
        """End them."""
        self._pool.shutdown()

    def __call__(self, movie: Path, span: int, keys: int, folder: Path) -> float:
        """Make a JPEG of each picture of `span` seconds (or one every `keys` seconds), a part a process.

        `steps` then holds what they took together. Returns all processor seconds.
        """
        edges = [(START * RATE + part * span * RATE // CORES) for part in range(CORES + 1)]
        done = list(self._pool.map(partial(_part, movie, folder, keys * RATE or 1), pairwise(edges)))
        self.steps.append(Steps(*(sum(step) for step in zip(*map(astuple, done), strict=True))))
        return self.steps[-1].all


def _part(movie: Path, folder: Path, every: int, edges: tuple[int, int]) -> Steps:
    """Make JPEGs of the pictures from one number to another, the end excluded."""
    decode = convert = jpeg = write = 0.0
    clock, first = time.thread_time, time.thread_time()
    with av.open(str(movie)) as container:
        frames = _decoded(container, edges, every)
        while True:
            began = clock()
            found = next(frames, None)
            decoded = clock()
            decode += decoded - began
            if found is None:
                return Steps(decode, convert, jpeg, write, clock() - first)
            number, frame = found
            planes = _full(frame)
            converted = clock()
            data = simplejpeg.encode_jpeg_yuv_planes(*planes, quality=QUALITY)
            coded = clock()
            (folder / f"{number:06d}.jpg").write_bytes(data)
            convert, jpeg = convert + converted - decoded, jpeg + coded - converted
            write += clock() - coded


def _decoded(
    container: InputContainer, edges: tuple[int, int], every: int
) -> Iterator[tuple[int, VideoFrame]]:
    """Yield every so many pictures; those that no other refers to are decoded only if wanted."""
    stream = container.streams.video[0]
    context = stream.codec_context
    context.thread_count = 1
    assert stream.time_base is not None
    ticks = 1 / (stream.time_base * RATE)
    container.seek(int(edges[0] * ticks), stream=stream)
    for packet in container.demux(stream):
        number = -1 if packet.pts is None else round(packet.pts / ticks)
        wanted = edges[0] <= number < edges[1] and number % every == 0
        context.skip_frame = "DEFAULT" if wanted else "NONREF"
        for frame in context.decode(packet):
            assert frame.pts is not None
            shown = round(frame.pts / ticks)
            if shown >= edges[1]:
                return
            if shown >= edges[0] and shown % every == 0:
                yield shown, frame


def _full(frame: VideoFrame) -> list[npt.NDArray[np.uint8]]:
    ways = (full_luma, full_chroma, full_chroma)
    return [
        widen(np.frombuffer(memoryview(plane), np.uint8)).reshape(plane.height, -1)
        for plane, widen in zip(frame.planes, ways, strict=True)
    ]
