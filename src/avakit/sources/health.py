"""What a run has learnt of a server: whether it answers, so that hundreds of videos do not wait for one that
is gone.
"""

from threading import Lock

_ENOUGH = 3


class Health:
    """Counts the failures of a server that never gave a proper answer in this run. Threads share it.

    A server that answered once is waited for as the policies say: a passing outage costs patience, no videos.
    One that never did is asked once for each further video, and not again and again; and one that could not
    even be reached three times, no more.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._answered = False
        self._failed = False
        self._unreached = 0

    @property
    def patient(self) -> bool:
        """Whether a failure is worth trying again."""
        with self._lock:
            return self._answered or not self._failed

    @property
    def gone(self) -> bool:
        """Whether the server is not worth asking any more."""
        with self._lock:
            return not self._answered and self._unreached >= _ENOUGH

    def answered(self) -> None:
        """Note a proper answer, if only that it does not have a video."""
        with self._lock:
            self._answered = True

    def failed(self, *, reached: bool) -> None:
        """Note that the server failed (5xx), or could not be `reached` at all."""
        with self._lock:
            self._failed = True
            self._unreached += not reached
