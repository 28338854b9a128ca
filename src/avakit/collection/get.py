"""The verb `get`: labels, then videos, into one root; run again, it goes on where it was."""

import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from threading import Event

from avakit.annotations import fetch as labels
from avakit.annotations.asking import Annotations
from avakit.annotations.given import is_url, locate
from avakit.annotations.table import build
from avakit.causes import Cause
from avakit.collection.beginning import begin
from avakit.collection.choice import Estimate, estimate, pending
from avakit.collection.request import Wish
from avakit.collection.video import Collected, Task, collect, record
from avakit.dataset import lock, settings
from avakit.dataset.ava import Dataset
from avakit.dataset.ledger import Ledger
from avakit.dataset.release import described, learned, own_files, teaches
from avakit.dataset.root import Root, create
from avakit.dataset.selection import Wanted, chosen, split_of
from avakit.dataset.settings import Settings
from avakit.engine.progress import Progress, Silent
from avakit.engine.run import run_jobs
from avakit.engine.worker import Worker
from avakit.errors import AvakitError, UsageError
from avakit.releases.model import Release, Video
from avakit.sources.access import Access
from avakit.sources.source import Source, parse, usual
from avakit.transfer.cookies import open_to_others
from avakit.transfer.http import Http
from avakit.windows.whole import Wire


def get(
    release: str | None = None,
    *,
    root: str | os.PathLike[str] | None = None,
    splits: Iterable[str] = (),
    videos: Iterable[str] | None = None,
    actions: Iterable[str] = (),
    persons_min: int | None = None,
    sources: Iterable[str] | None = None,
    window: tuple[Fraction | int, Fraction | int] | None = None,
    whole: bool | None = None,
    annotations: str | os.PathLike[str] | None = None,
    jobs: int | None = None,
    connections: int | None = None,
    limit_rate: str | None = None,
    proxy: str | None = None,
    cookies: str | os.PathLike[str] | None = None,
    cookies_from_browser: str | None = None,
    height: int | None = None,
    retry: Iterable[Cause] = (),
    confirm: Callable[[Estimate], bool] | None = None,
    progress: Progress | None = None,
) -> Dataset:
    """Get the labels and the videos of a release into a root; return the data set.

    Arguments mean what the options of `avakit get` mean; None leaves a setting as the root has it, or at its
    default. They stay the root's settings, all but `retry`. `window`: start and end in seconds of the movie.
    `confirm`: asked before videos are fetched; if it answers no, only the labels are got. Videos that could
    not be had do not raise: `ledger` and `status` say which and why.

    Raises `UsageError`, `RootError`, `AnnotationError`, `TransferError` (of the labels), `DiskFull`,
    `Interrupted`.
    """
    changes: dict[str, object] = {
        "sources": None
        if sources is None
        else tuple(settings.grounded_source(s, Path.cwd()) for s in sources),
        "window": None if window is None else (Fraction(window[0]), Fraction(window[1])),
        "whole": whole,
        "annotations": None if annotations is None else settings.grounded(os.fspath(annotations), Path.cwd()),
        "jobs": jobs,
        "connections": connections,
        "limit_rate": limit_rate,
        "proxy": proxy,
        "cookies": None if cookies is None else settings.grounded(os.fspath(cookies), Path.cwd()),
        "cookies_from_browser": cookies_from_browser,
        "height": height,
    }
    changes = {key: value for key, value in changes.items() if value is not None}
    wanted = Wanted.of(splits, videos, actions, persons_min)
    there, known = begin(release, root, "to go on with")
    return _Get(there, known, changes, wanted, progress or Silent())(tuple(retry), confirm)


def _newer(file: Path, table: Path) -> bool:
    came = file.stat()  # a copy may keep its time of change, but not the one it was put there
    return not table.is_file() or max(came.st_mtime_ns, came.st_ctime_ns) >= table.stat().st_mtime_ns


class _Get:
    """One call of `get`: what is fixed while it runs."""

    def __init__(
        self,
        root: Root,
        known: Settings,
        changes: dict[str, object],
        wanted: Wanted,
        progress: Progress,
    ) -> None:
        self._root = root
        self._known = known
        self._release: Release = described(root, self._known)
        self._changes = changes
        self._wanted = wanted
        self._progress = progress
        self._stop = Event()

    def __call__(self, retry: tuple[Cause, ...], confirm: Callable[[Estimate], bool] | None) -> Dataset:
        """Check all that was asked for, then do it."""
        asked = self._asked()
        splits = self._splits(asked)
        rate = None if asked.limit_rate is None else settings.rate(asked.limit_rate)
        cookies = None if asked.cookies is None else Path(asked.cookies)
        with Http(asked.connections, asked.proxy, rate, cookies=cookies, stop=self._stop) as http:
            if cookies is not None and (said := open_to_others(cookies)):
                self._progress.say(said)
            access = Access(http, asked.proxy, rate, cookies, asked.cookies_from_browser, asked.height)
            sources = [self._source(text, access) for text in asked.sources or usual()]
            self._check_given(asked.annotations, splits)
            create(self._root.path)
            with lock.hold(self._root), Ledger.write(self._root.ledger) as ledger:
                settings.save(self._root, asked)
                self._labels(splits, asked.annotations, http)
                found = self._found(asked)
                if self._wanted.by_labels:
                    asked = asked.adding((), (video.id for video in found))
                    settings.save(self._root, asked)
                self._fill(asked, found, sources, ledger, retry or asked.retry, confirm)
        return Dataset(self._root, asked, self._release)

    def _asked(self) -> Settings:
        """Return the root's settings with what this call adds to them, as far as no labels decide."""
        wanted = self._wanted
        named = self._release.check_splits(wanted.splits) if wanted.splits else ()
        if wanted.by_labels:
            return self._known.adding((), (), **self._changes)
        if wanted.videos is not None:
            return self._known.adding((), wanted.videos, **self._changes)
        if not named and not self._known.splits and not self._known.videos:
            named = self._release.default_splits
        return self._known.adding(named, (), **self._changes)

    def _splits(self, asked: Settings) -> list[str]:
        """Return the splits whose labels are needed. Raises `UsageError` for videos that there are not."""
        if teaches(self._release):
            named = self._wanted.videos or asked.videos
            usual = self._release.splits if named else asked.splits or self._release.default_splits
            return list(self._wanted.splits or usual)
        everything = replace(self._wanted, actions=(), persons_min=None)
        found = self._chosen(asked, everything)
        return sorted({split_of(self._release, video) for video in found})

    def _found(self, asked: Settings) -> tuple[Video, ...]:
        """Return the videos that are meant, now that the labels are there."""
        if teaches(self._release):
            self._release = learned(self._release, self._root.table)
        return self._chosen(asked, self._wanted)

    def _chosen(self, asked: Settings, wanted: Wanted) -> tuple[Video, ...]:
        with ExitStack() as opened:
            return chosen(
                self._release, asked, wanted, lambda: opened.enter_context(Annotations(self._root.table))
            )

    def _source(self, text: str, access: Access) -> Source:
        if text in ("cvdf", "youtube", "inria") and not self._release.mirror:
            raise UsageError(
                f"{text} has AVA's movies alone, and {self._release.name} is data of one's own",
                "Say where its movies are: --source folder=PATH or mirror=URL.",
            )
        return parse(text, access)

    def _fill(
        self,
        asked: Settings,
        found: Sequence[Video],
        sources: Sequence[Source],
        ledger: Ledger,
        retry: tuple[Cause, ...],
        confirm: Callable[[Estimate], bool] | None,
    ) -> None:
        """Get the videos, holding the root's lock."""
        in_splits = {video.id: split_of(self._release, video) for video in found}
        ledger.ask(in_splits.items())
        known = ledger.videos()
        wish = Wish.by(self._root, self._release, asked)
        todo = pending(found, known, retry, wish)
        cost = estimate(self._release, len(todo), wish.whole or not wish.windowed)
        if todo and (confirm is None or confirm(cost)):
            tasks = [Task(video, in_splits[video.id], known.get(video.id)) for video in todo]
            self._collect(tasks, wish, sources, asked, ledger, cost)

    def _check_given(self, annotations: str | None, splits: Sequence[str]) -> None:
        """Look for the labels where they are said to lie, before a wrong place becomes a setting."""
        if self._known.custom is not None:
            if annotations is not None:
                raise UsageError(
                    f"{self._release.name} is data of one's own: --annotations means official files",
                    f"Name its csv files under [custom.labels] in {self._root.settings}.",
                )
            own_files(self._release, self._root)
        elif annotations is not None and not is_url(annotations):
            needed = [file for split in sorted(splits) for file in self._release.files("labels", [split])]
            if needed:
                locate(Path(annotations), self._release, needed)

    def _labels(self, splits: Sequence[str], given: str | None, http: Http) -> None:
        """Fetch the official files of the splits that the videos are in, and make the table of them."""
        if self._known.custom is not None:
            files, notes = own_files(self._release, self._root), []
        else:
            got = labels.obtain(self._release, splits, self._root.annotations, given, http)
            files, notes = got.files, list(got.notes)
        for note in notes:
            self._progress.say(note)
        table = self._root.table
        # What one's own files mean hangs on the settings too.
        if self._known.custom is not None or any(_newer(path, table) for _, path in files):
            for note in build(self._release, files, table).notes:
                self._progress.say(note)

    def _collect(
        self,
        tasks: list[Task],
        wish: Wish,
        sources: Sequence[Source],
        asked: Settings,
        ledger: Ledger,
        cost: Estimate,
    ) -> None:
        """Run the tasks, and write what comes of each as it comes."""
        wire = Wire(asked.connections, self._stop, self._progress.came)

        def work(task: Task, worker: Worker) -> Collected:
            return collect(task, wish.of(task.video.id), sources, worker, wire)

        def came(task: Task, result: Collected | AvakitError) -> None:
            if isinstance(result, AvakitError):
                raise result
            record(result, ledger, self._progress)

        with self._progress:
            self._progress.expect(cost.videos, cost.bytes or None)
            run_jobs(tasks, work, came, workers=asked.jobs, stop=self._stop, log=self._root.log)
