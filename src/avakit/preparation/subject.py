"""What products are made of: one video, its seconds, and what its labels say."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from avakit.dataset.by_labels import action_named
from avakit.errors import UsageError
from avakit.media.view import Box
from avakit.preparation.boxes import Shown, name_of, named
from avakit.releases.model import Release

if TYPE_CHECKING:
    from avakit.annotations.asking import Annotations

_FINEST = 6
"""Decimals of a second in a file's name where not all seconds are whole: as AVA-Kinetics writes them."""

# A person is a box: not all labels name persons.
_BOXES = """
    SELECT second, {person}, x1, y1, x2, y2, {does} AS does,
        count(*) OVER (PARTITION BY second) AS persons
    FROM labels WHERE video = ? AND x1 IS NOT NULL
    GROUP BY second, {person}, x1, y1, x2, y2 ORDER BY second, {person}, x1, y1, x2, y2
"""


@dataclass(frozen=True)
class Subject:
    """One video as products see it.

    `first`, `rate`, `count`: the grid of frames, number n at `first` + (n - 1) / `rate` seconds; `count`
    None: to the end of the movie. `window`: first and last second of its annotated part, None: all of it.
    `seconds`: all annotated ones, ascending. `decimals`: of a second in a file's name. `meant`: those of
    `seconds` that the labels ask for; `shown`: the boxes that they ask for, by second.
    """

    video: str
    first: Fraction
    rate: Fraction
    count: int | None
    window: tuple[Fraction, Fraction] | None
    seconds: tuple[Fraction, ...]
    decimals: int
    meant: tuple[Fraction, ...] = ()
    shown: tuple[tuple[Fraction, Shown], ...] = ()


def subject_of(release: Release, video: str) -> Subject:
    """Return a video as it is known without its labels: all its seconds are meant."""
    grid, window = release.grid_of(video), release.window_of(video)
    seconds = tuple(Fraction(second) for second in release.seconds_of(video))
    return Subject(
        video,
        Fraction(grid.first),
        Fraction(grid.rate),
        grid.count,
        None if window is None else (Fraction(window[0]), Fraction(window[1])),
        seconds,
        0 if release.whole_seconds and not release.is_clip(video) else _FINEST,
        meant=seconds,
    )


@dataclass(frozen=True)
class Meant:
    """Which labels are meant: of somebody who does one of `actions` (ids; none: any), in a second with at
    least `persons` persons.
    """

    actions: tuple[int, ...] = ()
    persons: int = 1

    @classmethod
    def of(cls, release: Release, actions: Sequence[str], persons_min: int | None) -> "Meant":
        """Return it from what was asked for. Raises `UsageError` for an unknown action."""
        return cls(tuple(action_named(release, name).id for name in actions), persons_min or 1)

    @property
    def all(self) -> bool:
        """Whether every label is meant."""
        return not self.actions and self.persons == 1


def labelled(subject: Subject, labels: "Annotations", meant: Meant) -> Subject:
    """Return a video with what its labels ask for.

    Where all labels are meant, every annotated second is, also one without labels; where a video has none
    (as those of a test split), all its seconds are.
    """
    rows = _rows(subject.video, labels, meant)
    everybody = named((second, person, box) for second, person, box, _ in rows)
    shown = [one for one, (*_, does) in zip(everybody, rows, strict=True) if does]
    found: Iterable[Fraction] = (second for second, _ in shown)
    if meant.all:
        found = (exact(second) for second in labels.seconds(subject.video))
    seconds = tuple(sorted(set(found)))
    if not seconds and meant.all:
        seconds = subject.seconds
    return replace(subject, meant=seconds, shown=tuple(shown))


def exact(second: float) -> Fraction:
    """Return a second of the table as it was written, at most six decimals."""
    return Fraction(round(second * 10**_FINEST), 10**_FINEST)


def require_boxes(release: Release, product: str) -> None:
    """Raise `UsageError` if a product needs boxes and the release has none."""
    if release.kind == "speech" and product in ("crops", "tracks"):
        raise UsageError(f"The labels of {release.name} have no boxes for {product}", "Leave it out.")


def _rows(video: str, labels: "Annotations", meant: Meant) -> list[tuple[Fraction, str | None, Box, bool]]:
    if labels.kind == "speech":
        return []
    person = "person_id" if labels.kind == "actions" else "entity_id"
    does = "bool_or(list_contains(?, action_id))" if meant.actions else "true"
    asked = [list(meant.actions)] if meant.actions else []
    found = labels.sql(_BOXES.format(person=person, does=does), [*asked, video])
    rows: list[tuple[Fraction, str | None, Box, bool]] = []
    for second, who, left, top, right, bottom, yes, persons in found.rows:
        box = (float(str(left)), float(str(top)), float(str(right)), float(str(bottom)))
        enough = int(str(persons)) >= meant.persons
        rows.append((exact(float(str(second))), name_of(who, video), box, bool(yes) and enough))
    return rows
