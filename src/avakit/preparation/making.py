"""How the products of one movie are made together: in parts, side by side, each part decoded once.

A movie's work is cut into parts. A `Making` is one product of one movie; it says what of a part is its
`Chore`; a chore begun is a `Work`, which sees the pictures as they pass. A making and a chore travel between
processes (they are pickled), a work does not.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from avakit.media.movie import Movie
from avakit.media.picture import Picture
from avakit.media.ticks import Ticks
from avakit.preparation.plan import Range

Written = Callable[[int], None]
"""Called with how many more bytes were written."""


@dataclass(frozen=True)
class Site:
    """Where a product of one video is made, and where it goes.

    `aside`: the folder in which it is made, kept until it is whole; `place`: its folder, or its file less the
    suffix, such as `frames/1j20qq1JyX4`. `note`: by what it is made and from what; what was begun by another
    note is begun anew.
    """

    video: str
    aside: Path
    place: Path
    note: Mapping[str, str]

    def facts(self, movie: Movie) -> dict[str, str]:
        """Return what a record says of all its pictures: the note, and how time and colour are to be read."""
        timeline, facts = movie.timeline, movie.facts
        return {
            **self.note,
            "time_base": str(timeline.time_base),
            "origin": str(timeline.origin),
            "codec": facts.codec,
            "pixel_format": facts.pixel_format,
            "colour_space": str(facts.colour_space),
            "colour_range": str(facts.colour_range),
            "transfer": str(facts.transfer),
            "sample_aspect": str(facts.sample_aspect),
        }


@dataclass(frozen=True)
class Finished:
    """What a product has, once it is whole and in its place.

    `counts`: `wanted` outputs, `files`, different `pictures` of the movie, `lacking` outputs whose right
    picture the movie lacks; `lacking`: the same as stretches of seconds; `bytes`: on disk, links counted
    once.
    """

    counts: Mapping[str, int]
    lacking: tuple[Range, ...]
    bytes: int


class Work(Protocol):
    """A chore under way. Every method raises `DiskFull` or `RootError`."""

    def take(self, index: int, picture: Picture) -> None:
        """See the next picture: `index` in the timeline, ascending. One that is damaged never comes."""

    def end(self) -> None:
        """Bring everything that was begun to its end: each output has its final name then, or none."""

    def close(self) -> None:
        """Free what is open. Called always, also after an error."""


class Chore(Protocol):
    """What one product needs of one part of a movie. `pictures`: the indices it has to see, ascending."""

    @property
    def pictures(self) -> Ticks:
        """The indices in the timeline that it has to see, ascending, each once."""

    def begin(self, movie: Movie, written: Written) -> Work:
        """Begin in the process that decodes the part."""


class Making(Protocol):
    """One product of one movie."""

    @property
    def name(self) -> str:
        """The product: keyframes, frames, clips, crops, tracks, audio."""

    @property
    def site(self) -> Site:
        """Where it is made, and where it goes."""

    def open(self) -> Ticks:
        """Begin, or go on after a kill.

        Returns the indices of the pictures at which outputs begin that are not there yet, ascending, each
        once; none where there is nothing to decode for.
        """

    def chore(self, part: Ticks) -> Chore | None:
        """Return the chore of the outputs that begin at these indices, some of what `open` gave."""

    def finish(self, lost: frozenset[int]) -> Finished:
        """Bring the product into its place, whole, once every chore has ended.

        `lost`: pictures that could not be decoded. What is aside, from which this could be done again, stays
        until the ledger knows of the product: see `folder.settled`.
        """
