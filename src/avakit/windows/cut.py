"""Storing a window: the source's own packets, from a sync picture on, in a file of their own.

An mp4 is stored as mp4, with all streams moved so that the first sync picture is at zero; where it was in the
movie is written into the file as an exact fraction of a second. An mkv or webm keeps its container and its
time stamps, for moving them would round them. Both are exact when read back, and that is checked before a
window counts as stored.
"""

from __future__ import annotations  # PyAV's packets are generic for the type checker only

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType

import av
from av.container import OutputContainer
from av.stream import Discard

from avakit.errors import DamagedMovie, NotAMovie, UnsupportedMovie
from avakit.media.origin import ORIGIN_TAG, TOLERANCE_TAG
from avakit.transfer.disk import disk_errors
from avakit.windows import tabled
from avakit.windows.movie import ALL, AnyPacket, Movie, Piece, Sync, decode_ticks, time_base
from avakit.windows.plan import Need, ahead
from avakit.windows.span import Window
from avakit.windows.sparse import Blocks, Sparse
from avakit.windows.tally import Tally

_MP4_PICTURES = frozenset(["h264", "hevc", "av1", "vp9", "mpeg4", "mpeg2video", "mpeg1video"])
_MP4_SOUND = frozenset(["aac", "mp3", "mp2", "ac3", "eac3", "opus", "flac", "alac"])
_WEBM_CODECS = frozenset(["vp8", "vp9", "av1", "opus", "vorbis"])


@dataclass(frozen=True)
class Cut:
    """A stored window.

    `container`: mp4, mkv or webm; `pictures`: how many packets of pictures it holds; `first` and `last`: the
    earliest and the latest picture, in seconds of the movie; `digest`: SHA-256 over the content of its
    picture packets, which is the same for every copy of the same encoding, whatever its container.
    """

    container: str
    pictures: int
    first: Fraction
    last: Fraction
    digest: str


def cut(source: Blocks | Path, name: str, window: Window, out: Path, piece: Piece = ALL) -> Cut | Need:
    """Write the packets of a window to `out`, without re-encoding, and read them back.

    `piece`: what the source is of its movie; of a sound alone, the packets of sound count as those of
    pictures do. Returns the bytes that are missing, if some are. Raises `MediaError` where the movie cannot
    be cut, `DiskFull`.
    """
    sparse = None if isinstance(source, Path) else Sparse(source)
    size = source.stat().st_size if isinstance(source, Path) else source.size
    try:
        movie = Movie(sparse or _path_of(source), name, piece)
    except NotAMovie:
        if sparse is not None and sparse.hole is not None:
            return Need((ahead(sparse.hole, size),))
        raise
    try:
        sync = movie.seek_sync(window.start)
        written = None
        if sync is not None and movie.hole is None:
            if (done := _by_tables(movie, source, sync, window, out)) is not None:
                return done
            written = _write(movie, sync, window, out)
        if movie.hole is not None:
            return Need((ahead(movie.hole, size),))
    finally:
        movie.close()
    if written is None:
        raise DamagedMovie(f"{name} has no pictures between {window}", "Give another --source for it.")
    # FFmpeg rewrites the packets of formats that carry start codes; only their times can be compared.
    exact_content = bool(movie.formats & {"mp4", "matroska", "webm"})
    return _read_back(written, name, exact_content, out, Piece(sound=piece.sound))


def container_for(formats: set[str], codecs: set[str]) -> str:
    """Return the container that keeps these codecs' time exact: the source's own where it can."""
    if "webm" in formats and codecs <= _WEBM_CODECS:
        return "webm"
    if "matroska" in formats or not codecs <= _MP4_PICTURES | _MP4_SOUND:
        return "mkv"
    return "mp4"


def _path_of(source: Blocks | Path) -> Path:
    """Return a source that is a file on this machine."""
    if not isinstance(source, Path):
        raise TypeError("blocks are read through Sparse")
    return source


def _by_tables(
    movie: Movie, source: Blocks | Path, sync: Sync, window: Window, out: Path
) -> Cut | Need | None:
    """Write a window by the sample tables of a plain mp4; None where it is none."""
    if "mp4" not in movie.formats or _container(movie) != "mp4":
        return None
    done = tabled.write(movie, source, sync, window, out)
    if isinstance(done, tabled.Hole):
        return Need((ahead(done.place, done.size),))
    return None if done is None else Cut("mp4", done.pictures, done.first, done.last, done.digest)


def _container(movie: Movie) -> str:
    return container_for(movie.formats, {stream.codec_context.name for stream in movie.streams})


def _write(movie: Movie, sync: Sync, window: Window, out: Path) -> _Written | None:
    """Copy packets one by one; return what was written, or None where there was nothing (or a hole)."""
    container = _container(movie)
    shift = sync.pts * time_base(movie.lead) if container == "mp4" else Fraction(0)
    tally = Tally(time_base(movie.lead), movie.origin, movie.lead.type)
    refused = refusals(movie.name)
    with disk_errors(out), refused, open_output(movie, container, movie.origin + shift, out) as target:
        copies = {}
        for stream in movie.streams:
            copy = target.add_stream_from_template(stream, opaque=True)
            copy.time_base = stream.time_base
            copies[stream.index] = (copy, round(shift / time_base(stream)))
        for packet in _with_dts(_packets(movie, sync, window)):
            tally.add(packet)
            copy, moved = copies[packet.stream.index]
            if packet.pts is not None and packet.dts is not None:
                packet.pts -= moved
                packet.dts -= moved
            packet.stream = copy
            target.mux_one(packet)
    return _Written(container, movie.origin + shift, tally) if tally.pts else None


@contextmanager
def refusals(name: str) -> Iterator[None]:
    """Turn what FFmpeg refuses to write, as time stamps that run backwards, into an error of this movie."""
    try:
        yield
    except av.FFmpegError as error:
        if isinstance(error, OSError | MemoryError):
            raise  # the disk's and the machine's own
        raise DamagedMovie(
            f"{name} holds packets that cannot be stored ({error.strerror})", "Give another --source for it."
        ) from error


@dataclass(frozen=True)
class _Written:
    """A window's file as it was meant to be: its container, its origin, and what went into it."""

    container: str
    origin: Fraction
    tally: Tally


def open_output(
    movie: Movie, container: str, origin: Fraction, out: Path, more: Mapping[str, str] = MappingProxyType({})
) -> OutputContainer:
    """Open the window's file: no clock and no chance in it, so that the same window is the same bytes.

    `more`: options of FFmpeg's besides.
    """
    options = {"fflags": "+bitexact", "avoid_negative_ts": "disabled", **more}
    if container == "mp4":
        options["movflags"] = "use_metadata_tags"
    target = av.open(
        f"file:{out}", "w", format={"mkv": "matroska"}.get(container, container), container_options=options
    )
    target.metadata[ORIGIN_TAG] = f"{origin.numerator}/{origin.denominator}"
    target.metadata[TOLERANCE_TAG] = f"{movie.tolerance.numerator}/{movie.tolerance.denominator}"
    return target


def _packets(movie: Movie, sync: Sync, window: Window) -> Iterator[AnyPacket]:
    """Yield the packets from a sync picture on, of each stream until its first at or after the window's end.

    Pictures that come before the sync picture on the screen need pictures before it: they are left out.
    """
    ends = {stream.index: movie.ticks(stream, window.end, up=True) for stream in movie.streams}
    begin = movie.seconds(movie.lead, sync.pts)
    begins = {stream.index: movie.ticks(stream, begin, up=True) for stream in movie.streams}
    running = set(ends)
    begun = False
    movie.seek(sync.seek)
    for packet in movie.demux(*movie.streams):
        index, ticks = packet.stream.index, decode_ticks(packet)
        if ticks is None or index not in running:
            continue
        if packet.pts is None:
            raise DamagedMovie(f"{movie.name} has packets without a time", "Give another --source for it.")
        if index == movie.lead.index:
            begun = begun or (packet.is_keyframe and packet.pts == sync.pts)
        if packet.pts >= begins[index] and (begun or index != movie.lead.index):
            yield packet
        if ticks >= ends[index]:
            running.discard(index)
            if not running:
                return  # with every stream passed over, the next packet would be looked for to the file's end
            movie.container.streams[index].discard = Discard.all


def _with_dts(packets: Iterator[AnyPacket]) -> Iterator[AnyPacket]:
    """Give the first pictures after a seek in Matroska, which come without a dts, one before those that
    follow.
    """
    waiting: list[AnyPacket] = []
    for packet in packets:
        if packet.stream.type != "video":
            packet.dts = decode_ticks(packet)
            yield packet
        elif packet.dts is None:
            waiting.append(packet)
        else:
            yield from _dated(waiting, packet.dts)
            waiting = []
            yield packet
    yield from _dated(waiting, None)


def _dated(waiting: list[AnyPacket], following: int | None) -> list[AnyPacket]:
    """Count back from the first known dts, so that every dts is before the next and not after its pts."""
    for packet in reversed(waiting):
        pts = packet.pts or 0
        packet.dts = pts if following is None else min(following - max(1, packet.duration or 1), pts)
        following = packet.dts
    return waiting


def _read_back(written: _Written, movie_name: str, exact_content: bool, out: Path, piece: Piece) -> Cut:
    """Read a stored window and compare every packet's time and content with what was meant."""
    stored = Movie(out, str(out), piece)
    found = Tally(time_base(stored.lead), stored.origin, stored.lead.type)
    try:
        for packet in stored.demux(*stored.streams):
            found.add(packet)
    finally:
        stored.close()
    tally = written.tally
    same = found.same_times(tally) and (not exact_content or found.same_content(tally))
    if stored.origin != written.origin or not same:
        raise UnsupportedMovie(
            f"{movie_name} did not survive being stored: its packets differ when read back",
            "Try --whole for it.",
        )
    first, last = tally.seconds(min(tally.pts)), tally.seconds(max(tally.pts))
    return Cut(written.container, len(tally.pts), first, last, tally.digests[tally.lead].hexdigest())
