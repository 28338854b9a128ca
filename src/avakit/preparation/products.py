"""What a product is: which seconds it wants, and what its files are called. Pure."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

from avakit.media.moments import Moments
from avakit.media.timeline import Timeline
from avakit.media.view import Box
from avakit.preparation.boxes import Shown, crops_of, tracks_of, widened
from avakit.preparation.recipe import NATIVE, Recipe
from avakit.preparation.subject import Subject


@dataclass(frozen=True)
class Product:
    """Files of a movie by the second.

    File k (from 0) is called by the number `numbers[k]`, with leading zeros up to `digits` before the point
    and `decimals` behind it, and shows the movie at `ticks[k]` / `rate` seconds; `ticks` ascend. `shown[k]`:
    which person it shows, and where; empty: the whole picture. `tracks`: the person's name stands before the
    number, so that a person's files are together. `suffix`: of the files.
    """

    name: str
    rate: int
    ticks: Sequence[int]
    numbers: Sequence[int]
    digits: int
    decimals: int = 0
    shown: Sequence[Shown] = ()
    tracks: bool = False
    suffix: str = ".jpg"

    def __len__(self) -> int:
        """Return how many files there are of a movie without gaps."""
        return len(self.ticks)

    @property
    def times(self) -> Moments:
        """The wanted movie second of each file."""
        return Moments(self.ticks, self.rate)

    def stem(self, video: str, k: int) -> str:
        """Return the name of file `k` less its suffix, such as `1j20qq1JyX4_0902`."""
        whole, part = divmod(self.numbers[k], 10**self.decimals)
        behind = f".{part:0{self.decimals}}" if self.decimals else ""
        number = f"{whole:0{self.digits}}{behind}"
        if not self.shown:
            return f"{video}_{number}"
        person = self.shown[k].person
        return f"{video}_{person}_{number}" if self.tracks else f"{video}_{number}_{person}"

    def file_name(self, video: str, k: int) -> str:
        """Return the name of file `k`, such as `1j20qq1JyX4_0902.jpg`."""
        return self.stem(video, k) + self.suffix

    def box(self, k: int) -> Box | None:
        """Return which part of the picture file `k` shows, in shares of it; None: all."""
        return self.shown[k].box if self.shown else None


def keyframes(subject: Subject, recipe: Recipe, timeline: Timeline) -> Product:
    """Return the pictures at every annotated second of a video, labelled or not, named by it."""
    return _by_second("keyframes", subject, subject.seconds)


def frames(subject: Subject, recipe: Recipe, timeline: Timeline) -> Product:
    """Return the frameworks' grid: number n, from 1, is the picture at first + (n - 1) / rate seconds.

    `--fps native`: number n is the n-th picture instead, the first being the one on screen at `first`.
    `--around` keeps the numbers near the seconds that are meant, and changes none.
    """
    return _near(_all_frames(subject, recipe, timeline), subject, recipe)


def clips(subject: Subject, recipe: Recipe, timeline: Timeline) -> Product:
    """Return the short movies around each second that is meant, named by it."""
    return replace(_by_second("clips", subject, subject.meant), suffix=".mp4")


def crops(subject: Subject, recipe: Recipe, timeline: Timeline) -> Product:
    """Return the persons at each second that is meant, named by it and by the person."""
    found = crops_of(subject.shown)
    made = _by_second("crops", subject, [second for second, _ in found])
    return replace(made, shown=tuple(widened(shown, recipe.margin) for _, shown in found))


def tracks(subject: Subject, recipe: Recipe, timeline: Timeline) -> Product:
    """Return each person through its seconds, numbered as frames are; between two labels the box moves
    evenly.
    """
    every = _all_frames(subject, recipe, timeline)
    found = tracks_of(subject.shown, every.times, _step(subject))
    return replace(
        every,
        name="tracks",
        ticks=[every.ticks[number - 1] for number, _ in found],
        numbers=[number for number, _ in found],
        tracks=True,
        shown=tuple(widened(shown, recipe.margin) for _, shown in found),
    )


_KINDS: Mapping[str, Callable[[Subject, Recipe, Timeline], Product]] = {
    "keyframes": keyframes,
    "frames": frames,
    "clips": clips,
    "crops": crops,
    "tracks": tracks,
}


def product_of(name: str, subject: Subject, recipe: Recipe, timeline: Timeline) -> Product:
    """Return a product of a video, all but audio (which has no pictures): `name` is one of `recipe.NAMES`."""
    return _KINDS[name](subject, recipe, timeline)


def _by_second(name: str, subject: Subject, seconds: Sequence[Fraction]) -> Product:
    rate = math.lcm(*(second.denominator for second in seconds))
    ticks = tuple(int(second * rate) for second in seconds)
    numbers = tuple(int(second * 10**subject.decimals) for second in seconds)
    return Product(name, rate, ticks, numbers, digits=4, decimals=subject.decimals)


def _all_frames(subject: Subject, recipe: Recipe, timeline: Timeline) -> Product:
    if recipe.fps == NATIVE:
        return _native(_starts(timeline, subject.first, _end(subject, timeline)))
    first, rate, count = _grid(subject, recipe, timeline)
    ticks_a_second = math.lcm(rate.numerator, first.denominator)
    start, step = int(first * ticks_a_second), int(ticks_a_second / rate)
    ticks = range(start, start + count * step, step)
    return Product("frames", ticks_a_second, ticks, range(1, count + 1), digits=6)


def _native(starts: Sequence[Fraction]) -> Product:
    rate = math.lcm(*{start.denominator for start in starts})
    ticks = tuple(int(start * rate) for start in starts)
    return Product("frames", rate, ticks, range(1, len(ticks) + 1), digits=6)


def _starts(timeline: Timeline, first: Fraction, stop: Fraction) -> list[Fraction]:
    """Return when each picture of a span comes on screen; the one that is there already, at its beginning."""
    begin = timeline.at(first)
    starts = (timeline.seconds(i) for i in range(begin, len(timeline)))
    return [max(first, start) for start in starts if start < stop]


def _near(product: Product, subject: Subject, recipe: Recipe) -> Product:
    """Keep the files that lie at most `--around` seconds from a second that is meant."""
    if recipe.around is None:
        return product
    reach, meant = recipe.around * product.rate, [second * product.rate for second in subject.meant]
    kept: list[int] = []
    for second in meant:
        begin = bisect_left(product.ticks, second - reach)
        stop = bisect_right(product.ticks, second + reach)
        kept += range(max(begin, kept[-1] + 1 if kept else 0), stop)
    return replace(
        product, ticks=[product.ticks[k] for k in kept], numbers=[product.numbers[k] for k in kept]
    )


def _grid(subject: Subject, recipe: Recipe, timeline: Timeline) -> tuple[Fraction, Fraction, int]:
    """Return first second, rate and count of a video's frames."""
    own = subject.rate
    rate = recipe.fps if isinstance(recipe.fps, Fraction) else own
    if subject.count is not None:
        return subject.first, rate, math.ceil(subject.count * rate / own)
    return subject.first, rate, max(0, math.ceil((timeline.end - subject.first) * rate))


def _end(subject: Subject, timeline: Timeline) -> Fraction:
    return timeline.end if subject.count is None else subject.first + subject.count / subject.rate


def _step(subject: Subject) -> Fraction:
    """Return how far two labels of a person may lie apart and still be of one track: one annotated second to
    the next, and at least a second.
    """
    apart = [after - before for before, after in pairwise(subject.seconds)]
    return max(Fraction(1), min(apart, default=Fraction(1)))
