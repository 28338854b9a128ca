"""A movie whose pictures can be had by the second, exactly."""

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing
from fractions import Fraction
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from av.video.stream import VideoStream

from avakit.errors import DamagedMovie
from avakit.media.conversion import Converter
from avakit.media.decode import decode_runs
from avakit.media.index import PacketIndex, Whole, index_packets
from avakit.media.instant import Second, instant
from avakit.media.opening import Extent, name_of, open_container
from avakit.media.orientation import Turns
from avakit.media.origin import origin_of, tolerance_of
from avakit.media.picture import Picture
from avakit.media.runs import Run, plan_runs
from avakit.media.sampleindex import sample_index
from avakit.media.streams import Facts, facts_of, picture_stream
from avakit.media.ticks import Ticks, distinct
from avakit.media.timeline import Policy, Timeline

Report = Callable[[DamagedMovie], None]
"""Called with what could not be decoded, where that is to be passed over."""


class Movie:
    """A movie file: its timeline, its facts, its pictures. Made by `open_movie`; a context manager.

    Every pass over it opens the file on its own, so passes may run side by side, in threads too.
    """

    def __init__(
        self,
        path: Path,
        timeline: Timeline,
        index: PacketIndex,
        facts: Facts,
        extent: Extent | None = None,
    ) -> None:
        """Keep what `open_movie` found out."""
        self.path = path
        self.extent = extent
        self.timeline = timeline
        self.index = index
        self.facts = facts

    def __enter__(self) -> Self:
        """Return the movie itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the use of the movie; nothing stays open between passes."""

    def frame_at(self, t: Second, policy: Policy = "on_screen") -> Picture:
        """Return the picture at second `t` of the movie.

        Before the first picture it is the first, after the last the last; `timeline.gap(t)` tells whether the
        right one is missing. Raises `DamagedMovie` if it cannot be decoded, `UsageError` if `t` is no number.
        """
        with closing(self.at_indices([self.timeline.at(instant(t), policy)])) as pictures:
            return next(pictures)[1]

    def pictures(
        self, times: Iterable[Second], policy: Policy = "on_screen", report: Report | None = None
    ) -> Generator[tuple[Fraction, Picture]]:
        """Yield (second, picture) for each of `times`, by ascending second, in one decoding pass.

        What cannot be decoded raises `DamagedMovie`, or is told to `report` and passed over.
        """
        seconds = sorted(instant(t) for t in times)
        indices = self.timeline.at_many(seconds, policy)
        at = 0
        for i, picture in self.at_indices(indices.tolist(), report):
            at += int(np.searchsorted(indices[at:], i, side="left"))
            while at < len(seconds) and indices[at] == i:
                yield seconds[at], picture
                at += 1

    def at_indices(
        self, indices: Sequence[int] | Ticks, report: Report | None = None
    ) -> Generator[tuple[int, Picture]]:
        """Yield (index, picture) for pictures of the timeline, ascending, each once, in one decoding pass.

        What cannot be decoded raises `DamagedMovie`, or is told to `report` and passed over.
        """
        unique = distinct(np.asarray(indices, dtype=np.int64))
        wanted = self.timeline.pts[unique]
        places = dict(zip(wanted.tolist(), unique.tolist(), strict=True))

        def damaged(pts: int, what: str) -> None:
            error = self._damage(pts, what)
            if report is None:
                raise error
            report(error)

        runs, converter, turns = self._runs(wanted), Converter(), Turns()
        seconds, aspect = self.timeline.seconds, self.facts.sample_aspect
        with closing(decode_runs(self.path, self.index, runs, damaged, self.extent)) as frames:
            for pts, frame in frames:
                i = places[pts]
                yield i, Picture(frame, pts, partial(seconds, i), aspect, converter, turns.of(frame))

    def _runs(self, wanted: Ticks) -> list[Run]:
        runs = plan_runs(self.index, wanted)
        if (
            self.facts.pixel_format == "pal8" and runs
        ):  # FFmpeg hands palettes out with the first packet alone
            return [Run(0, max(run.stop for run in runs), tuple(wanted.tolist()))]
        return runs

    def _damage(self, pts: int, what: str) -> DamagedMovie:
        second = float(pts * self.timeline.time_base + self.timeline.origin)
        name = name_of(self.path, self.extent)
        return DamagedMovie(f"{name} cannot be decoded at second {second:.3f} ({what})", "Get it again.")


def open_movie(
    path: str | Path,
    test: Callable[[VideoStream], Whole | None] | None = None,
    *,
    extent: Extent | None = None,
) -> Movie:
    """Open a movie file and read its packet index; nothing is decoded yet.

    `test` gives a test of packets for a stream, if there is one: those that fail it count as corrupt.
    `extent`: where in the file the movie lies, if it is not all of it.
    Raises `NotAMovie`, `NoPictures`, `DamagedMovie` or `UnsupportedMovie`, each naming the file.
    """
    path = Path(path)
    name = name_of(path, extent)
    container = open_container(path, extent)
    try:
        stream = picture_stream(container, name)
        facts, time_base = facts_of(stream), Fraction(stream.time_base or 1)
        origin, tolerance = origin_of(container, name), tolerance_of(container, time_base, name)
        whole = None if test is None else test(stream)
        index = None if extent is not None else sample_index(path, stream, whole)
        index = index or index_packets(container, stream, name, whole)
    finally:
        container.close()
    pts = index.pictures()
    end = (int(pts[-1]) + _last_duration(index, pts)) * time_base + origin
    return Movie(path, Timeline(pts, time_base, origin, tolerance, end), index, facts, extent)


def _last_duration(index: PacketIndex, pts: Ticks) -> int:
    """Return how long the last picture stays, in ticks: as its packet says, else as the one before it."""
    said = int(index.duration[index.shown & (index.pts == pts[-1])][0])
    if said > 0 or len(pts) == 1:
        return said
    return int(pts[-1] - pts[-2])
