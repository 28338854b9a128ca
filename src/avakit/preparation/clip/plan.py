"""Which pictures a clip shows, and when: pure.

A clip of second s is the movie from s - length / 2 to s + length / 2: second t of the clip is second
s - length / 2 + t of the movie, always. It shows the pictures that are on screen in that time; the one that
is on screen at its begin comes at 0. Where the movie ends within it, so does the clip; where the movie begins
within it, by more than the second for which the first picture stands in, nothing is shown until then. Both
is called lacking, and so is a clip in which the movie holds no picture for longer than a second.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

import numpy as np

from avakit.errors import GapError
from avakit.media.ticks import Ticks
from avakit.media.timeline import LONGEST_HOLD, Timeline
from avakit.preparation.gaps import Gaps
from avakit.preparation.plan import Range

GROUP = 12
"""Most pictures from one sync picture of an encoded clip to the next."""

_FINEST = 1 << 30
_MICROSECOND = Fraction(1, 1_000_000)


@dataclass(frozen=True)
class Clip:
    """One clip.

    `second`: the one that was wanted; `begin` and `end`: of the clip, in seconds of the movie; `first` to
    `stop` (excluded): its pictures, indices in the timeline; `starts`: when the first comes on screen in the
    clip, in seconds of the clip; `lacking`: the movie lacks part of it.
    """

    name: str
    second: Fraction
    begin: Fraction
    end: Fraction
    first: int
    stop: int
    starts: Fraction
    lacking: bool

    @property
    def file_name(self) -> str:
        """The file's name."""
        return f"{self.name}.mp4"


def plan_clips(
    timeline: Timeline, seconds: Sequence[Fraction], names: Sequence[str], length: Fraction, gaps: Gaps
) -> tuple[Clip, ...]:
    """Return the clips around these seconds, in their order; `length` in seconds.

    Where the picture of a second itself is missing, `skip` leaves its clip out, and `repeat_last` shows the
    picture before it (at the beginning: after); so it does where the movie begins or ends within a clip.
    Raises `GapError` where one is missing and `gaps` is `error`, and where all are.
    """
    half = length / 2
    missing = timeline.gaps(seconds)
    firsts = timeline.at_many([second - half for second in seconds])
    lasts = timeline.at_many([second + half for second in seconds])
    late = timeline.gaps([second - half for second in seconds])
    if missing.all() or (gaps == "error" and missing.any()):
        raise GapError(
            f"{int(missing.sum())} of {len(seconds)} clips have no picture in the movie at their second",
            "Give --gaps skip or --gaps repeat_last, or get the movie from another --source.",
        )
    clips = []
    for k, second in enumerate(seconds):
        if missing[k] and gaps == "skip":
            continue
        begin, end, first = second - half, second + half, int(firsts[k])
        stop = max(_stop(timeline, int(lasts[k]), end), first + 1)
        starts = _starts(timeline, first, second, begin) if late[k] and gaps != "repeat_last" else Fraction(0)
        early = timeline.end + timeline.tolerance < end
        lacking = bool(missing[k] or late[k] or early) or _holds(timeline, first, stop, end)
        if early and gaps != "repeat_last":
            end = max(timeline.end, second)
        clips.append(Clip(names[k], second, begin, end, first, stop, starts, lacking))
    return tuple(clips)


def times_of(clip: Clip, timeline: Timeline) -> list[Fraction]:
    """Return when each picture of a clip comes on screen, in seconds of the clip."""
    shown = (timeline.seconds(index) - clip.begin for index in range(clip.first + 1, clip.stop))
    return [clip.starts, *shown]


def clock_of(clip: Clip, timeline: Timeline) -> Fraction:
    """Return the time base of a clip's pictures: one in which their times are whole numbers.

    A microsecond, where such a one would be finer than a file can say.
    """
    parts = (timeline.time_base, timeline.origin, clip.begin, clip.end)
    units = lcm(*(part.denominator for part in parts))
    return Fraction(1, units) if units < _FINEST else _MICROSECOND


def in_ticks(time_base: Fraction, shift: Fraction, clock: Fraction) -> Callable[[int], int]:
    """Return what turns ticks of `time_base`, moved by `shift` seconds, into the nearest ticks of `clock`.

    Exact, in whole numbers: a movie has many packets.
    """
    factor, constant = time_base / clock, shift / clock
    unit = lcm(factor.denominator, constant.denominator)
    slope, offset = int(factor * unit), int(constant * unit)
    return lambda ticks: (2 * (ticks * slope + offset) + unit) // (2 * unit)


def groups_of(clips: Sequence[Clip]) -> list[tuple[int, int]]:
    """Return the groups of pictures (first, stop) that are encoded each by itself, ascending.

    Each clip begins with a group, so clips that overlap are made of the same groups, and each picture is
    encoded once.
    """
    groups: list[tuple[int, int]] = []
    begins = sorted({clip.first for clip in clips})
    ends: dict[int, int] = {}
    for clip in clips:
        ends[clip.first] = max(ends.get(clip.first, 0), clip.stop)
    reached = 0
    for begin, after in zip(begins, [*begins[1:], None], strict=True):
        reached = max(reached, ends[begin])
        stop = reached if after is None else min(reached, after)
        groups += [(first, min(first + GROUP, stop)) for first in range(begin, stop, GROUP)]
    return groups


def groups_under(groups: Sequence[tuple[int, int]], clips: Sequence[Clip]) -> tuple[tuple[int, int], ...]:
    """Return those of all groups that some clips are made of."""
    starts = [start for start, _ in groups]
    needed: set[int] = set()
    for clip in clips:
        needed.update(range(bisect_left(starts, clip.first), bisect_left(starts, clip.stop)))
    return tuple(groups[place] for place in sorted(needed))


def pictures_of(groups: Sequence[tuple[int, int]]) -> Ticks:
    """Return the pictures of some groups, ascending, each once."""
    return np.concatenate([np.array([], dtype=np.int64), *(np.arange(*group) for group in groups)])


def marked(clips: Sequence[Clip], seconds: Sequence[Fraction]) -> tuple[Range, ...]:
    """Return as stretches those of `seconds` (ascending) that have no clip, or a lacking one."""
    whole = {clip.second for clip in clips if not clip.lacking}
    found: list[Range] = []
    before = False
    for second in seconds:
        if second not in whole:
            found = [*found[:-1], (found[-1][0], second)] if before else [*found, (second, second)]
        before = second not in whole
    return tuple(found)


def _stop(timeline: Timeline, last: int, end: Fraction) -> int:
    """Return where a clip's pictures stop: a picture that comes at its end is no longer in it."""
    return last if timeline.seconds(last) >= end - timeline.tolerance else last + 1


def _starts(timeline: Timeline, first: int, second: Fraction, begin: Fraction) -> Fraction:
    """Return when a movie's first picture comes in a clip: with the clip's second at the latest."""
    return max(Fraction(0), min(timeline.seconds(first), second) - begin)


def _holds(timeline: Timeline, first: int, stop: int, end: Fraction) -> bool:
    """Return whether a picture stays on screen for longer than pictures do."""
    most = LONGEST_HOLD + timeline.tolerance
    edge = min(end, timeline.end)
    longest = int(np.diff(timeline.pts[first:stop]).max(initial=0)) * timeline.time_base
    return longest > most or edge - timeline.seconds(stop - 1) > most
