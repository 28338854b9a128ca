"""Where a file's own clock stands against the movie's.

Movie time = pts × time base + origin. Without a tag of avakit's, movie time counts from the start of the
file's earliest stream; with one, the file is a part of a movie and the tag says from where.
"""

from collections.abc import Iterable, Mapping
from fractions import Fraction

from av.container import InputContainer
from av.stream import Disposition, Stream

from avakit.errors import DamagedMovie

ORIGIN_TAG = "AVAKIT_ORIGIN"
"""Container tag: the origin in seconds, as "n/d"."""

TOLERANCE_TAG = "AVAKIT_TOLERANCE"
"""Container tag: by how much the times may have been rounded where they come from, in seconds, as "n/d"."""


def origin_of(container: InputContainer, name: str) -> Fraction:
    """Return the origin of a file in seconds: its tag, or minus the start of its earliest stream.

    `name` is what to call the file in a message. Raises `DamagedMovie` if the tag is no fraction.
    """
    tagged = _tag(container.metadata, ORIGIN_TAG, name)
    return -earliest_start(container.streams) if tagged is None else tagged


def tolerance_of(container: InputContainer, time_base: Fraction, name: str) -> Fraction:
    """Return by how much a stored time may have been rounded, in seconds.

    The file's tag decides, if it has one. Matroska and WebM round to their tick, a millisecond unless the
    file says otherwise: half a tick, at most half a millisecond. Other containers store times as they are: 0.
    """
    tagged = _tag(container.metadata, TOLERANCE_TAG, name)
    if tagged is not None:
        return tagged
    return min(time_base, Fraction(1, 1000)) / 2 if "matroska" in container.format.name else Fraction(0)


def earliest_start(streams: Iterable[Stream]) -> Fraction:
    """Return the start of the earliest stream in seconds; a negative start (a codec's priming) counts as 0.

    Streams that say no start and attached pictures are passed over; 0 if none is left.
    """
    starts = (
        max(Fraction(0), stream.start_time * stream.time_base)
        for stream in streams
        if stream.start_time is not None and stream.time_base is not None and not is_attached(stream)
    )
    return min(starts, default=Fraction(0))


def is_attached(stream: Stream) -> bool:
    """Return whether a stream is a cover or another still attached to the movie."""
    return bool(stream.disposition & (Disposition.attached_pic | Disposition.timed_thumbnails))


def _tag(metadata: Mapping[str, str], key: str, name: str) -> Fraction | None:
    for found, value in metadata.items():  # Matroska writes keys in capitals, others as they were
        if found.upper() == key:
            try:
                return Fraction(value)
            except (ValueError, ZeroDivisionError):
                raise DamagedMovie(
                    f"{name} says {key}={value!r}, which is no fraction of seconds", "Get this window again."
                ) from None
    return None
