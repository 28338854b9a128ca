import threading
import time

import pytest

from avakit.errors import (
    Changed,
    Interrupted,
    NetworkFailed,
    NotFound,
    RateLimited,
    ServerFailed,
    TransferError,
)
from avakit.transfer.again import LONGEST_WAIT, Tries, again, next_pause


def test_what_passes_and_what_does_not() -> None:
    assert next_pause(NetworkFailed("x"), 1) == 0.01
    assert next_pause(NetworkFailed("x"), 3) == 0.04
    assert next_pause(NetworkFailed("x"), 5) is None
    assert next_pause(RateLimited("x", wait=9), 1) == 9
    assert next_pause(ServerFailed("x", wait=LONGEST_WAIT + 1), 1) is None
    for final in (NotFound("x"), Changed("x"), TransferError("x")):
        assert next_pause(final, 1) is None


def test_again_until_it_works() -> None:
    calls: list[int] = []

    def call() -> str:
        calls.append(1)
        if len(calls) < 4:
            raise NetworkFailed("x")
        return "done"

    assert again(call, threading.Event()) == "done"


def test_again_gives_up_with_the_last_error() -> None:
    calls: list[int] = []

    def call() -> None:
        calls.append(1)
        raise ServerFailed(f"try {len(calls)}")

    with pytest.raises(ServerFailed, match="try 5"):
        again(call, threading.Event())


def test_a_wait_is_interrupted() -> None:
    stop = threading.Event()
    threading.Timer(0.1, stop.set).start()
    began = time.monotonic()
    with pytest.raises(Interrupted):
        Tries(stop).failed(RateLimited("x", wait=60))
    assert time.monotonic() - began < 1


def test_waits_are_bounded_in_all() -> None:
    tries = Tries(_Never())
    tries.failed(RateLimited("x", wait=LONGEST_WAIT - 100))
    with pytest.raises(RateLimited):
        tries.failed(RateLimited("x", wait=101))
    tries.renew()
    tries.failed(RateLimited("x", wait=101))


class _Never(threading.Event):
    """Is never set, and waits for nothing."""

    def wait(self, timeout: float | None = None) -> bool:
        return False
