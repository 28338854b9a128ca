"""What can go wrong with a mirror, to be ordered by path.

Each fault acts on every request for its path, or on the first `times` of them. What concerns the body of an
answer leaves HEAD alone.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Status:
    """Answer with this status and no file: 403, 404, 429, 500 … `retry_after`: seconds, in the header."""

    code: int
    times: int | None = None
    retry_after: int | None = None


@dataclass(frozen=True)
class Cut:
    """Reset the connection after so many bytes of the body. What was under way may be lost too."""

    after: int
    times: int | None = None


@dataclass(frozen=True)
class Short:
    """Announce the whole body, end it in good order so many bytes too early."""

    by: int
    times: int | None = None


@dataclass(frozen=True)
class Wrong:
    """Turn over the bits of `length` bytes of the file from `at` on."""

    at: int
    length: int = 1
    times: int | None = None


@dataclass(frozen=True)
class Stall:
    """Say nothing more for `seconds` after so many bytes of the body, then go on."""

    after: int
    seconds: float = 3600.0
    times: int | None = None


@dataclass(frozen=True)
class NoRanges:
    """Know nothing of ranges: answer with the whole file."""

    times: int | None = None


@dataclass(frozen=True)
class NoLength:
    """Do not say how long the body is, nor know of ranges; the end of the connection ends it."""

    times: int | None = None


@dataclass(frozen=True)
class Changes:
    """After so many requests the file is another one: its ETag and Last-Modified differ from then on."""

    after: int
    times: int | None = None


Fault = Status | Cut | Short | Wrong | Stall | NoRanges | NoLength | Changes
