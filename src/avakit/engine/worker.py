"""One child process that runs one call at a time, and may crash, hang or be killed without harm to its
parent."""

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, TypeVar, cast

from avakit.engine import wire
from avakit.errors import AvakitError, Interrupted, WorkerDied

R = TypeVar("R")

_CHILD = Path(__file__).with_name("child.py")
_FATAL = 0xC0000000  # Windows: exit codes from here on are its exceptions
_GLANCE = 0.1  # seconds between two looks at the event that stops a run


class Worker:
    """Runs calls in a child process, which is started with the first call and again after each death.

    `stop`: once it is set, the call under way is given up within a tenth of a second and `Interrupted`
    raised. `log`: a file to which the child's stderr (libraries' warnings, the stack of a crash) is appended;
    None: nowhere. One thread at a time may use a worker.
    """

    def __init__(self, stop: threading.Event | None = None, log: Path | None = None) -> None:
        """Prepare a worker; its process is started by the first call."""
        self._stop = stop or threading.Event()
        self._log = log
        self._child: _Child | None = None
        self._closing = threading.Lock()

    def call(
        self,
        function: Callable[..., R],
        *arguments: object,
        timeout: float | None,
        about: str = "",
        on_progress: Callable[[object], None] | None = None,
    ) -> R:
        """Return what `function(*arguments)` returns in the child process.

        `function`, arguments and result must be picklable, the function importable by its name. `timeout`:
        seconds without a sign of life (the call's start, then each progress report) before the child is
        killed; None: no limit. `about`: what it does, for messages: `reading x.mkv`. With `on_progress` the
        function gets one more argument, a `report` callable, and what it reports is handed to `on_progress`
        in the calling thread.

        Raises the child's `AvakitError` as it was; `WorkerDied` on a crash, a hang and where memory ran out;
        `Interrupted` if the run was stopped; anything else that the call raised, with the child's traceback
        as a note.
        """
        doing = about or f"running {getattr(function, '__qualname__', 'a call')}"
        request = wire.pack((function, arguments, on_progress is not None))
        child = self._ready(doing)
        try:
            child.send(request)
            return cast(R, self._await(child, doing, timeout, on_progress))
        except BaseException as error:
            if not isinstance(error, _Answered):
                self.close()
                raise
            raise error.error from None

    def _ready(self, doing: str) -> "_Child":
        with self._closing:
            if self._stop.is_set():
                raise _stopped(doing)
            if self._child is None or not self._child.alive():
                self._end()
                self._child = _Child(self._log)
            return self._child

    def _await(
        self,
        child: "_Child",
        doing: str,
        timeout: float | None,
        on_progress: Callable[[object], None] | None,
    ) -> object:
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            answer = child.answer(_GLANCE)
            if isinstance(answer, tuple):
                kind, value = answer
                if kind == "result":
                    return value
                if kind != "progress":
                    raise _Answered(_raised(kind, value, doing))
                if on_progress is not None:
                    on_progress(value)
                deadline = None if timeout is None else time.monotonic() + timeout
            elif answer is _GONE:
                raise _death(doing, child.ended())
            elif self._stop.is_set():
                raise _stopped(doing)
            elif deadline is not None and time.monotonic() > deadline:
                raise WorkerDied(
                    f"The process {doing} gave no sign of life for {timeout:g} seconds",
                    "It was ended; the file is probably damaged there.",
                )

    def close(self) -> None:
        """End the child process. The next call starts another. Any thread may do so."""
        with self._closing:
            self._end()

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.kill()

    def __enter__(self) -> Self:
        """Return the worker itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the child process."""
        self.close()


class _Answered(Exception):
    """Not a failure of the child: it answered with an error, and lives on."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(error)
        self.error = error


_GONE = object()


class _Child:
    """The process and the two ends of its pipes."""

    def __init__(self, log: Path | None) -> None:
        mine, theirs = _lifeline()
        stderr: BinaryIO | int = subprocess.DEVNULL
        try:
            stderr = stderr if log is None else log.open("ab", buffering=0)
            command = [sys.executable, "-P", str(_CHILD), *map(str, theirs)]
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                pass_fds=theirs,
                # A terminal's Ctrl-C goes to the parent alone, which decides.
                process_group=None if sys.platform == "win32" else 0,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError as error:
            _close(mine)
            place = f" ({error.filename})" if error.filename else ""
            raise AvakitError(
                f"The process that reads movies could not be started: {error.strerror}{place}",
                "If the machine is short of processes or memory, ask for fewer --jobs.",
            ) from error
        finally:
            _close(theirs)
            if not isinstance(stderr, int):
                stderr.close()
        self._lifeline = mine
        self._answers: queue.SimpleQueue[object] = queue.SimpleQueue()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        path = "\0".join(sys.path).encode("utf-8", "surrogateescape")
        self.send(len(path).to_bytes(8, "big") + path)

    def _listen(self) -> None:
        stream = cast(BinaryIO, self._process.stdout)
        while (body := wire.receive(stream)) is not None:
            try:
                self._answers.put(wire.unpack(body))
            except Exception as error:  # noqa: BLE001 - nothing is swallowed: the caller raises it
                self._answers.put(("bug", (error, str(error), "")))
        self._answers.put(_GONE)

    def send(self, message: bytes) -> None:
        """Write a message; a child that is gone is found out by its answer."""
        stream = cast(BinaryIO, self._process.stdin)
        try:
            stream.write(message)
            stream.flush()
        except OSError:  # BrokenPipeError, on Windows EINVAL: the listener has seen the end as well
            self._process.kill()

    def answer(self, seconds: float) -> object:
        """Return the next message, `_GONE` if the process ended, or None if neither came in time."""
        try:
            return self._answers.get(timeout=seconds)
        except queue.Empty:
            return None

    def alive(self) -> bool:
        """Return whether the process runs."""
        return self._process.poll() is None

    def ended(self) -> int:
        """Return the exit code of a process whose pipes are closed."""
        try:
            return self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def kill(self) -> None:
        """End the process, whatever it does, and close all that belongs to it."""
        self._process.kill()
        self._process.wait()
        self._listener.join(5)
        for stream in (self._process.stdin, self._process.stdout):
            try:
                cast(BinaryIO, stream).close()
            except OSError:  # bytes for a dead child that could not be written: nobody waits for them
                continue
        _close(self._lifeline)


def _stopped(doing: str) -> Interrupted:
    return Interrupted(f"{doing[:1].upper()}{doing[1:]} was stopped", "Run the same again: it goes on.")


def _lifeline() -> tuple[tuple[int, ...], tuple[int, ...]]:
    # (ours, theirs): a pipe on which nothing is ever written; see child._die_with.
    if sys.platform != "linux":
        return (), ()
    theirs, ours = os.pipe()
    return (ours,), (theirs,)


def _close(descriptors: tuple[int, ...]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


def _raised(kind: object, value: object, doing: str) -> BaseException:
    if kind == "error":
        return cast(AvakitError, value)
    if kind == "memory":
        return WorkerDied(f"The process {doing} ran out of memory", "Ask for fewer --jobs.")
    error, text, trace = cast(tuple[BaseException | None, str, str], value)
    bug = error if isinstance(error, Exception) else RuntimeError(text)  # SystemExit is not to end the parent
    bug.add_note(f"In the process {doing}:\n{trace}")
    return bug


def _death(doing: str, code: int) -> WorkerDied:
    if code == -getattr(signal, "SIGKILL", 9):
        return WorkerDied(
            f"The process {doing} was killed from outside",
            "Most often memory was short: ask for fewer --jobs.",
        )
    if code < 0:
        names = {number.value: number.name for number in signal.Signals}
        how = f"crashed ({names.get(-code, f'signal {-code}')})"
    elif code >= _FATAL:
        how = f"crashed ({code:#x})"
    else:
        how = f"ended by itself (exit code {code})"
    return WorkerDied(f"The process {doing} {how}", "The file is probably damaged there.")
