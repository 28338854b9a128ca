"""How much is asked of a server at once: requests per host, bytes a second, and the pauses that it asks
for."""

import time
from collections import defaultdict
from collections.abc import Generator
from threading import Condition, Event

from avakit.transfer.again import interrupted

_SLICE = 0.25


class Governor:
    """Shared by all connections of a run. Safe to use from several threads."""

    def __init__(self, connections: int, rate: int | None = None) -> None:
        """Allow `connections` requests at once per host, and `rate` bytes a second over all hosts (None:
        any)."""
        self.connections = connections
        self.rate = rate
        self._changed = Condition()
        self._busy: defaultdict[str, int] = defaultdict(int)
        self._paused: dict[str, float] = {}
        self._spent_until = 0.0

    def turn(self, host: str, stop: Event) -> Generator[None]:
        """Take a place at the host, to be given back by `leave`; yield several times a second as long as
        there is none. Raises `Interrupted` if `stop` is set meanwhile."""
        while not self.enter(host, _SLICE):
            if stop.is_set():
                raise interrupted()
            yield

    def enter(self, host: str, patience: float) -> bool:
        """Take a place at the host, waiting at most `patience` seconds for it; return whether there was
        one."""
        until = time.monotonic() + patience
        with self._changed:
            while True:
                now = time.monotonic()
                pause = self._paused.get(host, 0.0) - now
                if pause <= 0 and self._busy[host] < self.connections:
                    self._busy[host] += 1
                    return True
                if now >= until:
                    return False
                self._changed.wait(min(until - now, pause) if pause > 0 else until - now)

    def leave(self, host: str) -> None:
        """Give the place back."""
        with self._changed:
            self._busy[host] -= 1
            self._changed.notify_all()

    def pause(self, host: str, seconds: float) -> None:
        """Let no request to the host begin for so many seconds."""
        with self._changed:
            self._paused[host] = max(self._paused.get(host, 0.0), time.monotonic() + seconds)

    def spend(self, count: int) -> float:
        """Note that `count` bytes arrived; return how many seconds to wait before taking more."""
        if self.rate is None:
            return 0.0
        with self._changed:
            now = time.monotonic()
            self._spent_until = max(now, self._spent_until) + count / self.rate
            return self._spent_until - now
