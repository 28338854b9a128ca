"""The bytes of chosen samples: read once, in large pieces, hashed track by track on their way."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from avakit.media.boxes import Read
from avakit.media.sampletable import Numbers, Samples
from avakit.transfer.ranges import BLOCK, MIB, Span

PIECE = MIB
"""So many bytes are read at a time."""


@dataclass(frozen=True, eq=False)
class Runs:
    """Bytes of a file: from each of `start` to the same one of `stop`, ascending and apart."""

    start: Numbers
    stop: Numbers

    def spans(self) -> list[Span]:
        """Return them as pairs."""
        return list(zip(self.start.tolist(), self.stop.tolist(), strict=True))

    def within(self, first: int, last: int) -> Iterator[slice]:
        """Yield where these bytes lie among those from `first` to `last` of the file."""
        begin = np.searchsorted(self.stop, first, side="right")
        end = np.searchsorted(self.start, last, side="left")
        starts = np.maximum(self.start[begin:end], first) - first
        stops = np.minimum(self.stop[begin:end], last) - first
        return map(slice, starts.tolist(), stops.tolist())


def runs_of(pos: Numbers, size: Numbers, gap: int = 0) -> Runs:
    """Return the runs of samples at ascending places; those at most `gap` bytes apart are joined."""
    end = np.maximum.accumulate(pos + size)
    breaks = np.flatnonzero(pos[1:] - end[:-1] > gap)
    return Runs(pos[np.append(0, breaks + 1)], end[np.append(breaks, len(pos) - 1)])


def pass_over(
    read: Read, tracks: Sequence[Samples], write: Callable[[bytes], object] | None = None
) -> tuple[bytes, ...] | int:
    """Return the SHA-256 of each track's samples, or the first place whose bytes are not here.

    `write` is given the bytes of all samples in the order in which they lie in the file.
    """
    pos = np.concatenate([track.pos for track in tracks])
    order = np.argsort(pos, kind="stable")
    pos, size = pos[order], np.concatenate([track.size for track in tracks])[order]
    # A smaller gap holds no block of its own: where both its sides are here, it is.
    spans, every = runs_of(pos, size, BLOCK - 1), runs_of(pos, size)
    hashed = [(hashlib.sha256(), runs_of(track.pos, track.size)) for track in tracks]
    for start, stop in spans.spans():
        at = start
        while at < stop:
            data = read(at, min(PIECE, stop - at))
            if not data:
                return at
            for digest, runs in hashed:
                digest.update(_joined(data, runs, at))
            if write is not None:
                write(_joined(data, every, at))
            at += len(data)
    return tuple(digest.digest() for digest, _ in hashed)


def _joined(data: bytes, runs: Runs, at: int) -> bytes:
    """Return the bytes of the runs that `data`, which lies at `at`, holds."""
    return b"".join(map(data.__getitem__, runs.within(at, at + len(data))))
