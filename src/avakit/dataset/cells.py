"""How rows lie in the ledger's tables: fractions as `n/d`, structures as JSON, words as they are."""

import json
from fractions import Fraction
from typing import cast

from avakit.causes import Cause
from avakit.dataset.rows import AttemptRow, Json, Kind, ProductRow, State, VideoRow
from avakit.transfer.reader import Version

Cell = str | int | float | None

VIDEO = (
    "id, split, state, source, container, kind, path, bytes, cause, message, next, origin, "
    "source_size, source_etag, source_modified, start, stop, at"
)
ATTEMPT = "video, source, at, seconds, bytes, cause, message"
PRODUCT = "video, product, state, recipe, versions, counts, gaps, fingerprint, bytes, message, at"


def of_video(row: VideoRow, now: float) -> tuple[Cell, ...]:
    """Return the cells of a row, in the order of `VIDEO`. `now` stands in for an `at` of 0."""
    start, stop = row.window or (None, None)
    version = row.version
    return (
        *(row.id, row.split, row.state, row.source, row.container, row.kind, row.path, row.bytes),
        *(row.cause, row.message, row.next_step, _text(row.origin)),
        *(version.size, version.etag, version.modified, _text(start), _text(stop), row.at or now),
    )


def video(cells: tuple[Cell, ...]) -> VideoRow:
    """Return the row of cells. Raises ValueError where they make no sense."""
    (name, split, state, source, container, kind, path, size, cause, message, step, origin, *rest) = cells
    source_size, etag, modified, start, stop, at = rest
    window = None if start is None or stop is None else (Fraction(str(start)), Fraction(str(stop)))
    return VideoRow(
        id=str(name),
        split=str(split),
        state=State(str(state)),
        source=_word(source),
        container=_word(container),
        kind=None if kind is None else Kind(str(kind)),
        path=_word(path),
        bytes=_whole(size),
        cause=_cause(cause),
        message=_word(message),
        next_step=_word(step),
        origin=None if origin is None else Fraction(str(origin)),
        version=Version(None if source_size is None else _whole(source_size), _word(etag), _word(modified)),
        window=window,
        at=_real(at),
    )


def of_attempt(row: AttemptRow) -> tuple[Cell, ...]:
    """Return the cells of a row, in the order of `ATTEMPT`."""
    return (row.video, row.source, row.at, row.seconds, row.bytes, row.cause, row.message)


def attempt(cells: tuple[Cell, ...]) -> AttemptRow:
    """Return the row of cells. Raises ValueError where they make no sense."""
    name, source, at, seconds, size, cause, message = cells
    return AttemptRow(
        str(name), str(source), _real(at), _real(seconds), _whole(size), _cause(cause), _word(message)
    )


def of_product(row: ProductRow, now: float) -> tuple[Cell, ...]:
    """Return the cells of a row, in the order of `PRODUCT`. `now` stands in for an `at` of 0."""
    structures = (dict(row.recipe), dict(row.versions), dict(row.counts), row.gaps)
    return (
        *(row.video, row.product, "have" if row.have else "missing"),
        *(json.dumps(structure, sort_keys=True) for structure in structures),
        *(row.fingerprint, row.bytes, row.message, row.at or now),
    )


def product(cells: tuple[Cell, ...]) -> ProductRow:
    """Return the row of cells. Raises ValueError where they make no sense."""
    name, kind, state, recipe, versions, counts, gaps, fingerprint, size, message, at = cells
    return ProductRow(
        video=str(name),
        product=str(kind),
        recipe=_mapping(recipe),
        versions={key: str(value) for key, value in _mapping(versions).items()},
        counts={key: _whole(value) for key, value in _mapping(counts).items()},
        gaps=cast(Json, json.loads(str(gaps))),
        fingerprint=str(fingerprint),
        bytes=_whole(size),
        have=state == "have",
        message=_word(message),
        at=_real(at),
    )


def _text(value: Fraction | None) -> str | None:
    return None if value is None else f"{value.numerator}/{value.denominator}"


def _word(cell: Cell) -> str | None:
    return None if cell is None else str(cell)


def _whole(value: Json) -> int:
    if not isinstance(value, int):
        raise ValueError(f"{value!r} is no whole number")
    return value


def _real(cell: Cell) -> float:
    if not isinstance(cell, int | float):
        raise ValueError(f"{cell!r} is no number")
    return float(cell)


def _cause(cell: Cell) -> Cause | None:
    return None if cell is None else Cause(str(cell))


def _mapping(cell: Cell) -> dict[str, Json]:
    value = json.loads(str(cell))
    if not isinstance(value, dict):
        raise ValueError(f"{value!r} is no table")
    return value
