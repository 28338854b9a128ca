"""The nouns of a release. All are frozen, and travel between processes as they are."""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

from avakit.errors import UsageError

AVA_ID = "[A-Za-z0-9_-]{11}"
"""The form of the ids of AVA's videos."""

SAFE_ID = "[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}"
"""The form of all ids that may become part of a path: AVA's, and those of data of one's own."""

Second = int | Fraction
"""A second of the movie, exact."""

_CLIP = Fraction(10)  # seconds

# Windows opens a device by such a name, whatever its extension.
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
_FORMS = {
    AVA_ID: "An id is 11 letters, digits, '_' or '-': 1j20qq1JyX4.",
    SAFE_ID: "An id is up to 64 letters, digits, '_', '-' or '.', which cannot be the first.",
}


def check_id(text: str, form: str = SAFE_ID) -> str:
    """Return `text` if it has the form of a video's id: `SAFE_ID`, or `AVA_ID`.

    Raises UsageError otherwise: nothing else may become part of a path or of a command line.
    """
    if re.fullmatch(form, text, re.ASCII) is None or _DEVICE.fullmatch(text):
        raise UsageError(f"{text[:40]!a} is not the id of a video", _FORMS[form])
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
    holds. `open`: it names videos and seconds that nothing else does, such as Kinetics' clips.
    """

    name: str
    role: str
    splits: tuple[str, ...]
    urls: tuple[str, ...]
    members: tuple[str, ...] = ()
    checksums: tuple[Checksum, ...] = ()
    open: bool = False


@dataclass(frozen=True)
class Action:
    """One action. `group`: the kind of action that it is, in AVA one of three; empty if not known.
    `evaluated`: it is among those that the official evaluation counts.
    """

    id: int
    name: str
    group: str
    evaluated: bool


@dataclass(frozen=True)
class Video:
    """One movie.

    `folder`: trainval or test, where the mirror has it; empty for data of one's own. `container`: mp4, mkv or
    webm; None if not known. `md5`: of the mirror's whole file; None if not known. `member_of`: pairs of
    release and split.
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
    """The videos of one split. `labelled`: its labels were released. `clips`: videos that the labels alone
    name, and that are meant only where they are named.
    """

    name: str
    labelled: bool
    videos: tuple[Video, ...]
    clips: tuple[Video, ...] = ()


@dataclass(frozen=True)
class Grid:
    """The frameworks' frames: number n = 1 ... `count` is the picture at `first` + (n - 1) / `rate` s.

    `count` None: as many as the movie has.
    """

    first: Second
    rate: int
    count: int | None


@dataclass(frozen=True)
class Release:
    """One release of AVA, or of data of one's own.

    `kind`: of its labels: actions, speaker or speech. `seconds`: the annotated seconds of every movie, but of
    those in `own_seconds`, which have others. `window`: start and end, in movie seconds, of the part worth
    fetching; None: all of each movie. `excluded`: per split, the (id, second) pairs that the publisher leaves
    out of the evaluation; None if not known here. `published`: counts as their papers and pages print them,
    rounded, and hours; those of one split begin with its name (`train_labels`).
    `person_ids`: labels name the person. `mirror`: the base address of the movies; empty if there is none.
    `mean_bytes`: of a whole movie; 0 if not known. `form`: of the ids, `AVA_ID` or `SAFE_ID`. `learns`: its
    videos are known only once its labels were read.
    """

    name: str
    title: str
    year: int
    licence: str
    citation: str
    homepage: str
    mirror: str
    seconds: tuple[Second, ...]
    window: tuple[Fraction, Fraction] | None
    grid: Grid
    person_ids: bool
    splits: Mapping[str, Split]
    actions: tuple[Action, ...]
    excluded: Mapping[str, frozenset[tuple[str, int]]] | None
    annotation_files: tuple[AnnotationFile, ...]
    published: Mapping[str, int | float]
    mean_bytes: int
    kind: str = "actions"
    form: str = AVA_ID
    own_seconds: Mapping[str, tuple[Second, ...]] = field(default_factory=dict)
    learns: bool = False

    def __hash__(self) -> int:
        """Return the hash of the name: the mappings inside cannot be hashed."""
        return hash(self.name)

    @property
    def everything(self) -> tuple[Video, ...]:
        """All videos, clips too, split by split."""
        return tuple(video for split in self.splits.values() for video in (*split.videos, *split.clips))

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

    @cached_property
    def whole_seconds(self) -> bool:
        """Whether every annotated second is a whole one, but for those of clips."""
        own = self.own_seconds.values() if self.learns else ()
        return all(second.denominator == 1 for some in (self.seconds, *own) for second in some)

    def is_clip(self, video_id: str) -> bool:
        """Whether a video is a clip that the labels alone name, such as Kinetics'."""
        return not self.learns and video_id in self.own_seconds

    def window_of(self, video_id: str) -> tuple[Fraction, Fraction] | None:
        """Return the part of a movie that is worth fetching, in its seconds; None: all of it.

        Of a clip it is 10 seconds around the annotated one, as long as Kinetics' clips are.
        """
        if not self.is_clip(video_id):
            return self.window
        seconds = self.own_seconds[video_id]
        return max(Fraction(0), seconds[0] - _CLIP / 2), seconds[-1] + _CLIP / 2

    def grid_of(self, video_id: str) -> Grid:
        """Return the grid of frames of a video: of a clip, from its window's start to its end."""
        window = self.window_of(video_id)
        if not self.is_clip(video_id) or window is None:
            return self.grid
        return Grid(window[0], self.grid.rate, math.ceil((window[1] - window[0]) * self.grid.rate))

    def seconds_of(self, video_id: str) -> tuple[Second, ...]:
        """Return the annotated seconds of a video, ascending."""
        return self.own_seconds.get(video_id, self.seconds)

    def video(self, video_id: str) -> Video:
        """Return the video of this id, whatever its split. Raises UsageError if the release has no such."""
        for video in self.everything:
            if video.id == video_id:
                return video
        raise UsageError(
            f"{self.name} has no video {check_id(video_id, self.form)}",
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
        return f"{self.mirror}/{video.folder}/{check_id(video.id, self.form)}.{container}"
