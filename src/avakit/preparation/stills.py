"""Pictures as JPEG files: keyframes, frames, crops and tracks, in a folder or a tar."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from avakit.media.jpeg import Jpegs
from avakit.media.movie import Movie
from avakit.media.picture import Picture
from avakit.media.ticks import Ticks, distinct
from avakit.media.view import View
from avakit.preparation.making import Finished, Site, Written
from avakit.preparation.piece import run_piece
from avakit.preparation.plan import LEFT_OUT, ProductPlan
from avakit.preparation.recipe import Recipe
from avakit.preparation.store.folder import Workshop
from avakit.preparation.store.record import Record, record_of
from avakit.preparation.store.shelving import Shelf, shelve

File = tuple[str, View]
"""A file's name, and what it shows of its picture."""


@dataclass(frozen=True, eq=False)
class Stills:
    """A product of JPEG files, one picture each. Files that show the same are made once, and linked."""

    site: Site
    movie: Movie
    plan: ProductPlan
    recipe: Recipe
    store: Shelf

    @property
    def name(self) -> str:
        """The product."""
        return self.plan.product.name

    def open(self) -> Ticks:
        """Begin, or go on: return the pictures of which a file is missing that no other can stand for."""
        shop = self._shop
        whole = shop.open(self.site.note)
        if not whole:
            return self.plan.pictures
        missing: list[int] = []
        for index, files in self._files(self.plan.pictures).items():
            for same in by_view(files).values():
                there = next((name for name in same if name in whole), None)
                if there is None:
                    missing.append(index)
                    continue
                for other in same:
                    if other not in whole:
                        shop.link(shop.aside / there, other)
        return distinct(np.array(missing, dtype=np.int64))

    def chore(self, part: Ticks) -> "StillsChore | None":
        """Return what is to be made of these pictures."""
        files = self._files(part)
        return StillsChore(self._shop, files, self.recipe.quality) if files else None

    def finish(self, lost: frozenset[int]) -> Finished:
        """Put the files into their place, and the record beside them."""
        done = self._without(lost) if lost else self
        return done._place()

    def _without(self, lost: frozenset[int]) -> "Stills":
        """Make what shows another picture than planned; work cannot go on here later."""
        done = replace(self, plan=self.plan.without(lost, self.recipe.gaps))
        moved = np.flatnonzero(done.plan.indices != self.plan.indices)
        if not len(moved):  # others lack it
            return self
        self._shop.spoil()
        chore = done.chore(distinct(done.plan.indices[moved]))
        if chore is not None:
            run_piece(self.movie, (chore,))
        return done

    def _place(self) -> Finished:
        plan, product = self.plan, self.plan.product
        shown = np.flatnonzero(plan.indices != LEFT_OUT).tolist()
        names = [product.file_name(self.site.video, k) for k in shown]
        size = shelve(self.site, self.movie, self.store, names, self._record(shown, names))
        counts = {
            "wanted": len(product),
            "files": len(shown),
            "pictures": len(plan.pictures),
            "lacking": int(plan.lacking.sum()),
        }
        return Finished(counts, plan.lacking_seconds, size)

    def _record(self, shown: Sequence[int], names: Sequence[str]) -> Record:
        product = self.plan.product
        every = dict(zip(shown, names, strict=True))
        files = (every.get(k) or product.file_name(self.site.video, k) for k in range(len(product)))
        numbers = product.numbers if product.decimals == 0 else None
        return record_of(
            self.movie.timeline, files, product.times, self.plan.indices, self.plan.lacking, numbers
        )

    @property
    def _shop(self) -> Workshop:
        return Workshop(self.site.aside, self.site.place)

    def _files(self, part: Ticks) -> dict[int, tuple[File, ...]]:
        """Return the files of each of these pictures, in the order of the pictures."""
        plan, product = self.plan, self.plan.product
        all_of_it = View(None, self.recipe.size, self.recipe.square)
        files: dict[int, list[File]] = {}
        for k in np.flatnonzero(np.isin(plan.indices, part[part != LEFT_OUT])).tolist():
            box = product.box(k)
            view = all_of_it if box is None else replace(all_of_it, box=box)
            name = product.file_name(self.site.video, k)
            files.setdefault(int(plan.indices[k]), []).append((name, view))
        return {index: tuple(some) for index, some in sorted(files.items())}


@dataclass(frozen=True, eq=False)
class StillsChore:
    """The files of some pictures. `files`: those of each picture, pictures ascending."""

    shop: Workshop
    files: Mapping[int, tuple[File, ...]]
    quality: int

    @property
    def pictures(self) -> Ticks:
        """The pictures, ascending."""
        return np.fromiter(self.files, dtype=np.int64, count=len(self.files))

    def begin(self, movie: Movie, written: Written) -> "StillsWork":
        """Begin."""
        return StillsWork(self, written)


class StillsWork:
    """Encodes and writes pictures as they come."""

    def __init__(self, chore: StillsChore, written: Written) -> None:
        """Begin with an encoder of its own."""
        self._chore = chore
        self._jpegs = Jpegs(chore.quality)
        self._written = written

    def take(self, index: int, picture: Picture) -> None:
        """Make the files of a picture, each view of it once."""
        shop = self._chore.shop
        for view, (first, *others) in by_view(self._chore.files[index]).items():
            jpeg = self._jpegs.encode(picture, view)
            shop.write(first, jpeg)
            for other in others:
                shop.link(shop.aside / first, other)
            self._written(len(jpeg))

    def end(self) -> None:
        """Do nothing: every file is whole once it is written."""

    def close(self) -> None:
        """Do nothing: nothing stays open."""


def by_view(files: Sequence[File]) -> dict[View, list[str]]:
    """Return the names of the files that show the same."""
    views: dict[View, list[str]] = {}
    for name, view in files:
        views.setdefault(view, []).append(name)
    return views
