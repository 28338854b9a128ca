"""The same pictures are coded as the same bytes, whatever was coded before."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from av.video.frame import VideoFrame

from avakit.preparation.store.chunk import ChunkEncoder, chunk_of
from avakit.preparation.store.coding import CODING, Coding, Looks, h264

LOOKS = Looks(456, 256, Fraction(1), (2, 0, 2, 2))


def moving(count: int, seed: int) -> list[VideoFrame]:
    """Pictures of coarse noise that wanders, at a width that is no multiple of 16."""
    ground = np.kron(np.random.default_rng(seed).integers(20, 235, (48, 80)), np.ones((8, 8))).astype(
        np.uint8
    )
    frames = []
    for number in range(count):
        across, down = number * 3 % 150, number * 2 % 100
        frame = VideoFrame(LOOKS.width, LOOKS.height, "yuv420p")
        for plane, step in zip(frame.planes, (1, 2, 2), strict=True):
            part = ground[down : down + LOOKS.height : step, across : across + LOOKS.width : step]
            rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
            rows[:, : plane.width] = part
        frames.append(frame)
    return frames


def coded(frames: list[VideoFrame], coding: Coding = CODING) -> bytes:
    encoder = ChunkEncoder(coding, LOOKS)
    for number, frame in enumerate(frames):
        encoder.add(frame, number)
    return encoder.end().to_bytes()


def test_the_same_pictures_give_the_same_bytes() -> None:
    """libx264's look ahead reads what was in memory before, unless told not to."""
    frames = moving(40, seed=1)
    first = coded(frames)
    for seed in range(2, 5):
        coded(moving(13, seed))
        assert coded(frames) == first


def test_a_chunk_comes_back_from_its_bytes() -> None:
    data = coded(moving(15, seed=1))
    chunk = chunk_of(data)
    assert sorted(chunk.pts.tolist()) == list(range(15))
    assert np.flatnonzero(chunk.sync).tolist() == [0, 12]
    assert chunk.to_bytes() == data
    for wrong in (b"", data[:-30], b"PK\3\4" + bytes(40)):
        with pytest.raises(ValueError, match="no chunk"):
            chunk_of(wrong)


@pytest.mark.parametrize(("every", "length"), [(1, 120), (7, 119), (12, 120), (250, 250)])
def test_a_chunk_is_whole_groups(every: int, length: int) -> None:
    assert h264(every).length == length
