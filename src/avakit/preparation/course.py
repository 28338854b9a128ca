"""The course of one call of `prepare`: the steps of all movies over the processes, and what came of them."""

import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from avakit.dataset.ledger import Ledger
from avakit.dataset.root import Root
from avakit.dataset.rows import Kind, ProductRow
from avakit.engine.line import Line
from avakit.engine.progress import Progress
from avakit.engine.run import run_jobs
from avakit.engine.worker import Worker
from avakit.errors import AvakitError, DiskFull, GapError
from avakit.media.movie import Movie
from avakit.preparation.make import Made, Survey, Task, decode_reported, finish, ready, survey
from avakit.preparation.making import Chore, Making
from avakit.preparation.outcome import Outcome, outcome_of, row_of, row_without
from avakit.preparation.piece import Passed
from avakit.preparation.provenance import words_of
from avakit.preparation.recipe import Recipe
from avakit.preparation.store.folder import settled
from avakit.preparation.subject import Subject
from avakit.transfer.disk import disk_errors

_SILENCE = 300.0  # seconds without a picture after which a decoder counts as hung
_SETTLING = 3600.0  # seconds in which a finished product has to be on the disk


@dataclass(frozen=True, eq=False)
class _Look:
    task: Task


@dataclass(frozen=True, eq=False)
class _Part:
    task: Task
    movie: Movie
    chores: tuple[Chore, ...]


@dataclass(frozen=True, eq=False)
class _End:
    task: Task
    fingerprint: str
    making: Making
    passed: tuple[Passed, ...]


_Job = _Look | _Part | _End
_Result = Survey | Passed | Made


@dataclass
class _Open:
    """A movie at work: what is left of it. `replaced`: products that its own are to take the place of."""

    survey: Survey
    parts: int
    ends: int
    passed: list[Passed] = field(default_factory=list)
    replaced: dict[str, ProductRow] = field(default_factory=dict)
    problem: str | None = None


class Course:
    """Takes movies through their steps, and records what becomes of each product."""

    def __init__(self, root: Root, ledger: Ledger, progress: Progress, *, drop: bool) -> None:
        """Begin with nothing. `drop`: a window goes once all that was asked of it is there."""
        self._root = root
        self._ledger = ledger
        self._progress = progress
        self._drop_windows = drop
        self._open: dict[str, _Open] = {}
        self.outcomes: dict[tuple[str, str], Outcome] = {}

    def run(self, tasks: Iterator[Task], workers: int) -> None:
        """Do all tasks, over so many processes. Raises as `run_jobs` does, and `DiskFull`."""
        stop = threading.Event()
        self._line: Line[_Job] = Line(map(_Look, tasks), stop)
        run_jobs(
            self._line, self._work, self._record,
            workers=workers, stop=stop, log=self._root.log, ready=ready,
        )  # fmt: skip

    def settle(self, subject: Subject, recipe: Recipe, names: Iterable[str], outcome: Outcome) -> None:
        """Note that products are not there. One made by another recipe that lies there stays known."""
        video = subject.video
        for name in names:
            self.outcomes[video, name] = replace(outcome, product=name)
            known = self._ledger.product(video, name)
            if outcome.state == "refused" and (known is None or not known.have):
                words = words_of(name, subject, recipe)
                self._ledger.put_product(row_without(video, name, words, outcome.message))

    def drop_window(self, video: str, names: Sequence[str]) -> None:
        """Delete a video's window if all its products are there; the ledger still counts it as had."""
        row = self._ledger.video(video)
        there = all(self.outcomes[video, name].there for name in names)
        if row is None or row.path is None or row.kind is not Kind.WINDOW or not there:
            return
        file = self._root.path / row.path
        self._ledger.put(replace(row, path=None, bytes=0, at=0.0))
        with disk_errors(file):
            file.unlink(missing_ok=True)

    def _work(self, job: _Job, worker: Worker) -> _Result:
        about = f"preparing {job.task.video}"
        if isinstance(job, _Look):
            return worker.call(survey, job.task, timeout=_SILENCE, about=about)
        if isinstance(job, _Part):
            return worker.call(
                decode_reported, job.movie, job.chores,
                timeout=_SILENCE, about=about, on_progress=self._came,
            )  # fmt: skip
        ending = (job.task, job.fingerprint, job.making, job.passed)
        return worker.call(finish, *ending, timeout=_SETTLING, about=about)

    def _came(self, size: object) -> None:
        if isinstance(size, int):
            self._progress.came(size)

    def _record(self, job: _Job, result: _Result | AvakitError) -> None:
        if isinstance(result, DiskFull):
            raise result  # the others would meet the same
        if isinstance(job, _Look):
            self._line.settle(self._looked(job.task, result))
        elif isinstance(job, _Part):
            self._line.settle(self._passed(job.task, result))
        else:
            self._line.settle(self._ended(job, result))

    def _looked(self, task: Task, result: object) -> Iterable[_Job]:
        if isinstance(result, AvakitError):
            self._refuse(task, task.names, str(result))
            self._progress.done(task.video, str(result))
            return ()
        if not isinstance(result, Survey):
            raise TypeError(f"a survey gave {type(result).__name__}")
        at_work = _Open(result, len(result.parts), len(result.makings))
        self._open[task.video] = at_work
        for one in result.refused:
            at_work.problem = str(one.error)
            self._refuse(task, [one.product], at_work.problem)
        if not result.parts:
            return self._endings(task)
        return [_Part(task, result.movie, chores) for chores in result.parts]

    def _passed(self, task: Task, result: object) -> Iterable[_Job]:
        at_work = self._open.get(task.video)
        if at_work is None:  # another part of it failed
            return ()
        if isinstance(result, AvakitError):
            names = [making.name for making in at_work.survey.makings]
            self._refuse(task, names, str(result))
            self._line.drop(lambda job: job.task.video == task.video)
            del self._open[task.video]
            self._progress.done(task.video, str(result))
            return ()
        if not isinstance(result, Passed):
            raise TypeError(f"a part gave {type(result).__name__}")
        at_work.passed.append(result)
        at_work.parts -= 1
        return () if at_work.parts else self._endings(task)

    def _endings(self, task: Task) -> Iterable[_Job]:
        """Return the last step of each product of a movie."""
        at_work = self._open[task.video]
        if not at_work.ends:
            self._close(task)
        for making in at_work.survey.makings:
            known = self._ledger.product(task.video, making.name)
            if known is not None and known.have:  # from here on it may be replaced at any moment
                at_work.replaced[making.name] = known
                self._ledger.put_product(replace(known, have=False, message="It was being replaced.", at=0.0))
        passed, found = tuple(at_work.passed), at_work.survey
        return [_End(task, found.fingerprint, making, passed) for making in found.makings]

    def _ended(self, job: _End, result: object) -> Iterable[_Job]:
        at_work = self._open[job.task.video]
        if isinstance(result, Made):
            self._ledger.put_product(row_of(result))
            settled(job.making.site.aside)
            self.outcomes[result.video, result.product] = outcome_of(row_of(result), "made")
        elif isinstance(result, AvakitError):
            at_work.problem = str(result)
            if isinstance(result, GapError):
                self._given_up(job.making, at_work.replaced.get(job.making.name))
            self._refuse(job.task, [job.making.name], at_work.problem)
        at_work.ends -= 1
        if not at_work.ends:
            self._close(job.task)
        return ()

    def _given_up(self, making: Making, before: ProductRow | None) -> None:
        """Clear away what this window can never become a product; what was there before is there still."""
        settled(making.site.aside)
        if before is not None:
            self._ledger.put_product(before)

    def _refuse(self, task: Task, names: Iterable[str], why: str) -> None:
        refused = Outcome(task.video, "", "refused", message=why)
        self.settle(task.subject, task.recipe, names, refused)

    def _close(self, task: Task) -> None:
        at_work = self._open.pop(task.video)
        if self._drop_windows:
            self.drop_window(task.video, task.names)
        self._progress.done(task.video, at_work.problem)


def processes(jobs: int | None) -> int:
    """Return how many processes are to be at work: one for each core that this process may use."""
    if jobs is not None:
        return jobs
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))  # a batch system gives a job a few cores of many
    return os.cpu_count() or 1
