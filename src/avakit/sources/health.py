"""What a run has learnt of a server: whether it answers, and whether its files come, so that hundreds of
videos do not wait for one that is gone.
"""

import time
from collections.abc import Callable, Iterator
from threading import Lock

from avakit.errors import NetworkFailed, RateLimited, ServerFailed, Stalled, TransferError, Truncated
from avakit.transfer.reader import Reader

OUTAGE = 300.0
"""Seconds without anything good after which a server that was fine counts as gone, too."""

_ENOUGH = 3
_PROBE = 30.0
_PASSING = (NetworkFailed, Stalled, ServerFailed, Truncated)


class Health:
    """Remembers how a server fared in this run. Threads share it.

    A server that answered once is waited for as the policies say: a passing outage costs patience, no videos.
    One that never did, and failed for three videos or could not be reached for one, is asked once for each
    further video, and not again and again; one that could not be reached three times, no more. One of which
    nothing good came for five minutes (no answer, or no bytes of any file) is tried every half minute, by one
    video, until something comes. One that asked for fewer requests until patience ended, for three videos in
    a row, is left alone for the rest of the run.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Know nothing yet. `clock`: seconds."""
        self._clock = clock
        self._lock = Lock()
        self._answered = False
        self._failed = 0
        self._unreached = 0
        self._limited = 0
        self._silent_since: float | None = None
        self._dry_since: float | None = None
        self._next_probe = 0.0

    @property
    def patient(self) -> bool:
        """Whether a failure is worth trying again."""
        with self._lock:
            unfit = self._unreached > 0 or self._failed >= _ENOUGH
            return (self._answered or not unfit) and not self._out()

    @property
    def gone(self) -> bool:
        """Whether the server is not worth asking just now."""
        with self._lock:
            never = not self._answered and self._unreached >= _ENOUGH
            waits = self._out() and self._clock() < self._next_probe
            return never or waits or self._limited >= _ENOUGH

    def refusal(self) -> TransferError | None:
        """Return the error to give in place of asking the server; None if it is to be asked.

        Who gets None while the server is out is the one that tries it.
        """
        if self.gone:
            with self._lock:
                return self._refused()
        with self._lock:
            if self._out():
                self._next_probe = self._clock() + _PROBE
        return None

    def answered(self) -> None:
        """Note a proper answer, if only that it does not have a video."""
        with self._lock:
            self._answered = True
            self._silent_since = None
            self._limited = 0

    def failed(self, *, reached: bool) -> None:
        """Note that the server failed (5xx), or could not be `reached` at all."""
        with self._lock:
            self._failed += 1
            self._unreached += not reached
            self._silent_since = self._clock() if self._silent_since is None else self._silent_since

    def limited(self) -> None:
        """Note that the server asked for fewer requests, as often as it was asked for one video."""
        with self._lock:
            self._answered = True
            self._limited += 1

    def gave(self) -> None:
        """Note that bytes of a file came."""
        with self._lock:
            self._dry_since = None

    def broke(self) -> None:
        """Note that bytes of a file did not come."""
        with self._lock:
            self._dry_since = self._clock() if self._dry_since is None else self._dry_since

    def _out(self) -> bool:
        since = [began for began in (self._silent_since, self._dry_since) if began is not None]
        return self._answered and bool(since) and self._clock() - min(since) >= OUTAGE

    def _refused(self) -> TransferError:
        if self._limited >= _ENOUGH:
            return RateLimited(
                "It asked for fewer requests again and again, so it is left alone in this run",
                "Lower --connections and --jobs, and run again later.",
            )
        if self._answered:
            return NetworkFailed(
                f"Nothing has come from it for {OUTAGE / 60:g} minutes, so it is tried now and then only",
                "Run again later, or give another --source.",
            )
        return NetworkFailed(
            "It was asked several times in this run and never answered, so it is not asked any more",
            "Check the network and --proxy, then run again.",
        )


def was_reached(error: TransferError) -> bool:
    """Return whether a server was there at all that failed so."""
    return not isinstance(error, Stalled) and not (isinstance(error, NetworkFailed) and not error.reached)


class Watched:
    """A `Reader` that tells a server's `Health` how its files come."""

    def __init__(self, reader: Reader, health: Health) -> None:
        """Read by `reader`. `date`: what its server said that the time was; empty where it did not."""
        self.name = reader.name
        self.version = reader.version
        self.path = reader.path
        self.date = str(getattr(reader, "date", ""))
        self._reader = reader
        self._health = health

    @property
    def ranges(self) -> bool:
        """Whether a part can be read without all that precedes it: it may change with a new link."""
        return self._reader.ranges

    def read(self, start: int, stop: int | None) -> Iterator[bytes]:
        """Yield the bytes from `start` up to, not including, `stop`, as `Reader.read` does."""
        came = False
        try:
            for data in self._reader.read(start, stop):
                if data and not came:
                    came = True
                    self._health.gave()
                yield data
        except _PASSING:
            if not came:
                self._health.broke()
            raise
