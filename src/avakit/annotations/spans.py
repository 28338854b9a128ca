"""Which rows of a table came from which csv: they stand in it one file after the other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avakit.annotations.diagnosis import numbered_lines
from avakit.annotations.loading import Source

_CHUNK = 1 << 20


@dataclass(frozen=True)
class Spans:
    """The first row of each source, and, as the last number, how many rows there are."""

    edges: tuple[int, ...]

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """Yield, for each source, its first row and the one behind its last."""
        return pairwise(self.edges)

    def source(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the number of the source that each of these rows came from."""
        return np.searchsorted(np.asarray(self.edges[1:]), rows, side="right")


def spans_of(sources: Sequence[Source], rows: int) -> Spans:
    """Return which of the rows came from which source."""
    if len(sources) == 1:
        return Spans((0, rows))
    counts = [_line_count(source) for source in sources]
    if sum(counts) != rows:
        # No file has more rows than lines, so with equal sums they are the same, and here there are blanks.
        counts = [_row_count(source) for source in sources]
    return Spans((0, *np.cumsum(counts).tolist()))


def _line_count(source: Source) -> int:
    """Return how many lines there are below the header, blank ones too."""
    count, end = 0, b""
    with source.path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            count += chunk.count(b"\n")
            if b"\r" in chunk or end == b"\r":
                # CR LF is one end, also where it lies across two chunks.
                count += chunk.count(b"\r") - chunk.count(b"\r\n") - (end == b"\r" and chunk[:1] == b"\n")
            end = chunk[-1:]
    return count + (end not in (b"\n", b"\r", b"")) - int(source.dialect.header)


def _row_count(source: Source) -> int:
    path: Path = source.path
    with path.open(encoding="utf-8-sig", errors="replace", newline=None) as file:
        return sum(1 for _ in numbered_lines(file)) - int(source.dialect.header)
