import threading
import time

import pytest

from avakit.errors import Interrupted
from avakit.transfer.governor import Governor


def test_so_many_at_once_per_host() -> None:
    governor = Governor(2)
    most, now = 0, 0
    lock = threading.Lock()

    def work() -> None:
        nonlocal most, now
        for _ in governor.turn("host", threading.Event()):
            pass
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.02)
        with lock:
            now -= 1
        governor.leave("host")

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert governor.enter("other", 0)
    for thread in threads:
        thread.join()
    assert most == 2


def test_a_pause_holds_for_its_host() -> None:
    governor = Governor(1)
    governor.pause("host", 0.2)
    began = time.monotonic()
    assert governor.enter("other", 0)
    assert not governor.enter("host", 0)
    assert governor.enter("host", 5)
    assert 0.15 < time.monotonic() - began < 2


def test_waiting_for_a_place_can_be_stopped() -> None:
    governor = Governor(1)
    governor.enter("host", 0)
    stop = threading.Event()
    stop.set()
    with pytest.raises(Interrupted):
        list(governor.turn("host", stop))


def test_the_rate() -> None:
    assert Governor(1).spend(10**9) == 0
    governor = Governor(1, rate=1000)
    assert governor.spend(500) == pytest.approx(0.5, abs=0.05)
    assert governor.spend(500) == pytest.approx(1.0, abs=0.05)
