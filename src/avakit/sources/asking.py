"""Asking a server as patiently as it has deserved in this run."""

from collections.abc import Callable
from threading import Event
from typing import TypeVar

from avakit.errors import NetworkFailed, RateLimited, ServerFailed, Stalled, TransferError
from avakit.sources.health import Health, was_reached
from avakit.transfer.again import again

Result = TypeVar("Result")


def ask(health: Health, call: Callable[[], Result], stop: Event) -> Result:
    """Return what `call` returns, tried again after failures that pass while the server's health is worth it.

    Raises its last `TransferError`; another one at once for a server that is not worth asking any more;
    `Interrupted`.
    """
    if (refusal := health.refusal()) is not None:
        raise refusal
    try:
        result = again(call, stop) if health.patient else call()
    except (NetworkFailed, Stalled, ServerFailed) as error:
        health.failed(reached=was_reached(error))
        raise
    except RateLimited:
        health.limited()
        raise
    except TransferError:
        health.answered()
        raise
    health.answered()
    return result
