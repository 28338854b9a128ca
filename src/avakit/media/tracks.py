"""The tracks of an mp4 that can be read without FFmpeg: their headers, edit list and sample tables."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from avakit.media.boxes import Box, Read, boxes, movie_box
from avakit.media.sampletable import Samples, samples_of

_KNOWN = frozenset(b"stsd stts ctts stss stsz stsc stco co64 sdtp sgpd sbgp".split())
_REPEATED = frozenset((b"sgpd", b"sbgp"))
_SYNC_GROUPS = (b"rap ", b"sync")
_WHOLE_RATE = 0x10000


@dataclass(frozen=True)
class Edit:
    """The one part of the media that is shown, in ticks of the media: from `start`, for `duration`."""

    start: int
    duration: int


@dataclass(frozen=True)
class Track:
    """A track as its boxes say it is.

    `id`: as in the file; `timescale`: ticks a second; `edit`: None where all is shown. `header`: the content
    of `tkhd`. `handler`: what it holds (`vide`, `soun`). `entry`: the kind of its one sample description
    (`avc1`, `mp4a`, …). `tables`: contents of the boxes in `stbl`.
    """

    id: int
    timescale: int
    edit: Edit | None
    header: bytes
    handler: bytes
    entry: bytes
    tables: Mapping[bytes, bytes]

    @cached_property
    def samples(self) -> Samples | None:
        """Its samples; None where its tables are not plain."""
        return samples_of(self.tables)


def tracks_of(read: Read, size: int) -> dict[int, Track] | None:
    """Return the plain tracks of an mp4 of `size` bytes by their id, None where it is not plain itself.

    Not plain is what is in fragments, is protected, or keeps its samples in another file. Never raises for
    what the bytes say.
    """
    moov = movie_box(read, size)
    found = None if moov is None else boxes(moov)
    if moov is None or found is None:
        return None
    kinds = [box.kind for box in found]
    if kinds.count(b"mvhd") != 1 or b"mvex" in kinds or b"pssh" in kinds:
        return None
    scale = _timescale(_content(moov, found[kinds.index(b"mvhd")]))
    tracks = [_track(moov, box, scale) for box in found if box.kind == b"trak"]
    plain = [track for track in tracks if track is not None]
    ids = {track.id: track for track in plain}
    return ids if len(ids) == len(plain) else None


def _content(data: bytes, box: Box) -> bytes:
    return data[box.content : box.stop]


def _inside(data: bytes, box: Box, *wanted: bytes) -> list[Box] | None:
    """Return the boxes of these kinds in a box, None unless each is there once."""
    found = boxes(data, box.content, box.stop)
    by_kind = [[one for one in found or () if one.kind == kind] for kind in wanted]
    return [one for (one,) in by_kind] if all(len(ones) == 1 for ones in by_kind) else None


def _track(moov: bytes, trak: Box, scale: int) -> Track | None:
    outer = _inside(moov, trak, b"tkhd", b"mdia")
    inner = outer and _inside(moov, outer[1], b"mdhd", b"hdlr", b"minf")
    core = inner and _inside(moov, inner[2], b"dinf", b"stbl")
    if not outer or not inner or not core or not _own_file(moov, core[0]):
        return None
    header, media, handler = (_content(moov, box) for box in (outer[0], inner[0], inner[1]))
    tables = _tables(moov, core[1])
    timescale, number = _timescale(media), _number(header)
    if tables is None or not 0 < timescale < 1 << 31 or not number:
        return None
    entry = _entry(tables[b"stsd"])
    edits = [box for box in boxes(moov, trak.content, trak.stop) or () if box.kind == b"edts"]
    edit = _edit(moov, edits[0], timescale, scale) if len(edits) == 1 else None
    if entry is None or len(edits) > 1 or (edits and edit is None):
        return None
    return Track(number, timescale, edit, header, handler[8:12], entry, tables)


def _timescale(header: bytes) -> int:
    """Return the ticks a second that a movie's or a media's header says, 0 where it says none."""
    return int.from_bytes(header[20:24] if header[:1] == b"\1" else header[12:16], "big")


def _number(header: bytes) -> int:
    """Return the number of a track by its header (tkhd), 0 where it has none."""
    return int.from_bytes(header[20:24] if header[:1] == b"\1" else header[12:16], "big")


def _own_file(moov: bytes, dinf: Box) -> bool:
    """Return whether the samples lie in the file itself."""
    found = _inside(moov, dinf, b"dref")
    references = boxes(moov, found[0].content + 8, found[0].stop) if found else None
    return references is not None and len(references) == 1 and moov[references[0].content + 3 :][:1] == b"\1"


def _tables(moov: bytes, stbl: Box) -> dict[bytes, bytes] | None:
    """Return the contents of the boxes of a sample table; None where one is of a kind that is not known."""
    tables: dict[bytes, bytes] = {}
    for box in boxes(moov, stbl.content, stbl.stop) or ():
        content = _content(moov, box)
        if box.kind not in _KNOWN or (box.kind in tables and box.kind not in _REPEATED):
            return None
        if box.kind == b"sbgp" and content[4:8] in _SYNC_GROUPS:
            return None
        tables[box.kind] = content
    return tables if b"stsd" in tables else None


def _entry(stsd: bytes) -> bytes | None:
    """Return the kind of the one sample description, None where there are several."""
    found = boxes(stsd, 8)
    return found[0].kind if found is not None and len(found) == 1 and stsd[4:8] == b"\0\0\0\1" else None


def _edit(moov: bytes, edts: Box, timescale: int, scale: int) -> Edit | None:
    """Return the one part that an edit list shows, after nothing for a while, perhaps; None for any other."""
    found = _inside(moov, edts, b"elst")
    if not found or not scale:
        return None
    content = _content(moov, found[0])
    form = ">QqI" if content[:1] == b"\1" else ">IiI"
    count = int.from_bytes(content[4:8], "big")
    if not 1 <= count <= 2 or len(content) < 8 + count * struct.calcsize(form):
        return None
    rows = [struct.unpack_from(form, content, 8 + row * struct.calcsize(form)) for row in range(count)]
    duration, start, rate = rows[-1]
    if (count == 2 and rows[0][1] != -1) or start < 0 or not duration or rate != _WHOLE_RATE:
        return None
    return Edit(start, (2 * duration * timescale + scale) // (2 * scale))
