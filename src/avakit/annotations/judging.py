"""Which release and split a file is of: as asked, by its name, or by the videos and seconds in it. Pure."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import PurePath

from avakit.annotations.sample import Sample
from avakit.releases.catalogue import names
from avakit.releases.catalogue import release as known_release
from avakit.releases.model import SAFE_ID, Action, AnnotationFile, Release

_MOST = 0.5
_ONE_SPLIT = 0.9
_ANY_ACTION = 9999
_WORDS = {"train": "train", "training": "train", "val": "val", "validation": "val", "test": "test"}


@dataclass(frozen=True)
class Asked:
    """What the user says a file is. `around`: the release of the data set in whose folder one stands."""

    release: Release | None = None
    split: str | None = None
    around: Release | None = None


@dataclass(frozen=True)
class Judgement:
    """What a file is judged as.

    `release`: None if avakit knows none of this kind; its labels' form is that of the file in any case.
    `open_world`: videos and seconds are not those of the release. `named`: what to call the release;
    None for a form alone. `why`: where the judgement is from.
    """

    release: Release | None
    split: str | None
    open_world: bool
    named: str | None
    why: str

    @property
    def note(self) -> str:
        """Say it, for people."""
        what = ", ".join(word for word in (self.named, self.split) if word)
        return f"judged as {what or 'form alone'}: {self.why}"


def judge(name: str, kind: str, found: Sample, asked: Asked, releases: Sequence[Release] = ()) -> Judgement:
    """Return what the file called `name` is. `kind`: of its labels, or of a list; `found`: rows of it.

    `releases`: those to choose from; none: all that avakit knows. Raises UsageError if a split was asked for
    that the release does not have.
    """
    candidates = sorted((one for one in releases or _all() if _speaks(one, kind)), key=_plainest)
    file, of_name = _named(name, candidates)
    if asked.release is not None:
        chosen, why = asked.release, "as asked"
        file = _file_of(chosen, name)
    elif of_name is not None and _believable(of_name, found):
        chosen, why = of_name, "by its name"
    elif asked.around is not None and _fits(asked.around, kind, found, candidates):
        chosen, why = asked.around, "by the data set around"
        file = _file_of(chosen, name)
    else:
        return _by_content(name, kind, found, asked, candidates)
    strangers = _is_open(chosen) and bool(found.ids) and found.share(_videos(chosen)) < _MOST
    split = _split(chosen, file, name, found, asked)
    return Judgement(chosen, split, strangers or (file is not None and file.open), chosen.name, why)


def _by_content(
    name: str, kind: str, found: Sample, asked: Asked, candidates: Sequence[Release]
) -> Judgement:
    best = _best(kind, found, candidates)
    if best is not None:
        split = _split(best, None, name, found, asked)
        return Judgement(best, split, False, best.name, "by what is in it")
    only = [one for one in candidates if one.learns]
    if len(candidates) == len(only) == 1 and found.of_ava:
        return Judgement(
            only[0], _split(only[0], None, name, found, asked), False, only[0].name, "by its columns"
        )
    clips = [one for one in candidates if _is_open(one)]
    if clips and found.six_decimals and found.of_ava:
        why = "by its seconds' six decimals"
        return Judgement(clips[0], _split(clips[0], None, name, found, asked), True, clips[0].name, why)
    split = asked.split or split_named(name)
    base = candidates[0] if candidates else None
    if not found.ids:
        return Judgement(base, split, True, None, "nothing in it tells a release")
    if found.of_ava:
        return Judgement(base, split, True, None, "its videos are of no release, their ids of AVA's form")
    own = None if base is None else _own(base)
    return Judgement(own, split, True, None, "its videos are one's own; --release names a release")


def _all() -> tuple[Release, ...]:
    return tuple(known_release(name) for name in names())


def _speaks(release: Release, kind: str) -> bool:
    return release.kind == kind or kind not in ("actions", "speaker", "speech")


@cache
def _own(base: Release) -> Release:
    """Return a release of which only the form counts: any safe id, any action, any second."""
    actions = tuple(Action(n, f"action {n}", "", evaluated=True) for n in range(1, _ANY_ACTION + 1))
    return replace(
        base,
        name="own",
        form=SAFE_ID,
        learns=True,
        actions=actions if base.actions else (),
        person_ids=True,
        excluded=None,
        splits={},
    )


def _is_open(release: Release) -> bool:
    return any(file.open for file in release.annotation_files)


def _plainest(release: Release) -> tuple[bool, int]:
    return (release.learns or _is_open(release), -release.year)


def _named(name: str, candidates: Sequence[Release]) -> tuple[AnnotationFile | None, Release | None]:
    """Return the official file of this name and its release; or the release alone that the name tells."""
    for one in candidates:
        if (file := _file_of(one, name)) is not None:
            return file, one
    text = name.lower()
    families = {one.name.partition("-")[0] for one in candidates if "-" in one.name}
    family = next((family for family in sorted(families) if family in text), "")
    version = re.search(r"v([0-9])[._]([0-9])(?![0-9])", text)
    for one in candidates:
        own_family, dash, own_version = one.name.rpartition("-")
        if family and own_family == family:
            return None, one
        if not family and not dash and version and own_version == f"v{version[1]}.{version[2]}":
            return None, one
    return None, None


def role_of(release: Release, name: str) -> str | None:
    """Return the role of the release's file of this name, whatever its folder; None if it has none."""
    file = _file_of(release, name)
    return None if file is None else file.role


def split_named(name: str) -> str | None:
    """Return the one split that a file's name speaks of, by a word of it: train, val or test; else None."""
    words = {_WORDS[word] for word in re.split(r"[^a-z]+", name.lower()) if word in _WORDS}
    return words.pop() if len(words) == 1 else None


def _file_of(release: Release, name: str) -> AnnotationFile | None:
    for file in release.annotation_files:
        # Data of one's own names its files by their paths.
        if PurePath(file.name).name.lower() == name.lower():
            return file
    return None


def _believable(release: Release, found: Sample) -> bool:
    return release.learns or not found.ids or found.share(_videos(release)) >= _MOST or (
        _is_open(release) and found.of_ava
    )  # fmt: skip


def _fits(around: Release, kind: str, found: Sample, candidates: Sequence[Release]) -> bool:
    if not _speaks(around, kind):
        return False
    if not found.ids or found.share(_videos(around)) >= _MOST:
        return True
    return around.learns and _best(kind, found, candidates) is None


@cache
def _videos(release: Release) -> frozenset[str]:
    return frozenset(video.id for split in release.splits.values() for video in split.videos)


def _best(kind: str, found: Sample, candidates: Sequence[Release]) -> Release | None:
    """Return the release whose videos and seconds these are most; None if it has not even half of them.

    Of equals it is the newest; but without persons the oldest, for v2.1 had none at first.
    """
    if not found.ids:
        return _best_of_seconds(found, candidates)
    fitting = [one for one in candidates if found.share(_videos(one)) >= _MOST]
    if not fitting:
        return None

    def fitness(one: Release) -> tuple[float, bool, int]:
        seconds = set(one.seconds)
        right = sum(second in seconds for _, second in found.pairs) / max(1, len(found.pairs))
        if one.learns or _is_open(one):
            right = min(right, 0.99)  # it would fit anything
        share = found.share(_videos(one)) * (1 + right)
        if kind != "actions" or not found.pairs:
            return share, not (one.learns or _is_open(one)), one.year
        return share, one.person_ids == found.persons, one.year if found.persons else -one.year

    return max(fitting, key=fitness)


def _best_of_seconds(found: Sample, candidates: Sequence[Release]) -> Release | None:
    seconds = {second for _, second in found.pairs}
    if not seconds:
        return None

    def alike(one: Release) -> float:
        return len(seconds & set(one.seconds)) / len(seconds | set(one.seconds))

    best = max(candidates, key=alike, default=None)
    return best if best is not None and alike(best) >= _MOST else None


def _split(
    release: Release, file: AnnotationFile | None, name: str, found: Sample, asked: Asked
) -> str | None:
    """Return the split: as asked, of the official file, that of the name, or the one of nearly all videos."""
    if asked.split is not None:
        return release.check_splits([asked.split])[0] if release.splits else asked.split
    if file is not None:
        return file.splits[0] if len(file.splits) == 1 else None
    if (word := split_named(name)) in release.splits:
        return word
    counts = Counter(
        split.name for split in release.splits.values() for video in split.videos if video.id in found.ids
    )
    if not counts:
        return None
    split, count = counts.most_common(1)[0]
    return split if count >= _ONE_SPLIT * counts.total() else None
