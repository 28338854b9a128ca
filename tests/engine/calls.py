"""Calls that tests hand to a worker."""

import ctypes
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from avakit.errors import DamagedMovie, RateLimited


def add(a: int, b: int) -> int:
    return a + b


def pid() -> int:
    return os.getpid()


def note(folder: Path) -> None:
    (folder / str(os.getpid())).touch()


def threads_with_numpy() -> tuple[int, int]:
    before = len(list(Path("/proc/self/task").iterdir()))
    import numpy as np

    assert np.ones((9, 9)).dot(np.ones((9, 9)))[0, 0] == 9
    return before, len(list(Path("/proc/self/task").iterdir()))


def echo(value: bytes) -> bytes:
    return value


def leave(code: int) -> None:
    os._exit(code)


def abort() -> None:
    os.abort()


def segfault() -> None:
    ctypes.string_at(0)


def sleep(seconds: float) -> None:
    time.sleep(seconds)


def sleep_and_tell(seconds: float, started: Path) -> None:
    started.touch()
    time.sleep(seconds)


def sleep_in_c(seconds: int, started: Path) -> None:
    """Sleep without giving the interpreter's lock back."""
    started.write_text(str(os.getpid()))
    ctypes.PyDLL(None).sleep(seconds)


def be_damaged() -> None:
    raise DamagedMovie("x.mp4 is damaged", "Fetch it again.")


def be_limited() -> None:
    raise RateLimited("too many", "Wait.", wait=7.5)


def divide() -> float:
    return 1 / 0


def out_of_memory() -> None:
    raise MemoryError


class UntransportableError(Exception):
    def __init__(self, a: int, b: int) -> None:
        super().__init__(f"{a} {b}")


def exit_python() -> None:
    sys.exit("no more")


def be_untransportable() -> None:
    raise UntransportableError(1, 2)


def return_untransportable() -> object:
    return lambda: 1


def noise() -> str:
    print("to stdout")
    os.write(1, b"raw to stdout\n")
    print("to stderr", file=sys.stderr)
    sys.stdout.flush()
    return sys.stdin.read()


def count(to: int, pause: float, report: Callable[[object], None]) -> int:
    for i in range(to):
        report(i)
        time.sleep(pause)
    return to
