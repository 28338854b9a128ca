"""What became of a product, for people and for the ledger. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from avakit.dataset.rows import Json, ProductRow
from avakit.preparation.make import Made
from avakit.preparation.provenance import Word

Stretch = tuple[float, float]
"""The first and the last wanted second of a stretch."""


@dataclass(frozen=True)
class Outcome:
    """What became of one product of one video.

    `state`: `made` now, `kept` from before, `refused` (`message` says why), or `missing`: the video itself is
    not here. `files`, `bytes`: of the finished folder. `lacking`: stretches of seconds whose right picture
    the movie lacks. `damage`: what the decoder complained of.
    """

    video: str
    product: str
    state: str
    files: int = 0
    bytes: int = 0
    lacking: tuple[Stretch, ...] = ()
    damage: tuple[str, ...] = ()
    message: str | None = None

    @property
    def there(self) -> bool:
        """Whether the product is there, whole."""
        return self.state in ("made", "kept")


def outcome_of(row: ProductRow, state: str) -> Outcome:
    """Return what the ledger knows of a product that is there: `state` is `made` or `kept`."""
    known = row.gaps if isinstance(row.gaps, dict) else {}
    seconds, damage = known.get("seconds"), known.get("damage")
    return Outcome(
        row.video,
        row.product,
        state,
        row.counts.get("files", 0),
        row.bytes,
        tuple(_stretch(pair) for pair in seconds) if isinstance(seconds, list) else (),
        tuple(str(line) for line in damage) if isinstance(damage, list) else (),
    )


def row_of(made: Made) -> ProductRow:
    """Return what the ledger is to remember of a product that was made."""
    lacking: list[Json] = [[_number(first), _number(last)] for first, last in made.lacking]
    return ProductRow(
        video=made.video,
        product=made.product,
        recipe=dict(made.recipe),
        versions=made.versions,
        counts=made.counts,
        gaps={"seconds": lacking, "damage": list(made.damage)},
        fingerprint=made.fingerprint,
        bytes=made.bytes,
    )


def row_without(video: str, product: str, recipe: Mapping[str, Word], why: str | None) -> ProductRow:
    """Return what the ledger is to remember of a product that was refused."""
    return ProductRow(video, product, dict(recipe), {}, {}, None, "", 0, have=False, message=why)


def _stretch(pair: Json) -> Stretch:
    first, last = pair if isinstance(pair, list) else (0, 0)
    return float(str(first)), float(str(last))


def _number(second: Fraction) -> int | float:
    return int(second) if second.denominator == 1 else float(second)
