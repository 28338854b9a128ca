"""Which videos are meant: by splits and ids, and by what their labels say."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Self

from avakit.dataset.by_labels import showing
from avakit.dataset.settings import Settings
from avakit.errors import RootError, UsageError
from avakit.releases.model import Release, Video, check_id

if TYPE_CHECKING:
    from avakit.annotations.asking import Annotations


@dataclass(frozen=True)
class Wanted:
    """Which videos a call speaks of; of all of them where nothing is said.

    `splits`, `videos` (ids; None: all of the splits'); of these, those alone that have a second in which
    somebody does one of `actions` and at least `persons_min` persons are seen.
    """

    splits: tuple[str, ...] = ()
    videos: tuple[str, ...] | None = None
    actions: tuple[str, ...] = ()
    persons_min: int | None = None

    @classmethod
    def of(
        cls,
        splits: Iterable[str] = (),
        videos: Iterable[str] | None = None,
        actions: Iterable[str] = (),
        persons_min: int | None = None,
    ) -> Self:
        """Return it, from whatever can be iterated. Raises `UsageError` for fewer than one person."""
        if persons_min is not None and persons_min < 1:
            raise UsageError(f"{persons_min} persons cannot be seen", "Give --persons-min 1 or more.")
        ids = None if videos is None else tuple(videos)
        return cls(tuple(splits), ids, tuple(actions), persons_min)

    @property
    def by_labels(self) -> bool:
        """Whether the labels must be asked."""
        return bool(self.actions) or self.persons_min is not None


def ids_given(text: str) -> tuple[str, ...]:
    """Return the ids of a `--videos` argument, each once: `ID,ID`, or `@FILE` with ids parted by commas or
    space.

    In a file, `#` begins a comment where an id could. Raises UsageError if the file cannot be read, a word is
    no id, or there are none.
    """
    if text.startswith("@"):
        text = _content(Path(text[1:]))
    words = tuple(dict.fromkeys(re.split(r"[\s,]+", text.strip(" \t\r\n,"))))
    if words == ("",):
        raise UsageError("--videos names no video", "Give ID,ID or @FILE.")
    return tuple(check_id(word) for word in words)


def chosen(
    release: Release, settings: Settings, wanted: Wanted, labels: "Callable[[], Annotations]"
) -> tuple[Video, ...]:
    """Return the videos that are wanted, in the release's order; where nothing is said, all that a data set
    is to hold.

    `labels` is called only if they have to be asked. Raises `UsageError` for what the release does not have,
    and if no video shows what is wanted; `RootError` if only labels that are not here tell its videos.
    """
    if release.learns and not release.everything:
        raise RootError(
            f"Which videos {release.name} has is known only from its labels, and they are not here",
            "Run avakit get: it reads them first.",
        )
    if wanted.splits or wanted.videos is not None:
        found = select(release, wanted.splits, wanted.videos)
    else:
        found = standing(release, settings)
    if not wanted.by_labels:
        return found
    shown = showing(labels(), release, wanted.actions, wanted.persons_min)
    left = tuple(video for video in found if video.id in shown)
    if not left:
        raise UsageError(
            f"None of {len(found)} videos shows what --actions and --persons-min ask for",
            "`avakit stats` says how often each action occurs.",
        )
    return left


def select(release: Release, splits: Sequence[str], videos: Iterable[str] | None) -> tuple[Video, ...]:
    """Return the videos of `splits` (none: the labelled ones), or those alone of `videos`, in the release's
    order. A video that counts to one split is of every other that names it, too.

    Where no split is named, `videos` may be of any. Raises UsageError for a split or id that the release does
    not have, and for an id outside the splits that were named.
    """
    if videos is None:
        some = release.check_splits(splits)
        return tuple(
            video
            for split in release.splits.values()
            for video in split.videos
            if _is_of(release, video, some)
        )
    named = release.check_splits(splits) if splits else tuple(release.splits)
    everywhere = release.splits.values()
    known = {video.id: video for split in everywhere for video in (*split.videos, *split.clips)}
    wanted = set(videos)
    for video in sorted(wanted):
        if video not in known:
            raise _unknown(release, video, known)
        if not _is_of(release, known[video], named):
            split_there = split_of(release, known[video])
            raise UsageError(
                f"{video} is in the split {split_there} of {release.name}, not in {' or '.join(named)}",
                f"Ask with --split {split_there}, or leave --split out.",
            )
    return tuple(
        video
        for split in everywhere
        for video in (*split.videos, *split.clips)
        if video.id in wanted and _is_of(release, video, named)
    )


def standing(release: Release, settings: Settings) -> tuple[Video, ...]:
    """Return all videos that a data set is to hold: its splits as a whole, and the ids asked for besides."""
    wanted = set(settings.videos)
    if settings.splits or not wanted:
        wanted.update(video.id for video in select(release, settings.splits, None))
    return select(release, (), wanted)


def split_of(release: Release, video: Video) -> str:
    """Return the split of this release that a video counts to."""
    return video.splits[release.name]


def _is_of(release: Release, video: Video, splits: Iterable[str]) -> bool:
    return any((release.name, split) in video.member_of for split in splits)


def _content(path: Path) -> str:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not a text of ids", "Give a file with one id a line.") from error
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror}", "Check the name behind --videos @."
        ) from error
    return "\n".join(line.partition("#")[0] for line in lines)


def _unknown(release: Release, video: str, known: Iterable[str]) -> UsageError:
    near = get_close_matches(video, known, 3)
    meant = f"Is {' or '.join(near)} meant? " if near else ""
    return UsageError(
        f"{release.name} has no video {video}", f"{meant}`avakit releases {release.name}` says what it has."
    )
