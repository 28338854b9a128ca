"""The product clips: an mp4 around each annotated second, with its sound. `clip_plan` says what it shows."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path

import numpy as np

from avakit.errors import GapError
from avakit.media.movie import Movie
from avakit.media.ticks import Ticks, distinct
from avakit.media.view import View
from avakit.preparation.clip.copying import check_copying, copy_clips
from avakit.preparation.clip.edits import is_whole
from avakit.preparation.clip.encoding import ClipsChore, lost_of
from avakit.preparation.clip.plan import Clip, groups_of, groups_under, marked, plan_clips
from avakit.preparation.gaps import Gaps
from avakit.preparation.making import Finished, Site
from avakit.preparation.plan import undecodable
from avakit.preparation.store.folder import Workshop
from avakit.preparation.store.record import NONE, Record, record_of
from avakit.preparation.store.shelving import Shelf, shelve
from avakit.transfer.disk import disk_errors


@dataclass(frozen=True, eq=False)
class Clips:
    """Clips of `length` seconds around each of `seconds` (ascending), called `<names[k]>.mp4`.

    `copied`: of the source's own packets, as they are; otherwise encoded as `view` asks. Raises `GapError`
    where the movie lacks what is needed, or cannot be copied.
    """

    site: Site
    movie: Movie
    seconds: tuple[Fraction, ...]
    names: tuple[str, ...]
    length: Fraction
    view: View
    copied: bool
    gaps: Gaps
    store: Shelf

    def __post_init__(self) -> None:
        """Raise `GapError` if clips cannot be made."""
        clips = self._clips
        if self.copied:
            check_copying(self.movie, clips)

    @property
    def name(self) -> str:
        """The product."""
        return "clips"

    def open(self) -> Ticks:
        """Begin, or go on: return the pictures at which clips begin that are to be encoded."""
        self._shop.open(self.site.note)
        firsts = [] if self.copied else [clip.first for clip in self._missing()]
        return distinct(np.array(firsts, dtype=np.int64))

    def chore(self, part: Ticks) -> ClipsChore | None:
        """Return the clips that begin at these pictures."""
        begins = set(part.tolist())
        clips = tuple(clip for clip in self._clips if clip.first in begins)
        if not clips:
            return None
        return ClipsChore(clips, groups_under(self._groups, clips), self.site.aside, self.view, self.gaps)

    def finish(self, lost: frozenset[int]) -> Finished:
        """Put the clips into their place, and the record beside them."""
        if self.copied:
            copy_clips(self.movie, self._missing(), self.site.aside)
        shown = {clip: self._shown(clip, lost) for clip in self._clips}
        there = [clip for clip, pictures in shown.items() if pictures]
        whole = [clip for clip in there if len(shown[clip]) == clip.stop - clip.first]
        if not there:
            raise GapError(
                f"Not one of {len(self.seconds)} clips has a picture that can be decoded",
                "Get the movie again, from another --source.",
            )
        if self.gaps == "error" and len(whole) < len(self._clips):
            hit = [clip.second for clip in self._clips if len(shown[clip]) < clip.stop - clip.first]
            raise undecodable("clips", len(hit), len(self._clips), [(second, second) for second in hit])
        if len(whole) < len(self._clips):
            self._shop.spoil()  # the notes of what is lost do not stay: see `lost_of`
        names = [clip.file_name for clip in there]
        size = shelve(self.site, self.movie, self.store, names, self._record(there, shown))
        lacking = marked(whole, self.seconds)
        counts = {
            "wanted": len(self.seconds),
            "files": len(there),
            "pictures": len({picture for clip in there for picture in shown[clip]}),
            "lacking": len(self.seconds) - sum(not clip.lacking for clip in whole),
        }
        return Finished(counts, lacking, size)

    @cached_property
    def _clips(self) -> tuple[Clip, ...]:
        return plan_clips(self.movie.timeline, self.seconds, self.names, self.length, self.gaps)

    @cached_property
    def _groups(self) -> list[tuple[int, int]]:
        return groups_of(self._clips)

    @property
    def _shop(self) -> Workshop:
        return Workshop(self.site.aside, self.site.place)

    def _missing(self) -> list[Clip]:
        with disk_errors(self.site.aside):
            return [clip for clip in self._clips if not _is_there(self.site.aside / clip.file_name)]

    def _shown(self, clip: Clip, lost: frozenset[int]) -> list[int]:
        """Return the pictures that a clip's file shows, by index."""
        gone = lost | lost_of(self.site.aside, clip)
        return [index for index in range(clip.first, clip.stop) if index not in gone]

    def _record(self, there: Iterable[Clip], shown: Mapping[Clip, list[int]]) -> Record:
        clips = {clip.second: clip for clip in there}
        rows = list(_rows(zip(self.names, self.seconds, strict=True), clips, shown))
        files, seconds, pictures, lacking = zip(*rows, strict=True)
        return record_of(self.movie.timeline, files, seconds, pictures, lacking)


def _rows(
    wanted: Iterable[tuple[str, Fraction]], clips: Mapping[Fraction, Clip], shown: Mapping[Clip, list[int]]
) -> Iterator[tuple[str, Fraction, int, bool]]:
    """Yield file, second, picture and whether the clip lacks some; one row for a second without a clip."""
    for name, second in wanted:
        clip = clips.get(second)
        if clip is None:
            yield f"{name}.mp4", second, NONE, True
            continue
        lacking = clip.lacking or len(shown[clip]) < clip.stop - clip.first
        for picture in shown[clip]:
            yield clip.file_name, second, picture, lacking


def _is_there(path: Path) -> bool:
    return path.is_file() and is_whole(path)
