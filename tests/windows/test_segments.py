"""The segment index of fragmented mp4: read from any bytes, and planned by."""

import struct
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import Movies
from tests.windows.blocks import Partial
from tests.windows.test_cut import WINDOW, cut_all, plan_all
from tests.windows.test_layouts import Bytes, box

from avakit.errors import DamagedMovie, UnsupportedMovie
from avakit.rehearsal.movies import make
from avakit.rehearsal.standard import standard
from avakit.windows import mp4
from avakit.windows.cut import cut
from avakit.windows.plan import Need, plan
from avakit.windows.segments import Segment, read_index, spans
from avakit.windows.span import Window

Rows = list[tuple[int, int, bool]]


def sidx(
    rows: Rows, *, timescale: int = 1000, begins: int = 0, skipped: int = 0, wide: bool = False
) -> bytes:
    times = struct.pack(">QQ" if wide else ">II", begins, skipped)
    table = b"".join(struct.pack(">III", size, length, sync << 31) for size, length, sync in rows)
    head = struct.pack(">B3xII", wide, 1, timescale) + times + struct.pack(">HH", 0, len(rows))
    return box(b"sidx", head + table)


SEGMENTS = st.lists(
    st.tuples(st.integers(0, 2**31 - 1), st.integers(0, 2**32 - 1), st.booleans()), min_size=1
)


@given(
    SEGMENTS, st.booleans(), st.integers(1, 2**32 - 1), st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)
)
def test_segments_lie_one_behind_the_other(
    rows: Rows, wide: bool, timescale: int, begins: int, skipped: int
) -> None:
    data = sidx(rows, timescale=timescale, begins=begins, skipped=skipped, wide=wide)
    found = read_index(data, 1000 + len(data))
    assert found is not None
    assert not found.levels
    first = found.segments[0]
    assert (first.first, first.start) == (1000 + len(data) + skipped, Fraction(begins, timescale))
    for one, following in zip(found.segments, found.segments[1:], strict=False):
        assert (one.last, one.end) == (following.first, following.start)
    assert [
        (one.last - one.first, int((one.end - one.start) * timescale), one.sync) for one in found.segments
    ] == rows


@given(st.binary(max_size=200), st.integers(0, 200))
def test_no_bytes_make_an_index_fail(data: bytes, cut_at: int) -> None:
    read_index(data, 0)
    read_index(sidx([(7, 1000, True)] * 9)[:cut_at] + data, 0)


def test_an_index_that_leads_to_others_is_known() -> None:
    found = read_index(sidx([(1 << 31 | 5, 1000, True), (6, 1000, True)]), 0)
    assert found is not None
    assert found.levels


def segment(at: int, *, sync: bool = True) -> Segment:
    return Segment(100 * at, 100 * at + 100, Fraction(5 * at), Fraction(5 * at + 5), sync)


def test_the_segments_of_a_window_begin_where_decoding_can_begin() -> None:
    every = [segment(at) for at in range(6)]
    assert spans(every, Fraction(11), Fraction(16)) == [(200, 300), (300, 400)]
    assert spans(every, Fraction(10), Fraction(15)) == [(200, 300), (300, 400)]
    assert spans(every, Fraction(-5), Fraction(0)) == [(0, 100)]
    assert spans(every, Fraction(99), Fraction(100)) == [(500, 600)]
    assert spans([], Fraction(0), Fraction(1)) == []
    few = [segment(at, sync=at in (0, 3)) for at in range(6)]
    assert spans(few, Fraction(12), Fraction(13)) == [(0, 100), (100, 200), (200, 300)]
    assert spans(few, Fraction(17), Fraction(18)) == [(300, 400)]


def fragmented(*indexes: bytes, rest: int = 100) -> Bytes:
    head = box(b"ftyp", b"isom") + box(b"moov", b"index") + b"".join(indexes)
    return Bytes(head + box(b"moof", bytes(rest)))


def test_the_indexes_before_the_first_fragment_are_found() -> None:
    one = sidx([(1, 2, True)])
    found = mp4.layout(fragmented(one, box(b"free", b""), one))
    assert found.fragmented
    assert [place.stop - place.start for place in found.segments] == [len(one)] * 2


def test_what_an_index_says_of_its_file_is_checked() -> None:
    with pytest.raises(UnsupportedMovie, match="several levels"):
        plan(fragmented(sidx([(1 << 31 | 108, 1000, True)])), "x", WINDOW)
    with pytest.raises(DamagedMovie, match="cut off"):
        plan(fragmented(sidx([(109, 1000, True)])), "x", WINDOW)
    for told in (
        sidx([(50, 1000, True)]),
        sidx([(108, 1000, True)], timescale=0),
        sidx([]),
        box(b"sidx", b"short"),
        box(b"sidx", bytes(2 << 20)),
    ):
        planned = plan(fragmented(told), "x", WINDOW)
        assert not isinstance(planned, Need)
        assert "fragmented" in planned.note


def test_an_index_longer_than_what_is_here_is_asked_for_whole() -> None:
    data = fragmented(sidx([(1, 1, True)] * 65000))
    here = Bytes(data.read(0, data.size), 200_000)
    needed = plan(here, "x", WINDOW)
    assert isinstance(needed, Need)
    assert needed.spans[0][0] >= 200_000


@pytest.mark.parametrize("sound", [True, False])
def test_a_window_of_fragments_costs_hardly_more_than_itself(
    sound: bool, movie_folder: Path, tmp_path: Path
) -> None:
    recipe = replace(standard(300)["mp4-700k"], name=f"sidx-{sound}", index="sidx", sync=50, sound=sound)
    movie = movie_folder / f"{recipe.digest}.mp4"
    if not movie.exists():
        make(recipe, movie)
    window = Window(Fraction(60), Fraction(260))
    blocks = Partial(movie)
    planned = plan_all(blocks, "movie", window)
    assert not planned.note
    done = cut_all(blocks, "movie", planned, tmp_path / "fetched", window)
    assert cut(movie, "movie", window, tmp_path / "local") == done
    assert (tmp_path / "fetched").read_bytes() == (tmp_path / "local").read_bytes()
    assert blocks.held < 1.1 * (tmp_path / "fetched").stat().st_size


def test_a_fragmented_movie_that_was_cut_off_is_said_to_be_damaged(movies: Movies, tmp_path: Path) -> None:
    movie = movies("mp4-sidx")["mp4-sidx"].path
    path = tmp_path / "short.mp4"
    path.write_bytes(movie.read_bytes()[: movie.stat().st_size * 2 // 3])
    with pytest.raises(DamagedMovie, match="cut off"):
        plan_all(Partial(path), "short")
