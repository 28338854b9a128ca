"""What the ledger remembers, one class a table."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from avakit.causes import Cause
from avakit.transfer.reader import Version

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None


_UNKNOWN = Version(None)


class State(StrEnum):
    """Where a video stands. *partial*: part of the window is on disk, or the movie ends too early."""

    ASKED = "asked"
    HAVE = "have"
    PARTIAL = "partial"
    MISSING = "missing"


class Kind(StrEnum):
    """What of a movie is on disk: the annotated part, or all of it."""

    WINDOW = "window"
    WHOLE = "whole"


@dataclass(frozen=True)
class VideoRow:
    """One video that was asked for.

    `source`: who had it (or was asked last); `container`: the file's extension; `path`: relative to the root,
    with `/`; `bytes`: on disk; `cause`, `message`, `next_step`: why it is not whole, in a word, in the
    error's sentence, and what to do; `origin`: seconds to add to the file's time stamps for the movie's time;
    `version`: the source's file as it was then; `window`: start and stop asked for, in movie seconds; `at`:
    when this was written (Unix time, seconds).
    """

    id: str
    split: str
    state: State
    source: str | None = None
    container: str | None = None
    kind: Kind | None = None
    path: str | None = None
    bytes: int = 0
    cause: Cause | None = None
    message: str | None = None
    next_step: str | None = None
    origin: Fraction | None = None
    version: Version = _UNKNOWN
    window: tuple[Fraction, Fraction] | None = None
    at: float = 0.0


@dataclass(frozen=True)
class AttemptRow:
    """One attempt to get a video from a source: when it began, how long it took, the bytes that came, how it
    ended.

    `cause` and `message` are None if it succeeded.
    """

    video: str
    source: str
    at: float
    seconds: float
    bytes: int
    cause: Cause | None = None
    message: str | None = None


@dataclass(frozen=True)
class ProductRow:
    """One product of one video.

    `recipe`: its parameters; `versions`: of all that made it; `counts`: files, pictures …; `gaps`: where
    pictures are missing; `fingerprint`: of the window it was made from; `bytes`: on disk; `message`: why it
    is missing.
    """

    video: str
    product: str
    recipe: Mapping[str, Json]
    versions: Mapping[str, str]
    counts: Mapping[str, int]
    gaps: Json
    fingerprint: str
    bytes: int
    have: bool = True
    message: str | None = None
    at: float = 0.0
