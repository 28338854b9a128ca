"""What a product is: which seconds it wants, and what its files are called. Pure."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from avakit.errors import UsageError
from avakit.releases.model import Release

Span = tuple[Fraction, Fraction]
"""What there is of a movie: start and end, in its seconds."""

_FINEST = 6
"""Decimals of a second in a file's name where not all seconds are whole: as AVA-Kinetics writes them."""


@dataclass(frozen=True)
class Product:
    """Pictures of a movie by the second, one file each.

    File k (from 0) is called by the number `numbers[k]`, with leading zeros up to `digits` before the point
    and `decimals` behind it, and shows the movie at `ticks[k]` / `rate` seconds; both ascend.
    """

    name: str
    rate: int
    ticks: Sequence[int]
    numbers: Sequence[int]
    digits: int
    decimals: int = 0

    def __len__(self) -> int:
        """Return how many files there are of a movie without gaps."""
        return len(self.ticks)

    @property
    def times(self) -> list[Fraction]:
        """The wanted movie second of each file."""
        return [Fraction(tick, self.rate) for tick in self.ticks]

    def file_name(self, video: str, k: int) -> str:
        """Return the name of file `k`, such as `1j20qq1JyX4_0902.jpg`."""
        whole, part = divmod(self.numbers[k], 10**self.decimals)
        behind = f".{part:0{self.decimals}}" if self.decimals else ""
        return f"{video}_{whole:0{self.digits}}{behind}.jpg"


def keyframes(release: Release, video: str, span: Span | None) -> Product:
    """Return the pictures at every annotated second of a video, labelled or not, named by it."""
    seconds = release.seconds_of(video)
    rate = math.lcm(*(second.denominator for second in seconds))
    decimals = 0 if release.whole_seconds and not release.is_clip(video) else _FINEST
    ticks = tuple(int(second * rate) for second in seconds)
    numbers = tuple(int(second * 10**decimals) for second in seconds)
    return Product("keyframes", rate, ticks, numbers, digits=4, decimals=decimals)


def frames(release: Release, video: str, span: Span | None) -> Product:
    """Return the frameworks' grid: number n, from 1, is the picture at first + (n - 1) / rate seconds.

    Where the grid names no count, it goes on to the end of `span`.
    """
    grid = release.grid_of(video)
    count = grid.count
    if count is None:
        count = 0 if span is None else max(0, math.ceil((span[1] - grid.first) * grid.rate))
    rate = math.lcm(grid.rate, grid.first.denominator)
    start, step = int(grid.first * rate), rate // grid.rate
    return Product("frames", rate, range(start, start + count * step, step), range(1, count + 1), digits=6)


_KINDS = {"keyframes": keyframes, "frames": frames}
NAMES = tuple(_KINDS)
"""The products that can be made."""


def check_products(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names of products, each once. Raises `UsageError` for an unknown name, or none."""
    chosen = tuple(dict.fromkeys(names))
    if unknown := [name for name in chosen if name not in _KINDS]:
        raise UsageError(f"There is no product {unknown[0][:40]!a}", f"There are: {', '.join(NAMES)}.")
    if not chosen:
        raise UsageError("No product was named", f"There are: {', '.join(NAMES)}.")
    return chosen


def products_of(
    names: Iterable[str], release: Release, video: str, span: Span | None = None
) -> tuple[Product, ...]:
    """Return the products of these names of one video, each once. `span`: what there is of it.

    Raises `UsageError` for an unknown name, or none.
    """
    return tuple(_KINDS[name](release, video, span) for name in check_products(names))
