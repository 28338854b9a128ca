"""Filling a file in flight: what is missing, fetched in large pieces over several connections."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager
from threading import Event, Lock

from avakit.errors import Changed, TransferError, Truncated
from avakit.transfer.again import Tries, interrupted
from avakit.transfer.kept import Kept
from avakit.transfer.ranges import MIB, Span, pieces, whole_blocks
from avakit.transfer.reader import Reader

PIECE = 4 * MIB
LEAST = MIB

_BEAT = 0.1
_GRACE = 1.0
"""Seconds to wait for connections to end; who hangs longer is left behind, and can no longer write."""


def gather(
    reader: Reader,
    kept: Kept,
    spans: Iterable[Span],
    *,
    connections: int,
    stop: Event,
    on_bytes: Callable[[int], None],
    least: int = LEAST,
) -> None:
    """Fetch what is missing of `spans` into `kept`, over at most `connections` connections at once.

    `least`: the smallest piece in bytes; smaller ones employ more connections, where waiting costs most.

    Whole blocks are fetched, and small gaps between them too. Failures that pass are tried again as
    `causes.POLICIES` says; a piece goes on after its last kept block, and its tries are renewed whenever it
    got further. `on_bytes` is told how many bytes became kept, by one thread at a time.

    Raises `Changed` (also if `kept` was begun with another version) and the first other error that is final;
    `Interrupted` within a second after `stop` was set. What has come stays kept in any case.
    """
    if reader.version != kept.version:
        raise Changed(
            f"{reader.name} is another file than the one that was begun", "Run again: it begins anew."
        )
    parts = plan(kept, spans, connections, ranges=reader.ranges, least=least)
    if stop.is_set():
        raise interrupted()
    if not parts:
        return
    crew = _Crew(reader, kept, parts, on_bytes)
    count = min(max(1, connections), len(parts))
    pool = ThreadPoolExecutor(count, thread_name_prefix="avakit-gather")
    pending = {pool.submit(crew.work) for _ in range(count)}
    error: BaseException | None = None
    try:
        while pending and error is None and not stop.is_set():
            done, pending = wait(pending, timeout=_BEAT, return_when=FIRST_EXCEPTION)
            error = next((worker.exception() for worker in done if worker.exception()), None)
    finally:
        crew.ended.set()
        wait(pending, timeout=_GRACE)
        pool.shutdown(wait=False, cancel_futures=True)
    if error is not None:
        raise error
    if crew.unfinished:
        raise interrupted()


def plan(
    kept: Kept, spans: Iterable[Span], connections: int, *, ranges: bool = True, least: int = LEAST
) -> list[Span]:
    """Return the pieces that will be asked for, in order: of 4 MiB, smaller towards the end, so that all
    connections are employed and end together.

    Without `ranges`, one piece from the beginning to the last missing byte.
    """
    wanted = whole_blocks(spans, kept.size)
    missing = [hole for start, stop in wanted for hole in kept.missing(start, stop)]
    if missing and not ranges:
        return [(0, missing[-1][1])]
    return pieces(missing, connections, largest=max(PIECE, least), least=least)


class _Crew:
    """The connections of one call: they take pieces from one list until it is empty, or one of them fails."""

    def __init__(
        self, reader: Reader, kept: Kept, parts: list[Span], on_bytes: Callable[[int], None]
    ) -> None:
        self.ended = Event()
        self.unfinished = len(parts)
        self._reader = reader
        self._kept = kept
        self._parts = deque(parts)
        self._on_bytes = on_bytes
        self._lock = Lock()

    def work(self) -> None:
        """Fetch pieces, one after the other."""
        while not self.ended.is_set():
            try:
                start, stop = self._parts.popleft()
            except IndexError:
                return
            self._piece(start, stop)

    def _piece(self, start: int, stop: int) -> None:
        tries = Tries(self.ended)
        while not self.ended.is_set() and (missing := self._kept.missing(start, stop)):
            try:
                self._stream(missing[0][0] if self._reader.ranges else start, missing[-1][1], tries)
            except TransferError as error:
                # The run is over for another reason: this failure is but its echo.
                if self.ended.is_set():
                    return
                tries.failed(error)
        if not self.ended.is_set():
            with self._lock:
                self.unfinished -= 1

    def _stream(self, start: int, stop: int, tries: Tries) -> None:
        at = start
        with _closing(self._reader.read(start, stop)) as stream:
            for data in stream:
                if self.ended.is_set():
                    return
                taken = data[: stop - at]
                if gained := self._kept.write(at, taken):
                    tries.renew()
                    with self._lock:
                        self._on_bytes(gained)
                at += len(taken)
        if at < stop:
            raise Truncated(f"{self._reader.name} ended {stop - at} bytes before it should", "Run again.")


@contextmanager
def _closing(stream: Iterator[bytes]) -> Iterator[Iterator[bytes]]:
    """End a transfer at once that is not read to its end, rather than when its iterator is collected."""
    try:
        yield stream
    finally:
        if isinstance(stream, Generator):
            stream.close()
