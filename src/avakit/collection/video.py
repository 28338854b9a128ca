"""One video: from source to source until one gives it whole, or every one has said why not."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from avakit.causes import Cause, next_step
from avakit.collection.attempt import Attempted, Candidate, Request, attempt
from avakit.collection.store import lying, publish
from avakit.collection.verdict import better, sentences, telling
from avakit.dataset.rows import AttemptRow, Kind, State, VideoRow
from avakit.engine.worker import Worker
from avakit.errors import AvakitError, Interrupted
from avakit.proof.accept import accept
from avakit.releases.model import Video
from avakit.sources.source import Source
from avakit.windows.fetch import Wire

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


def collect(task: Task, request: Request, sources: Sequence[Source], worker: Worker, wire: Wire) -> Collected:
    """Get one video: a file in its place, or the cause why not. Writes no ledger.

    Sources are tried in order until one has the whole of what is wanted; of several incomplete movies the one
    that shows most is kept. Raises only what does not speak of this video (`Interrupted`).
    """
    if (found := _lying(task, request, worker)) is not None:
        return Collected(found)
    tried: list[Attempted] = []
    best: Attempted | None = None
    for source in sources:
        tried.append(attempt(source, task.video, task.known, request, worker, wire))
        candidate = tried[-1].candidate
        if candidate is not None:
            best = _better(best, tried[-1])
            if not candidate.accepted.lacking:
                break
    rows = tuple(result.row for result in tried)
    if best is None or best.candidate is None:
        return Collected(_without(task, tried), rows)
    try:
        row = _place(task, request, best.row, best.candidate)
    except AvakitError as error:
        lost = replace(best.row, cause=Cause.DISK, message=str(error))
        return Collected(_missing(task, [lost]), (*rows, lost))
    return Collected(row, rows, best.candidate.note)


def _better(best: Attempted | None, other: Attempted) -> Attempted:
    """Return the attempt whose movie shows more; the other's file goes."""
    if best is None or best.candidate is None or other.candidate is None:
        return other
    won, lost = (other, best) if better(other.candidate.accepted, best.candidate.accepted) else (best, other)
    if lost.candidate is not None:
        lost.candidate.file.unlink(missing_ok=True)
    return won


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
        about = f"reading {place}"
        accepted = worker.call(accept, place, request.seconds, False, timeout=_PATIENCE, about=about)
    except Interrupted:
        raise
    except AvakitError:
        return None  # it is fetched anew, and replaced
    if accepted.lacking or accepted.first > request.seconds[0]:
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
        window=(request.window.start, request.window.end),
    )


def _place(task: Task, request: Request, tried: AttemptRow, candidate: Candidate) -> VideoRow:
    """Move a movie to its place and return its row."""
    root = request.root
    folder = root.videos if request.whole else root.windows
    place = publish(candidate.file, folder, task.video.id, candidate.container)
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
        window=(request.window.start, request.window.end),
    )


def _without(task: Task, tried: Sequence[Attempted]) -> VideoRow:
    """Return the row of a video of which nothing new came."""
    if task.known is not None and any(result.unchanged for result in tried):
        return task.known
    return _missing(task, [result.row for result in tried])


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
    for path in request.root.partial.glob(f"{video.id}.*"):
        path.unlink(missing_ok=True)
