"""Trying again: which failures pass by themselves, how often and when, as `causes.POLICIES` says."""

from collections.abc import Callable
from threading import Event
from typing import TypeVar

from avakit import causes
from avakit.errors import (
    Interrupted,
    NetworkFailed,
    RateLimited,
    ServerFailed,
    Stalled,
    TransferError,
    Truncated,
)

Result = TypeVar("Result")

LONGEST_WAIT = 600.0
"""Seconds that a server's `Retry-After` is obeyed for, in all tries of a request together; one that asks for
more counts as refused."""

_PASSING = (NetworkFailed, Stalled, Truncated, ServerFailed, RateLimited)


def asked_wait(error: TransferError) -> float:
    """Return how many seconds a server asked to wait, 0 if it did not."""
    wait = error.wait if isinstance(error, RateLimited | ServerFailed) else None
    return wait or 0.0


def pause_of(error: TransferError) -> float:
    """Return how many seconds all requests to a host rest after a failure, 0 if they do not."""
    least = causes.POLICIES[causes.Cause.RATE_LIMIT].pause if isinstance(error, RateLimited) else 0.0
    return asked_wait(error) or least


def next_pause(error: TransferError, failures: int) -> float | None:
    """Return how many seconds to wait after so many `failures` in a row (this one counted), None to give
    up."""
    if not isinstance(error, _PASSING) or asked_wait(error) > LONGEST_WAIT:
        return None
    policy = causes.POLICIES[causes.cause_of(error)]
    if failures >= policy.tries:
        return None
    pause: float = policy.pause * 2.0 ** (failures - 1)
    return max(pause, asked_wait(error))


class Tries:
    """Counts the failures of one request, and waits between them."""

    def __init__(self, stop: Event) -> None:
        """Begin with none; `stop` ends a wait at once."""
        self._stop = stop
        self._failures = 0
        self._waited = 0.0

    def renew(self) -> None:
        """Forget the failures: the request made progress."""
        self._failures = 0
        self._waited = 0.0

    def failed(self, error: TransferError) -> None:
        """Wait until it is time to try again. Raises `error` if it is final, `Interrupted` if `stop` was
        set."""
        self._failures += 1
        pause = next_pause(error, self._failures)
        if pause is None or self._waited + pause > LONGEST_WAIT:
            raise error
        self._waited += pause
        if self._stop.wait(pause):
            raise interrupted() from error


def again(call: Callable[[], Result], stop: Event) -> Result:
    """Return what `call` returns, calling it anew after failures that pass. Raises the last one, or
    `Interrupted`."""
    tries = Tries(stop)
    while True:
        try:
            return call()
        except TransferError as error:
            tries.failed(error)


def interrupted() -> Interrupted:
    """Return the error of a transfer that was stopped by the user."""
    return Interrupted("The transfer was stopped", "What has come is kept: run again to go on.")
