"""Parts of a movie: where they begin, and that each is decoded once for all products."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from avakit.preparation.piece import pieces


@given(
    st.lists(st.integers(0, 500), unique=True).map(sorted),
    st.lists(st.integers(0, 500), unique=True, min_size=1).map(sorted),
    st.integers(1, 9),
)
def test_pieces_are_the_whole_in_order(indices: list[int], sync: list[int], count: int) -> None:
    parts = pieces(np.array(indices, np.int64), np.array(sync, np.int64), count)
    assert [i for part in parts for i in part.tolist()] == indices
    assert len(parts) <= count
    assert all(len(part) for part in parts)


def test_pieces_begin_at_sync_pictures() -> None:
    parts = pieces(np.arange(100), np.arange(0, 100, 12), 3)
    assert [int(part[0]) for part in parts] == [0, 36, 72]
