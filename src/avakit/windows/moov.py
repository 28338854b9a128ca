"""What surrounds the samples in a window's mp4: `ftyp`, `mdat` and `moov` (ISO/IEC 14496-12).

Headers and the sample description are the source's own; tables and edit lists are the window's. Nothing tells
when it was made, so that the same window is the same bytes.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

import numpy as np

from avakit.media.boxes import made
from avakit.media.origin import ORIGIN_TAG, TOLERANCE_TAG
from avakit.media.sampletable import Numbers
from avakit.media.tracks import Track
from avakit.transfer.ranges import MIB
from avakit.windows.chosen import Chosen, latest

_WIDE = 1 << 32
_FINEST, _LONGEST = 1 << 31, 1 << 62
_CHUNK = MIB
_TAIL = 60
_NO_LANGUAGE = b"\x55\xc4"  # "und", undetermined
_VERSION_1 = b"\1\0\0\0"
_UNITY = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


@dataclass(frozen=True, eq=False)
class Frame:
    """What a file of samples has before them and after them. `places`: where in it the samples of each track
    lie, in bytes.
    """

    before: bytes
    after: bytes
    places: tuple[Numbers, ...]


def frame(chosen: Sequence[Chosen], origin: Fraction, tolerance: Fraction) -> Frame | None:
    """Return what surrounds the samples, which lie in the order in which the source has them.

    `origin`, `tolerance`: the tags that tell where in the movie the file begins, in seconds. The origin comes
    last: a file that was cut off is no movie, or shows none of the seconds of its window. None where no clock
    is fine enough for all tracks.
    """
    scale = lcm(*(one.track.timescale for one in chosen))
    longest = max(latest(one) * (scale // one.track.timescale) for one in chosen)
    if scale >= _FINEST or longest >= _LONGEST or any(len(_tail(one.track)) != _TAIL for one in chosen):
        return None
    length = 16 + sum(int(one.samples.size.sum()) for one in chosen)
    brands = b"isomiso2avc1mp41" if any(one.setup[0] == "h264" for one in chosen) else b"isomiso2mp41"
    before = made(b"ftyp", b"isom\0\0\2\0", brands) + struct.pack(">I4sQ", 1, b"mdat", length)
    places = tuple(place + len(before) for place in _offsets(chosen))
    traks = [_trak(number, *each, scale) for number, each in enumerate(zip(chosen, places, strict=True), 1)]
    udta = made(b"udta", _meta({TOLERANCE_TAG: tolerance, ORIGIN_TAG: origin}))
    return Frame(before, made(b"moov", _mvhd(scale, longest, len(chosen)), *traks, udta), places)


def _offsets(chosen: Sequence[Chosen]) -> list[Numbers]:
    """Return where the samples of each track lie, counted from the first sample of all."""
    pos = np.concatenate([one.samples.pos for one in chosen])
    size = np.concatenate([one.samples.size for one in chosen])
    order = np.argsort(pos, kind="stable")
    place = np.empty(len(pos), np.int64)
    place[order] = np.cumsum(size[order]) - size[order]
    return np.split(place, np.cumsum([len(one.samples) for one in chosen])[:-1])


def _mvhd(scale: int, duration: int, tracks: int) -> bytes:
    numbers = struct.pack(">QQIQIH10x", 0, 0, scale, duration, 0x10000, 0x100)
    return made(b"mvhd", _VERSION_1, numbers, _UNITY, bytes(24), struct.pack(">I", tracks + 1))


def _tail(track: Track) -> bytes:
    """Return what a track's header says besides its number and length: volume, matrix, width and height."""
    return track.header[36:96] if track.header[:1] == b"\1" else track.header[24:84]


def _trak(number: int, one: Chosen, place: Numbers, scale: int) -> bytes:
    ratio = scale // one.track.timescale
    tkhd = made(
        b"tkhd", b"\1\0\0\3", struct.pack(">QQIIQ", 0, 0, number, 0, latest(one) * ratio), _tail(one.track)
    )
    return made(b"trak", tkhd, made(b"edts", _elst(one, ratio)), _mdia(one, place))


def _elst(one: Chosen, ratio: int) -> bytes:
    """Return the edit list: nothing until the track begins, then all of it."""
    begin, skipped = int(one.pts[0]), int(one.pts[0] - one.dts[0])
    rows = [((latest(one) - begin) * ratio, skipped)]
    if begin:
        rows.insert(0, (begin * ratio, -1))
    packed = [struct.pack(">QqI", duration, start, 0x10000) for duration, start in rows]
    return made(b"elst", _VERSION_1, struct.pack(">I", len(rows)), *packed)


def _mdia(one: Chosen, place: Numbers) -> bytes:
    track, pictures = one.track, one.track.handler == b"vide"
    steps = np.append(np.diff(one.dts), one.samples.duration[-1])
    clock = struct.pack(">QQIQ", 0, 0, track.timescale, int(steps.sum()))
    mdhd = made(b"mdhd", _VERSION_1, clock, _NO_LANGUAGE, bytes(2))
    hdlr = made(
        b"hdlr", bytes(8), track.handler, bytes(12), b"VideoHandler\0" if pictures else b"SoundHandler\0"
    )
    kind = made(b"vmhd", b"\0\0\0\1", bytes(8)) if pictures else made(b"smhd", bytes(8))
    dinf = made(b"dinf", made(b"dref", bytes(4), b"\0\0\0\1", made(b"url ", b"\0\0\0\1")))
    tables = made(b"stbl", *_tables(one, steps, place))
    return made(b"mdia", mdhd, hdlr, made(b"minf", kind, dinf, tables))


def _tables(one: Chosen, steps: Numbers, place: Numbers) -> list[bytes]:
    samples = one.samples
    tables = [made(b"stsd", one.track.tables[b"stsd"]), _table(b"stts", *_folded(steps))]
    if samples.offset.any():
        tables.append(_table(b"ctts", *_folded(samples.offset)))
    if not samples.sync.all():
        tables.append(_table(b"stss", np.flatnonzero(samples.sync) + 1))
    first = _chunks(place, samples.size)
    each = np.diff(np.append(first, len(samples)))
    where = np.flatnonzero(np.append(True, np.diff(each) != 0))
    tables.append(_table(b"stsc", where + 1, each[where], np.ones(len(where), np.int64)))
    sizes = samples.size.astype(">u4").tobytes()
    tables.append(made(b"stsz", bytes(8), struct.pack(">I", len(samples)), sizes))
    name, kind = (b"stco", ">u4") if place[-1] < _WIDE else (b"co64", ">u8")
    tables.append(_table(name, place[first], kind=kind))
    return tables


def _chunks(place: Numbers, size: Numbers) -> Numbers:
    """Return the first sample of each chunk: samples in one lie behind each other, and fill no MiB border."""
    apart = place[1:] != place[:-1] + size[:-1]
    return np.append(0, np.flatnonzero(apart | (np.diff(place // _CHUNK) > 0)) + 1)


def _folded(values: Numbers) -> tuple[Numbers, Numbers]:
    """Return how often each value comes in a row, and the values."""
    first = np.append(0, np.flatnonzero(np.diff(values)) + 1)
    return np.diff(np.append(first, len(values))), values[first]


def _table(name: bytes, *columns: Numbers, kind: str = ">u4") -> bytes:
    rows = np.stack(columns, axis=1).astype(kind)
    return made(name, bytes(4), struct.pack(">I", len(rows)), rows.tobytes())


def _meta(tags: dict[str, Fraction]) -> bytes:
    """Return tags as QuickTime writes those of any name, which FFmpeg reads back."""
    keys = [made(b"mdta", name.encode()) for name in tags]
    values = [
        made(
            number.to_bytes(4, "big"),
            made(b"data", b"\0\0\0\1", bytes(4), f"{value.numerator}/{value.denominator}".encode()),
        )
        for number, value in enumerate(tags.values(), 1)
    ]
    count = struct.pack(">II", 0, len(keys))
    handler = made(b"hdlr", bytes(8), b"mdta", bytes(13))
    return made(b"meta", bytes(4), handler, made(b"keys", count, *keys), made(b"ilst", *values))
