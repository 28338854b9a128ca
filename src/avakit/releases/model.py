"""The nouns of a release. All are frozen, and travel between processes as they are."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from avakit.errors import UsageError

_ID = re.compile(r"[A-Za-z0-9_-]{11}", re.ASCII)


def check_id(text: str) -> str:
    """Return `text` if it has the form of a video's id (11 letters, digits, `_` or `-`).

    Raises UsageError otherwise: nothing else may become part of a path or of a command line.
    """
    if _ID.fullmatch(text) is None:
        raise UsageError(
            f"{text[:40]!a} is not the id of a video", "An id is 11 letters, digits, '_' or '-': 1j20qq1JyX4."
        )
    return text


@dataclass(frozen=True)
class Checksum:
    """What the bytes of a file must hash to.

    `kind`: md5, sha256 or git-blob-sha1 (the SHA-1 of `blob <size>`, a zero byte, and the content). `strict`:
    another value is an error; otherwise too few independent copies were seen, and it is a warning.
    """

    kind: str
    value: str
    strict: bool


@dataclass(frozen=True)
class AnnotationFile:
    """One file that a publisher offers.

    `role`: labels, excluded (seconds left out of the evaluation), seconds, ids, actions, videos (file names
    of the mirror) or archive. `splits`: those it speaks of. `urls`: best first. `members`: what an archive
    holds.
    """

    name: str
    role: str
    splits: tuple[str, ...]
    urls: tuple[str, ...]
    members: tuple[str, ...] = ()
    checksums: tuple[Checksum, ...] = ()


@dataclass(frozen=True)
class Action:
    """One of the 80 actions. `evaluated`: it is among the 60 that the official evaluation counts."""

    id: int
    name: str
    group: str
    evaluated: bool


@dataclass(frozen=True)
class Video:
    """One movie.

    `folder`: trainval or test, where the mirror has it. `container`: mp4, mkv or webm; None if not known.
    `md5`: of the mirror's whole file; None if not known. `member_of`: pairs of release and split.
    """

    id: str
    folder: str
    container: str | None
    md5: str | None
    member_of: tuple[tuple[str, str], ...]

    @property
    def splits(self) -> dict[str, str]:
        """The split in each release that has the video."""
        return dict(self.member_of)


@dataclass(frozen=True)
class Split:
    """The videos of one split. `labelled`: its labels were released."""

    name: str
    labelled: bool
    videos: tuple[Video, ...]


@dataclass(frozen=True)
class Grid:
    """The frameworks' frames: number n = 1 ... `count` is the picture at `first` + (n - 1) / `rate` s."""

    first: int
    rate: int
    count: int


@dataclass(frozen=True)
class Release:
    """One release of AVA.

    `seconds`: the annotated seconds of every movie. `window`: start and end, in movie seconds, of the part
    worth fetching. `excluded`: per split, the (id, second) pairs that the publisher leaves out of the
    evaluation; None if not known here. `published`: counts as their papers and pages print them, rounded.
    `person_ids`: labels name the person. `mirror`: the base address of the movies. `mean_bytes`: of a whole
    movie.
    """

    name: str
    title: str
    year: int
    licence: str
    citation: str
    homepage: str
    mirror: str
    seconds: tuple[int, ...]
    window: tuple[Fraction, Fraction]
    grid: Grid
    person_ids: bool
    splits: Mapping[str, Split]
    actions: tuple[Action, ...]
    excluded: Mapping[str, frozenset[tuple[str, int]]] | None
    annotation_files: tuple[AnnotationFile, ...]
    published: Mapping[str, int]
    mean_bytes: int

    def __hash__(self) -> int:
        """Return the hash of the name: the mappings inside cannot be hashed."""
        return hash(self.name)

    @property
    def default_splits(self) -> tuple[str, ...]:
        """The splits with labels: what is meant where no split is named."""
        return tuple(split.name for split in self.splits.values() if split.labelled)

    def check_splits(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return `names` (none: the default splits), each once, in the release's order.

        Raises UsageError for a name that is no split, listing those that are.
        """
        wanted = set(names) or set(self.default_splits)
        if unknown := sorted(wanted - set(self.splits)):
            raise UsageError(
                f"{self.name} has no split {unknown[0]!a}", f"Its splits: {', '.join(self.splits)}."
            )
        return tuple(name for name in self.splits if name in wanted)

    def videos(self, splits: Iterable[str] = ()) -> tuple[Video, ...]:
        """Return the videos of these splits (none named: of the default ones), split by split, by id."""
        return tuple(video for name in self.check_splits(splits) for video in self.splits[name].videos)

    def video(self, video_id: str) -> Video:
        """Return the video of this id, whatever its split. Raises UsageError if the release has no such."""
        for split in self.splits.values():
            for video in split.videos:
                if video.id == video_id:
                    return video
        raise UsageError(
            f"{self.name} has no video {check_id(video_id)}",
            f"`avakit releases {self.name}` says what it has.",
        )

    def files(self, role: str, splits: Iterable[str] = ()) -> tuple[AnnotationFile, ...]:
        """Return the official files of a role; with `splits`, those alone that speak of one of these."""
        wanted = set(splits)
        return tuple(
            file
            for file in self.annotation_files
            if file.role == role and (not wanted or wanted.intersection(file.splits))
        )

    def video_url(self, video: Video, container: str) -> str:
        """Return the address of a whole movie on the public mirror."""
        return f"{self.mirror}/{video.folder}/{check_id(video.id)}.{container}"
