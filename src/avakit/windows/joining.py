"""Pictures and sound from two files: one file of both, their packets untouched."""

from __future__ import annotations  # PyAV's packets are generic for the type checker only

import heapq
from collections.abc import Iterator
from fractions import Fraction
from math import lcm
from pathlib import Path

from av.container import OutputContainer

from avakit.errors import UnsupportedMovie
from avakit.transfer.disk import disk_errors
from avakit.windows.cut import container_for, open_output, refusals
from avakit.windows.movie import AnyPacket, Movie, Piece, decode_ticks, time_base
from avakit.windows.tally import Tally


def join(pictures: Path, sound: Path, name: str, out: Path, begin: Fraction | None = None) -> str:
    """Write the packets of both files to `out`, at their times in the movie; return its container.

    Both were stored by `cut`, or are whole and have the movie's own clock. The pictures keep their time
    exactly, the sound to half a tick of its own; of it, what comes before `begin` (seconds of the movie) is
    left out. `name` is what messages call the movie. What is written is read back. Raises `MediaError`, among
    them `UnsupportedMovie` where no container keeps both exactly; `DiskFull`.
    """
    seen = Movie(pictures, name, Piece(apart=True))
    try:
        heard = Movie(sound, name, Piece(apart=True, sound=True))
        try:
            return _join(seen, heard, out, begin)
        finally:
            heard.close()
    finally:
        seen.close()


def _join(seen: Movie, heard: Movie, out: Path, begin: Fraction | None) -> str:
    container = container_for(seen.formats, {movie.lead.codec_context.name for movie in (seen, heard)})
    if container == "mkv" and "mp4" in seen.formats:
        raise UnsupportedMovie(
            f"{heard.lead.codec_context.name}, the sound of {seen.name}, has no place in an mp4",
            "Give another --source for it.",
        )
    ticks = time_base(heard.lead)
    later = round((heard.origin - seen.origin) / ticks)
    meant = [Tally(time_base(seen.lead), seen.origin), Tally(ticks, seen.origin, "audio")]
    with disk_errors(out), refusals(seen.name), _output(seen, heard, container, out) as target:
        copies = {}
        for movie in (seen, heard):
            copy = target.add_stream_from_template(movie.lead, opaque=True)
            copy.time_base = movie.lead.time_base
            copies[movie.lead.type == "audio"] = copy
        packets = (_at(movie, moved) for movie, moved in ((seen, 0), (heard, later)))
        for _, is_sound, packet in heapq.merge(*packets, key=lambda one: one[:2]):
            if is_sound and begin is not None and (packet.pts or 0) * ticks + seen.origin < begin:
                continue
            meant[is_sound].add(packet)
            packet.stream = copies[is_sound]
            target.mux_one(packet)
    _check(meant, seen.name, out)
    return container


def _output(seen: Movie, heard: Movie, container: str, out: Path) -> OutputContainer:
    """Open the joined file, with a clock fine enough to say exactly where in it each stream begins."""
    fine = lcm(*(time_base(movie.lead).denominator for movie in (seen, heard)))
    options = {"movie_timescale": str(fine)} if container == "mp4" and fine < 1 << 31 else {}
    return open_output(seen, container, seen.origin, out, options)


def _at(movie: Movie, moved: int) -> Iterator[tuple[float, bool, AnyPacket]]:
    """Yield when each packet is decoded, in seconds, whether it is of sound, and the packet, moved by so many
    ticks.
    """
    base = time_base(movie.lead)
    for packet in movie.demux(movie.lead):
        packet.dts = decode_ticks(packet)
        if packet.pts is not None and packet.dts is not None:
            packet.pts += moved
            packet.dts += moved
        yield float((packet.dts or 0) * base), packet.stream.type == "audio", packet


def _check(meant: list[Tally], name: str, out: Path) -> None:
    """Read a joined file and compare it with what was meant. Raises `UnsupportedMovie`."""
    stored = Movie(out, name)
    try:
        if stored.sound is None:
            raise _lost(name)
        found = [
            Tally(time_base(stored.lead), stored.origin),
            Tally(time_base(stored.sound), stored.origin, "audio"),
        ]
        for packet in stored.demux(*stored.streams):
            found[packet.stream.type == "audio"].add(packet)
    finally:
        stored.close()
    pairs = zip(found, meant, strict=True)
    if not all(one.same_times(other) and one.same_content(other) for one, other in pairs):
        raise _lost(name)


def _lost(name: str) -> UnsupportedMovie:
    return UnsupportedMovie(
        f"{name} did not survive being joined with its sound: its packets differ when read back",
        "Give another --source for it.",
    )
