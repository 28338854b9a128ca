"""Which picture goes into which file, and where the movie lacks one. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from avakit.errors import GapError
from avakit.media.ticks import Ticks, distinct
from avakit.media.timeline import Policy, Timeline
from avakit.preparation.gaps import Gaps
from avakit.preparation.products import Product

Range = tuple[Fraction, Fraction]
"""The first and the last wanted second of a stretch, both included."""

_SHOWN = 6


@dataclass(frozen=True, eq=False)
class ProductPlan:
    """One product of one movie.

    `indices`: for each file of the product the picture of the timeline that it shows, `LEFT_OUT` where none;
    int64 of shape (len(product),). `lacking`: the files whose right picture the movie lacks, bool, same
    shape.
    """

    product: Product
    indices: Ticks
    lacking: npt.NDArray[np.bool_]

    @property
    def pictures(self) -> Ticks:
        """The different pictures of the timeline that are shown, ascending."""
        return distinct(self.indices[self.indices != LEFT_OUT])

    @property
    def lacking_seconds(self) -> tuple[Range, ...]:
        """The stretches of wanted seconds whose right picture the movie lacks."""
        return stretches(self.product, self.lacking)

    def without(self, damaged: Iterable[int], gaps: Gaps) -> "ProductPlan":
        """Return the plan for a movie in which these pictures cannot be decoded.

        `skip` leaves their numbers out, `repeat_last` shows the picture before them (at the beginning:
        after). Raises `GapError` if no picture is left, and where one is wanted and `gaps` is `error`.
        """
        lost = np.array(sorted(damaged), dtype=np.int64)
        hit = np.isin(self.indices, lost)
        good = np.setdiff1d(self.indices[self.indices != LEFT_OUT], lost)
        if not len(good):
            raise GapError(
                f"Not one of {len(hit)} {self.product.name} has a picture that can be decoded",
                "Get the movie again, from another --source.",
            )
        if gaps == "error" and hit.any():
            raise undecodable(self.product.name, int(hit.sum()), len(hit), stretches(self.product, hit))
        indices = self.indices.copy()
        if gaps == "repeat_last":
            before = np.searchsorted(good, self.indices[hit], side="right") - 1
            indices[hit] = good[np.maximum(before, 0)]
        else:
            indices[hit] = LEFT_OUT
        return ProductPlan(self.product, indices, self.lacking | hit)


LEFT_OUT = -1
POLICY: Policy = "on_screen"


def plan_product(timeline: Timeline, product: Product, gaps: Gaps) -> ProductPlan:
    """Return what the files of a product are to show: the pictures on screen (policy `POLICY`).

    Raises `GapError` where pictures are missing and `gaps` is `error`, and where all are.
    """
    times = product.times
    lacking = timeline.gaps(times)
    if len(product) == 0:
        raise GapError(f"There is nothing to make {product.name} of", "Its labels ask for no second of it.")
    if lacking.all() or (gaps == "error" and lacking.any()):
        raise GapError(
            f"{int(lacking.sum())} of {len(product)} {product.name} have no picture in the movie: "
            f"second {describe(stretches(product, lacking))}",
            "Give --gaps skip or --gaps repeat_last, or get the movie from another --source.",
        )
    indices = timeline.at_many(times, POLICY)
    if gaps == "skip":
        indices[lacking] = LEFT_OUT
    return ProductPlan(product, indices, lacking)


def stretches(product: Product, marked: npt.NDArray[np.bool_]) -> tuple[Range, ...]:
    """Return the wanted seconds of the marked files, neighbours joined."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], marked.astype(np.int8), [0]])))
    return tuple(
        (Fraction(product.ticks[first], product.rate), Fraction(product.ticks[stop - 1], product.rate))
        for first, stop in edges.reshape(-1, 2).tolist()
    )


def undecodable(name: str, lost: int, count: int, seconds: Sequence[Range]) -> GapError:
    """Return why a product in which nothing may be missing is refused: `lost` of its `count` files are."""
    return GapError(
        f"{lost} of {count} {name} show what cannot be decoded: second {describe(seconds)}",
        "Give --gaps skip or --gaps repeat_last, or get the movie from another --source.",
    )


def describe(ranges: Sequence[Range]) -> str:
    """Return stretches of seconds as a few words, such as `902 to 904.5, 950`."""
    shown = ((f"{float(first):.10g}", f"{float(last):.10g}") for first, last in ranges[:_SHOWN])
    words = [first if first == last else f"{first} to {last}" for first, last in shown]
    return ", ".join(words) + (f" and {len(ranges) - _SHOWN} more stretches" if len(ranges) > _SHOWN else "")
