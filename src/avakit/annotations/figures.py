"""The figures that describe labels: what `statistics` counts, and the document made of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class SplitFigures:
    """The size of a split, or of all of them together.

    `counts`: noun → figure. actions: videos, seconds (annotated), empty_seconds (annotated, without a label),
    boxes (different ones of a second), labels, people (different ones of a video; where labels name them),
    labels_a_box, people_a_second (boxes in an annotated second). speaker: videos, frames (a face in a
    picture), tracks, hours. speech: videos, rows, hours.
    """

    split: str
    counts: Mapping[str, int | float]


@dataclass(frozen=True)
class ClassFigures:
    """The labels of one class, split by split.

    `id`, `group` and `evaluated` are those of an action, else None. `hours`: of speech, of this class.
    """

    id: int | None
    name: str
    group: str | None
    evaluated: bool | None
    labels: Mapping[str, int]
    share: float
    hours: float | None = None

    @property
    def total(self) -> int:
        """Its labels in all splits."""
        return sum(self.labels.values())


@dataclass(frozen=True)
class GroupFigures:
    """The labels of one group of actions, split by split."""

    group: str
    labels: Mapping[str, int]
    share: float

    @property
    def total(self) -> int:
        """Its labels in all splits."""
        return sum(self.labels.values())


@dataclass(frozen=True)
class Pair:
    """Two actions of one box: their ids, the smaller first, and in how many boxes they meet."""

    first: int
    second: int
    boxes: int


@dataclass(frozen=True)
class Distribution:
    """How often a number occurs: pairs of the number, ascending, and how often."""

    pairs: tuple[tuple[int, int], ...]

    @property
    def mean(self) -> float | None:
        """The mean number; None of nothing."""
        often = sum(count for _, count in self.pairs)
        return sum(number * count for number, count in self.pairs) / often if often else None


@dataclass(frozen=True)
class VideoFigures:
    """The speech labels of one video: how many, and the hours of each class."""

    video: str
    split: str
    rows: int
    hours: Mapping[str, float]


@dataclass(frozen=True)
class Published:
    """A figure as the papers print it, rounded, and the one counted here.

    `counted` None: not all of it is here to be counted.
    """

    noun: str
    published: int | float
    counted: int | float | None

    @property
    def difference(self) -> int | float | None:
        """How much more is here."""
        return None if self.counted is None else self.counted - self.published

    @property
    def percent(self) -> float | None:
        """The difference in percent of the published figure."""
        if self.difference is None or not self.published:
            return None
        return 100 * self.difference / self.published


@dataclass(frozen=True)
class Statistics:
    """All figures of the labels of a release.

    `total`: over all splits. `classes`: by group, the most frequent first. `pairs`: of actions that meet in a
    box, the most frequent first. `distributions`: labels_a_box, people_a_second (empty seconds are 0) and
    seconds_a_video of actions; frames_a_track and tracks_a_video of speaker. `coverage`: rows, from the top,
    of how many boxes touch each cell of the picture; none of speech. `videos`: of speech.
    """

    release: str
    title: str
    kind: str
    splits: tuple[SplitFigures, ...]
    total: SplitFigures
    classes: tuple[ClassFigures, ...]
    groups: tuple[GroupFigures, ...] = ()
    pairs: tuple[Pair, ...] = ()
    distributions: Mapping[str, Distribution] = field(default_factory=dict)
    coverage: tuple[tuple[int, ...], ...] = ()
    videos: tuple[VideoFigures, ...] = ()
    published: tuple[Published, ...] = ()

    @property
    def columns(self) -> tuple[SplitFigures, ...]:
        """The columns of a table of sizes: the splits, and all of them where they are not one."""
        if len(self.splits) == 1:
            return self.splits
        # A split of one's own may be called as all are.
        taken = any(one.split == self.total.split for one in self.splits)
        return (*self.splits, replace(self.total, split="total") if taken else self.total)


def document(found: Statistics) -> dict[str, object]:
    """Return all of it for JSON. Hours are hours; shares are of 1."""
    return {
        "release": found.release,
        "title": found.title,
        "kind": found.kind,
        "splits": {one.split: dict(one.counts) for one in found.splits},
        "total": dict(found.total.counts),
        "published": [
            {
                "noun": one.noun,
                "published": one.published,
                "counted": one.counted,
                "difference": one.difference,
                "percent": one.percent,
            }
            for one in found.published
        ],
        "classes": [
            {
                "id": one.id,
                "name": one.name,
                "group": one.group,
                "evaluated": one.evaluated,
                "labels": dict(one.labels),
                "total": one.total,
                "share": one.share,
                "hours": one.hours,
            }
            for one in found.classes
        ],
        "groups": [
            {"group": one.group, "labels": dict(one.labels), "total": one.total, "share": one.share}
            for one in found.groups
        ],
        "cooccurrence": [[one.first, one.second, one.boxes] for one in found.pairs],
        "distributions": {
            noun: {"mean": one.mean, "counts": [list(pair) for pair in one.pairs]}
            for noun, one in found.distributions.items()
        },
        "coverage": [list(row) for row in found.coverage],
        "videos": [
            {"id": one.video, "split": one.split, "rows": one.rows, "hours": dict(one.hours)}
            for one in found.videos
        ],
    }


def words(noun: str) -> str:
    """Return a noun as people write it: `PERSON_MOVEMENT` and `labels_a_box` without their underscores."""
    return noun.replace("_", " ").lower()


def figure(number: int | float | None, sign: bool = False, digits: int = 2) -> str:
    """Return a number with its thousands told apart; broken ones with so many decimals. `sign`: + too."""
    if number is None:
        return ""
    shown = 0 if isinstance(number, int) else digits
    return format(number, f"{'+' if sign and round(number, shown) else ''},.{shown}f")
