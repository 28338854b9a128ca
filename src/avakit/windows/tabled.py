"""Storing a window of a plain mp4 by its sample tables: the same packets as one by one, many times faster."""

from __future__ import annotations  # PyAV's packets are generic for the type checker only

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from av.video.stream import VideoStream

from avakit.errors import DamagedMovie
from avakit.media.aligned import Aligned, aligned
from avakit.media.boxes import Read, reading
from avakit.media.sampleindex import told_by_content
from avakit.media.sampletable import Numbers
from avakit.media.tracks import tracks_of
from avakit.transfer.disk import disk_errors
from avakit.windows.chosen import Chosen, choose
from avakit.windows.content import pass_over
from avakit.windows.moov import frame
from avakit.windows.movie import Movie, Piece, Stream, Sync, time_base
from avakit.windows.span import Window
from avakit.windows.sparse import Blocks


@dataclass(frozen=True)
class Tabled:
    """A window as it was written: how many pictures, the earliest and the latest in seconds of the movie, the
    SHA-256 of their content.
    """

    pictures: int
    first: Fraction
    last: Fraction
    digest: str


@dataclass(frozen=True)
class Hole:
    """The first place whose bytes are not here, of a file of `size` bytes."""

    place: int
    size: int


def write(movie: Movie, source: Blocks | Path, sync: Sync, window: Window, out: Path) -> Tabled | Hole | None:
    """Write a window of an mp4 to `out` and read it back. `source` is what `movie` was opened from.

    None where the file is not plain, or FFmpeg makes something else of what was written: it is to be written
    packet by packet. Raises `DiskFull`, `RootError`, and `DamagedMovie` where the source cannot be read.
    """
    if not isinstance(source, Path):
        return _write(movie, source.read, source.size, sync, window, out)
    with reading(source) as read:
        return _write(movie, _saying(read, movie.name), source.stat().st_size, sync, window, out)


def _saying(read: Read, name: str) -> Read:
    """Return what reads a movie on this machine and, where it cannot, says so of the movie, not of the
    window.
    """

    def saying(start: int, count: int) -> bytes:
        try:
            return read(start, count)
        except OSError as error:
            raise DamagedMovie(
                f"{name} cannot be read on ({error.strerror})", "Give another --source for it."
            ) from error

    return saying


def _write(
    movie: Movie, read: Read, size: int, sync: Sync, window: Window, out: Path
) -> Tabled | Hole | None:
    chosen = choose(movie, read, size, sync, window)
    if chosen is None:
        return None
    origin = movie.origin + sync.pts * time_base(movie.lead)
    around = frame(chosen, origin, movie.tolerance)
    if around is None:
        return None
    with disk_errors(out), out.open("wb") as file:
        file.write(around.before)
        written = pass_over(read, [one.samples for one in chosen], file.write)
        file.write(around.after)
    if isinstance(written, int):
        return Hole(written, size)
    stored = Movie(out, str(out), Piece(sound=movie.lead.type == "audio"))
    try:
        if (stored.origin, stored.tolerance) != (origin, movie.tolerance):
            return None
        if not _is_meant(stored, chosen, around.places, out, written):
            return None
    finally:
        stored.close()
    lead = chosen[0]
    first, last = (
        Fraction(int(pts), lead.track.timescale) + origin for pts in (lead.pts.min(), lead.pts.max())
    )
    return Tabled(len(lead.pts), first, last, written[0].hex())


def _is_meant(
    stored: Movie, chosen: Sequence[Chosen], places: Sequence[Numbers], out: Path, written: Sequence[bytes]
) -> bool:
    """Return whether a stored file has the samples that were chosen, by FFmpeg and by its own tables on disk,
    and their bytes.
    """
    if len(stored.streams) != len(chosen):
        return False
    with disk_errors(out), reading(out) as read:
        tracks = tracks_of(read, out.stat().st_size) or {}
        samples = []
        for stream, one, place in zip(stored.streams, chosen, places, strict=True):
            track, context = tracks.get(stream.id), stream.codec_context
            found = aligned(track, stream) if track is not None else None
            if found is None or not _same(found, one, place):
                return False
            if (context.name, context.extradata or b"") != one.setup or not _begins(stream, found, read):
                return False
            samples.append(found.samples)
        return pass_over(read, samples) == tuple(written)


def _begins(stream: Stream, found: Aligned, read: Read) -> bool:
    """Return whether decoding can begin where the tables say, by the content of the pictures."""
    if not isinstance(stream, VideoStream):
        return True
    told = told_by_content(read, found.samples, stream)
    return told is not None and np.array_equal(told[0], found.samples.sync)


def _same(found: Aligned, one: Chosen, place: Numbers) -> bool:
    """Return whether the samples of a stored track are those that were chosen, at the places meant."""
    samples, meant = found.samples, one.samples
    pairs = (
        (samples.pos, place),
        (samples.size, meant.size),
        (samples.sync, meant.sync),
        (found.pts, one.pts),
        (found.dts, one.dts),
    )
    return not found.discarded.any() and all(np.array_equal(there, wanted) for there, wanted in pairs)
