from hypothesis import given
from hypothesis import strategies as st

from avakit.windows import matroska, mp4
from avakit.windows.sparse import Sparse


class Bytes:
    def __init__(self, data: bytes, here: int | None = None) -> None:
        self._data = data
        self._here = len(data) if here is None else here

    @property
    def size(self) -> int:
        return len(self._data)

    def read(self, start: int, count: int) -> bytes:
        return self._data[start : min(start + count, self._here)]


def box(kind: bytes, content: bytes) -> bytes:
    return (len(content) + 8).to_bytes(4, "big") + kind + content


@given(st.binary(max_size=300), st.integers(0, 300))
def test_no_bytes_make_a_layout_fail(data: bytes, here: int) -> None:
    for blocks in (Bytes(data), Bytes(data, here)):
        for layout in (mp4.layout(blocks), matroska.layout(blocks)):
            assert layout.missing is None or 0 <= layout.missing <= max(len(data), here)


@given(st.binary(max_size=60))
def test_no_bytes_make_a_matroska_head_fail(data: bytes) -> None:
    head = bytes.fromhex("1A45DFA3 80 18538067 01FFFFFFFFFFFFFF")
    matroska.layout(Bytes(head + data))
    matroska.layout(Bytes(head + bytes.fromhex("1549A966") + bytes([0x80 | len(data)]) + data))


@given(st.lists(st.tuples(st.sampled_from([b"free", b"mdat", b"uuid"]), st.binary(max_size=40)), max_size=6))
def test_the_index_is_found_behind_any_boxes(boxes: list[tuple[bytes, bytes]]) -> None:
    before = box(b"ftyp", b"isom") + b"".join(box(kind, content) for kind, content in boxes)
    data = before + box(b"moov", b"index")
    found = mp4.layout(Bytes(data)).index
    assert found is not None
    assert data[found.start + 8 : found.stop] == b"index"


def test_a_box_of_64_bits_and_one_to_the_end() -> None:
    large = b"\0\0\0\1mdat" + (16 + 5).to_bytes(8, "big") + b"12345"
    found = mp4.layout(Bytes(large + box(b"moov", b"") + b"\0\0\0\0free1")).index
    assert found == mp4.Box(b"moov", 21, 29)


def test_the_place_that_is_missing_is_named() -> None:
    data = box(b"ftyp", b"isom") + box(b"mdat", bytes(100)) + box(b"moov", b"index")
    assert mp4.layout(Bytes(data, 20)).missing == 20
    assert mp4.layout(Bytes(data, 115)).missing == 120


@given(st.binary(min_size=1, max_size=200), st.data())
def test_a_sparse_file_reads_as_a_file_until_its_hole(data: bytes, draw: st.DataObject) -> None:
    here = draw.draw(st.integers(0, len(data)))
    start = draw.draw(st.integers(0, len(data)))
    count = draw.draw(st.integers(1, 250))
    sparse = Sparse(Bytes(data, here))
    assert sparse.seek(start) == start
    assert sparse.read(count) == data[start : min(start + count, here)]
    assert sparse.hole == (start if here <= start < len(data) else None)
    assert sparse.seek(0, 2) == len(data)
