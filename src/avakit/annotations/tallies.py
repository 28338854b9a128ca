"""The pieces that counts of labels of any kind are made of."""

from collections.abc import Mapping, Sequence
from itertools import accumulate

import duckdb

from avakit.annotations.figures import Distribution, SplitFigures

CELLS = (48, 27)
"""The grid of `coverage`: cells in a row, and rows."""

ALL = "all"
"""What the figures of all splits together are called."""


def split_figures(database: duckdb.DuckDBPyConnection, query: str) -> tuple[SplitFigures, ...]:
    """Return the figures of each split: the first column of a query, and the others by their names."""
    found = database.execute(query)
    nouns = [column[0] for column in found.description or ()][1:]
    return tuple(
        SplitFigures(split, dict(zip(nouns, counts, strict=True))) for split, *counts in found.fetchall()
    )


def summed(splits: Sequence[SplitFigures]) -> SplitFigures:
    """Return the figures of all splits: no video is in two of them."""
    nouns = list(splits[0].counts) if splits else []
    return SplitFigures(ALL, {noun: sum(one.counts[noun] for one in splits) for noun in nouns})


def distributions(database: duckdb.DuckDBPyConnection, queries: Mapping[str, str]) -> dict[str, Distribution]:
    """Return what each query gives, whose columns are a number, ascending, and how often it occurs."""
    return {noun: Distribution(tuple(database.execute(query).fetchall())) for noun, query in queries.items()}


def coverage(database: duckdb.DuckDBPyConnection, table: str) -> tuple[tuple[int, ...], ...]:
    """Return how many boxes of a table touch each cell, row by row; what is outside touches the edge."""
    across, down = CELLS
    # Each box adds its count at two of its corners and takes it back at the others: the sums along rows, then
    # along columns, are the coverage.
    found = database.execute(
        f"""
        WITH edges AS (
            SELECT greatest(0, least($across - 1, floor(x1 * $across)))::INTEGER AS x1,
                greatest(0, least($down - 1, floor(y1 * $down)))::INTEGER AS y1,
                greatest(1, least($across, ceil(x2 * $across)))::INTEGER AS x2,
                greatest(1, least($down, ceil(y2 * $down)))::INTEGER AS y2
            FROM {table}
        ), counted AS (
            SELECT x1, y1, greatest(x2, x1 + 1) AS x2, greatest(y2, y1 + 1) AS y2, count(*) AS n
            FROM edges GROUP BY ALL
        ), corners AS (
            SELECT y1 AS y, x1 AS x, n FROM counted UNION ALL SELECT y1, x2, -n FROM counted
            UNION ALL SELECT y2, x1, -n FROM counted UNION ALL SELECT y2, x2, n FROM counted
        )
        SELECT y, x, sum(n)::BIGINT FROM corners GROUP BY ALL""",  # noqa: S608
        {"across": across, "down": down},
    )
    changes = [[0] * (across + 1) for _ in range(down + 1)]
    for y, x, change in found.fetchall():
        changes[y][x] = change
    rows = [list(accumulate(row)) for row in changes]
    columns = [list(accumulate(column)) for column in zip(*rows, strict=True)]
    return tuple(tuple(columns[x][y] for x in range(across)) for y in range(down))


def place(name: str, order: Sequence[str]) -> tuple[int, str]:
    """Return what sorts names in an order; those not in it come last."""
    return (order.index(name) if name in order else len(order), name)
