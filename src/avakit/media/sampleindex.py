"""The packet index of an mp4's pictures by its sample tables: as `index_packets` has it, far faster."""

from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
from av.video.stream import VideoStream

from avakit.media.aligned import Aligned, aligned
from avakit.media.boxes import reading
from avakit.media.index import PacketIndex, Whole
from avakit.media.sampletable import Flags, Numbers
from avakit.media.tracks import tracks_of

Bytes = npt.NDArray[np.uint8]


@runtime_checkable
class WholeOnes(Protocol):
    """A test of packets that can look at all of a file at once."""

    def whole_ones(self, data: Bytes, pos: Numbers, size: Numbers) -> Flags:
        """Return which packets are whole, of those that lie at `pos` in a file's bytes and are so long."""


def sample_index(path: Path, stream: VideoStream, whole: Whole | None = None) -> PacketIndex | None:
    """Return exactly what `index_packets` returns for a stream of the file at `path`, without its packets.

    `stream` is of a container that is open; nothing is read from there. With `whole`, all of the pictures'
    bytes are looked at. None where the file is no plain mp4, has no picture to show, or lacks some of the
    bytes that its tables tell of: `index_packets` says what is the matter.
    """
    size = path.stat().st_size
    with reading(path) as read:
        tracks = tracks_of(read, size)
    track = tracks.get(stream.id) if tracks else None
    found = aligned(track, stream) if track is not None else None
    if found is None or int((found.samples.pos + found.samples.size).max()) > size:
        return None
    corrupt = ~_whole(path, found, whole)
    shown = ~(corrupt | found.discarded)
    samples = found.samples
    if samples.sync.any():
        first = int(np.argmax(samples.sync))
        shown &= (np.arange(len(samples)) >= first) & (found.pts >= found.pts[first])
    if not shown.any():
        return None
    return PacketIndex(found.pts, found.dts, samples.size, samples.duration, samples.sync, corrupt, shown)


def _whole(path: Path, found: Aligned, whole: Whole | None) -> Flags:
    """Return which packets are whole."""
    pos, size = found.samples.pos, found.samples.size
    if whole is None:
        return np.ones(len(pos), np.bool_)
    data: Bytes = np.memmap(path, np.uint8, mode="r")
    test: object = whole
    if isinstance(test, WholeOnes):
        return test.whole_ones(data, pos, size)
    view = data.data
    places = zip(pos.tolist(), size.tolist(), strict=True)
    return np.fromiter((whole(view[start : start + count]) for start, count in places), np.bool_, len(pos))
