"""What surrounds the samples of a window's mp4, read back by the tables' own reader."""

from fractions import Fraction

import numpy as np
import pytest
from tests.conftest import Movies

from avakit.media.boxes import reading
from avakit.media.sampletable import Samples
from avakit.media.tracks import Track, tracks_of
from avakit.windows.chosen import Chosen
from avakit.windows.moov import Frame, frame


@pytest.fixture
def track(movies: Movies) -> Track:
    path = movies("mp4-25")["mp4-25"].path
    with reading(path) as read:
        tracks = tracks_of(read, path.stat().st_size) or {}
    return next(track for track in tracks.values() if track.handler == b"vide")


def chosen(track: Track, size: list[int], step: int = 512) -> Chosen:
    sizes = np.array(size)
    dts = np.arange(len(size)) * step
    every = np.ones(len(size), np.bool_)
    samples = Samples(np.cumsum(sizes) - sizes, sizes, dts, dts * 0, dts * 0 + step, every)
    return Chosen(track, ("h264", b""), samples, dts, dts)


def read_back(around: Frame, content: int) -> Track:
    """Return the first track of a file whose content is all zeros, and is not made."""
    last = len(around.before) + content

    def read(start: int, count: int) -> bytes:
        if start >= last:
            return around.after[start - last : start - last + count]
        return around.before[start : start + count] or bytes(min(count, last - start))

    found = tracks_of(read, last + len(around.after))
    assert found
    return found[1]


@pytest.mark.parametrize("size", [[1], [7, 1, 9], [1 << 29] * 10, [3 << 20, 1, 1, 1 << 20, 5]])
def test_samples_lie_where_it_is_said(size: list[int], track: Track) -> None:
    """Beyond 4 GiB too."""
    around = frame([chosen(track, size)], Fraction(5), Fraction(0))
    assert around is not None
    found = read_back(around, sum(size)).samples
    assert found is not None
    assert np.array_equal(found.pos, around.places[0])
    assert found.size.tolist() == size
    assert found.pos[0] == len(around.before)


def test_times_beyond_all_measure_are_none(track: Track) -> None:
    assert frame([chosen(track, [1, 1], step=1 << 62)], Fraction(0), Fraction(0)) is None
