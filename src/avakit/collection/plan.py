"""The verb `plan`: what there is to do, and what it costs, before anything starts. Fetches nothing."""

import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from avakit.collection.beginning import begin
from avakit.collection.choice import pending
from avakit.collection.costs import Figures, Left, Way, figures, ways
from avakit.collection.request import Wish
from avakit.dataset import settings
from avakit.dataset.ledger import Ledger
from avakit.dataset.release import release_of
from avakit.dataset.root import Root
from avakit.dataset.rows import VideoRow
from avakit.dataset.selection import Wanted, chosen
from avakit.dataset.settings import Settings
from avakit.errors import RootError, UsageError
from avakit.releases.model import Release, Video

if TYPE_CHECKING:
    from avakit.annotations.asking import Annotations


@dataclass(frozen=True)
class Plan:
    """What there is to do.

    `root`: where; `asked`, `here`: videos, and those of them that are here as the root wants them; `ways`:
    what each way costs; `figures`: by which that was reckoned; `free`, `free_files`: bytes and files that the
    root's disk has room for (None: not known); `videos`: those that are still to be fetched, none if only
    their number is known; `settings`: what the root is to hold.
    """

    root: Path
    release: Release
    asked: int
    here: int
    ways: tuple[Way, ...]
    figures: Figures
    free: int | None
    free_files: int | None
    videos: tuple[Video, ...]
    settings: Settings

    def way(self, movies: str, product: str | None = None) -> Way | None:
        """Return one of the ways, if there is such."""
        return next((way for way in self.ways if (way.movies, way.product) == (movies, product)), None)


def plan(
    release: str | None = None,
    *,
    root: str | os.PathLike[str] | None = None,
    splits: Iterable[str] = (),
    videos: Iterable[str] | None = None,
    actions: Iterable[str] = (),
    persons_min: int | None = None,
    sources: Iterable[str] | None = None,
) -> Plan:
    """Return what getting videos costs, by what the release and the root know. Arguments mean what those of
    `get` mean; the root need not exist.

    Raises `UsageError`, `RootError`, and `AnnotationError` for labels that cannot be read.
    """
    wanted = Wanted.of(splits, videos, actions, persons_min)
    there, known = begin(release, root, "to plan for")
    if sources is not None:
        known = known.adding(sources=tuple(settings.grounded_source(one, Path.cwd()) for one in sources))
    return _Planned(there, known, wanted).plan()


def room(path: Path) -> tuple[int | None, int | None]:
    """Return how many bytes and files the disk of a folder, which need not exist, has room for."""
    near = next((folder for folder in (path, *path.parents) if folder.is_dir()), None)
    if near is None:
        return None, None
    try:
        free = shutil.disk_usage(near).free
        # Some file systems make room for files as they need it, and say that they have none.
        files = os.statvfs(near).f_favail if hasattr(os, "statvfs") else 0
    except OSError:
        return None, None
    return free, files or None


class _Planned:
    """One call of `plan`: the data set as it stands."""

    def __init__(self, root: Root, known: Settings, wanted: Wanted) -> None:
        self._root = root
        self._known = known
        self._wanted = wanted
        self._release = release_of(root, known)
        self._rows: Mapping[str, VideoRow] = {}
        self._made: dict[str, set[str]] = {}
        if root.ledger.is_file():
            with closing(Ledger.read(root.ledger)) as ledger:
                self._rows = ledger.videos()
                for row in ledger.products():
                    if row.have:
                        self._made.setdefault(row.product, set()).add(row.video)

    def plan(self) -> Plan:
        """Return the plan."""
        wish = Wish.by(self._root, self._release, self._known)
        table = self._root.table
        if self._release.learns and not table.is_file():
            return self._by_number(wish)
        found = self._found(table)
        kinds = {"window": replace(wish, whole=False)} if wish.windowed else {}
        kinds["whole"] = replace(wish, whole=True)
        left = {movies: self._left(found, kind) for movies, kind in kinds.items()}
        todo = tuple(pending(found, self._rows, (), wish))
        return self._told(left, len(found), len(found) - len(todo), todo)

    def _found(self, table: Path) -> tuple[Video, ...]:
        """Return the videos that are meant."""
        if self._wanted.by_labels and not table.is_file():
            raise UsageError(
                f"--actions and --persons-min ask the labels, and {self._root.path} has none yet",
                "Run avakit get first: it asks before it fetches movies. Or plan without them.",
            )
        with ExitStack() as opened:
            return chosen(
                self._release, self._known, self._wanted, lambda: opened.enter_context(_asked(table))
            )

    def _left(self, found: Sequence[Video], wish: Wish) -> Left:
        """Return what is still to be made of these videos."""
        todo = pending(found, self._rows, (), wish)
        files: dict[str, int] = {}
        for product, count in self._counts().items():
            made = self._made.get(product, set())
            files[product] = sum(count(video) for video in found if video.id not in made)
        return Left(len(todo), files)

    def _counts(self) -> "dict[str, Callable[[Video], int]]":
        """Return how many files each product has of a video."""
        grid, release = self._release.grid.count, self._release
        counts: dict[str, Callable[[Video], int]] = {
            "keyframes": lambda video: len(release.seconds_of(video.id))
        }
        if grid is not None:
            counts["frames"] = lambda video: grid
        return counts

    def _by_number(self, wish: Wish) -> Plan:
        """Return the plan for a release whose labels, which name its videos, are not here yet: by the counts
        that were published.
        """
        wanted, release = self._wanted, self._release
        if wanted.by_labels or wanted.videos is not None or not release.published:
            raise RootError(
                f"Which videos {release.name} has, its labels tell, and {self._root.path} has none yet",
                "Run avakit get first: it asks before it fetches movies.",
            )
        splits = release.check_splits(wanted.splits or self._known.splits)
        count = sum(int(release.published.get(f"{split}_videos", 0)) for split in splits)
        files = {"keyframes": count * len(release.seconds)} if release.seconds else {}
        if release.grid.count is not None:
            files["frames"] = count * release.grid.count
        left = {movies: Left(count, files) for movies in (("window",) if wish.windowed else ())}
        return self._told({**left, "whole": Left(count, files)}, count, 0, ())

    def _told(self, left: dict[str, Left], asked: int, here: int, todo: tuple[Video, ...]) -> Plan:
        reckoned = figures(self._release, self._rows.values())
        free, files = room(self._root.path)
        return Plan(
            self._root.path,
            self._release,
            asked,
            here,
            ways(left, reckoned),
            reckoned,
            free,
            files,
            todo,
            self._known,
        )


def _asked(table: Path) -> "Annotations":
    from avakit.annotations.asking import Annotations

    return Annotations(table)
