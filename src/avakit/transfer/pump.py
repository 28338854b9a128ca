"""What a library gives while it blocks, taken by a thread of its own, so that who waits for it can stop."""

import threading
from collections.abc import Callable, Iterable
from queue import Empty, Full, Queue
from typing import Generic, TypeVar

Item = TypeVar("Item")

_AHEAD = 16
_LOOK_AGAIN = 0.5


class Pump(Generic[Item]):
    """Walks through what `make` returns, a few items ahead. Its thread ends soon after `leave`, as soon as
    the library gives something or gives up.
    """

    def __init__(self, make: Callable[[], Iterable[Item]]) -> None:
        """Begin at once."""
        self.done = False
        self.failed: Exception | None = None
        self._make = make
        self._ready: Queue[Item | Exception | None] = Queue(_AHEAD)
        self._left = threading.Event()
        threading.Thread(target=self._run, name="avakit-pump", daemon=True).start()

    def take(self, patience: float) -> Item | None:
        """Return the next item, None if there is none within `patience` seconds, or none any more: then it is
        `done`, or `failed` with what the library raised.
        """
        try:
            item = self._ready.get(timeout=patience)
        except Empty:
            return None
        if item is None:
            self.done = True
            return None
        if isinstance(item, Exception):
            self.failed = item
            return None
        return item

    def leave(self) -> None:
        """Want nothing more."""
        self._left.set()

    def _run(self) -> None:
        try:
            for item in self._make():
                self._put(item)
                if self._left.is_set():
                    return
        except Exception as error:  # noqa: BLE001 - it is `failed`
            self._put(error)
        else:
            self._put(None)

    def _put(self, item: Item | Exception | None) -> None:
        while not self._left.is_set():
            try:
                self._ready.put(item, timeout=_LOOK_AGAIN)
            except Full:
                continue
            return
