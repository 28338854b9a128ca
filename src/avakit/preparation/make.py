"""One movie, all its products: look, decode its parts, finish. Each step runs in any process."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import numpy as np

from avakit.errors import GapError
from avakit.media.movie import Movie, open_movie
from avakit.media.ticks import Ticks, distinct
from avakit.media.view import View
from avakit.preparation.making import Chore, Finished, Making, Site, Written
from avakit.preparation.piece import TOLD, Passed, pieces, run_piece
from avakit.preparation.plan import Range, plan_product
from avakit.preparation.products import product_of
from avakit.preparation.provenance import Word, fingerprint_of, versions, words_of
from avakit.preparation.recipe import Recipe
from avakit.preparation.store.folder import aside_of, settled
from avakit.preparation.subject import Subject

_REPORT_EVERY = 0.5  # seconds
_USUAL = ("avakit.preparation.stills", "avakit.preparation.store.parquet")


@dataclass(frozen=True)
class Task:
    """What to make of one movie.

    `window`: the movie's file; `root`: the folder that gets `<product>/<video>`; `partial`: where products
    are made; `processes`: how many share its work.
    """

    subject: Subject
    window: Path
    root: Path
    partial: Path
    names: tuple[str, ...]
    recipe: Recipe
    processes: int = 1

    @property
    def video(self) -> str:
        """The video's id."""
        return self.subject.video


@dataclass(frozen=True)
class Made:
    """One product that is there now, whole.

    `counts`, `lacking`, `bytes`: as in `Finished`; `recipe`: by what words it was made; `damage`: what the
    decoder complained of, at most 20 sentences; `fingerprint`: of the movie's file.
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


@dataclass(frozen=True, eq=False)
class Survey:
    """What is to be done for one movie: the makings that can be, the chores of each part, and what cannot be
    made.
    """

    movie: Movie
    fingerprint: str
    makings: tuple[Making, ...]
    parts: tuple[tuple[Chore, ...], ...]
    refused: tuple[Refused, ...]


def ready() -> None:
    """Import what most movies take, in a process that has nothing else to do yet."""
    for name in _USUAL:
        import_module(name)


def survey(task: Task) -> Survey:
    """Look at a movie: what its products need of it, and in which parts.

    Raises `MediaError` if the movie cannot be read; `DiskFull`, `RootError`.
    """
    movie = open_movie(task.window)
    fingerprint = fingerprint_of(task.window)
    makings: list[Making] = []
    refused: list[Refused] = []
    for name in task.names:
        try:
            makings.append(_making(name, task, movie, fingerprint))
        except GapError as error:
            refused.append(Refused(task.video, name, error))
    return Survey(movie, fingerprint, tuple(makings), _parts(task, movie, makings), tuple(refused))


def decode(movie: Movie, chores: tuple[Chore, ...], written: Written | None = None) -> Passed:
    """Make what one part of a movie gives. What cannot be decoded is for each product to judge: see `finish`.

    Raises `MediaError`, `DiskFull`, `RootError`.
    """
    return run_piece(movie, chores, written)


def decode_reported(movie: Movie, chores: tuple[Chore, ...], report: Callable[[object], None]) -> Passed:
    """Do what `decode` does, and report the bytes written now and then, as long as pictures come."""
    written, told = 0, time.monotonic()

    def count(size: int) -> None:
        nonlocal written, told
        written += size
        if time.monotonic() - told >= _REPORT_EVERY:
            report(written)
            written, told = 0, time.monotonic()

    passed = decode(movie, chores, count)
    report(written)
    return passed


def finish(task: Task, fingerprint: str, making: Making, passed: Sequence[Passed]) -> Made:
    """Bring a product whose parts are all there into its place.

    Raises `GapError` if it lacks what could not be decoded and its gaps are `error`, or all of it is lost;
    `MediaError` if it cannot be made after all; `DiskFull`, `RootError`.
    """
    lost = frozenset(index for part in passed for index in part.lost)
    damage = sorted({line for part in passed for line in part.damage})
    done: Finished = making.finish(lost)
    return Made(
        task.video,
        making.name,
        words_of(making.name, task.subject, task.recipe),
        versions(),
        done.counts,
        done.lacking,
        tuple(damage[:TOLD]),
        done.bytes,
        fingerprint,
    )


def make_products(task: Task, written: Written | None = None) -> tuple[Made | Refused, ...]:
    """Make the products of a task one after the other in this process; return what became of each, in order.

    Each is whole or not there. The movie is decoded once. Files that an earlier call left whole are kept. A
    product that lacks pictures is refused if the policy for gaps is `error`. Raises as `survey`, `decode` and
    `finish` do.
    """
    found = survey(task)
    passed = [decode(found.movie, chores, written) for chores in found.parts]
    became: dict[str, Made | Refused] = {one.product: one for one in found.refused}
    for making in found.makings:
        try:
            became[making.name] = finish(task, found.fingerprint, making, passed)
        except GapError as error:
            became[making.name] = Refused(task.video, making.name, error)
        settled(making.site.aside)
    return tuple(became[name] for name in task.names)


def _making(name: str, task: Task, movie: Movie, fingerprint: str) -> Making:
    """Return the product to be made. Raises `GapError` if the movie lacks what it needs."""
    recipe, subject = task.recipe, task.subject
    note = {
        "recipe": json.dumps(words_of(name, subject, recipe), sort_keys=True),
        "window": fingerprint,
        "versions": json.dumps(versions(), sort_keys=True),
    }
    site = Site(task.video, aside_of(task.partial, name, task.video), task.root / name / task.video, note)
    # Each is imported only where it is made: to start a process is what a short movie's pictures wait for.
    if name == "audio":
        from avakit.preparation.sound import Sound

        return Sound(site, task.window, subject.window, recipe.copied)
    product = product_of(name, subject, recipe, movie.timeline)
    view = View(None, recipe.size, recipe.square)
    if name == "clips":
        from avakit.preparation.clips import Clips

        stems = tuple(product.stem(task.video, k) for k in range(len(product)))
        return Clips(
            site,
            movie,
            tuple(product.times),
            stems,
            recipe.seconds,
            view,
            recipe.copied,
            recipe.gaps,
            "tar" if recipe.store == "tar" else "folder",
        )
    plan = plan_product(movie.timeline, product, recipe.gaps)
    if recipe.store == "video":
        from avakit.preparation.training import VideoStore

        return VideoStore(site, movie, plan, view, recipe.gaps)
    from avakit.preparation.stills import Stills

    return Stills(site, movie, plan, recipe, recipe.store)


def _parts(task: Task, movie: Movie, makings: Sequence[Making]) -> tuple[tuple[Chore, ...], ...]:
    """Cut the work into parts that begin at sync pictures."""
    begins = [making.open() for making in makings]
    every = distinct(*begins)
    return tuple(
        tuple(
            chore
            for making, own in zip(makings, begins, strict=True)
            if (chore := making.chore(own[np.isin(own, part)])) is not None
        )
        for part in pieces(every, _sync(movie), task.processes)
    )


def _sync(movie: Movie) -> Ticks:
    """Return the indices of the pictures at which decoding can begin, ascending."""
    index = movie.index
    return np.searchsorted(movie.timeline.pts, np.sort(index.pts[index.sync & index.shown]))
