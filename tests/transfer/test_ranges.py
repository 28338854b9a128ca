import itertools

from hypothesis import given
from hypothesis import strategies as st

from avakit.transfer.ranges import BLOCK, GAP, MIB, Span, merge, pieces, subtract, total, whole_blocks

spans = st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), max_size=12)


def members(some: list[Span]) -> set[int]:
    return {byte for start, stop in some for byte in range(start, stop)}


@given(spans, st.integers(0, 40))
def test_merge_covers_the_same_bytes_and_short_gaps(some: list[Span], gap: int) -> None:
    merged = merge(some, gap)
    assert members(some) <= members(merged)
    assert all(right[0] - left[1] > gap for left, right in itertools.pairwise(merged))
    assert members(merge(some)) == members(some)


@given(spans, spans)
def test_subtract_is_the_difference_of_sets(some: list[Span], kept: list[Span]) -> None:
    left = subtract(some, kept)
    assert members(left) == members(some) - members(kept)
    assert left == merge(left)


@given(spans)
def test_total_counts_each_byte_once(some: list[Span]) -> None:
    assert total(some) == len(members(some))


@given(spans, st.integers(1, 300), st.integers(1, 32))
def test_whole_blocks_are_whole_and_as_few_as_can_be(some: list[Span], size: int, block: int) -> None:
    inside = [(min(start, size), min(stop, size)) for start, stop in some]
    wide = whole_blocks(inside, size, block)
    touched = {byte // block for byte in members(inside)}
    assert members(wide) == {byte for byte in range(size) if byte // block in touched}


@given(
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 200)), max_size=6),
    st.integers(1, 64),
    st.integers(1, 16),
    st.integers(1, 64),
)
def test_pieces(blocks: list[tuple[int, int]], size: int, least: int, connections: int) -> None:
    wanted = [(start * BLOCK, (start + length) * BLOCK - (length % 3)) for start, length in blocks]
    parts = pieces(wanted, connections, largest=size * MIB // 4, least=least * MIB // 4)
    whole = merge(wanted, GAP - 1)
    assert merge(parts) == merge(whole)
    assert total(parts) == sum(stop - start for start, stop in parts)
    starts, stops = {start for start, _ in whole}, {stop for _, stop in whole}
    for start, stop in parts:
        assert start in starts or start % BLOCK == 0
        if not (start in starts and stop in stops):
            assert stop - start >= least * MIB // 4


def test_pieces_of_a_window() -> None:
    parts = pieces([(0, 97 * MIB)], 8)
    sizes = [stop - start for start, stop in parts]
    assert 30 < len(parts) < 50
    assert sizes[0] == 4 * MIB
    assert sizes[:-1] == sorted(sizes[:-1], reverse=True)
    assert all(MIB <= size <= 4 * MIB for size in sizes)
    assert pieces([(5, 9)], 8) == [(5, 9)]
    assert pieces([], 8) == []
    assert pieces([(0, 10), (10 + GAP - 1, GAP + 20)], 8) == [(0, GAP + 20)]
    assert len(pieces([(0, 10), (10 + GAP, GAP + 20)], 8)) == 2
