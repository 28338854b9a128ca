"""The packet index of an mp4's pictures by its sample tables: as `index_packets` has it, far faster."""

from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from av.video.stream import VideoStream

from avakit.media.aligned import aligned
from avakit.media.boxes import reading
from avakit.media.index import PacketIndex, Whole
from avakit.media.keyunits import Bytes, key_packets, prefix_of
from avakit.media.sampletable import Flags, Numbers, Samples
from avakit.media.tracks import tracks_of


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
    samples, data = found.samples, np.memmap(path, np.uint8, mode="r")
    sync = flagged(data, samples, stream)
    if sync is None:
        return None
    corrupt = ~_whole(data, samples, whole)
    shown = ~(corrupt | found.discarded)
    if sync.any():
        first = int(np.argmax(sync))
        shown &= (np.arange(len(samples)) >= first) & (found.pts >= found.pts[first])
    if not shown.any():
        return None
    return PacketIndex(found.pts, found.dts, samples.size, samples.duration, sync, corrupt, shown)


def flagged(data: Bytes, samples: Samples, stream: VideoStream) -> Flags | None:
    """Return which packets FFmpeg flags as such that decoding can begin with; None if that cannot be told.

    `data`: all bytes of their file.
    """
    if stream.codec_context.name != "h264":
        return samples.sync
    prefix = prefix_of(stream.codec_context.extradata or b"")
    return None if prefix is None else key_packets(data, samples.pos, samples.size, prefix)


def _whole(data: Bytes, samples: Samples, whole: Whole | None) -> Flags:
    """Return which packets are whole."""
    pos, size = samples.pos, samples.size
    test: object = whole
    if whole is None:
        return np.ones(len(pos), np.bool_)
    if isinstance(test, WholeOnes):
        return test.whole_ones(data, pos, size)
    view = data.data
    places = zip(pos.tolist(), size.tolist(), strict=True)
    return np.fromiter((whole(view[start : start + count]) for start, count in places), np.bool_, len(pos))
