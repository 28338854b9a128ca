"""A file that a person has, as a source of its one video."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from avakit.causes import Cause
from avakit.collection.found import Match
from avakit.collection.names import Named
from avakit.collection.part import Extent, extent_of, misnamed, misplaced
from avakit.engine.worker import Worker
from avakit.errors import MediaError, TransferError, WorkerDied
from avakit.releases.model import Second, Video
from avakit.sources.offer import Missing, Offer, missing
from avakit.text import printable
from avakit.transfer.local import FileReader
from avakit.windows.span import Window

_PATIENCE = 300.0


@dataclass(frozen=True)
class Mine:
    """A `Source` that is one file. `begins`: the second of the movie at which it does; `part`: what of the
    movie it is, if not all of it; `told`: that was neither its name's word nor its own, but the person's;
    `refusal`: why it cannot be taken, known before it is read.
    """

    path: Path
    container: str
    begins: Fraction = Fraction(0)
    part: Window | None = None
    told: bool = False
    refusal: tuple[Cause, str] | None = None

    @property
    def name(self) -> str:
        """`adopt`."""
        return "adopt"

    def find(self, video: Video) -> Offer | Missing:
        """Offer the file, or say why not."""
        if self.refusal is not None:
            cause, why = self.refusal
            return Missing(self.name, cause, f"{self.path} is not taken for {video.id}. {why}")
        try:
            reader = _Reader(self.path)
        except TransferError as error:
            return missing(self.name, video.id, error)
        return Offer(self.name, reader, self.container, None, begins=self.begins)


def mine(match: Match, begins: Fraction, seconds: Sequence[Second], only_whole: bool, worker: Worker) -> Mine:
    """Look at a file, in the child process of `worker`, and return it as a source.

    `begins`: where it begins, unless its name or the file itself says so; `seconds`: the annotated ones of a
    movie of AVA's, none where nothing is known of how long movies are; `only_whole`: no parts are wanted.
    """
    said = match.named.begins
    start = begins if said is None else said
    plain = Mine(match.path, match.named.container, start)
    try:
        about = f"reading {match.path}"
        extent: Extent = worker.call(extent_of, match.path, timeout=_PATIENCE, about=about)
    except (MediaError, WorkerDied):
        return plain  # the attempt itself will say what is wrong with it
    why = _wrong(match.named, extent, start, seconds)
    if why is not None:
        return replace(plain, refusal=(Cause.WRONG_MOVIE, why))
    first = start if extent.start is None else extent.start
    if extent.start is None and first == 0:
        return plain
    part = Window(first, first + extent.length)
    if only_whole:
        why = (
            f"It is a part of its movie, {part}, and whole movies are wanted. Leave --whole out, and "
            "whole = true in avakit.toml."
        )
        return replace(plain, part=part, refusal=(Cause.TOO_SHORT, why))
    return replace(plain, part=part, told=said is None and extent.start is None)


def _wrong(said: Named, extent: Extent, start: Fraction, seconds: Sequence[Second]) -> str | None:
    """Return why a file is not the part of the movie that its name, or a person, says that it is."""
    if said.begins is not None and said.ends is not None:
        return misnamed(extent, said.begins, said.ends)
    return misplaced(extent, start, seconds) if seconds else None


class _Reader(FileReader):
    """A file whose name may be anything that a file system bears."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.name = printable(self.name)
