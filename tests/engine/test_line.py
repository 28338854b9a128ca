"""Jobs that lead to further jobs: in what order they come, and when there are no more."""

import threading
from pathlib import Path

from avakit.engine.line import Line
from avakit.engine.run import run_jobs
from avakit.engine.worker import Worker
from avakit.errors import AvakitError


def test_what_a_job_leads_to_comes_before_what_waits() -> None:
    line = Line(["a", "b"], threading.Event())
    assert next(line) == "a"
    line.settle(["a1", "a2"])
    assert [next(line), next(line)] == ["a1", "a2"]
    line.settle(["a3"])
    assert [next(line), next(line)] == ["a3", "b"]


def test_it_ends_when_nothing_under_way_can_lead_to_more() -> None:
    line = Line([1], threading.Event())
    assert next(line) == 1
    threading.Timer(0.3, line.settle, [[2]]).start()
    assert next(line) == 2  # waited for
    line.settle()
    assert list(line) == []


def test_what_nobody_needs_is_dropped() -> None:
    line = Line([0], threading.Event())
    next(line)
    line.settle([1, 2, 3, 4])
    line.drop(lambda job: job % 2 == 0)
    assert [next(line), next(line)] == [1, 3]
    line.settle()
    line.settle()
    assert list(line) == []


def test_a_stop_ends_it_while_it_waits() -> None:
    stop = threading.Event()
    line = Line([0], stop)
    next(line)
    threading.Timer(0.1, stop.set).start()
    assert list(line) == []


def test_a_run_goes_through_all_of_it(tmp_path: Path) -> None:
    """Each number leads to the two below it, as a tree; all are done once, over three threads."""
    line: Line[tuple[int, ...]] = Line([(4,)], threading.Event())
    done: list[tuple[int, ...]] = []

    def work(job: tuple[int, ...], worker: Worker) -> tuple[int, ...]:
        return job

    def record(job: tuple[int, ...], result: tuple[int, ...] | AvakitError) -> None:
        assert result == job
        done.append(job)
        line.settle([(*job, job[-1] - 1), (*job, job[-1] - 2)] if job[-1] > 1 else [])

    run_jobs(line, work, record, workers=3, stop=threading.Event())
    assert len(done) == len(set(done)) == 9
