"""The same video in files of different splits: a score on the one would be of what the other trained on."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from avakit.annotations.dialect import Dialect
from avakit.annotations.findings import Finding, Warned

MIXED = "mixed_splits"

_EXAMPLES = 20
_MOST = 500_000
_LONGEST_LINE = 4096
_LONGEST_ID = 80


@dataclass(frozen=True)
class Part:
    """One file of labels. `what`: its name, release and split, as people call them.

    `videos`: id → its first line, and how many lines it has.
    """

    what: str
    split: str
    videos: Mapping[str, tuple[int, int]]


def videos_in(path: Path, dialect: Dialect) -> dict[str, tuple[int, int]]:
    """Return the first line of each id in a csv, and how many lines begin with it.

    Of more than half a million ids, those that come later are left out.
    """
    found: dict[bytes, tuple[int, int]] = {}
    mark = dialect.delimiter.encode()
    with path.open("rb") as file:
        for number, line in enumerate(iter(partial(file.readline, _LONGEST_LINE), b""), start=1):
            video = line.partition(mark)[0]
            if (number == 1 and dialect.header) or not video.strip() or len(video) > _LONGEST_ID:
                continue
            first, count = found.get(video, (number, 0))
            if count or len(found) < _MOST:
                found[video] = first, count + 1
    return {video.decode("utf-8-sig", "replace").strip(" \"'"): places for video, places in found.items()}


@dataclass(frozen=True)
class Mixed:
    """What is to be said of one file's videos that are in others: a sentence for each of these, a warning."""

    notes: tuple[str, ...] = ()
    warning: Warned | None = None


def mixed(parts: Iterable[Part]) -> list[Mixed]:
    """Return for each file what is to be said of its videos that are in files of another split too."""
    files = tuple(parts)
    where: dict[str, dict[str, str]] = {}
    for part in files:
        for video in part.videos:
            where.setdefault(video, {}).setdefault(part.split, part.what)
    return [_mixed(part, where) for part in files]


def _mixed(part: Part, where: Mapping[str, Mapping[str, str]]) -> Mixed:
    found = sorted(
        (line, video, count) for video, (line, count) in part.videos.items() if len(where[video]) > 1
    )
    if not found:
        return Mixed()
    shared = Counter(
        (split, what) for _, video, _ in found for split, what in where[video].items() if split != part.split
    )
    notes = tuple(
        f"{count:,} of its {len(part.videos):,} videos are in {what} too: {_meaning(part.split, split)}"
        for (split, what), count in shared.items()
    )
    examples = tuple(
        Finding(line, "video_id", video, f"a video of {_other(part, where[video])} too")
        for line, video, _ in found[:_EXAMPLES]
    )
    return Mixed(notes, Warned(MIXED, sum(count for *_, count in found), examples))


def _meaning(own: str, other: str) -> str:
    if "train" in (own, other):
        return "scores would be of movies that were trained on"
    return "they do not stand for different movies"


def _other(part: Part, of_splits: Mapping[str, str]) -> str:
    return next(what for split, what in of_splits.items() if split != part.split)
