"""Which bytes of a movie hold a window: decided from what has arrived, without fetching anything."""

from collections.abc import Callable
from dataclasses import dataclass

from avakit.errors import DamagedMovie, NotAMovie, UnsupportedMovie
from avakit.media.tracks import tracks_of
from avakit.transfer.ranges import GAP, KIB, MIB, Span, merge, total
from avakit.windows import matroska, mp4, segments
from avakit.windows.movie import ALL, Movie, Piece
from avakit.windows.span import Window
from avakit.windows.sparse import Blocks, Sparse

AHEAD = 256 * KIB
"""What is asked for at a time, in bytes, while the index is looked for."""

_AFTER_INDEX = MIB
_TAIL = 512 * KIB
_PACKETS_AFTER = 3
_SOUND_BEFORE = 2
_REORDERING = 1
_OTHERS = (b"RIFF", b"FLV\x01", b"OggS", b"\x30\x26\xb2\x75", b"\x00\x00\x01\xba", b"\x00\x00\x01\xb3")
"""How avi, flv, ogg, asf and two kinds of mpeg begin."""


SpansOf = Callable[[Movie, Window, int], list[Span]]


@dataclass(frozen=True)
class Need:
    """Planning cannot go on before these bytes are here. `index`: they are the packet index itself."""

    spans: tuple[Span, ...]
    index: bool = False


@dataclass(frozen=True)
class Plan:
    """The bytes that a window lies in.

    They are the whole file, and `note` says why, where the container gives nothing to choose by.
    """

    spans: tuple[Span, ...]
    note: str = ""

    @property
    def bytes(self) -> int:
        """The number of bytes that the window lies in."""
        return total(self.spans)


def opening(blocks: Blocks, name: str) -> Need | Plan | None:
    """Return what is needed before the index of a movie is here, or None once it is.

    Looks at the bytes alone, without FFmpeg. Returns the plan for the whole file where there is no index.
    Raises `MediaError` for what is no movie.
    """
    head = blocks.read(0, 16)
    if len(head) < min(16, blocks.size):
        return Need((ahead(0, blocks.size, AHEAD),))
    if mp4.is_mp4(head):
        return _open_mp4(blocks, name)
    if matroska.is_matroska(head):
        return _open_matroska(blocks, name)
    if head[:1] == b"\x47" or any(head.startswith(mark) for mark in _OTHERS):
        return whole(blocks, "its container has no index that can be read in part")
    raise NotAMovie(f"{name} is no movie: it begins with {head[:8]!r}", "Give another --source for it.")


def plan(blocks: Blocks, name: str, window: Window, piece: Piece = ALL) -> Need | Plan:
    """Return the bytes that hold a window, or those that are needed first to know it.

    Pure in what has arrived: asked again with the same blocks it says the same, so a run that was killed goes
    on with the blocks that it had. `name` is what messages call the file, `piece` what it is of its movie.
    Raises `MediaError` for what is no movie.
    """
    begun = opening(blocks, name)
    if begun is not None:
        return begun
    return _with_movie(blocks, name, window, piece, _spans_of(blocks))


def _spans_of(blocks: Blocks) -> SpansOf:
    """Return what finds a window's bytes in a container of this kind."""
    if not mp4.is_mp4(blocks.read(0, 16)):
        return _matroska_spans
    layout = mp4.layout(blocks)
    return _fragment_spans(layout.segments, blocks) if layout.fragmented else _packet_spans(blocks)


def whole(blocks: Blocks, note: str) -> Plan:
    """Return the plan that fetches all of a file, with the reason for it."""
    return Plan(((0, blocks.size),), note)


def ahead(place: int, size: int, amount: int = _AFTER_INDEX) -> Span:
    """Return the bytes to ask for when a place is missing: some more than it, within the file."""
    return place, min(place + amount, size)


def _rest_of(blocks: Blocks, start: int, stop: int) -> Need | None:
    """Return the need for what is missing of an index, or None where all of it is here."""
    while start < stop:
        count = len(blocks.read(start, min(stop - start, 1 << 20)))
        if not count:
            return Need(((start, stop),), index=True)
        start += count
    return None


def _open_mp4(blocks: Blocks, name: str) -> Need | Plan | None:
    """Find the packet index of an mp4."""
    layout = mp4.layout(blocks)
    box = layout.index
    if box is not None and box.stop > blocks.size:
        box = None
    rest = None if box is None else _rest_of(blocks, box.start, box.stop)
    if layout.missing is not None:
        hop = ahead(layout.missing, blocks.size, AHEAD)
        return Need((*(rest.spans if rest else ()), hop), index=True)
    if layout.fragmented and box is not None:
        return rest or _open_fragments(blocks, name, layout.segments)
    if box is None:
        raise DamagedMovie(
            f"{name} was cut off: its packet index (moov) is not there", "Give another --source for it."
        )
    return rest


def _open_fragments(blocks: Blocks, name: str, boxes: tuple[mp4.Box, ...]) -> Need | Plan | None:
    """Find the segment indexes of a fragmented mp4; the whole of it where they do not speak of all of it."""
    for box in boxes:
        if box.stop - box.start > segments.LARGEST:
            return whole(blocks, "its mp4 is fragmented, and its index damaged")
        if (rest := _rest_of(blocks, box.start, min(box.stop, blocks.size))) is not None:
            return rest
    found = _indexes(blocks, boxes)
    if any(one.levels for one in found):
        raise UnsupportedMovie(
            f"{name} has an index of several levels, which cannot be read", "Give another --source for it."
        )
    end = max((one.segments[-1].last for one in found), default=0)
    if end > blocks.size:
        raise DamagedMovie(
            f"{name} was cut off: its index speaks of {end} bytes", "Give another --source for it."
        )
    if end < blocks.size:
        return whole(blocks, "its mp4 is fragmented, without an index of the whole")
    return None


def _indexes(blocks: Blocks, boxes: tuple[mp4.Box, ...]) -> list[segments.Index]:
    """Return the segment indexes that can be read."""
    read = (segments.read_index(blocks.read(box.start, box.stop - box.start), box.stop) for box in boxes)
    return [index for index in read if index is not None]


def _fragment_spans(boxes: tuple[mp4.Box, ...], blocks: Blocks) -> SpansOf:
    """Return what finds the fragments of a window. An index counts in the times of one stream, which may lie
    a few pictures beside the movie's: a second more is taken on both sides.
    """

    def spans_of(movie: Movie, window: Window, size: int) -> list[Span]:
        start, end = window.start - movie.origin - _REORDERING, window.end - movie.origin + _REORDERING
        return [
            span for index in _indexes(blocks, boxes) for span in segments.spans(index.segments, start, end)
        ]

    return spans_of


def _packet_spans(blocks: Blocks) -> SpansOf:
    """Return what finds the packets of a window, by the index of each stream.

    The index says when packets are decoded, not when they are shown, which is up to a few pictures later: so
    the sync picture is taken from a second before the window's start, and no time is lost by asking for it
    first.
    """

    def spans_of(movie: Movie, window: Window, size: int) -> list[Span]:
        pictures, tracks = movie.lead.index_entries, tracks_of(blocks.read, size) or {}
        early = movie.ticks(movie.lead, window.start - _REORDERING)
        first = max(0, pictures.search_timestamp(early, backward=True))
        begin = pictures[first].timestamp if len(pictures) else early
        spans: list[Span] = []
        for stream in movie.streams:
            picture, track = stream is movie.lead, tracks.get(stream.id)
            start = begin if picture else movie.ticks(stream, movie.seconds(movie.lead, begin))
            end = movie.ticks(stream, window.end) + 1
            before = 0 if picture else _SOUND_BEFORE
            spans += mp4.packet_spans(stream, track, start, end, before, _PACKETS_AFTER)
        return spans

    return spans_of


def _open_matroska(blocks: Blocks, name: str) -> Need | Plan | None:
    """Find the cues of an mkv or webm."""
    layout = matroska.layout(blocks)
    if layout.missing is not None:
        return Need((ahead(layout.missing, blocks.size, AHEAD),))
    if layout.cues is None:
        return whole(blocks, "it has no index (Cues)")
    if layout.cues + 12 > blocks.size:
        raise DamagedMovie(
            f"{name} was cut off: its index (Cues) is not there", "Give another --source for it."
        )
    if not blocks.read(layout.cues, 12):
        return Need((ahead(layout.cues, blocks.size, AHEAD),))
    cues = matroska.element_at(blocks, layout.cues)
    if cues is None or cues.stop is None:
        return None
    return _rest_of(blocks, layout.cues, min(cues.stop, blocks.size))


def _matroska_spans(movie: Movie, window: Window, size: int) -> list[Span]:
    """Return where the clusters of a window lie: from the cue before it to the first one after it."""
    movie.seek(movie.ticks(movie.lead, window.start))
    cues = movie.lead.index_entries
    if movie.hole is not None or not len(cues):
        return []
    first = cues.search_timestamp(movie.ticks(movie.lead, window.start), backward=True)
    last = cues.search_timestamp(movie.ticks(movie.lead, window.end) + 1, backward=False)
    start = cues[max(0, first)].pos
    stop = size if last < 0 else min(size, cues[last].pos + _TAIL)
    return [(start, stop)]


def _with_movie(blocks: Blocks, name: str, window: Window, piece: Piece, spans_of: SpansOf) -> Need | Plan:
    """Open the movie as far as it is here, and ask its index where the window's packets lie."""
    sparse = Sparse(blocks)
    try:
        movie = Movie(sparse, name, piece)
    except (NotAMovie, DamagedMovie):
        if sparse.hole is not None:
            return Need((ahead(sparse.hole, blocks.size),))
        raise
    try:
        spans = spans_of(movie, window, blocks.size) if movie.hole is None else []
        if movie.hole is not None:
            return Need((ahead(movie.hole, blocks.size),))
        if not spans:
            raise DamagedMovie(f"{name} has no pictures in its index", "Give another --source for it.")
        return Plan(tuple(merge(spans, GAP)))
    finally:
        movie.close()
