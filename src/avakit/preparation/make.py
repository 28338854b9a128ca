"""One decoding pass over a movie, all its products."""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from avakit.errors import DamagedMovie, GapError
from avakit.media.movie import Movie, Report, open_movie
from avakit.media.picture import Picture
from avakit.media.timeline import Ticks
from avakit.preparation.folder import Workshop
from avakit.preparation.plan import LEFT_OUT, Gaps, ProductPlan, Range, files_by_picture, pieces, plan_product
from avakit.preparation.products import Product
from avakit.preparation.recipe import Word, fingerprint_of, recipe_of, versions

_PIECES = 4
_TOLD = 20


@dataclass(frozen=True)
class Task:
    """What to make of one movie.

    `window`: the movie's file; `root`: the folder that gets `<product>/<video>/`; `partial`: where files are
    made; `threads`: how many parts of the movie are worked on at once.
    """

    video: str
    window: Path
    root: Path
    partial: Path
    products: tuple[Product, ...]
    quality: int
    gaps: Gaps
    threads: int = 1


@dataclass(frozen=True)
class Made:
    """One product that is there now, whole.

    `counts`: `wanted` numbers, `files`, different `pictures`, `lacking` numbers whose right picture the movie
    lacks; `lacking`: the same as stretches of seconds; `damage`: what the decoder complained of, at most 20
    sentences; `bytes`: on disk, links counted once; `fingerprint`: of the movie's file.
    """

    video: str
    product: str
    recipe: Mapping[str, Word]
    versions: Mapping[str, str]
    counts: Mapping[str, int]
    lacking: tuple[Range, ...]
    damage: tuple[str, ...]
    bytes: int
    fingerprint: str


@dataclass(frozen=True)
class Refused:
    """One product that was not made, and why."""

    video: str
    product: str
    error: GapError


Progress = Callable[[int], None]
"""Called, from one thread at a time, with how many more bytes were written."""


def make_products(task: Task, progress: Progress | None = None) -> tuple[Made | Refused, ...]:
    """Make the products of a task, each whole or not at all, and return what became of each, in their order.

    The movie is decoded once and no picture encoded twice. Files that an earlier call left whole are kept. A
    product that lacks pictures is refused if the policy for gaps is `error`. Raises `MediaError` if the movie
    cannot be read, or decoded under that policy; `DiskFull`, `RootError`.
    """
    movie = open_movie(task.window)
    plans: list[ProductPlan] = []
    refused: dict[str, Refused] = {}
    for product in task.products:
        try:
            plans.append(plan_product(movie.timeline, product, task.gaps))
        except GapError as error:
            refused[product.name] = Refused(task.video, product.name, error)
    made = {done.product: done for done in _Pass(task, movie, plans, progress).run()} if plans else {}
    return tuple(refused.get(product.name) or made[product.name] for product in task.products)


class _Pass:
    """One pass over a movie: the pictures still wanted are decoded, encoded, written and linked."""

    def __init__(self, task: Task, movie: Movie, plans: list[ProductPlan], progress: Progress | None) -> None:
        self._task = task
        self._movie = movie
        self._plans = plans
        self._progress = progress or (lambda size: None)
        self._fingerprint = fingerprint_of(task.window)
        self._shops = [_workshop(task, plan.product) for plan in plans]
        self._files = files_by_picture(plans)
        self._whole: list[set[str]] = []
        self._stop = threading.Event()
        self._telling = threading.Lock()
        self._damage: list[str] = []

    def run(self) -> list[Made]:
        """Make all, and return the records of what was made."""
        recipes = [recipe_of(plan.product, self._task.quality, self._task.gaps) for plan in self._plans]
        for shop, recipe in zip(self._shops, recipes, strict=True):
            self._whole.append(shop.open({**recipe, "movie": self._fingerprint, **versions()}))
        self._link_whole()
        missing = [index for index in self._files if not self._is_whole(index)]
        lost = set(missing) - self._decode(np.array(missing, dtype=np.int64))
        if lost:
            for shop in self._shops:
                shop.spoil()
            self._plans = [plan.without(lost, self._task.gaps) for plan in self._plans]
            for index, files in files_by_picture(self._plans).items():
                there = set(self._files[index])
                self._link([min(there), *(file for file in files if file not in there)])
        return [self._finish(place, recipe) for place, recipe in enumerate(recipes)]

    def _decode(self, indices: Ticks) -> set[int]:
        """Work on parts of the movie side by side; return the pictures that are there now."""
        movie, task = self._movie, self._task
        sync = np.searchsorted(
            movie.timeline.pts, np.sort(movie.index.pts[movie.index.sync & movie.index.shown])
        )
        parts = pieces(indices, sync, task.threads * _PIECES if task.threads > 1 else 1)
        report = None if task.gaps == "error" else self._tell
        done: set[int] = set()
        with ThreadPoolExecutor(task.threads, thread_name_prefix="pictures") as pool:
            works = [pool.submit(self._work, part, report) for part in parts]
            try:
                for work in as_completed(works):
                    done.update(work.result())
            except BaseException:
                self._stop.set()
                raise
        return done

    def _work(self, indices: Ticks, report: Report | None) -> list[int]:
        done: list[int] = []
        with closing(self._movie.at_indices(indices, report)) as pictures:
            for index, picture in pictures:
                if self._stop.is_set():
                    break
                self._save(index, picture)
                done.append(index)
        return done

    def _save(self, index: int, picture: Picture) -> None:
        (place, k), *_ = files = self._files[index]
        jpeg = picture.jpeg(self._task.quality)
        self._shops[place].write(self._name(place, k), jpeg)
        self._link(files)
        with self._telling:
            self._progress(len(jpeg))

    def _link(self, files: list[tuple[int, int]]) -> None:
        """Make every file of a picture the same as the first, which is there."""
        (place, k), *others = files
        source = self._shops[place].aside / self._name(place, k)
        for other, n in others:
            self._shops[other].link(source, self._name(other, n))

    def _link_whole(self) -> None:
        """Make whatever needs no decoding: files of pictures of which one file is whole."""
        for files in self._files.values():
            whole = {file for file in files if self._name(*file) in self._whole[file[0]]}
            if whole:
                self._link([min(whole), *(file for file in files if file not in whole)])

    def _is_whole(self, index: int) -> bool:
        return any(self._name(place, k) in self._whole[place] for place, k in self._files[index])

    def _name(self, place: int, k: int) -> str:
        return self._plans[place].product.file_name(self._task.video, k)

    def _tell(self, error: DamagedMovie) -> None:
        with self._telling:
            self._damage.append(error.what)

    def _finish(self, place: int, recipe: Mapping[str, Word]) -> Made:
        plan = self._plans[place]
        shown = np.flatnonzero(plan.indices != LEFT_OUT).tolist()
        size = self._shops[place].finish(self._name(place, k) for k in shown)
        counts = {
            "wanted": len(plan.product),
            "files": len(shown),
            "pictures": len(np.unique(plan.indices[shown])),
            "lacking": int(plan.lacking.sum()),
        }
        return Made(
            self._task.video, plan.product.name, recipe, versions(), counts,
            plan.lacking_seconds, tuple(sorted(self._damage)[:_TOLD]), size, self._fingerprint,
        )  # fmt: skip


def _workshop(task: Task, product: Product) -> Workshop:
    aside = task.partial / f"{product.name}-{task.video}"
    return Workshop(aside, task.root / product.name / task.video)
