"""Clips made and read back: what they show, and when."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from tests.media import numbered

from avakit.media.movie import Movie, open_movie
from avakit.media.view import WHOLE, View
from avakit.preparation.clips import Clips
from avakit.preparation.making import Finished, Site
from avakit.preparation.piece import run_piece
from avakit.preparation.store.shelving import Shelf
from avakit.rehearsal import recipe
from avakit.rehearsal.numbers import label

Shown = list[tuple[Fraction, int]]
"""When each picture comes, in seconds of the clip, and its number."""


@dataclass(frozen=True)
class Job:
    """Clips to be made of a movie at `path`, into `root`."""

    path: Path
    root: Path
    seconds: Sequence[Fraction | int]
    length: Fraction | int = 3
    view: View = WHOLE
    copied: bool = False
    gaps: str = "error"
    store: Shelf = "folder"

    @property
    def place(self) -> Path:
        return self.root / "clips" / "v"

    def file(self, second: Fraction | int) -> Path:
        return self.place / f"v_{float(second):g}.mp4"

    def clips(self, movie: Movie | None = None) -> Clips:
        exact = tuple(Fraction(second) for second in self.seconds)
        names = tuple(f"v_{float(second):g}" for second in exact)
        site = Site("v", self.root / "aside", self.place, {"recipe": "1"})
        return Clips(
            site, movie or open_movie(self.path), exact, names, Fraction(self.length),
            self.view, self.copied, self.gaps, self.store,  # type: ignore[arg-type]
        )  # fmt: skip

    def make(self, parts: int = 1) -> Finished:
        """Make them, in so many parts."""
        movie = open_movie(self.path)
        clips = self.clips(movie)
        for part in np.array_split(clips.open(), parts):
            chore = clips.chore(part) if len(part) else None
            if chore is not None:
                run_piece(movie, (chore,))
        return clips.finish(frozenset())

    def bytes(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in sorted(self.place.iterdir())}


def shown(path: Path, number: Callable[[av.VideoFrame], int]) -> Shown:
    """What a file shows to whoever decodes it."""
    with av.open(str(path)) as clip:
        stream = clip.streams.video[0]
        assert stream.time_base is not None
        return [(Fraction(frame.pts or 0) * stream.time_base, number(frame)) for frame in clip.decode(stream)]


def lasts(path: Path) -> Fraction:
    """When the last picture of a file leaves the screen, in seconds of the clip."""
    with av.open(str(path)) as clip:
        stream = clip.streams.video[0]
        assert stream.time_base is not None
        ends = [
            (packet.pts or 0) + (packet.duration or 0)
            for packet in clip.demux(stream)
            if packet.size and not packet.is_discard
        ]
        return max(ends) * stream.time_base


def number(frame: av.VideoFrame) -> int:
    """The number of a picture of a rehearsal movie."""
    return label(np.asarray(frame.to_ndarray(format="gray8"), np.uint8)).number


def drawn(frame: av.VideoFrame) -> int:
    """The number of a picture of `numbered`, whatever its size."""
    rgb = np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
    return numbered.read(rgb[:: frame.height // numbered.HEIGHT, :: frame.width // numbered.WIDTH])


def expected(movie: recipe.Movie, second: Fraction | int, length: Fraction | int) -> Shown:
    """What a clip has to show."""
    begin, end = Fraction(second) - Fraction(length) / 2, Fraction(second) + Fraction(length) / 2
    first = movie.number_at(begin)
    after = (n for n in range(first + 1, movie.pictures))
    rest = []
    for n in after:
        if movie.time_of(n) >= end - movie.rounding:
            break
        rest.append((movie.time_of(n) - begin, n))
    return [(Fraction(0), first), *rest]


def onset(path: Path, after: float) -> Fraction:
    """When the first beep after a second of the clip is heard, in seconds of the clip."""
    with av.open(str(path)) as clip:
        stream = clip.streams.audio[0]
        assert stream.time_base is not None
        for frame in clip.decode(stream):
            begin = Fraction(frame.pts or 0) * stream.time_base
            values = frame.to_ndarray().reshape(-1).astype(float)
            loud = np.flatnonzero(np.abs(values) > 0.08)
            for at in loud.tolist():
                second = begin + Fraction(at, frame.sample_rate)
                if second > after:
                    return second
    raise AssertionError("nothing is heard")
