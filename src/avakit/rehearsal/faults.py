"""What can go wrong with a mirror, to be ordered by path.

Each fault acts on every request for its path, or on the first `times` of them. What concerns the body of an
answer leaves HEAD alone.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Status:
    """Answer with this status and no file: 403, 404, 429, 500 … `retry_after`: seconds, in the header; as the
    date of that moment if `dated`.
    """

    code: int
    times: int | None = None
    retry_after: int | None = None
    dated: bool = False


@dataclass(frozen=True)
class Redirect:
    """Answer with a redirect to this address; to itself, it goes on for ever."""

    to: str
    times: int | None = None


@dataclass(frozen=True)
class Says:
    """Say these bytes in place of an answer, then others again and again, if there are any, with a pause of
    so many seconds before each.

    So headers can be garbage, broken off, slow or endless, and bodies endless too.
    """

    first: bytes
    then: bytes = b""
    pause: float = 0.0
    times: int | None = None


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
class Trickle:
    """Send single bytes after so many bytes of the body, with a pause of so many seconds before each."""

    after: int
    pause: float = 1.0
    times: int | None = None


@dataclass(frozen=True)
class Lies:
    """Say that the file is so many bytes longer than it is, or shorter (negative). What is not there is not
    sent.
    """

    by: int
    times: int | None = None


@dataclass(frozen=True)
class WrongRange:
    """Name another part in the header than the one that is sent: so many bytes behind it."""

    by: int
    times: int | None = None


@dataclass(frozen=True)
class NoRanges:
    """Know nothing of ranges, from the request behind so many on: answer with the whole file."""

    times: int | None = None
    after: int = 0


@dataclass(frozen=True)
class NoLength:
    """Do not say how long the body is, nor know of ranges; the end of the connection ends it."""

    times: int | None = None


@dataclass(frozen=True)
class Changes:
    """After so many requests the file is another one: its ETag and Last-Modified differ from then on."""

    after: int
    times: int | None = None


Fault = (
    Status
    | Redirect
    | Says
    | Cut
    | Short
    | Wrong
    | Stall
    | Trickle
    | Lies
    | WrongRange
    | NoRanges
    | NoLength
    | Changes
)
