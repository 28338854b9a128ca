"""Which videos are meant, by splits and ids."""

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path

from avakit.dataset.settings import Settings
from avakit.errors import UsageError
from avakit.releases.model import Release, Video, check_id


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


def select(release: Release, splits: Sequence[str], videos: Iterable[str] | None) -> tuple[Video, ...]:
    """Return the videos of `splits` (none: the labelled ones), or those alone of `videos`, in the release's
    order.

    Where no split is named, `videos` may be of any. Raises UsageError for a split or id that the release does
    not have, and for an id outside the splits that were named.
    """
    if videos is None:
        return release.videos(splits)
    named = release.check_splits(splits) if splits else tuple(release.splits)
    lies_in = {video.id: split.name for split in release.splits.values() for video in split.videos}
    wanted = set(videos)
    for video in sorted(wanted):
        if video not in lies_in:
            raise _unknown(release, video, lies_in)
        if lies_in[video] not in named:
            raise UsageError(
                f"{video} is in the split {lies_in[video]} of {release.name}, not in {' or '.join(named)}",
                f"Ask with --split {lies_in[video]}, or leave --split out.",
            )
    return tuple(video for video in release.videos(named) if video.id in wanted)


def standing(release: Release, settings: Settings) -> tuple[Video, ...]:
    """Return all videos that a data set is to hold: its splits as a whole, and the ids asked for besides."""
    wanted = set(settings.videos)
    if settings.splits or not wanted:
        wanted.update(video.id for video in select(release, settings.splits, None))
    return select(release, (), wanted)


def split_of(release: Release, video: Video) -> str:
    """Return the split of this release that a video is in."""
    return video.splits[release.name]


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
