"""The verb `prepare`: products of all videos that are here; run again, it makes what is missing."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from avakit.dataset import lock
from avakit.dataset.ava import Dataset
from avakit.dataset.ledger import Ledger
from avakit.dataset.products import problem_of
from avakit.dataset.rows import State, VideoRow
from avakit.dataset.selection import Wanted, chosen
from avakit.engine.progress import Progress, Silent
from avakit.errors import AvakitError, UsageError
from avakit.preparation.course import Course, processes
from avakit.preparation.make import Task
from avakit.preparation.outcome import Outcome, outcome_of
from avakit.preparation.provenance import is_of, words_of
from avakit.preparation.recipe import MARGIN, QUALITY, SECONDS, Number, Recipe, check_products, recipe_of
from avakit.preparation.store.folder import aside_of, known
from avakit.preparation.store.placing import check_places
from avakit.preparation.subject import Meant, Subject, labelled, require_boxes, subject_of


def prepare(
    dataset: Dataset,
    products: Iterable[str],
    *,
    splits: Sequence[str] = (),
    videos: Iterable[str] | None = None,
    actions: Sequence[str] = (),
    persons_min: int | None = None,
    store: str = "folder",
    fps: Number | None = None,
    size: int | None = None,
    around: Number | None = None,
    seconds: Number = SECONDS,
    margin: float = MARGIN,
    square_pixels: bool = False,
    copy: bool = False,
    quality: int = QUALITY,
    gaps: str = "error",
    jobs: int | None = None,
    drop_windows: bool = False,
    progress: Progress | None = None,
) -> tuple[Outcome, ...]:
    """Make products of all videos that were asked for (or of those alone that are meant: see `Wanted`) and
    are here. Each movie is decoded once for all of them.

    What was made by the same recipe (the words from `store` to `gaps`: see `Recipe`) from the same file is
    kept. Each product is whole or not there; one that lacks pictures is refused where `gaps` is `error`, and
    the others go on. `actions` and `persons_min` also say which seconds clips, crops, tracks and `around` are
    of. `jobs`: processes at work (None: one a core); `drop_windows`: a video's window is deleted once all its
    products are there. Returns what became of each product of each video, in the release's order.

    Raises `UsageError`, `RootError`, `DiskFull`, `Interrupted`; what was finished by then is kept.
    """
    if jobs is not None and jobs < 1:
        raise UsageError(f"{jobs} processes make no sense", "Give --jobs 1 or more.")
    names = check_products(products)
    recipe = recipe_of(
        names, store=store, fps=fps, size=size, around=around, seconds=seconds, margin=margin,
        square_pixels=square_pixels, copy=copy, quality=quality, gaps=gaps,
    )  # fmt: skip
    for name in names:
        require_boxes(dataset.release, name)
    wanted = Wanted.of(splits, videos, actions, persons_min)
    meant = chosen(dataset.release, dataset.settings, wanted, lambda: dataset.annotations)
    by_labels = Meant.of(dataset.release, wanted.actions, wanted.persons_min)
    ids = [video.id for video in meant]
    with lock.hold(dataset.root), Ledger.write(dataset.root.ledger) as ledger:
        check_places(dataset.root, names)
        course = Course(dataset.root, ledger, progress or Silent(), drop=drop_windows)
        call = _Call(dataset, ledger, course, names, recipe, by_labels)
        call.run(ids, processes(jobs), progress or Silent(), drop=drop_windows)
        return tuple(course.outcomes[video, name] for video in ids for name in names)


class _Call:
    """One call of `prepare`: what is wanted of which video, and what of it is there already."""

    def __init__(
        self,
        dataset: Dataset,
        ledger: Ledger,
        course: Course,
        names: tuple[str, ...],
        recipe: Recipe,
        meant: Meant,
    ) -> None:
        self._dataset = dataset
        self._ledger = ledger
        self._course = course
        self._names = names
        self._recipe = recipe
        self._meant = meant

    def run(self, videos: Sequence[str], workers: int, progress: Progress, *, drop: bool) -> None:
        """Do what is not done yet."""
        todo = [work for video in videos if (work := self._left(video)) is not None]
        if todo:
            with progress:
                progress.expect(len(todo))
                self._course.run(self._tasks(todo, workers), workers)
        if drop:
            busy = {video for video, _, _ in todo}
            for video in videos:
                if video not in busy:
                    self._course.drop_window(video, self._names)

    def _tasks(self, todo: Sequence[tuple[str, Path, tuple[str, ...]]], processes: int) -> Iterator[Task]:
        """Yield what is to be made of each video when its turn comes: in any thread."""
        root = self._dataset.root
        for video, movie, names in todo:
            yield Task(self._subject(video), movie, root.path, root.partial, names, self._recipe, processes)

    def _subject(self, video: str) -> Subject:
        subject = subject_of(self._dataset.release, video)
        if any(self._recipe.of_labels(name) for name in self._names):
            return labelled(subject, self._dataset.annotations, self._meant)
        return subject

    def _left(self, video: str) -> tuple[str, Path, tuple[str, ...]] | None:
        """Settle what needs no work, and return the products that are left, if any, with the movie's file."""
        row, subject = self._ledger.video(video), self._subject(video)
        movie = self._movie(row)
        left = tuple(name for name in self._names if not self._keep(name, subject, movie))
        if not left:
            return None
        if movie is None:
            missing = Outcome(video, "", "missing", message=self._why_missing(row))
            self._course.settle(subject, self._recipe, left, missing)
            return None
        return video, movie, left

    def _why_missing(self, row: VideoRow | None) -> str:
        """Return why a movie is not here. One that was dropped is asked for anew: else `get` has it."""
        why = row.message if row is not None and row.message else "Its window is not here"
        step = row.next_step if row is not None and row.next_step else "Run avakit get."
        if row is not None and row.path is None and row.state is State.HAVE:
            self._ledger.put(replace(row, state=State.ASKED, at=0.0))
            why, step = (
                "Its window was deleted once its products were there",
                "Run avakit get: it comes again.",
            )
        return str(AvakitError(why, step))

    def _movie(self, row: VideoRow | None) -> Path | None:
        """Return the file of a video that is here."""
        path = None if row is None or row.path is None else self._dataset.root.path / row.path
        return path if path is not None and path.is_file() else None

    def _keep(self, name: str, subject: Subject, movie: Path | None) -> bool:
        """Return whether a product is there as it is wanted, and note that."""
        row = self._ledger.product(subject.video, name)
        if row is None or not row.have or row.recipe != words_of(name, subject, self._recipe):
            return False
        if problem_of(self._dataset.root, row) is not None:
            return False
        if movie is not None and not is_of(row.fingerprint, movie):
            return False
        known(aside_of(self._dataset.root.partial, name, subject.video))
        self._course.outcomes[subject.video, name] = outcome_of(row, "kept")
        return True
