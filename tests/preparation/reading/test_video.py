"""Pictures out of a stored video at random: the right ones, with no more work than needed, or a sentence."""

from __future__ import annotations

import pickle
import random
from collections.abc import Callable
from contextlib import closing, suppress
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.media.numbered import read, write_movie

from avakit.errors import DamagedMovie, MediaError, NotAMovie, UsageError
from avakit.media.movie import open_movie
from avakit.media.view import View
from avakit.preparation.reading.video import StoredVideo
from avakit.preparation.store.chunk import ChunkEncoder, write_chunk
from avakit.preparation.store.coding import CODING, Coding, h264, looks_of
from avakit.preparation.store.join import join
from avakit.transfer.positional import PositionalFile

COUNT = 130
HEVC = Coding(
    "libx265",
    8,
    {
        "preset": "ultrafast",
        "x265-params": "keyint=8:min-keyint=8:scenecut=0:open-gop=0:bframes=2:log-level=none",
    },
)


def stored(folder: Path, coding: Coding) -> StoredVideo:
    movie = open_movie(write_movie(folder / "a.mp4", list(range(COUNT)), Fraction(1, 25)))
    looks = looks_of(movie, View())
    encoder = ChunkEncoder(coding, looks)
    for _, picture in movie.at_indices(range(COUNT)):
        encoder.add(picture.video_frame(), picture.pts)
    chunk = encoder.end()
    write_chunk(folder, 0, chunk)
    join(sorted(folder.glob("*.chunk")), [chunk.pts], movie.timeline, coding, looks, folder / "stored.mp4")
    return StoredVideo(folder / "stored.mp4")


CODINGS = {
    "as it is": CODING,
    "sync alone": h264(1),
    "none between": h264(8, between=0),
    "many between": h264(12, between=5, fast=False),
    "hevc": HEVC,
}


@pytest.fixture(scope="module", params=CODINGS)
def video(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> StoredVideo:
    return stored(tmp_path_factory.mktemp("stored"), CODINGS[request.param])


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> StoredVideo:
    return stored(tmp_path_factory.mktemp("usual"), CODING)


def test_any_pictures_in_any_order(video: StoredVideo) -> None:
    assert len(video) == COUNT
    every = video.rgb(range(COUNT))
    assert [read(pixels) for pixels in every] == list(range(COUNT))
    drawn = random.Random(5)
    for _ in range(12):
        wanted = [drawn.randrange(COUNT) for _ in range(drawn.randrange(1, 9))]
        assert np.array_equal(video.rgb(wanted), every[wanted])
    for start in (0, 7, 60):
        assert [read(pixels) for pixels in video.rgb(range(start, start + 64, 2))] == list(
            range(start, start + 64, 2)
        )


def test_they_are_the_pixels_of_the_movie(video: StoredVideo) -> None:
    for i, picture in open_movie(video.path).at_indices(range(0, COUNT, 9)):
        assert np.array_equal(video.rgb([i])[0], picture.rgb)


def test_none_at_all(usual: StoredVideo) -> None:
    assert usual.rgb([]).shape == (0, 96, 192, 3)


@pytest.mark.parametrize("wanted", [[COUNT], [-1], [3, 10**12]])
def test_a_number_that_there_is_not_is_said(usual: StoredVideo, wanted: list[int]) -> None:
    with pytest.raises(UsageError, match="has pictures 0 to 129"):
        usual.rgb(wanted)


def test_only_the_groups_needed_are_read(usual: StoredVideo, monkeypatch: pytest.MonkeyPatch) -> None:
    usual.rgb([0])
    reads: list[int] = []
    true_read = PositionalFile.read

    def counted(file: PositionalFile, start: int, count: int) -> bytes:
        reads.append(count)
        return true_read(file, start, count)

    monkeypatch.setattr(PositionalFile, "read", counted)
    usual.rgb([30, 31, 25, 30])
    assert len(reads) == 1
    assert reads[0] < usual.path.stat().st_size / 8
    usual.rgb([11, 12, 129])
    assert len(reads) == 4


def test_it_travels_and_opens_again(usual: StoredVideo) -> None:
    there = pickle.loads(pickle.dumps(usual))
    assert read(there.rgb([77])[0]) == 77
    there.close()
    there.close()
    assert read(there.rgb([78])[0]) == 78


def changed(video: StoredVideo, folder: Path, change: Callable[[bytearray], bytearray]) -> StoredVideo:
    data = bytearray(video.path.read_bytes())
    path = folder / "changed.mp4"
    path.write_bytes(change(data))
    return StoredVideo(path)


def test_a_file_that_is_cut_off_is_said(usual: StoredVideo, tmp_path: Path) -> None:
    half = changed(usual, tmp_path, lambda data: data[: len(data) // 2])
    with pytest.raises(DamagedMovie, match=r"changed\.mp4 is no stored video \(it ends too early\)"):
        half.rgb([0])


def test_damaged_pictures_are_said(usual: StoredVideo, tmp_path: Path) -> None:
    def spoil(data: bytearray) -> bytearray:
        at = data.index(b"mdat") + 4
        data[at + 5 :] = bytes(len(data) - at - 5)
        return data

    with pytest.raises(DamagedMovie, match=r"Picture \d+ of .*changed\.mp4 cannot be decoded"):
        changed(usual, tmp_path, spoil).rgb([40])


def test_what_is_no_stored_video_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotAMovie, match="is not there"):
        StoredVideo(tmp_path / "none.mp4").rgb([0])
    open_groups = "open-gop=1:b-pyramid=normal:scenecut=0:b-adapt=0"
    options = {"preset": "veryfast", "g": "24", "bf": "3", "x264-params": open_groups}
    path = write_movie(tmp_path / "a.mp4", list(range(COUNT)), Fraction(1, 25), options=options)
    with pytest.raises(DamagedMovie, match="its groups are open"):
        StoredVideo(path).rgb([0])
    path = write_movie(tmp_path / "a.mkv", list(range(9)), Fraction(1, 25))
    with pytest.raises(DamagedMovie, match="its tables are others"):
        StoredVideo(path).rgb([0])


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 1 << 20), st.binary(min_size=1, max_size=4))
def test_no_bytes_do_harm(usual: StoredVideo, tmp_path: Path, at: int, instead: bytes) -> None:
    def spoil(data: bytearray) -> bytearray:
        head = data.index(b"mdat")
        place = at % head if at % 2 else at % len(data)
        data[place : place + len(instead)] = instead
        return data

    video = changed(usual, tmp_path, spoil)
    with closing(video), suppress(MediaError, UsageError):
        assert len(video.rgb([20, 90])) == 2
