"""Runs many jobs at once on this machine, with one writer, and stops well."""

import queue
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Generic, TypeVar

from avakit.engine.worker import Worker
from avakit.errors import AvakitError, Interrupted

J = TypeVar("J")
R = TypeVar("R")

_GLANCE = 0.2  # seconds; a signal is handled no later (Windows does not wake a waiting thread for it)
_GRACE = 10.0  # seconds that jobs get to end once the run is stopped


def run_jobs(
    jobs: Iterable[J],
    work: Callable[[J, Worker], R],
    record: Callable[[J, R | AvakitError], None],
    *,
    workers: int,
    stop: threading.Event,
    log: Path | None = None,
    ready: Callable[[], object] | None = None,
) -> None:
    """Do `work(job, worker)` for every job, `workers` of them at once, each thread with a `Worker` of its
    own.

    `record(job, result)` is called in the calling thread only, as results come; an `AvakitError` of one job
    is its result, and the others go on. `log`: where the child processes' stderr goes. Jobs are taken one by
    one, as needed. `ready`: what every child process but the first does before it has a job: to import what
    jobs take, while the first job finds the others.

    An exception that is not an `AvakitError` (a bug) stops the run as Ctrl-C does, and is raised; so is at
    once whatever `record` raises.
    Ctrl-C and SIGTERM set `stop`, as may anyone: no job is begun any more, those under way end within seconds
    (`work` is to look at `stop` wherever it waits without its worker), what was finished is recorded, and
    `Interrupted` is raised. A second Ctrl-C waits for nothing. Child processes are always ended.
    """
    crew: _Crew[J, R] = _Crew(iter(jobs), work, stop, log, ready)
    bug: BaseException | None = None
    try:
        with _signals(stop):
            crew.start(max(1, workers))
            for done in crew.outcomes():
                if isinstance(done, _Bug):
                    bug = bug or done.error
                    stop.set()
                elif isinstance(done.outcome, Interrupted):
                    stop.set()
                else:
                    record(done.job, done.outcome)
    except KeyboardInterrupt:
        raise _interrupted() from None
    except BaseException:
        crew.dismiss()
        raise
    finally:
        crew.close()
    if bug is not None:
        raise bug
    if stop.is_set():
        raise _interrupted()


def _interrupted() -> Interrupted:
    return Interrupted(
        "Stopped; what was finished is kept", "Run the same command again: it goes on from there."
    )


@dataclass(frozen=True)
class _Bug:
    error: BaseException


@dataclass(frozen=True)
class _Done(Generic[J, R]):
    job: J
    outcome: R | AvakitError


class _Crew(Generic[J, R]):
    """The threads, their workers, and the queue on which results come back."""

    def __init__(
        self,
        jobs: Iterator[J],
        work: Callable[[J, Worker], R],
        stop: threading.Event,
        log: Path | None,
        ready: Callable[[], object] | None,
    ) -> None:
        self._jobs = jobs
        self._work = work
        self._stop = stop
        self._log = log
        self._ready = ready
        self._taking = threading.Lock()
        self._results: queue.SimpleQueue[_Done[J, R] | _Bug | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._workers: list[Worker] = []

    def start(self, count: int) -> None:
        for number in range(count):
            worker = Worker(self._stop, self._log)
            # Daemons, so that a second Ctrl-C can leave one behind that hangs in a library.
            given = (worker, self._ready if number else None)
            thread = threading.Thread(target=self._run, args=given, name=f"job-{number + 1}", daemon=True)
            self._workers.append(worker)
            self._threads.append(thread)
            thread.start()

    def _run(self, worker: Worker, ready: Callable[[], object] | None) -> None:
        try:
            with worker:
                if ready is not None:
                    with suppress(AvakitError):  # what keeps a process from starting meets its first job too
                        worker.call(ready, timeout=None, about="getting ready")
                while not self._stop.is_set():
                    with self._taking:
                        try:
                            job = next(self._jobs)
                        except StopIteration:
                            return
                    try:
                        self._results.put(_Done(job, self._work(job, worker)))
                    except AvakitError as error:
                        self._results.put(_Done(job, error))
        except BaseException as error:  # noqa: BLE001 - raised in the calling thread
            self._results.put(_Bug(error))
        finally:
            self._results.put(None)

    def outcomes(self) -> Iterator[_Done[J, R] | _Bug]:
        """Yield what was done, until every thread has ended, or the grace after a stop is over."""
        running, deadline = len(self._threads), None
        while running:
            if self._stop.is_set() and deadline is None:
                deadline = time.monotonic() + _GRACE
            if deadline is not None and time.monotonic() > deadline:
                return
            try:
                done = self._results.get(timeout=_GLANCE)
            except queue.Empty:
                continue
            if done is None:
                running -= 1
            else:
                yield done

    def dismiss(self) -> None:
        """Stop all work and wait, within the grace, until it has ended."""
        self._stop.set()
        deadline = time.monotonic() + _GRACE
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def close(self) -> None:
        """Stop all work and end the child processes, waiting for no thread."""
        for worker in self._workers:
            worker.close()


@contextmanager
def _signals(stop: threading.Event) -> Iterator[None]:
    # A handler that sets an event, in place of an exception that may come between any two steps of the one
    # writer.
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def first(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    # What is ignored on purpose (nohup, a shell's background) stays ignored.
    previous = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    ours = [number for number, handler in previous.items() if handler not in (None, signal.SIG_IGN)]
    for number in ours:
        signal.signal(number, first)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, previous[number])
