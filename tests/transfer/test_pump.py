import threading
import time
from collections.abc import Iterator

from avakit.transfer.pump import Pump


def drained(pump: Pump[int]) -> list[int]:
    found = []
    while not pump.done and pump.failed is None:
        if (item := pump.take(1)) is not None:
            found.append(item)
    return found


def test_items_come_in_order_to_the_end() -> None:
    assert drained(Pump(lambda: range(1000))) == list(range(1000))


def test_what_is_raised_comes_behind_the_items() -> None:
    def make() -> Iterator[int]:
        yield 1
        raise ValueError("odd")

    pump = Pump(make)
    assert drained(pump) == [1]
    assert isinstance(pump.failed, ValueError)
    assert not pump.done


def test_waiting_is_bounded_and_the_thread_ends_when_left() -> None:
    release, ended = threading.Event(), threading.Event()

    def make() -> Iterator[int]:
        try:
            yield 1
            release.wait(10)
            yield from range(100)
        finally:
            ended.set()

    pump = Pump(make)
    assert pump.take(1) == 1
    began = time.monotonic()
    assert pump.take(0.1) is None
    assert time.monotonic() - began < 1
    pump.leave()
    release.set()
    assert ended.wait(3)


def test_it_walks_only_a_few_items_ahead() -> None:
    seen = []

    def make() -> Iterator[int]:
        for number in range(1000):
            seen.append(number)
            yield number

    pump = Pump(make)
    pump.take(1)
    time.sleep(0.1)
    assert len(seen) < 30
    pump.leave()
