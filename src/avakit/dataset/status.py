"""How a data set stands: counted, listed, and grouped by what is in the way."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypedDict

from rich.filesize import decimal

from avakit.causes import Cause, next_step
from avakit.dataset.rows import State, VideoRow


class Summary(TypedDict):
    """Counts of videos, and the bytes of them that are on disk."""

    asked: int
    have: int
    partial: int
    missing: int
    bytes: int


class VideoStatus(TypedDict):
    """One video, as `status --json` prints it. `cause` and `next` are None where nothing is in the way."""

    id: str
    split: str
    state: str
    source: str | None
    bytes: int
    cause: str | None
    next: str | None


class Status(TypedDict):
    """What `status --json` prints."""

    release: str
    summary: Summary
    videos: list[VideoStatus]


@dataclass(frozen=True)
class Trouble:
    """Videos that are not whole for one cause (None: not tried yet), with the next step for all of them."""

    cause: Cause | None
    next_step: str
    videos: tuple[VideoRow, ...]


_NOT_YET = "Run avakit get: they were not tried yet, or the run was stopped."


def status(release: str, rows: Iterable[VideoRow]) -> Status:
    """Return how the videos stand, sorted by split and id.

    A video that was asked for and not tried yet counts as missing: `have`, `partial` and `missing` add up to
    `asked`. Its state is `missing`, its cause None, its next step to run `get`.
    """
    ordered = sorted(rows, key=lambda row: (row.split, row.id))
    states = [_state(row) for row in ordered]
    summary = Summary(
        asked=len(ordered),
        have=states.count(State.HAVE),
        partial=states.count(State.PARTIAL),
        missing=states.count(State.MISSING),
        bytes=sum(row.bytes for row in ordered),
    )
    return Status(release=release, summary=summary, videos=[_video(row) for row in ordered])


def complete(rows: Iterable[VideoRow]) -> bool:
    """Return whether all that was asked for is there."""
    return all(row.state is State.HAVE for row in rows)


def troubles(rows: Iterable[VideoRow]) -> tuple[Trouble, ...]:
    """Return the videos that are not whole, grouped by cause and next step, the largest group first."""
    groups: dict[tuple[Cause | None, str], list[VideoRow]] = {}
    for row in sorted(rows, key=lambda row: row.id):
        step = _next(row)
        if step is not None:
            groups.setdefault((row.cause, step), []).append(row)
    found = [Trouble(cause, step, tuple(videos)) for (cause, step), videos in groups.items()]
    return tuple(sorted(found, key=lambda trouble: -len(trouble.videos)))


def lines(release: str, place: str, rows: Sequence[VideoRow]) -> list[str]:
    """Return how a data set stands, for people: the counts, each split, then what is in the way and what to
    do."""
    told = status(release, rows)
    if not rows:
        return [f"{release} in {place}: no video was asked for yet. Run avakit get."]
    text = [f"{release} in {place}: {_counts(told['summary'])}"]
    splits = sorted({row.split for row in rows})
    for split in splits if len(splits) > 1 else ():
        text.append(
            f"  {split}: {_counts(status(release, (r for r in rows if r.split == split))['summary'])}"
        )
    for trouble in troubles(rows):
        count = len(trouble.videos)
        text.append("")
        text.append(
            f"{trouble.cause or 'not tried yet'}, {count} video{'s' * (count > 1)}: {trouble.next_step}"
        )
        text.extend(f"  {row.id}  {row.message}" if row.message else f"  {row.id}" for row in trouble.videos)
    return text


def _counts(summary: Summary) -> str:
    parts = [f"{summary['have']} of {summary['asked']} videos, {decimal(summary['bytes'])}"]
    parts += [f"{summary[state]} {state}" for state in ("partial", "missing") if summary[state]]
    return "; ".join(parts)


def _video(row: VideoRow) -> VideoStatus:
    return VideoStatus(
        id=row.id,
        split=row.split,
        state=_state(row).value,
        source=row.source,
        bytes=row.bytes,
        cause=None if row.cause is None else row.cause.value,
        next=_next(row),
    )


def _state(row: VideoRow) -> State:
    return State.MISSING if row.state is State.ASKED else row.state


def _next(row: VideoRow) -> str | None:
    if row.state is State.HAVE:
        return None
    if row.next_step is not None:
        return row.next_step
    return _NOT_YET if row.cause is None else next_step(row.cause)
