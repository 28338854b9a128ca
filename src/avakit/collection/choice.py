"""Which videos are still to be got, and what that costs: pure but for a look at their files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from avakit.causes import Cause
from avakit.collection.request import Request, Wish
from avakit.dataset.rows import Kind, State, VideoRow
from avakit.releases.model import Release, Video
from avakit.windows.span import Window

WINDOW_SHARE = Fraction(1, 5)
"""About how much of a movie its window is: 15 of 75 minutes."""


@dataclass(frozen=True)
class Estimate:
    """What a run is about to fetch: how many videos, and about how many bytes (from the release's mean; 0 if
    that is not known).
    """

    videos: int
    bytes: int


def estimate(release: Release, videos: int, whole: bool) -> Estimate:
    """Return what so many videos will cost, as windows or as `whole` movies."""
    return Estimate(videos, round(videos * release.mean_bytes * (1 if whole else WINDOW_SHARE)))


def pending(
    videos: Sequence[Video],
    known: Mapping[str, VideoRow],
    retry: Sequence[Cause],
    wish: Wish,
) -> list[Video]:
    """Return the videos that are still to be got; with `retry`, those alone that are missing for these
    causes.
    """
    rows = [(video, known.get(video.id)) for video in videos]
    return [
        video
        for video, row in rows
        if not (row is not None and is_there(row, wish.of(video.id)))
        and (not retry or (row is not None and row.cause in retry))
    ]


def is_there(row: VideoRow, request: Request) -> bool:
    """Return whether a video is here as it is wanted: the whole movie, or a window at least as wide.

    Its file must lie in its place with the size that it had, unless it was dropped once its products were
    made.
    """
    if row.state is not State.HAVE or (request.whole and row.kind is not Kind.WHOLE):
        return False
    if row.kind is Kind.WINDOW and not _covers(row.window, request.window):
        return False
    if row.path is None:
        return True
    file = request.root.path / row.path
    return file.is_file() and file.stat().st_size == row.bytes


def _covers(had: tuple[Fraction, Fraction] | None, wanted: Window) -> bool:
    return had is not None and had[0] <= wanted.start and wanted.end <= had[1]
