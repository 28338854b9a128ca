"""The tracks of an mp4: what is plain is read, and no bytes make it fail."""

import struct
import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import Movies

from avakit.media.boxes import Read, boxes, made, movie_box, reading
from avakit.media.keyunits import key_packets, prefix_of
from avakit.media.sampletable import samples_of
from avakit.media.tracks import tracks_of

KINDS = [b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsz", b"elst", b"mvhd", b"free", b"moof"]


def of(data: bytes) -> Read:
    return lambda start, count: data[start : start + count]


def full(name: bytes, *numbers: int) -> bytes:
    return made(name, bytes(4), *(struct.pack(">I", number) for number in numbers))


TABLES = {
    b"stsz": bytes(4) + struct.pack(">5I", 0, 3, 10, 20, 30),
    b"stts": bytes(4) + struct.pack(">3I", 1, 3, 512),
    b"stsc": bytes(4) + struct.pack(">4I", 1, 1, 3, 1),
    b"stco": bytes(4) + struct.pack(">2I", 1, 48),
}


def test_tables_unfold() -> None:
    samples = samples_of({**TABLES, b"stss": bytes(4) + struct.pack(">2I", 1, 2)})
    assert samples is not None
    assert samples.pos.tolist() == [48, 58, 78]
    assert samples.dts.tolist() == [0, 512, 1024]
    assert samples.sync.tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        (b"stsz", (0, 2**32 - 1, 10)),
        (b"stsz", (7, 2**32 - 1)),
        (b"stsz", (0, 3, 10, 0, 30)),
        (b"stsz", (0, 0)),
        (b"stts", (1, 2, 512)),
        (b"stts", (2, 2, 512)),
        (b"stts", (1, 3, 2**31)),
        (b"stts", (2, 3, 512, 0, 7)),
        (b"ctts", (1, 3, 2**32 - 1)),
        (b"ctts", (1, 4, 0)),
        (b"stsc", (1, 2, 3, 1)),
        (b"stsc", (1, 1, 3, 2)),
        (b"stsc", (2, 1, 3, 1, 1, 3, 1)),
        (b"stsc", (1, 1, 2**32 - 1, 1)),
        (b"stco", (2, 48, 50)),
        (b"stco", (0,)),
        (b"stss", (1, 4)),
        (b"stss", (2, 2, 1)),
        (b"stss", (0,)),
    ],
)
def test_tables_of_two_minds_are_none(name: bytes, numbers: tuple[int, ...]) -> None:
    content = bytes(4) + struct.pack(f">{len(numbers)}I", *numbers)
    assert samples_of({**TABLES, name: content}) is None


@pytest.mark.parametrize("missing", [b"stsz", b"stts", b"stsc", b"stco"])
def test_no_table_is_none(missing: bytes) -> None:
    assert samples_of({name: content for name, content in TABLES.items() if name != missing}) is None


def test_few_bytes_take_little_memory() -> None:
    """Counts of billions, each within its box of a few bytes."""
    tables = {
        b"stsz": bytes(4) + struct.pack(">2I", 1, 2**32 - 1),
        b"stts": bytes(4) + struct.pack(">3I", 1, 2**32 - 1, 1),
        b"stsc": bytes(4) + struct.pack(">4I", 1, 1, 2**32 - 1, 1),
        b"stco": bytes(4) + struct.pack(">2I", 1, 48),
    }
    tracemalloc.start()
    try:
        assert samples_of(tables) is None
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


@given(st.binary(max_size=300))
def test_no_bytes_make_tracks_fail(data: bytes) -> None:
    tracks_of(of(data), len(data))
    tracks_of(of(made(b"moov", data)), len(data) + 8)
    mvhd = full(b"mvhd", 0, 0, 1000, 1000)
    assert tracks_of(of(made(b"moov", mvhd, made(b"trak", data))), len(mvhd) + len(data) + 16) == {}


@given(
    st.dictionaries(
        st.sampled_from([b"stsz", b"stts", b"ctts", b"stss", b"stsc", b"stco", b"co64"]),
        st.binary(max_size=80),
    )
)
def test_no_tables_make_samples_fail(tables: dict[bytes, bytes]) -> None:
    samples_of({**TABLES, **tables})


@given(
    st.recursive(
        st.binary(max_size=20),
        lambda inner: st.lists(st.tuples(st.sampled_from(KINDS), inner), max_size=3).map(
            lambda all_: b"".join(made(kind, content) for kind, content in all_)
        ),
        max_leaves=12,
    )
)
def test_boxes_fill_what_holds_them(data: bytes) -> None:
    found = boxes(data)
    if found is not None:
        assert b"".join(data[box.start : box.stop] for box in found) == data
    movie_box(of(data), len(data))


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.replace(b"mvhd", b"mvex"),
        lambda data: data.replace(b"avc1", b"encv").replace(b"mp4a", b"enca").replace(b"stss", b"senc"),
        lambda data: data.replace(b"url \0\0\0\1", b"url \0\0\0\0"),
        lambda data: data.replace(b"moov", b"moof"),
        lambda data: data.replace(b"moov", b"free"),
        lambda data: data[:-1],
    ],
    ids=["fragments", "protected", "elsewhere", "fragments first", "no index", "cut off"],
)
def test_what_is_not_plain_is_none(change: Callable[[bytes], bytes], movies: Movies) -> None:
    data = movies("mp4-25", seconds=20)["mp4-25"].path.read_bytes()
    plain, changed = tracks_of(of(data), len(data)), change(data)
    assert plain is not None
    assert all(track.samples is not None for track in plain.values())
    found = tracks_of(of(changed), len(changed))
    assert not found or all(track.entry not in (b"avc1", b"mp4a") for track in found.values())


def test_a_hole_is_no_index(movies: Movies) -> None:
    path = movies("mp4-23.976")["mp4-23.976"].path
    size = path.stat().st_size
    with reading(path) as read:
        assert tracks_of(read, size)
        assert tracks_of(lambda start, count: read(start, min(count, max(0, 9000 - start))), size) is None


def unit(kind: int, content: bytes) -> bytes:
    return (len(content) + 1).to_bytes(4, "big") + bytes([kind]) + content


@pytest.mark.parametrize(
    ("units", "key"),
    [
        ([unit(0x65, b"x")], True),
        ([unit(0x41, b"x")], False),
        ([unit(9, b"\xf0"), unit(0x67, b"x"), unit(0x68, b"x"), unit(0x65, b"x")], True),
        ([unit(6, b"\6\1\xc4\x80"), unit(0x41, b"x")], True),
        ([unit(6, b"\5\xff\1" + bytes(256) + b"\6\1\xc4\x80"), unit(0x41, b"x")], True),
        ([unit(6, b"\5\2\6\6\x80"), unit(0x41, b"x")], False),
        ([unit(6, b"\6\1\xc4\x80")], False),
        ([unit(0x41, b"x"), unit(0x65, b"x")], False),
        ([b"\0\0\1\0\x65"], False),
        ([b"\0\0\0\0\x65"], False),
        ([b"\0"], False),
    ],
)
def test_key_pictures_are_told_by_their_units(units: list[bytes], key: bool) -> None:
    packet = b"".join(units)
    data = np.frombuffer(b"??" + packet + bytes(9), np.uint8)
    found = key_packets(data, np.array([2]), np.array([len(packet)]), 4)
    assert found is not None
    assert found.tolist() == [key]


def test_a_packet_of_very_many_units_cannot_be_told() -> None:
    packet = unit(9, b"x") * 1000
    data = np.frombuffer(packet, np.uint8)
    assert key_packets(data, np.array([0]), np.array([len(packet)]), 4) is None


@given(st.binary(max_size=60), st.sampled_from([1, 2, 3, 4]))
def test_any_bytes_are_told(data: bytes, prefix: int) -> None:
    whole = np.frombuffer(data + b"x", np.uint8)
    key_packets(
        whole, np.array([0, len(data) // 2]), np.array([len(data) // 2, len(data) - len(data) // 2]), prefix
    )
    prefix_of(b"\1" + data)


def test_the_prefix_is_that_of_the_sets() -> None:
    sets = b"\1\x64\0\x0a\xff\xe1\0\2\x67\0\1\0\1\x68"
    assert prefix_of(sets) == 4
    assert prefix_of(sets[:-1]) is None
    assert prefix_of(sets.replace(b"\x67", b"\x68")) is None
    assert prefix_of(b"") is None
