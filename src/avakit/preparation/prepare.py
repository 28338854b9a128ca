"""The verb `prepare`: products of all videos that are here; run again, it makes what is missing."""

import os
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from avakit.dataset import lock
from avakit.dataset.ava import Dataset
from avakit.dataset.ledger import Ledger
from avakit.dataset.root import Root
from avakit.dataset.rows import Kind
from avakit.dataset.selection import Wanted, chosen
from avakit.engine.progress import Progress, Silent
from avakit.engine.run import run_jobs
from avakit.engine.worker import Worker
from avakit.errors import AvakitError, DiskFull, UsageError
from avakit.preparation.make import Made, Refused, Task, make_products
from avakit.preparation.outcome import Outcome, outcome_of, row_of, row_without
from avakit.preparation.plan import Gaps, check_gaps
from avakit.preparation.products import Product, check_products, products_of
from avakit.preparation.recipe import is_of, recipe_of
from avakit.releases.model import Release
from avakit.transfer.disk import disk_errors

QUALITY = 90
_SILENCE = 300.0  # seconds without a picture after which a decoder counts as hung
_REPORT_EVERY = 0.5


def prepare(
    dataset: Dataset,
    products: Iterable[str],
    *,
    splits: Sequence[str] = (),
    videos: Iterable[str] | None = None,
    actions: Iterable[str] = (),
    persons_min: int | None = None,
    quality: int = QUALITY,
    gaps: str = "error",
    jobs: int | None = None,
    drop_windows: bool = False,
    progress: Progress | None = None,
) -> tuple[Outcome, ...]:
    """Make products of all videos that were asked for (or of those alone that are meant: see `Wanted`) and
    are here.

    A product that was made by the same recipe from the same file is kept. Each is whole or not there; one
    that lacks pictures is refused where `gaps` is `error`, and the others go on. `quality`: of the JPEGs, 1
    to 100; `jobs`: videos at once (None: one a core); `drop_windows`: a video's window is deleted once all
    its products are there. Returns what became of each product of each video, in the release's order.

    Raises `UsageError`, `RootError`, `DiskFull`, `Interrupted`; what was finished by then is kept.
    """
    if not 1 <= quality <= 100:
        raise UsageError(f"A JPEG's quality cannot be {quality}", "Give a number from 1 to 100.")
    if jobs is not None and jobs < 1:
        raise UsageError(f"{jobs} videos at once make no sense", "Give --jobs 1 or more.")
    names = check_products(products)
    policy = check_gaps(gaps)
    wanted = Wanted.of(splits, videos, actions, persons_min)
    meant = chosen(dataset.release, dataset.settings, wanted, lambda: dataset.annotations)
    with lock.hold(dataset.root), Ledger.write(dataset.root.ledger) as ledger:
        run = _Run(dataset.root, dataset.release, ledger, names, quality, policy, progress or Silent())
        run([video.id for video in meant], jobs, drop_windows)
        return tuple(run.outcomes[video.id, name] for video in meant for name in names)


def make_reported(task: Task, report: Callable[[object], None]) -> tuple[Made | Refused, ...]:
    """Do what `make_products` does, and report the bytes written now and then."""
    written, told = 0, time.monotonic()

    def count(size: int) -> None:
        nonlocal written, told
        written += size
        if time.monotonic() - told >= _REPORT_EVERY:
            report(written)
            written, told = 0, time.monotonic()

    made = make_products(task, count)
    report(written)
    return made


class _Run:
    """One call of `prepare`: what is fixed while it runs, and what became of each product so far."""

    def __init__(
        self,
        root: Root,
        release: Release,
        ledger: Ledger,
        names: tuple[str, ...],
        quality: int,
        gaps: Gaps,
        progress: Progress,
    ) -> None:
        self._root = root
        self._release = release
        self._ledger = ledger
        self._names = names
        self._quality = quality
        self._gaps = gaps
        self._progress = progress
        self.outcomes: dict[tuple[str, str], Outcome] = {}

    def __call__(self, videos: Sequence[str], jobs: int | None, drop: bool) -> None:
        """Look what is to be done, and do it."""
        cores = os.cpu_count() or 1
        todo = [todo for todo in map(self._todo, videos) if todo is not None]
        workers = max(1, min(jobs or cores, len(todo)))
        tasks = [replace(task, threads=max(1, cores // workers)) for task in todo]
        if tasks:
            with self._progress:
                self._progress.expect(len(tasks))
                run_jobs(
                    tasks, self._work, partial(self._record, drop=drop),
                    workers=workers, stop=threading.Event(), log=self._root.log,
                )  # fmt: skip
        if drop:
            busy = {task.video for task in tasks}
            for video in videos:
                if video not in busy:
                    self._drop(video)

    def _todo(self, video: str) -> Task | None:
        """Settle what needs no work, and return the task that is left, if any."""
        row = self._ledger.video(video)
        movie = None if row is None or row.path is None else self._root.path / row.path
        movie = movie if movie is not None and movie.is_file() else None
        products = products_of(self._names, self._release, video, None if row is None else row.window)
        left = tuple(product for product in products if not self._keep(video, product, movie))
        if not left:
            return None
        if movie is None:
            why = row.message if row is not None and row.message else "Its window is not here"
            step = row.next_step if row is not None and row.next_step else "Run avakit get."
            self._settle(left, Outcome(video, "", "missing", message=str(AvakitError(why, step))))
            return None
        return Task(video, movie, self._root.path, self._root.partial, left, self._quality, self._gaps)

    def _keep(self, video: str, product: Product, movie: Path | None) -> bool:
        row = self._ledger.product(video, product.name)
        if row is None or not row.have or row.recipe != recipe_of(product, self._quality, self._gaps):
            return False
        folder = self._root.product(product.name) / video
        if _count(folder) != row.counts.get("files"):
            return False
        if movie is not None and not is_of(row.fingerprint, movie):
            return False
        self.outcomes[video, product.name] = outcome_of(row, "kept")
        return True

    def _work(self, task: Task, worker: Worker) -> tuple[Made | Refused, ...]:
        return worker.call(make_reported, task, timeout=_SILENCE, about=task.video, on_progress=self._came)

    def _came(self, size: object) -> None:
        if isinstance(size, int):
            self._progress.came(size)

    def _record(self, task: Task, result: tuple[Made | Refused, ...] | AvakitError, drop: bool) -> None:
        if isinstance(result, DiskFull):
            raise result  # the others would meet the same
        if isinstance(result, AvakitError):
            self._settle(task.products, Outcome(task.video, "", "refused", message=str(result)))
            self._progress.done(task.video, str(result))
            return
        problem = None
        for done in result:
            if isinstance(done, Made):
                self._ledger.put_product(row_of(done))
                self.outcomes[done.video, done.product] = outcome_of(row_of(done), "made")
            else:
                problem = str(done.error)
                self._settle(
                    [product for product in task.products if product.name == done.product],
                    Outcome(task.video, "", "refused", message=problem),
                )
        if drop:
            self._drop(task.video)
        self._progress.done(task.video, problem)

    def _settle(self, products: Iterable[Product], outcome: Outcome) -> None:
        """Note that products are not there. One made by another recipe that lies there stays known."""
        for product in products:
            self.outcomes[outcome.video, product.name] = replace(outcome, product=product.name)
            known = self._ledger.product(outcome.video, product.name)
            if outcome.state == "refused" and (known is None or not known.have):
                recipe = recipe_of(product, self._quality, self._gaps)
                self._ledger.put_product(row_without(outcome.video, product.name, recipe, outcome.message))

    def _drop(self, video: str) -> None:
        """Delete a video's window if all its products are there; the ledger still counts it as had."""
        row = self._ledger.video(video)
        there = all(self.outcomes[video, name].there for name in self._names)
        if row is None or row.path is None or row.kind is not Kind.WINDOW or not there:
            return
        file = self._root.path / row.path
        self._ledger.put(replace(row, path=None, bytes=0, at=0.0))
        with disk_errors(file):
            file.unlink(missing_ok=True)


def _count(folder: Path) -> int:
    try:
        with os.scandir(folder) as entries:
            return sum(1 for _ in entries)
    except (FileNotFoundError, NotADirectoryError):
        return 0
