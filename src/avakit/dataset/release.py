"""What the release of a data set is: the catalogue's, or one's own, with what its labels teach of it."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from avakit.dataset.custom import Custom
from avakit.dataset.root import Root
from avakit.dataset.settings import Settings
from avakit.errors import RootError, UsageError
from avakit.releases import catalogue
from avakit.releases.model import (
    SAFE_ID,
    Action,
    AnnotationFile,
    Grid,
    Release,
    Second,
    Split,
    Video,
    check_id,
)
from avakit.transfer.disk import expanded

_TAUGHT = {
    "actions": "SELECT DISTINCT split, video, second, second FROM keyframes",
    "speaker": "SELECT split, video, min(second), max(second) FROM labels GROUP BY ALL",
    "speech": "SELECT split, video, min(start), max(stop) FROM labels GROUP BY ALL",
}


def release_of(root: Root, settings: Settings) -> Release:
    """Return the release that a root holds, as far as it is known by now.

    Raises `UsageError` for a name that there is not, `RootError` and `AnnotationError` where what a release
    of one's own names cannot be read.
    """
    release = described(root, settings)
    table = root.table
    return learned(release, table) if teaches(release) and table.is_file() else release


def described(root: Root, settings: Settings) -> Release:
    """Return the release as it is described, before its labels were read. Raises as `release_of`."""
    if settings.custom is None:
        return catalogue.release(settings.release)
    return _own(settings.release, settings.custom, root)


def own_files(release: Release, root: Root) -> tuple[tuple[AnnotationFile, Path], ...]:
    """Return the files of labels of a release of one's own, and where they lie. Raises `RootError` if one is
    not there.
    """
    found = tuple((file, root.path / expanded(Path(file.name))) for file in release.annotation_files)
    for file, path in found:
        if not path.is_file():
            raise RootError(
                f"{path} is not there, which {root.settings} names for the split {file.splits[0]}",
                "Put it there, or correct [custom].",
            )
    return found


def teaches(release: Release) -> bool:
    """Return whether there is something to be learned from a release's labels: its videos, or clips."""
    return release.learns or any(file.open for file in release.annotation_files)


def learned(release: Release, table: Path) -> Release:
    """Return a release with the videos that its table of labels names, and the seconds of each if it does not
    say them itself; where it does not learn its videos, those that it does not have are clips. A video of
    several splits counts to the first of them, with the seconds of all where they are learned.

    Raises `AnnotationError` if the table cannot be read.
    """
    from avakit.annotations.asking import Annotations

    with Annotations(table) as labels:
        rows = labels.sql(f"{_TAUGHT[release.kind]} ORDER BY 1, 2, 3").rows
    seconds: dict[tuple[str, str], list[Second]] = {}
    for split, video, first, last in rows:
        seconds.setdefault((str(split), str(video)), []).extend(
            [_exact(first)] if release.kind == "actions" else _whole(first, last)
        )
    videos: dict[str, list[str]] = {name: [] for name in release.splits}
    taken = {video.id for split in release.splits.values() for video in split.videos}
    taken = set() if release.learns else taken
    for name in release.splits:
        videos[name] = [video for split, video in seconds if split == name and video not in taken]
        taken.update(videos[name])
    of_split = {}
    for name, split in release.splits.items():
        more = tuple(
            _video(release, [of for of in release.splits if (of, video) in seconds], video)
            for video in videos[name]
        )
        of_split[name] = replace(split, videos=more) if release.learns else replace(split, clips=more)
    own = {video: tuple(seconds[name, video]) for name in videos for video in videos[name]}
    if release.learns:
        own = {
            video: _together(seconds[name, video] for name in videos if (name, video) in seconds)
            for video in own
        }
    return replace(release, splits=of_split, own_seconds={} if release.learns and release.seconds else own)


def _own(name: str, custom: Custom, root: Root) -> Release:
    if name in catalogue.names() or re.fullmatch(SAFE_ID, name, re.ASCII) is None:
        what = "as a release of AVA is called" if name in catalogue.names() else "which is no name"
        raise UsageError(
            f"{root.settings} calls data of one's own {name[:40]!a}, {what}",
            "Give it another name, of letters, digits, '_', '-' and '.', or take [custom] out.",
        )
    rate, first = custom.frames.rate, custom.frames.first
    start, stop = custom.window or (Fraction(0), None)
    first = start if first is None else first
    count = None if stop is None else max(0, -int(-((stop - first) * rate) // 1))
    return Release(
        name=name,
        title=custom.title or name,
        year=0,
        licence="",
        citation="",
        homepage="",
        mirror="",
        seconds=() if custom.seconds is None else custom.seconds.all(),
        window=custom.window,
        grid=Grid(_plain(first), rate, count),
        person_ids=True,
        splits={split: Split(split, True, ()) for split in custom.labels},
        actions=_actions(custom, root),
        excluded=None,
        annotation_files=tuple(_files(custom)),
        published={},
        mean_bytes=0,
        kind=custom.kind,
        form=SAFE_ID,
        learns=True,
    )


def _actions(custom: Custom, root: Root) -> tuple[Action, ...]:
    if custom.kind != "actions":
        return ()
    if custom.classes is None:
        return catalogue.release("v2.2").actions
    from avakit.annotations.labelmap import read_label_map

    path = root.path / expanded(Path(custom.classes))
    if not path.is_file():
        raise RootError(
            f"{path} is not there, which {root.settings} names for the classes",
            "Put the label map there, or correct custom.classes.",
        )
    return read_label_map(path)


def _files(custom: Custom) -> Iterable[AnnotationFile]:
    for split, names in custom.labels.items():
        for name in names:
            yield AnnotationFile(name, "labels", (split,), ())
    for split, name in custom.excluded.items():
        yield AnnotationFile(name, "excluded", (split,), ())


def _together(some: Iterable[Iterable[Second]]) -> tuple[Second, ...]:
    return tuple(sorted({second for seconds in some for second in seconds}))


def _video(release: Release, splits: Sequence[str], video: str) -> Video:
    """Return a video of these splits. It counts to the first, whose pair is its last, as pairs are read."""
    known = catalogue.movie(video) if release.mirror else None
    found = known or Video(check_id(video, release.form), "", None, None, ())
    return replace(
        found, member_of=(*found.member_of, *((release.name, split) for split in reversed(splits)))
    )


def _exact(second: object) -> Second:
    """Return a second of the table as what its decimals say."""
    return _plain(Fraction(f"{float(str(second)):.6f}"))


def _whole(first: object, last: object) -> Iterable[Second]:
    start, stop = (Fraction(str(edge)) for edge in (first, last))
    return range(int(start), max(int(start) + 1, -int(-stop // 1)))


def _plain(second: Fraction) -> Second:
    return int(second) if second.denominator == 1 else second
