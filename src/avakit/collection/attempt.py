"""One attempt: one video from one source, fetched and read, not yet in its place."""

import hashlib
import re
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from avakit.causes import cause_of
from avakit.collection.request import Request
from avakit.collection.store import link_or_copy
from avakit.collection.verdict import lacking
from avakit.dataset.root import Root
from avakit.dataset.rows import AttemptRow, State, VideoRow
from avakit.engine.worker import Worker
from avakit.errors import AvakitError, Changed, Interrupted, MediaError, UnsupportedMovie
from avakit.proof.accept import Accepted, accept
from avakit.releases.model import Video
from avakit.sources.offer import Missing, Offer
from avakit.sources.source import Source
from avakit.transfer.disk import disk_errors
from avakit.windows.apart import fetch_whole_apart, fetch_window_apart, sound_part
from avakit.windows.fetch import fetch_window
from avakit.windows.movie import Piece
from avakit.windows.whole import Wire, fetch_whole, forget

_PATIENCE = 900.0
_BEGINNINGS = 3


@dataclass(frozen=True)
class Candidate:
    """A movie that was fetched and read. `note`: what was unusual about getting it, in a sentence."""

    offer: Offer
    file: Path
    container: str
    accepted: Accepted
    note: str

    def drop(self) -> None:
        """Delete it, with the bytes that it was made of."""
        with disk_errors(self.file):
            self.file.unlink(missing_ok=True)
        forget(self.file.with_suffix(".part"))
        forget(sound_part(self.file))


@dataclass(frozen=True)
class Attempted:
    """How an attempt ended: what the ledger is told, and the movie if there is one.

    `unchanged`: the source still has what an earlier run took from it, and that is in its place.
    """

    row: AttemptRow
    candidate: Candidate | None = None
    unchanged: bool = False


def attempt(
    source: Source, video: Video, known: VideoRow | None, request: Request, worker: Worker, wire: Wire
) -> Attempted:
    """Try to get one video from one source.

    What goes wrong becomes the attempt's cause and message. Raises only what does not speak of this video.
    """
    began, came = time.time(), _Counter(wire)
    wire = replace(wire, on_bytes=came.add)

    def row(error: AvakitError | None = None, missing: Missing | None = None) -> AttemptRow:
        cause = missing.cause if missing else cause_of(error) if error else None
        message = missing.message if missing else str(error) if error else None
        return AttemptRow(video.id, source.name, began, time.time() - began, came.total, cause, message)

    def go() -> Attempted:
        offer = source.find(video)
        if isinstance(offer, Missing):
            return Attempted(row(missing=offer))
        if known is not None and _unchanged(known, source, offer, request):
            said = replace(row(), bytes=0, cause=known.cause, message=known.message)
            return Attempted(said, unchanged=True)
        candidate = _take(offer, video, request, worker, wire)
        if not candidate.accepted.lacking:
            return Attempted(row(), candidate)
        cause, message = lacking(offer.reader.name, candidate.accepted)
        said = replace(row(), cause=cause, message=message)
        if set(candidate.accepted.lacking) == set(request.seconds):
            candidate.drop()  # not one annotated second of it
            return Attempted(said)
        return Attempted(said, candidate)

    try:
        return _begun_anew(go)
    except Interrupted:
        raise
    except AvakitError as error:
        return Attempted(row(error))


def _begun_anew(go: Callable[[], Attempted]) -> Attempted:
    """Begin again where the file was changed while it was fetched: parts of two files are never mixed."""
    for _ in range(_BEGINNINGS - 1):
        with suppress(Changed):
            return go()
    return go()


def part_of(root: Root, video: Video, offer: Offer) -> Path:
    """Return where the bytes in flight of a video lie: each source's apart, so that none drives out
    another's.
    """
    digest = hashlib.sha256(offer.reader.name.encode()).hexdigest()[:12]
    return root.partial / f"{video.id}.{digest}.part"


def is_part_of(video: Video, path: Path) -> bool:
    """Return whether a file holds bytes in flight of a video: ids hold dots, and `room` begins `room.old`."""
    return re.fullmatch(re.escape(video.id) + r"\.[0-9a-f]{12}\..+", path.name, re.ASCII) is not None


def _unchanged(known: VideoRow, source: Source, offer: Offer, request: Request) -> bool:
    """Return whether a source still has the incomplete movie that is in its place already."""
    return (
        known.state is State.PARTIAL
        and known.path is not None
        and known.source == source.name
        and known.version == offer.reader.version
        and (request.whole or known.window == (request.window.start, request.window.end))
        and _size(request.root.path / known.path) == known.bytes
    )


def _size(file: Path) -> int | None:
    return file.stat().st_size if file.is_file() else None


def _take(offer: Offer, video: Video, request: Request, worker: Worker, wire: Wire) -> Candidate:
    """Fetch what is wanted of an offer and read it."""
    part = part_of(request.root, video, offer)
    whole = part if offer.sound is None else part.with_suffix(".whole")
    file = whole if request.whole else part.with_suffix(".window")
    try:
        container, note = _fetch(offer, request, part, file, worker, wire)
        about = f"reading {offer.reader.name}"
        accepted = worker.call(accept, file, request.seconds, False, timeout=_PATIENCE, about=about)
    except Exception as error:
        if file != part:
            with disk_errors(file):
                file.unlink(missing_ok=True)
        if isinstance(error, MediaError):
            forget(part)  # the same bytes would be refused again
            forget(sound_part(part))
            # What is damaged is the source's: this file is gone when somebody reads of it.
            error.what = error.what.replace(str(file), offer.reader.name)
        if isinstance(error, AvakitError | MemoryError):
            raise
        raise _fault(offer, request.root, error) from error
    return Candidate(offer, file, container, accepted, f"{video.id}: {note}." if note else "")


def _fault(offer: Offer, root: Root, error: Exception) -> UnsupportedMovie:
    """Return what a fault of avakit itself means for one movie: the others must not suffer by it. It is
    logged whole.
    """
    with disk_errors(root.log), root.log.open("a", encoding="utf-8", errors="backslashreplace") as log:
        log.write("".join(traceback.format_exception(error)))
    return UnsupportedMovie(
        f"{offer.reader.name} met a fault of avakit itself: {type(error).__name__}: {error}",
        f"Please report it with {root.log}, and give another --source for this one.",
    )


def _fetch(
    offer: Offer, request: Request, part: Path, file: Path, worker: Worker, wire: Wire
) -> tuple[str, str]:
    """Fetch what is wanted of an offer to `file`; return its container and a note, if there is one."""
    if offer.sound is not None and request.whole:
        container, note = fetch_whole_apart(offer.reader, offer.sound, part, file, worker, wire)
        return container or offer.container, note
    if offer.sound is not None:
        fetched = fetch_window_apart(offer.reader, offer.sound, request.window, part, file, worker, wire)
        return fetched.cut.container, fetched.note
    if not request.whole:
        fetched = fetch_window(
            offer.reader, request.window, part, file, worker, wire, offer.md5, Piece(offer.begins)
        )
        return fetched.cut.container, fetched.note
    if offer.reader.path is not None:
        link_or_copy(offer.reader.path, file)
    else:
        fetch_whole(offer.reader, file, wire, offer.md5)
    return offer.container, ""


class _Counter:
    """Counts the bytes that come, and passes them on."""

    def __init__(self, wire: Wire) -> None:
        self.total = 0
        self._on_bytes = wire.on_bytes

    def add(self, count: int) -> None:
        self.total += count
        self._on_bytes(count)
