"""What a rehearsal movie is made like, and what is known of it afterwards."""

import hashlib
import random
from bisect import bisect_right
from dataclasses import asdict, dataclass
from fractions import Fraction
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import Literal
from zlib import crc32

from avakit.rehearsal.numbers import MOVIES

Index = Literal["first", "last", "sidx", "mfra", "none"]

MILLISECOND = Fraction(1, 1000)
_VARIABLE = (1000, 1001, 1000, 1001, 1200, 1250, 1251, 1250, 2002, 500)  # ticks of 1/30000 s


@dataclass(frozen=True)
class Recipe:
    """How to make one movie.

    `name` is for people, `video` the id (and, with `container`, the name of the file). `rate` is in pictures
    a second, None for a seeded mix of durations from 1/60 to 1/15 s. `start` is the container's first time
    stamp in seconds; `late`: the pictures begin so many seconds after the sound; `hidden`: so many pictures
    lie before the beginning of an mp4's edit list and are never shown. `sync`: pictures from one sync frame
    to the next. `index` says where the container keeps its index: `first` or `last` (mp4's moov, Matroska's
    cues), `sidx` or `mfra` (fragmented mp4), `none` (fragmented mp4 without either; Matroska without cues, as
    a live recording). `kbits`: kbit/s of pictures, reached by noise in the picture; None: as little as it
    takes.
    """

    name: str
    video: str
    container: Literal["mp4", "mkv", "webm"] = "mp4"
    rate: Fraction | None = Fraction(25)
    seconds: int = 2100
    start: Fraction = Fraction(0)
    late: Fraction = Fraction(0)
    hidden: int = 0
    sync: int = 250
    b_frames: int = 2
    open_groups: bool = False
    sound: bool = True
    index: Index = "last"
    kbits: int | None = None
    width: int = 160
    height: int = 96

    @property
    def file_name(self) -> str:
        """`<id>.<ext>`, as CVDF names its files."""
        return f"{self.video}.{self.container}"

    @property
    def number(self) -> int:
        """The movie's own number in its pictures, drawn from the id."""
        return crc32(self.video.encode()) % MOVIES

    @property
    def tick(self) -> Fraction:
        """The time base in which the pictures are coded, in seconds."""
        return Fraction(1, 30000) if self.rate is None else Fraction(1, self.rate.numerator)

    @property
    def digest(self) -> str:
        """A hash of everything above: the same digest, the same movie."""
        return hashlib.sha256(repr(sorted(asdict(self).items())).encode()).hexdigest()[:16]

    def ticks(self) -> list[int]:
        """Return when each picture begins, in ticks after the first one's beginning."""
        if self.rate is None:
            return _variable(self.seconds * 30000, crc32(self.name.encode()))
        step = self.rate.denominator
        count = -(-self.seconds * self.rate.numerator // step)
        return list(range(0, count * step, step))


def _variable(length: int, seed: int) -> list[int]:
    """Return the beginnings of pictures of mixed durations, as many as begin before `length`."""
    choices = random.Random(seed).choices(_VARIABLE, k=length // min(_VARIABLE) + 1)  # noqa: S311 - not a secret
    beginnings = list(accumulate(choices, initial=0))
    return beginnings[: bisect_right(beginnings, length - 1)]


@dataclass(frozen=True)
class Movie:
    """A movie that was made, and the truth about it: which number is on screen at which second.

    Seconds are movie time: those of the file less its earliest stream's start, as the annotations count them.
    In Matroska they are what the container can say: whole milliseconds.
    """

    recipe: Recipe
    path: Path

    @property
    def video(self) -> str:
        """The id."""
        return self.recipe.video

    @property
    def pictures(self) -> int:
        """How many pictures the file holds, the hidden ones included."""
        return len(self._stamps)

    @property
    def rounding(self) -> Fraction:
        """By how many seconds the container may have moved a picture: ½ ms in Matroska, else 0."""
        return Fraction(0) if self.recipe.container == "mp4" else MILLISECOND / 2

    def time_of(self, number: int) -> Fraction:
        """Return the movie time of picture `number`, exact; negative for hidden pictures."""
        return self._stamps[number] * self._unit

    @property
    def times(self) -> tuple[Fraction, ...]:
        """The movie time of every picture, by number."""
        return tuple(stamp * self._unit for stamp in self._stamps)

    def number_at(self, seconds: Fraction | int, tolerance: Fraction | int | None = None) -> int:
        """Return the number on screen at a movie second: of the last picture with time ≤ seconds + tolerance.

        `tolerance` None means the container's own rounding. Before the first picture: the first that is
        shown.
        """
        allowed = self.rounding if tolerance is None else tolerance
        last = bisect_right(self._stamps, (seconds + allowed) / self._unit) - 1
        return max(last, self.recipe.hidden)

    @property
    def _unit(self) -> Fraction:
        return self.recipe.tick if self.recipe.container == "mp4" else MILLISECOND

    @cached_property
    def _stamps(self) -> tuple[int, ...]:
        """Movie times in units; a Matroska file has them rounded to milliseconds, halves upwards."""
        recipe, ticks = self.recipe, self.recipe.ticks()
        late = recipe.late if recipe.sound else Fraction(0)
        if recipe.container == "mp4":
            shift = int(late / recipe.tick) - ticks[recipe.hidden]
            return tuple(tick + shift for tick in ticks)
        # In integers, as Fractions would take a second: times in 1/units s, rounded to thousandths.
        units = recipe.tick.denominator
        begin = int((recipe.start + recipe.late) * units)
        earliest = int(recipe.start * units) if recipe.sound else begin
        start, *stamps = (
            (2000 * tick + units) // (2 * units) for tick in (earliest, *(begin + t for t in ticks))
        )
        return tuple(stamp - start for stamp in stamps)
