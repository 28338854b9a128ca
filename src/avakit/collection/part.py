"""Whether a file is a whole movie or a part of one, and where in the movie a part begins."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from avakit.media.movie import open_movie
from avakit.media.opening import open_container
from avakit.media.origin import ORIGIN_TAG, earliest_start, origin_of
from avakit.releases.model import Second

_MICROSECOND = Fraction(1, 1_000_000)
_LONGER, _MORE = Fraction(3, 2), 30
"""A clip whose packets were copied goes from one sync picture to another, so it is some seconds longer."""


@dataclass(frozen=True)
class Extent:
    """How long a file is, in seconds; `start`: the second of the movie at which it begins, if it says so
    itself, as avakit's windows do.
    """

    length: Fraction
    start: Fraction | None


def extent_of(path: Path) -> Extent:
    """Return how long a movie file is. For a child process. Raises `MediaError`."""
    with closing(open_container(path)) as container:
        tagged = any(key.upper() == ORIGIN_TAG for key in container.metadata)
        origin = origin_of(container, str(path))
        start = origin + earliest_start(container.streams) if tagged else None
        said = container.duration
    if said is not None and said > 0:
        return Extent(said * _MICROSECOND, start)
    timeline = open_movie(path).timeline  # which reads all of it
    return Extent(timeline.end - timeline.seconds(0), start)


def misplaced(extent: Extent, begins: Fraction, seconds: Sequence[Second]) -> str | None:
    """Return why a file cannot begin at second `begins` of one of AVA's movies, and what to do; None if it
    can.

    `seconds`: the annotated ones, at least one. A whole movie goes on to the last of them. A file of less
    than half of that was cut out of its movie, whose seconds it would show as others.
    """
    if extent.start is not None:
        return None
    if begins == 0 and extent.length < Fraction(seconds[0] + seconds[-1]) / 2:
        return (
            f"It lasts {float(extent.length):.1f} s, and a whole movie goes on to second {seconds[-1]}: it "
            "was cut out of its movie, or stops early. If you know at which second of the movie it begins, "
            "say so: --begins 900 is what many recipes for 15 minutes cut at."
        )
    if begins > 0 and extent.length > seconds[-1]:
        return (
            f"It lasts {float(extent.length):.1f} s: this is a whole movie, and not a part that begins at "
            f"{float(begins):g} s. Take it in without --begins."
        )
    return None


def misnamed(extent: Extent, begins: Fraction, ends: Fraction) -> str | None:
    """Return why a file cannot be the part of a movie that its name says, and what to do; None if it can."""
    if extent.start is not None or extent.length <= (ends - begins) * _LONGER + _MORE:
        return None
    return (
        f"It lasts {float(extent.length):.1f} s, and its name says that it is seconds {begins} to {ends} of "
        "its movie. If it is the whole movie, rename it to <id>.<ext>."
    )
