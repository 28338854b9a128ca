"""One video: from source to source until one gives it whole, or every one has said why not."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from avakit.causes import Cause, next_step
from avakit.collection.attempt import Attempted, Candidate, attempt, is_part_of
from avakit.collection.request import Request
from avakit.collection.store import lying, publish
from avakit.collection.verdict import better, sentences, telling
from avakit.dataset.ledger import Ledger
from avakit.dataset.root import Root
from avakit.dataset.rows import AttemptRow, Kind, State, VideoRow
from avakit.engine.progress import Progress
from avakit.engine.worker import Worker
from avakit.errors import AvakitError, DiskFull, Interrupted, MediaError, RootError, WorkerDied
from avakit.proof.accept import Accepted, accept
from avakit.releases.model import Video
from avakit.sources.source import Source
from avakit.transfer.disk import disk_errors
from avakit.windows.whole import Wire, forget

_PATIENCE = 900.0


@dataclass(frozen=True)
class Task:
    """A video to get: its split, and what the ledger knew of it."""

    video: Video
    split: str
    known: VideoRow | None


@dataclass(frozen=True)
class Collected:
    """How it ended: the row for the ledger, the attempts that led there, and what was unusual."""

    row: VideoRow
    attempts: tuple[AttemptRow, ...] = ()
    note: str = ""


def record(done: Collected, ledger: Ledger, progress: Progress) -> None:
    """Write what came of a video into the ledger, and tell it."""
    for earlier in done.attempts[:-1]:
        ledger.attempted(earlier)
    ledger.put(done.row, done.attempts[-1] if done.attempts else None)
    if done.note:
        progress.say(done.note)
    progress.done(done.row.id, done.row.message)


def collect(task: Task, request: Request, sources: Sequence[Source], worker: Worker, wire: Wire) -> Collected:
    """Get one video: a file in its place, or the cause why not. Writes no ledger.

    Sources are tried in order until one has the whole of what is wanted; of several incomplete movies the one
    that shows most is kept. Raises only what does not speak of this video (`Interrupted`).
    """
    if (found := _lying(task, request, worker)) is not None:
        return Collected(found)
    tried: list[Attempted] = []
    best: Attempted | None = None
    try:
        for source in sources:
            tried.append(attempt(source, task.video, task.known, request, worker, wire))
            best = _better(best, tried[-1])
            if best is not None and best.candidate is not None and not best.candidate.accepted.lacking:
                break
        rows = tuple(result.row for result in tried)
        if best is None or best.candidate is None or _outdone(best.candidate, task, request, worker):
            return Collected(_without(task, request, tried), rows)
        return Collected(_place(task, request, best.row, best.candidate), rows, best.candidate.note)
    except (DiskFull, RootError) as error:  # it came, and could not be put into its place
        rows = tuple(result.row for result in tried)
        lost = replace(rows[-1], cause=Cause.DISK, message=str(error))
        return Collected(_missing(task, [lost]), (*rows, lost))


def _better(best: Attempted | None, other: Attempted) -> Attempted | None:
    """Return the attempt whose movie shows more, if there is one; the other's files go."""
    if other.candidate is None:
        return best
    if best is None or best.candidate is None:
        return other
    won, lost = (
        (other, best.candidate)
        if better(other.candidate.accepted, best.candidate.accepted)
        else (best, other.candidate)
    )
    lost.drop()
    return won


def _outdone(candidate: Candidate, task: Task, request: Request, worker: Worker) -> bool:
    """Return whether the file that is in its place already shows more than an incomplete new one, which then
    goes.
    """
    there = _there(task.known, request.root)
    if there is None or not candidate.accepted.lacking:
        return False
    try:
        shown = _read(there, request, worker)
    except (MediaError, WorkerDied):
        return False
    if better(shown, candidate.accepted):
        candidate.drop()
        return True
    return False


def _lying(task: Task, request: Request, worker: Worker) -> VideoRow | None:
    """Return the row for a file that came to its place just before a run was killed, if it is right."""
    known, root = task.known, request.root
    if known is not None and known.path is not None:
        return None  # the ledger knows that file, and what was wrong with it
    folder = root.videos if request.whole else root.windows
    place = lying(folder, task.video.id)
    if place is None:
        return None
    try:
        accepted = _read(place, request, worker)
    except Interrupted:
        raise
    except AvakitError:
        return None  # it is fetched anew, and replaced
    window = request.window
    if accepted.lacking or not (request.whole or accepted.first <= window.start < window.end <= accepted.end):
        return None
    return VideoRow(
        task.video.id,
        task.split,
        State.HAVE,
        container=place.suffix[1:],
        kind=Kind.WHOLE if request.whole else Kind.WINDOW,
        path=root.relative(place),
        bytes=place.stat().st_size,
        origin=accepted.origin,
        window=_span(request, accepted),
    )


def _read(place: Path, request: Request, worker: Worker) -> Accepted:
    """Return what a file in its place shows."""
    about = f"reading {place}"
    return worker.call(accept, place, request.seconds, False, timeout=_PATIENCE, about=about)


def _there(known: VideoRow | None, root: Root) -> Path | None:
    """Return the file of a video that counts as there, if it lies there as it was."""
    if known is None or known.path is None or known.state is State.MISSING:
        return None
    place = root.path / known.path
    return place if place.is_file() and place.stat().st_size == known.bytes else None


def _place(task: Task, request: Request, tried: AttemptRow, candidate: Candidate) -> VideoRow:
    """Move a movie to its place and return its row."""
    root = request.root
    folder = root.videos if request.whole else root.windows
    place = publish(candidate.file, folder, task.video.id, candidate.container)
    if candidate.accepted.lacking:
        forget(candidate.file.with_suffix(".part"))  # what came of better ones stays, to be gone on with
    else:
        _tidy(request, task.video)
    return VideoRow(
        task.video.id,
        task.split,
        State.PARTIAL if candidate.accepted.lacking else State.HAVE,
        source=tried.source,
        container=candidate.container,
        kind=Kind.WHOLE if request.whole else Kind.WINDOW,
        path=root.relative(place),
        bytes=place.stat().st_size,
        cause=tried.cause,
        message=tried.message,
        next_step=next_step(tried.cause) if tried.cause else None,
        origin=candidate.accepted.origin,
        version=candidate.offer.reader.version,
        window=_span(request, candidate.accepted),
    )


def _span(request: Request, accepted: Accepted) -> tuple[Fraction, Fraction]:
    """Return start and end, in movie seconds, of what was asked for: of a whole movie, all that it shows."""
    if request.whole:
        return accepted.first, accepted.end
    return request.window.start, request.window.end


def _without(task: Task, request: Request, tried: Sequence[Attempted]) -> VideoRow:
    """Return the row of a video of which nothing new came: what lies in its place stays, and counts as a part
    of what is wanted.
    """
    known, rows = task.known, [result.row for result in tried]
    if known is None or _there(known, request.root) is None:
        return _missing(task, rows)
    if known.state is State.PARTIAL and any(result.unchanged for result in tried):
        return known
    told = telling(rows)
    return replace(
        known,
        state=State.PARTIAL,
        cause=told.cause,
        message=sentences(rows),
        next_step=next_step(told.cause) if told.cause else None,
        at=0.0,
    )


def _missing(task: Task, rows: Sequence[AttemptRow]) -> VideoRow:
    """Return the row of a video that no source gave."""
    told = telling(rows)
    cause = told.cause or Cause.NOT_FOUND
    return VideoRow(
        task.video.id,
        task.split,
        State.MISSING,
        source=told.source,
        cause=cause,
        message=sentences(rows),
        next_step=next_step(cause),
    )


def _tidy(request: Request, video: Video) -> None:
    """Delete what is left in flight of a video that is in its place."""
    with disk_errors(request.root.partial):
        for path in request.root.partial.glob(f"{video.id}.*"):
            if is_part_of(video, path):
                path.unlink(missing_ok=True)
