"""The parameters of products: what was asked for, checked."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Final, Literal

from avakit.errors import UsageError
from avakit.preparation.gaps import Gaps, check_gaps

NAMES = ("keyframes", "frames", "clips", "crops", "tracks", "audio")
"""The products that can be made."""

Store = Literal["folder", "tar", "video"]
NATIVE: Final = "native"
Rate = Fraction | Literal["native"] | None
"""Pictures a second; `native`: the movie's own pictures, each once; None: the release's grid."""

Number = int | float | str | Fraction

QUALITY = 90
SECONDS = Fraction(3)
MARGIN = 0.1
_LARGEST = 8192
_LONGEST = 600
_FASTEST = 1000
_DIGITS = 20


@dataclass(frozen=True)
class Recipe:
    """How products are made.

    `store`: files in a folder, one tar a video, or (of frames) one movie that reads at random. `fps`: of
    frames and tracks. `size`: the short side in pixels (None: as stored). `around`: frames only this near (in
    seconds) to the seconds that are meant. `seconds`: the length of a clip. `margin`: how much larger a crop
    is than its box at each side, a share of its width and height. `square`: pixels that are not square are
    made so. `copied`: clips and sound keep their packets. `quality`: of the JPEGs, 1 to 100.
    """

    store: Store = "folder"
    fps: Rate = None
    size: int | None = None
    around: Fraction | None = None
    seconds: Fraction = SECONDS
    margin: float = MARGIN
    square: bool = False
    copied: bool = False
    quality: int = QUALITY
    gaps: Gaps = "error"

    def of_labels(self, name: str) -> bool:
        """Return whether a product is made only of what the labels say."""
        return name in ("clips", "crops", "tracks") or (name == "frames" and self.around is not None)


def recipe_of(
    names: Iterable[str],
    *,
    store: str = "folder",
    fps: Number | None = None,
    size: int | None = None,
    around: Number | None = None,
    seconds: Number = SECONDS,
    margin: float = MARGIN,
    square_pixels: bool = False,
    copy: bool = False,
    quality: int = QUALITY,
    gaps: str = "error",
) -> Recipe:
    """Return the recipe that these words ask for. Raises `UsageError` for one that makes no sense."""
    if not 1 <= quality <= 100:
        raise UsageError(f"A JPEG's quality cannot be {quality}", "Give a number from 1 to 100.")
    if size is not None and not 2 <= size <= _LARGEST:
        raise UsageError(f"A short side cannot have {size} pixels", f"Give --size from 2 to {_LARGEST}.")
    if not 0 <= margin <= 1:
        raise UsageError(f"A margin cannot be {margin:g}", "Give --margin from 0 to 1, a share of the box.")
    return Recipe(
        store=_store(store, names),
        fps=_rate(fps),
        size=size,
        around=None if around is None else _number(around, "--around", Fraction(0), _LONGEST),
        seconds=_number(seconds, "--seconds", Fraction(1, 100), _LONGEST),
        margin=margin,
        square=square_pixels,
        copied=copy,
        quality=quality,
        gaps=check_gaps(gaps),
    )


def check_products(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names of products, each once. Raises `UsageError` for an unknown name, or none."""
    chosen = tuple(dict.fromkeys(names))
    if unknown := [name for name in chosen if name not in NAMES]:
        raise UsageError(f"There is no product {unknown[0][:40]!a}", f"There are: {', '.join(NAMES)}.")
    if not chosen:
        raise UsageError("No product was named", f"There are: {', '.join(NAMES)}.")
    return chosen


def _store(text: str, names: Iterable[str]) -> Store:
    known: dict[str, Store] = {"folder": "folder", "tar": "tar", "video": "video"}
    if text not in known:
        raise UsageError(f"There is no store {text[:40]!a}", f"There are: {', '.join(known)}.")
    others = [name for name in names if name != "frames"]
    if text == "video" and others:
        raise UsageError(
            f"The store video holds frames, and no {' or '.join(others)}",
            "Prepare frames by themselves with --store video, the others with folder or tar.",
        )
    return known[text]


def _rate(fps: Number | None) -> Rate:
    if fps is None:
        return None
    if isinstance(fps, str) and fps.casefold() == NATIVE:
        return NATIVE
    return _number(fps, "--fps", Fraction(1, 1000), _FASTEST)


def _number(given: Number, option: str, least: Fraction, most: int) -> Fraction:
    """Return a number exactly as it was written: 0.1 is a tenth. Raises `UsageError`."""
    try:
        number = _exact(given)
    except (ValueError, ZeroDivisionError, OverflowError, InvalidOperation):
        number = Fraction(-1)
    if not least <= number <= most:
        native = f" or {NATIVE}" if option == "--fps" else ""
        raise UsageError(
            f"{option} cannot be {str(given)[:40]!a}",
            f"Give a number from {float(least):g} to {most}{native}.",
        )
    return number


def _exact(given: Number) -> Fraction:
    if not isinstance(given, str | float):
        return Fraction(given)
    text = str(given)
    if "/" in text:
        return Fraction(text)
    number = Decimal(text)
    if abs(number.adjusted()) > _DIGITS:  # as a fraction it would fill the memory
        raise ValueError(text)
    return Fraction(number)
