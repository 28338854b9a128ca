"""How the products of a data set stand: what there is, and whether one way made all of it. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TypedDict

from rich.filesize import decimal

from avakit.dataset.rows import ProductRow

TOOLS = ("avakit", "av", "simplejpeg")
"""The packages whose versions are compared: the others come with these."""


class ProductStatus(TypedDict):
    """One product of all videos, as `status --json` prints it.

    `videos`: have it; `refused`: could not be made; `files`, `bytes`: of all; `recipes`: how many different
    ones made them; `other_versions`: videos whose product other versions made than are here now; `made_by`:
    the versions, such as `avakit 0.1.0, av 18.1.0, simplejpeg 1.9.0`, and how many videos each made.
    """

    product: str
    videos: int
    refused: int
    files: int
    bytes: int
    recipes: int
    other_versions: int
    made_by: dict[str, int]


def product_status(rows: Iterable[ProductRow], now: Mapping[str, str]) -> list[ProductStatus]:
    """Return how each product stands, by name. `now`: the versions that are here, by package."""
    by_name: dict[str, list[ProductRow]] = {}
    for row in rows:
        by_name.setdefault(row.product, []).append(row)
    return [_status(name, some, now) for name, some in sorted(by_name.items())]


def product_lines(found: Sequence[ProductStatus]) -> list[str]:
    """Return the same for people: a line a product, and one for what was made in different ways."""
    lines: list[str] = []
    for one in found:
        videos, files = _of(one["videos"], "video"), _of(one["files"], "file")
        refused = f"; {one['refused']} refused" if one["refused"] else ""
        lines.append(f"{one['product']}: {videos}, {files}, {decimal(one['bytes'])}{refused}")
        if one["other_versions"]:
            made = "; ".join(f"{count} by {words}" for words, count in one["made_by"].items())
            lines.append(
                f"  {one['other_versions']} made by other versions than are here now ({made}). Their pixels"
                f" may differ: delete {one['product']}/ and run avakit prepare for the same ones everywhere."
            )
        if one["recipes"] > 1:
            lines.append(
                f"  made by {one['recipes']} different recipes (size, quality, labels or gaps):"
                " avakit prepare makes all by the one it is given."
            )
    return lines


def _status(name: str, rows: Sequence[ProductRow], now: Mapping[str, str]) -> ProductStatus:
    there = [row for row in rows if row.have]
    made_by = Counter(_words(row.versions) for row in there)
    return ProductStatus(
        product=name,
        videos=len(there),
        refused=len(rows) - len(there),
        files=sum(row.counts.get("files", 0) for row in there),
        bytes=sum(row.bytes for row in there),
        recipes=len({_parameters(row) for row in there}),
        other_versions=sum(count for words, count in made_by.items() if words != _words(now)),
        made_by=dict(made_by.most_common()),
    )


def _words(versions: Mapping[str, str]) -> str:
    return ", ".join(f"{tool} {versions.get(tool, 'unknown')}" for tool in TOOLS)


def _parameters(row: ProductRow) -> tuple[tuple[str, object], ...]:
    """Return what was asked for, less what each video has of its own."""
    return tuple((word, str(value)) for word, value in sorted(row.recipe.items()) if word != "wanted_sha256")


def _of(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' * (count != 1)}"
