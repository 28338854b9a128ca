"""The store `video`: a product's pictures coded anew, small, so that any few of them are read fast.

Each different picture is stored once; the record says which one shows which number.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from avakit.dataset.products import RECORD, beside
from avakit.errors import DamagedMovie
from avakit.media.conversion import Converter
from avakit.media.movie import Movie
from avakit.media.picture import Picture
from avakit.media.ticks import Ticks
from avakit.media.view import View
from avakit.preparation.gaps import Gaps
from avakit.preparation.making import Finished, Site, Written
from avakit.preparation.plan import LEFT_OUT, ProductPlan
from avakit.preparation.store.chunk import ChunkEncoder, read_chunk, whole_chunks, write_chunk
from avakit.preparation.store.coding import CODING, Coding, Looks, fitted, looks_of
from avakit.preparation.store.folder import Workshop
from avakit.preparation.store.join import join
from avakit.preparation.store.placing import into_place, to_disk
from avakit.preparation.store.record import record_of

SUFFIX = ".mp4"


@dataclass(frozen=True, eq=False)
class VideoStore:
    """A product as one movie a video.

    Its pictures are coded in chunks, each by an encoder of its own, so that neither the parts in which the
    movie is decoded nor a kill on the way changes a byte of it.
    """

    site: Site
    movie: Movie
    plan: ProductPlan
    view: View
    gaps: Gaps
    coding: Coding = CODING

    @property
    def name(self) -> str:
        """The product."""
        return self.plan.product.name

    def open(self) -> Ticks:
        """Begin, or go on: return the first picture of each chunk that is not there."""
        self._shop.open({**self.site.note, "coding": self.coding.words})
        there = list(whole_chunks(self.site.aside))
        return np.delete(self.plan.pictures[:: self.coding.length], there)

    def chore(self, part: Ticks) -> "VideoChore | None":
        """Return the chunks that begin at these pictures."""
        pictures, length = self.plan.pictures, self.coding.length
        begins = np.searchsorted(pictures, part).tolist()
        chunks = tuple((begin // length, pictures[begin : begin + length]) for begin in begins)
        return VideoChore(self.site.aside, chunks, self.view, self.coding) if chunks else None

    def finish(self, lost: frozenset[int]) -> Finished:
        """Join the chunks, and put the movie and its record into their place."""
        chunks = whole_chunks(self.site.aside)
        paths = [chunks[number] for number in sorted(chunks)]
        pts = [read_chunk(path).pts for path in paths]
        if not pts:
            raise DamagedMovie(f"{self.movie.path} has no picture that can be decoded", "Get it again.")
        timeline = self.movie.timeline
        stored = np.searchsorted(timeline.pts, np.sort(np.concatenate(pts)))
        missing = np.setdiff1d(self.plan.pictures, stored).tolist()
        plan = self.plan.without(missing, self.gaps) if missing else self.plan
        made = self.site.aside / f"joined{SUFFIX}"  # what a kill leaves of it goes with the folder
        join(paths, pts, timeline, self.coding, looks_of(self.movie, self.view), made)
        return self._place(plan, stored, made)

    def _place(self, plan: ProductPlan, stored: Ticks, made: Path) -> Finished:
        to_disk(made)
        size = made.stat().st_size
        self._write_record(plan, stored)
        into_place(made, self.site.place, SUFFIX)
        counts = {
            "wanted": len(plan.product),
            "files": int((plan.indices != LEFT_OUT).sum()),
            "pictures": len(plan.pictures),
            "lacking": int(plan.lacking.sum()),
        }
        return Finished(counts, plan.lacking_seconds, size)

    def _write_record(self, plan: ProductPlan, stored: Ticks) -> None:
        from avakit.preparation.store.parquet import write_record  # DuckDB takes a while, and parts need none

        product = plan.product
        files = (product.file_name(self.site.video, k) for k in range(len(product)))
        numbers = product.numbers if product.decimals == 0 else None
        places = np.where(plan.indices == LEFT_OUT, LEFT_OUT, np.searchsorted(stored, plan.indices))
        record = record_of(self.movie.timeline, files, product.times, plan.indices, plan.lacking, numbers)
        facts = {**self.site.facts(self.movie), "coding": self.coding.words}
        write_record(beside(self.site.place, RECORD), replace(record, stored=places), facts)

    @property
    def _shop(self) -> Workshop:
        return Workshop(self.site.aside, self.site.place)


@dataclass(frozen=True, eq=False)
class VideoChore:
    """Some chunks: the number of each, and its pictures."""

    folder: Path
    chunks: tuple[tuple[int, Ticks], ...]
    view: View
    coding: Coding

    @property
    def pictures(self) -> Ticks:
        """The pictures of all of them, ascending."""
        return np.concatenate([pictures for _, pictures in self.chunks])

    def begin(self, movie: Movie, written: Written) -> "VideoWork":
        """Begin."""
        return VideoWork(self, looks_of(movie, self.view), written)


class VideoWork:
    """Codes pictures as they come, and writes each chunk once it is whole."""

    def __init__(self, chore: VideoChore, looks: Looks, written: Written) -> None:
        """Begin with no chunk."""
        self._chore = chore
        self._looks = looks
        self._written = written
        self._converter = Converter()
        self._chunk_of = {index: number for number, pictures in chore.chunks for index in pictures.tolist()}
        self._number = -1
        self._encoder: ChunkEncoder | None = None

    def take(self, index: int, picture: Picture) -> None:
        """Code a picture."""
        number = self._chunk_of[index]
        if self._encoder is None or number != self._number:
            self.end()
            self._number, self._encoder = number, ChunkEncoder(self._chore.coding, self._looks)
        frame = fitted(picture, self._chore.view, self._looks, self._converter)
        self._encoder.add(frame, picture.pts)

    def end(self) -> None:
        """Write the chunk that was begun."""
        if self._encoder is not None:
            self._written(write_chunk(self._chore.folder, self._number, self._encoder.end()))
            self._encoder = None

    def close(self) -> None:
        """Give the encoder up."""
        self._encoder = None
