"""What a product is: which seconds it wants, and what its files are called. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from avakit.errors import UsageError
from avakit.releases.model import Release


@dataclass(frozen=True)
class Product:
    """Pictures of a movie by the second, one file each.

    File k (from 0) is called by the number `numbers[k]`, with leading zeros up to `digits`, and shows the
    movie at `ticks[k]` / `rate` seconds; both ascend.
    """

    name: str
    rate: int
    ticks: tuple[int, ...]
    numbers: tuple[int, ...]
    digits: int

    def __len__(self) -> int:
        """Return how many files there are of a movie without gaps."""
        return len(self.ticks)

    @property
    def times(self) -> list[Fraction]:
        """The wanted movie second of each file."""
        return [Fraction(tick, self.rate) for tick in self.ticks]

    def file_name(self, video: str, k: int) -> str:
        """Return the name of file `k`, such as `1j20qq1JyX4_0902.jpg`."""
        return f"{video}_{self.numbers[k]:0{self.digits}}.jpg"


def keyframes(release: Release) -> Product:
    """Return the pictures at every annotated second of the release, labelled or not, named by it."""
    return Product("keyframes", 1, release.seconds, release.seconds, digits=4)


def frames(release: Release) -> Product:
    """Return the frameworks' grid: number n, from 1, is the picture at first + (n - 1) / rate seconds."""
    grid = release.grid
    start = grid.first * grid.rate
    ticks = tuple(range(start, start + grid.count))
    return Product("frames", grid.rate, ticks, tuple(range(1, grid.count + 1)), digits=6)


_KINDS = {"keyframes": keyframes, "frames": frames}
NAMES = tuple(_KINDS)
"""The products that can be made."""


def products_of(names: Iterable[str], release: Release) -> tuple[Product, ...]:
    """Return the products of these names, each once. Raises `UsageError` for an unknown name, or none."""
    chosen = tuple(dict.fromkeys(names))
    if unknown := [name for name in chosen if name not in _KINDS]:
        raise UsageError(f"There is no product {unknown[0][:40]!a}", f"There are: {', '.join(NAMES)}.")
    if not chosen:
        raise UsageError("No product was named", f"There are: {', '.join(NAMES)}.")
    return tuple(_KINDS[name](release) for name in chosen)
