import random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from avakit.proof.units import Units, fills

PACKETS = st.lists(
    st.one_of(
        st.binary(min_size=1, max_size=30),
        st.lists(st.binary(min_size=1, max_size=9), min_size=1, max_size=5).map(
            lambda units: b"".join(len(unit).to_bytes(2, "big") + unit for unit in units)
        ),
        st.integers(60, 80).map(lambda count: b"\0\1x" * count),
    ),
    min_size=1,
    max_size=8,
)


@given(st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=6), st.sampled_from([2, 3, 4]))
def test_units_fill_their_packet(units: list[bytes], prefix: int) -> None:
    data = b"".join(len(unit).to_bytes(prefix, "big") + unit for unit in units)
    assert fills(memoryview(data), prefix)
    assert not fills(memoryview(data[:-1]), prefix)
    assert not fills(memoryview(data + b"\0"), prefix)


@given(st.integers(1, 200), st.sampled_from([1, 2, 4]))
def test_zeros_are_no_units(count: int, prefix: int) -> None:
    assert not fills(memoryview(bytes(count)), prefix)


@given(st.binary(max_size=100), st.sampled_from([1, 2, 4]))
def test_any_bytes_are_judged(data: bytes, prefix: int) -> None:
    assert fills(memoryview(data), prefix) in (True, False)


@given(PACKETS, st.sampled_from([1, 2, 3, 4]), st.randoms())
def test_all_at_once_are_judged_as_one_by_one(packets: list[bytes], prefix: int, dice: random.Random) -> None:
    order = list(range(len(packets)))
    dice.shuffle(order)
    places, data = {}, b""
    for number in order:
        places[number] = len(data)
        data += packets[number]
    pos = np.array([places[number] for number in range(len(packets))])
    size = np.array([len(packet) for packet in packets])
    found = Units(prefix).whole_ones(np.frombuffer(data, np.uint8), pos, size)
    assert found.tolist() == [fills(memoryview(packet), prefix) for packet in packets]
