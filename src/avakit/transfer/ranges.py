"""Arithmetic of byte intervals: which bytes are wanted, which are missing, in what pieces to ask for them."""

from collections.abc import Iterable

Span = tuple[int, int]
"""Bytes from the first number up to, not including, the second."""

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB
BLOCK = 64 * KIB
"""The unit in which bytes are kept."""

GAP = 256 * KIB
"""A gap under this is cheaper to fetch than a request of its own."""


def merge(spans: Iterable[Span], gap: int = 0) -> list[Span]:
    """Return the spans sorted, the empty ones left out, those joined that overlap or lie at most `gap` bytes
    apart."""
    merged: list[Span] = []
    for start, stop in sorted(span for span in spans if span[0] < span[1]):
        if merged and start - merged[-1][1] <= gap:
            merged[-1] = (merged[-1][0], max(merged[-1][1], stop))
        else:
            merged.append((start, stop))
    return merged


def subtract(spans: Iterable[Span], kept: Iterable[Span]) -> list[Span]:
    """Return what of `spans` lies in none of `kept`: sorted, disjoint, none empty."""
    holes = merge(kept)
    left: list[Span] = []
    first = 0
    for start, stop in merge(spans):
        while first < len(holes) and holes[first][1] <= start:
            first += 1
        for hole_start, hole_stop in holes[first:]:
            if hole_start >= stop:
                break
            if start < hole_start:
                left.append((start, hole_start))
            start = max(start, hole_stop)
        if start < stop:
            left.append((start, stop))
    return left


def total(spans: Iterable[Span]) -> int:
    """Return how many bytes the spans hold; a byte in two of them counts once."""
    return sum(stop - start for start, stop in merge(spans))


def whole_blocks(spans: Iterable[Span], size: int, block: int = BLOCK) -> list[Span]:
    """Return the blocks that the spans touch, as merged spans within a file of `size` bytes."""
    wide = (
        (max(0, start) // block * block, min(size, -(-stop // block) * block)) for start, stop in merge(spans)
    )
    return merge(wide)


def pieces(
    spans: Iterable[Span],
    connections: int,
    largest: int = 4 * MIB,
    least: int = MIB,
    gap: int = GAP,
    block: int = BLOCK,
) -> list[Span]:
    """Divide spans into the ranges to ask for, in order, by `connections` connections at once.

    Spans less than `gap` apart become one, whatever lies between them, so that nothing is asked for in
    fragments. The ranges begin at `largest` bytes and shrink towards the end, so that all connections end at
    about the same time, fast ones and slow ones. They are cut at multiples of `block`; none has fewer than
    `least`, except where the merged span itself has.
    """
    whole = merge(spans, gap - 1)
    left = total(whole)
    parts: list[Span] = []
    for start, stop in whole:
        while start < stop:
            share = max(least, min(largest, left // (2 * max(1, connections))))
            cut = -(-(start + share) // block) * block
            end = cut if stop - cut >= least else stop
            parts.append((start, end))
            left -= end - start
            start = end
    return parts
