"""The child process of a `Worker`: runs one call after another until its parent is gone.

It is started by its path and gets its parent's module search path with the first bytes. So a user's script
needs no `if __name__ == "__main__"`, and a file in the folder one stands in cannot take the place of a
module.
"""

import faulthandler
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import BinaryIO, cast

_Call = tuple[Callable[..., object], tuple[object, ...], bool]  # as Worker.call packs it


def main() -> None:
    """Run calls until the standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # what Ctrl-C means is for the parent to decide
    requests, answers = _take_pipes()
    faulthandler.enable()
    _volunteer()
    # numpy would start a thread a core for linear algebra, of which there is none here: on a large machine
    # more threads than a user may have, and on any a quarter of what starting costs.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    _die_with(sys.argv[1:])
    length = int.from_bytes(requests.read(8), "big")
    sys.path[:] = requests.read(length).decode("utf-8", "surrogateescape").split("\0")

    from avakit.engine.wire import receive

    calls: SimpleQueue[bytes] = SimpleQueue()

    def listen() -> None:
        while (body := receive(requests)) is not None:
            calls.put(body)
        os._exit(0)  # the parent is gone: nobody waits for what is being done, however deep in C code it is

    threading.Thread(target=listen, daemon=True).start()
    while True:
        _answer(calls.get(), answers)


def _take_pipes() -> tuple[BinaryIO, BinaryIO]:
    # Whatever a library prints goes to stderr, whatever it reads is empty: the pipes belong to the messages.
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return requests, answers


def _volunteer() -> None:
    # Where memory runs out, Linux is to end this process, which can be replaced, and none of its neighbours.
    if sys.platform == "linux":
        with suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:  # noqa: PTH123 - pathlib costs
            score.write("600")


def _die_with(arguments: list[str]) -> None:
    # The thread that listens needs the interpreter's lock, which code in C may never give back. Linux can end
    # this process itself: SIGIO comes when the other end of this pipe closes, and its default is to kill.
    if sys.platform != "linux" or not arguments:
        return
    import fcntl

    lifeline = int(arguments[0])
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)


def _answer(body: bytes, answers: BinaryIO) -> None:
    from avakit.engine.wire import pack, unpack
    from avakit.errors import AvakitError

    lock = threading.Lock()

    def send(kind: str, value: object) -> None:
        message = pack((kind, value))
        with lock:
            answers.write(message)
            answers.flush()

    def report(value: object) -> None:
        send("progress", value)

    try:
        function, arguments, reports = cast(_Call, unpack(body))
        result = function(*arguments, report) if reports else function(*arguments)
        send("result", result)
    except AvakitError as error:
        send("error", error)
    except MemoryError:
        send("memory", None)
    except BaseException as error:  # noqa: BLE001 - nothing is swallowed: the parent raises it
        send("bug", _described(error))


def _described(error: BaseException) -> tuple[BaseException | None, str, str]:
    import pickle
    import traceback

    text = "".join(traceback.format_exception(error))
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    except Exception:  # noqa: BLE001 - an exception that cannot travel goes as its text
        return None, f"{type(error).__name__}: {error}", text
    return error, f"{type(error).__name__}: {error}", text


if __name__ == "__main__":
    main()
