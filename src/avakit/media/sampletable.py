"""The sample tables of an mp4's track (ISO/IEC 14496-12, 8.6 and 8.7), as arrays.

Only what is plain is read: one sample description, every table there and of one mind with the others. What is
not is left to FFmpeg, which makes of it what it does.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

MOST_SAMPLES = 1 << 21
"""So many samples a track are read at most: 19 hours of pictures, 12 of sound; 150 MB while they unfold."""

_LARGEST = 0x3FFFFFFF  # FFmpeg's own bound of a sample
_LATEST = 1 << 62


@dataclass(frozen=True, eq=False)
class Samples:
    """The samples of a track in the order in which they are decoded. Arrays of one length, at least 1.

    `pos`, `size`: where in the file, in bytes. `dts`: ticks of the media, from 0 on; `offset`: by how much it
    is shown later, never negative; `duration`: ticks. `sync`: decoding can begin here.
    """

    pos: Numbers
    size: Numbers
    dts: Numbers
    offset: Numbers
    duration: Numbers
    sync: Flags

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.pos)

    def part(self, chosen: slice | Flags | Numbers) -> "Samples":
        """Return some of them."""
        pos, size, dts = self.pos[chosen], self.size[chosen], self.dts[chosen]
        return Samples(pos, size, dts, self.offset[chosen], self.duration[chosen], self.sync[chosen])


def samples_of(tables: Mapping[bytes, bytes]) -> Samples | None:
    """Return the samples that the tables of a track tell of; None where they are not plain.

    `tables`: the content of the boxes in `stbl`, by kind. Every count is bounded by the bytes that are there
    or by `MOST_SAMPLES`.
    """
    size = _sizes(tables.get(b"stsz", b""))
    if size is None or not len(size) or size.min() <= 0 or size.max() > _LARGEST:
        return None
    count = len(size)
    duration = _unfolded(tables.get(b"stts", b""), count, ">u4")
    offset = _unfolded(tables[b"ctts"], count, ">i4") if b"ctts" in tables else np.zeros(count, np.int64)
    sync = _sync(tables[b"stss"], count) if b"stss" in tables else np.ones(count, np.bool_)
    pos = _places(tables, size)
    if duration is None or offset is None or sync is None or pos is None:
        return None
    if duration.max() > np.iinfo(np.int32).max or offset.min() < 0:
        return None
    return Samples(pos, size, np.cumsum(duration) - duration, offset, duration, sync)


def _rows(content: bytes, columns: int, kind: str = ">u4", at: int = 4) -> Numbers | None:
    """Return the rows that a box of a count and a table holds, int64 of shape (count, columns)."""
    count = int.from_bytes(content[at : at + 4], "big")
    width = np.dtype(kind).itemsize
    if len(content) < at + 4 + count * columns * width:
        return None
    rows = np.frombuffer(content, kind, count * columns, at + 4).reshape(count, columns)
    if kind == ">u8" and count and rows.max() >= _LATEST:
        return None
    return rows.astype(np.int64)


def _sizes(stsz: bytes) -> Numbers | None:
    common, count = (int.from_bytes(stsz[at : at + 4], "big") for at in (4, 8))
    if len(stsz) < 12 or count > MOST_SAMPLES:
        return None
    if common:
        return np.full(count, common, np.int64)
    rows = _rows(stsz, 1, at=8)
    return None if rows is None else rows[:, 0]


def _unfolded(content: bytes, count: int, kind: str) -> Numbers | None:
    """Return the values of a table of (how often, value), one for each of `count` samples."""
    rows = _rows(content, 2)
    if rows is None or not len(rows) or rows[:, 0].min() <= 0 or int(rows[:, 0].sum()) != count:
        return None
    values = rows[:, 1].astype(np.uint32).view(np.int32).astype(np.int64) if kind == ">i4" else rows[:, 1]
    return np.repeat(values, rows[:, 0])


def _sync(stss: bytes, count: int) -> Flags | None:
    rows = _rows(stss, 1)
    if rows is None or not len(rows):
        return None
    numbers = rows[:, 0]
    if numbers[0] < 1 or numbers[-1] > count or (np.diff(numbers) <= 0).any():
        return None
    sync = np.zeros(count, np.bool_)
    sync[numbers - 1] = True
    return sync


def _places(tables: Mapping[bytes, bytes], size: Numbers) -> Numbers | None:
    """Return where each sample lies, by the chunks that they lie in."""
    wide = b"co64" in tables
    offsets = _rows(
        tables.get(b"co64", b"") if wide else tables.get(b"stco", b""), 1, ">u8" if wide else ">u4"
    )
    rows = _rows(tables.get(b"stsc", b""), 3)
    if offsets is None or rows is None or not len(rows) or not len(offsets):
        return None
    first, each, description = rows.T
    if first[0] != 1 or (np.diff(first) <= 0).any() or first[-1] > len(offsets):
        return None
    if each.min() <= 0 or each.max() > len(size) or (description != 1).any():
        return None
    in_chunk = np.repeat(each, np.diff(np.append(first, len(offsets) + 1)))
    if int(in_chunk.sum()) != len(size):
        return None
    before = np.cumsum(size) - size
    begins = np.cumsum(in_chunk) - in_chunk
    places: Numbers = np.repeat(offsets[:, 0] - before[begins], in_chunk) + before
    return places
