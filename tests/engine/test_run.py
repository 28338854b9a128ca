import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from tests.engine import calls

from avakit.engine.run import run_jobs
from avakit.engine.worker import Worker
from avakit.errors import AvakitError, DamagedMovie, DiskFull, Interrupted

ROOT = Path(__file__).parents[2]


def test_every_job_is_recorded_once_in_the_calling_thread() -> None:
    here = threading.get_ident()
    seen: dict[int, int] = {}

    def record(job: int, result: int | AvakitError) -> None:
        assert threading.get_ident() == here
        assert isinstance(result, int)
        assert job not in seen
        seen[job] = result

    def work(job: int, worker: Worker) -> int:
        assert threading.get_ident() != here
        return job * 2

    run_jobs(range(50), work, record, workers=4, stop=threading.Event())
    assert seen == {i: 2 * i for i in range(50)}


def test_each_thread_has_its_own_worker_and_all_are_ended() -> None:
    pids: set[int] = set()

    def work(job: int, worker: Worker) -> int:
        return worker.call(calls.pid, timeout=30)

    def record(job: int, result: int | AvakitError) -> None:
        assert isinstance(result, int)
        pids.add(result)

    run_jobs(range(6), work, record, workers=2, stop=threading.Event())
    assert 1 <= len(pids) <= 2
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_all_processes_but_the_first_get_ready_before_they_have_a_job(tmp_path: Path) -> None:
    """While the first job is at work, the others wait for what it leads to."""
    begun, ready = threading.Barrier(3), partial(calls.note, tmp_path)

    def work(job: int, worker: Worker) -> tuple[int, bool]:
        begun.wait(20)
        pid = worker.call(calls.pid, timeout=30)
        return pid, (tmp_path / str(pid)).exists()

    def jobs() -> Iterator[int]:
        yield 0
        while len(list(tmp_path.iterdir())) < 2:
            time.sleep(0.01)
        yield from (1, 2)

    found: dict[int, tuple[int, bool]] = {}

    def record(job: int, result: tuple[int, bool] | AvakitError) -> None:
        assert not isinstance(result, AvakitError)
        found[job] = result

    run_jobs(jobs(), work, record, workers=3, stop=threading.Event(), ready=ready)
    assert [was_ready for _, was_ready in found.values()].count(True) == 2


def test_a_process_that_cannot_get_ready_works_all_the_same() -> None:
    done: list[int] = []

    def work(job: int, worker: Worker) -> int:
        worker.call(calls.pid, timeout=30)
        return job

    def record(job: int, result: int | AvakitError) -> None:
        assert isinstance(result, int)
        done.append(result)

    run_jobs(range(6), work, record, workers=2, stop=threading.Event(), ready=calls.abort)
    assert sorted(done) == list(range(6))


def test_the_error_of_one_job_is_its_result() -> None:
    def work(job: int, worker: Worker) -> int:
        if job == 3:
            raise DamagedMovie("damaged")
        return job

    seen: dict[int, int | AvakitError] = {}
    run_jobs(range(6), work, seen.__setitem__, workers=2, stop=threading.Event())
    assert sorted(seen) == list(range(6))
    assert isinstance(seen[3], DamagedMovie)


def test_jobs_are_taken_as_needed() -> None:
    taken: list[int] = []

    def jobs() -> Iterator[int]:
        for i in range(1000):
            taken.append(i)
            yield i

    def record(job: int, result: object) -> None:
        if job >= 5:
            raise DiskFull("no room")

    with pytest.raises(DiskFull):
        run_jobs(jobs(), lambda job, worker: time.sleep(0.01), record, workers=2, stop=threading.Event())
    assert len(taken) < 50


def test_a_bug_stops_the_run_and_what_was_finished_is_recorded() -> None:
    begun = threading.Event()

    def work(job: int, worker: Worker) -> int:
        if job == 0:
            begun.wait(5)
            raise ZeroDivisionError("a bug")
        begun.set()
        time.sleep(0.3)
        return job

    seen: dict[int, int | AvakitError] = {}
    with pytest.raises(ZeroDivisionError, match="a bug"):
        run_jobs(range(100), work, seen.__setitem__, workers=2, stop=threading.Event())
    assert seen == {1: 1}


def test_a_bug_in_the_jobs_themselves_is_raised() -> None:
    def jobs() -> Iterator[int]:
        yield 1
        raise ZeroDivisionError("no more")

    with pytest.raises(ZeroDivisionError, match="no more"):
        run_jobs(jobs(), lambda job, worker: job, lambda job, result: None, workers=2, stop=threading.Event())


def test_a_stop_from_elsewhere_interrupts_within_a_second() -> None:
    stop = threading.Event()
    threading.Timer(0.5, stop.set).start()
    seen: dict[int, float | AvakitError] = {}

    def work(job: int, worker: Worker) -> float:
        if job > 0:
            worker.call(calls.sleep, 60, timeout=None)
        return job

    begun = time.monotonic()
    with pytest.raises(Interrupted, match="what was finished is kept"):
        run_jobs(range(9), work, seen.__setitem__, workers=2, stop=stop)
    assert time.monotonic() - begun < 5
    assert seen == {0: 0}


def test_a_run_outside_the_main_thread_works() -> None:
    seen: dict[int, int | AvakitError] = {}

    def run() -> None:
        run_jobs(range(3), lambda job, worker: job, seen.__setitem__, workers=1, stop=threading.Event())

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(20)
    assert sorted(seen) == [0, 1, 2]


def test_the_callers_handlers_are_put_back() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    run_jobs([1], lambda job, worker: job, lambda job, result: None, workers=1, stop=threading.Event())
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


SCRIPT = """
import sys, threading, time
sys.path.insert(0, {root!r})
from avakit.engine.run import run_jobs
from avakit.errors import Interrupted
from tests.engine import calls

def work(job, worker):
    if job == 0:
        return 0
    if {stubborn}:
        print("ready", flush=True)
        time.sleep(60)
    pid = worker.call(calls.pid, timeout=30)
    print("ready", pid, flush=True)
    worker.call(calls.sleep, 60, timeout=None)

def record(job, result):
    print("recorded", job, flush=True)

try:
    run_jobs(range(9), work, record, workers=2, stop=threading.Event())
except Interrupted as error:
    print(error, flush=True)
    sys.exit(130)
"""


def started(stubborn: bool) -> subprocess.Popen[str]:
    script = SCRIPT.format(root=str(ROOT), stubborn=stubborn)
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    while "ready" not in process.stdout.readline():
        assert process.poll() is None
    return process


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_run_within_seconds(number: signal.Signals) -> None:
    process = started(stubborn=False)
    process.send_signal(number)
    begun = time.monotonic()
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "what was finished is kept" in out
    assert time.monotonic() - begun < 5


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")
def test_a_second_signal_waits_for_nothing() -> None:
    process = started(stubborn=True)
    process.send_signal(signal.SIGINT)
    time.sleep(0.7)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    begun = time.monotonic()
    process.communicate(timeout=30)
    assert process.returncode == 130
    assert time.monotonic() - begun < 3
