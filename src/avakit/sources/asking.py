"""Asking a server as patiently as it has deserved in this run."""

from collections.abc import Callable
from threading import Event
from typing import TypeVar

from avakit.errors import NetworkFailed, ServerFailed, Stalled, TransferError
from avakit.sources.health import Health
from avakit.transfer.again import again

Result = TypeVar("Result")


def ask(health: Health, call: Callable[[], Result], stop: Event) -> Result:
    """Return what `call` returns, tried again after failures that pass while the server's health is worth it.

    Raises its last `TransferError`; `NetworkFailed` at once for a server that was never reached;
    `Interrupted`.
    """
    if health.gone:
        raise NetworkFailed(
            "It was asked several times in this run and never answered, so it is not asked any more",
            "Check the network and --proxy, then run again.",
        )
    try:
        result = again(call, stop) if health.patient else call()
    except (NetworkFailed, Stalled, ServerFailed) as error:
        health.failed(reached=isinstance(error, ServerFailed))
        raise
    except TransferError:
        health.answered()
        raise
    health.answered()
    return result
