"""The releases that avakit knows, read from the data files of this room: a new release is a new data file."""

import csv
import tomllib
from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import TypedDict, cast

from avakit.errors import UsageError
from avakit.releases.model import Action, AnnotationFile, Checksum, Grid, Release, Split, Video

_DATA = files("avakit.releases") / "data" / "ava"
_COMMON = "common.toml"
_NO_SPLITS = ("id", "folder", "container", "md5")


class _Range(TypedDict):
    first: int
    last: int
    step: int


class _Movies(TypedDict):
    bytes: int
    count: int


class _Split(TypedDict):
    labelled: bool


class _Checksum(TypedDict):
    kind: str
    value: str
    strict: bool


class _File(TypedDict):
    name: str
    role: str
    splits: list[str]
    urls: list[str]
    members: list[str]
    checksums: list[_Checksum]
    open: bool


class _Facts(TypedDict):
    """A release's data file, laid over what all have in common."""

    title: str
    year: int
    kind: str
    learns: bool
    licence: str
    citation: str
    homepage: str
    mirror: str
    seconds: _Range
    window: list[int]
    grid: dict[str, int]
    movies: _Movies
    person_ids: bool
    videos: str
    actions: str | None
    excluded: str | None
    splits: dict[str, _Split]
    published: dict[str, int | float]
    files: list[_File]


@cache
def names() -> tuple[str, ...]:
    """Return the names of all releases: those of actions first, then of speakers and of speech, each kind
    oldest first.
    """

    def place(name: str) -> tuple[str, int, str]:
        facts = _facts(name)
        return facts["kind"], facts["year"], name

    return tuple(sorted(_found(), key=place))


@cache
def release(name: str) -> Release:
    """Return the release of this exact name. Raises UsageError, listing the names, if there is none."""
    if name not in _found():
        raise UsageError(f"There is no release {name[:40]!a}", f"Known: {', '.join(names())}.")
    facts = _facts(name)
    window_start, window_stop = facts["window"]
    seconds = facts["seconds"]
    return Release(
        name=name,
        title=facts["title"],
        year=facts["year"],
        licence=facts["licence"],
        citation=_text(f"citations/{facts['citation']}").strip(),
        homepage=facts["homepage"],
        mirror=facts["mirror"],
        seconds=tuple(range(seconds["first"], seconds["last"] + 1, seconds["step"])),
        window=(Fraction(window_start), Fraction(window_stop)),
        grid=Grid(**facts["grid"]),
        person_ids=facts["person_ids"],
        splits=_splits(name, facts),
        actions=_actions(facts["actions"]),
        excluded=_excluded(facts),
        annotation_files=tuple(_annotation_file(entry) for entry in facts["files"]),
        published=facts["published"],
        mean_bytes=round(Fraction(facts["movies"]["bytes"], facts["movies"]["count"])),
        kind=facts["kind"],
        learns=facts["learns"],
    )


def movie(video_id: str) -> Video | None:
    """Return the movie of this id, whatever its release: where the mirror has it; None if no list has it.

    For releases that learn their videos from their labels: the name lists do not tell its split.
    """
    return _movies("videos.csv").get(video_id)


@cache
def _found() -> frozenset[str]:
    found = (entry.name for entry in _DATA.iterdir() if entry.name.endswith(".toml"))
    return frozenset(name.removesuffix(".toml") for name in found if name != _COMMON)


@cache
def _facts(name: str) -> _Facts:
    common, own = tomllib.loads(_text(_COMMON)), tomllib.loads(_text(f"{name}.toml"))
    return cast(_Facts, {"learns": False, "actions": None, "excluded": None, **common, **own})


def _text(file: str) -> str:
    return _DATA.joinpath(*file.split("/")).read_text(encoding="utf-8")


def _rows(table: str) -> Iterator[dict[str, str]]:
    return csv.DictReader(_text(table).splitlines())


@cache
def _videos(table: str) -> tuple[Video, ...]:
    return tuple(
        Video(
            id=row["id"],
            folder=row["folder"],
            container=row["container"] or None,
            md5=row["md5"] or None,
            member_of=tuple((key, split) for key, split in row.items() if key not in _NO_SPLITS and split),
        )
        for row in _rows(table)
    )


@cache
def _movies(table: str) -> Mapping[str, Video]:
    return {video.id: video for video in _videos(table)}


@cache
def _actions(table: str | None) -> tuple[Action, ...]:
    if table is None:
        return ()
    return tuple(
        Action(int(row["id"]), row["name"], row["group"], row["evaluated"] == "yes") for row in _rows(table)
    )


def _splits(name: str, facts: _Facts) -> dict[str, Split]:
    videos = _videos(facts["videos"])
    return {
        split: Split(
            split, of_split["labelled"], tuple(video for video in videos if video.splits.get(name) == split)
        )
        for split, of_split in facts["splits"].items()
    }


def _excluded(facts: _Facts) -> Mapping[str, frozenset[tuple[str, int]]] | None:
    if facts["excluded"] is None:
        return None
    rows = [(row["split"], row["id"], int(row["second"])) for row in _rows(facts["excluded"])]
    return {
        name: frozenset((video, second) for split, video, second in rows if split == name)
        for name in facts["splits"]
    }


def _annotation_file(entry: _File) -> AnnotationFile:
    return AnnotationFile(
        name=entry["name"],
        role=entry["role"],
        splits=tuple(entry["splits"]),
        urls=tuple(entry["urls"]),
        members=tuple(entry.get("members", ())),
        checksums=tuple(Checksum(**checksum) for checksum in entry.get("checksums", ())),
        open=entry.get("open", False),
    )
