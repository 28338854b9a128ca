"""The packet index of an mp4's pictures by its sample tables: as `index_packets` has it, far faster."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from av.video.stream import VideoStream

from avakit.media.aligned import aligned
from avakit.media.boxes import Read, reading
from avakit.media.index import PacketIndex, Whole
from avakit.media.keyunits import Bytes, key_packets, prefix_of
from avakit.media.sampletable import Flags, Numbers, Samples
from avakit.media.tracks import tracks_of

_PIECE = 8 << 20
"""So many bytes are read at a time, more where a packet has more."""


@runtime_checkable
class WholeOnes(Protocol):
    """A test of packets that can look at all of a file at once."""

    def whole_ones(self, data: Bytes, pos: Numbers, size: Numbers) -> Flags:
        """Return which packets are whole, of those that lie at `pos` in a file's bytes and are so long."""


def sample_index(path: Path, stream: VideoStream, whole: Whole | None = None) -> PacketIndex | None:
    """Return exactly what `index_packets` returns for a stream of the file at `path`, without its packets.

    `stream` is of a container that is open; nothing is read from there. The pictures' bytes are read once, to
    tell what they are and, with `whole`, whether they are whole. None where the file is no plain mp4, cannot
    be read, has no picture to show, or lacks some of the bytes that its tables tell of: `index_packets` says
    what is the matter.
    """
    try:
        with reading(path) as read:
            size = path.stat().st_size
            tracks = tracks_of(read, size)
            track = tracks.get(stream.id) if tracks else None
            found = aligned(track, stream) if track is not None else None
            if found is None or int((found.samples.pos + found.samples.size).max()) > size:
                return None
            told = told_by_content(read, found.samples, stream, whole)
    except OSError:
        return None
    if told is None:
        return None
    sync, corrupt = told
    shown = ~(corrupt | found.discarded)
    if sync.any():
        first = int(np.argmax(sync))
        shown &= (np.arange(len(sync)) >= first) & (found.pts >= found.pts[first])
    if not shown.any():
        return None
    samples = found.samples
    return PacketIndex(found.pts, found.dts, samples.size, samples.duration, sync, corrupt, shown)


def told_by_content(
    read: Read, samples: Samples, stream: VideoStream, whole: Whole | None = None
) -> tuple[Flags, Flags] | None:
    """Return which packets FFmpeg flags as such that decoding can begin with, and which `whole` refuses.

    None if that cannot be told. Raises `OSError`.
    """
    by_units = stream.codec_context.name == "h264"
    prefix = prefix_of(stream.codec_context.extradata or b"") if by_units else 4
    if prefix is None or (samples.pos[1:] < (samples.pos + samples.size)[:-1]).any():
        return None
    if not by_units and whole is None:
        return samples.sync, np.zeros(len(samples), np.bool_)
    sync, corrupt = samples.sync.copy(), np.zeros(len(samples), np.bool_)
    for part, data in _pieces(read, samples):
        pos, size = samples.pos[part] - samples.pos[part.start], samples.size[part]
        if len(data) < pos[-1] + size[-1]:
            return None
        keys = key_packets(data, pos, size, prefix) if by_units else samples.sync[part]
        if keys is None:
            return None
        sync[part], corrupt[part] = keys, ~_whole(data, pos, size, whole)
    return sync, corrupt


def _pieces(read: Read, samples: Samples) -> Iterator[tuple[slice, Bytes]]:
    """Yield which samples are next, and the bytes of the file from the first of them to the last."""
    end, first = samples.pos + samples.size, 0
    while first < len(samples):
        place = int(samples.pos[first])
        last = max(first + 1, int(np.searchsorted(end, place + _PIECE, side="right")))
        yield slice(first, last), np.frombuffer(read(place, int(end[last - 1]) - place), np.uint8)
        first = last


def _whole(data: Bytes, pos: Numbers, size: Numbers, whole: Whole | None) -> Flags:
    """Return which packets are whole."""
    if whole is None:
        return np.ones(len(pos), np.bool_)
    test: object = whole
    if isinstance(test, WholeOnes):
        return test.whole_ones(data, pos, size)
    view = data.data
    places = zip(pos.tolist(), size.tolist(), strict=True)
    return np.fromiter((whole(view[start : start + count]) for start, count in places), np.bool_, len(pos))
