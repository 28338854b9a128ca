from hypothesis import given
from hypothesis import strategies as st

from avakit.proof.units import fills


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
