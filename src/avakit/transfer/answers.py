"""What a server's answer means: version, extent, failure. Decided from status and headers alone."""

import email.utils
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass

from avakit.errors import (
    Changed,
    LoginNeeded,
    NotFound,
    RateLimited,
    ServerFailed,
    TransferError,
)
from avakit.transfer.address import plain
from avakit.transfer.reader import Version

Headers = Mapping[str, str]
"""Header fields by lower-case name."""

REDIRECTS = frozenset({301, 302, 303, 307, 308})
_RANGE = re.compile(r"bytes\s+(?:(\d{1,18})-(\d{1,18})|\*)/(\d{1,18}|\*)", re.IGNORECASE)
# What is kept of a file's mark has its place in a header of 4 KiB, and is sent back.
_MARK = re.compile(r"[ -~]{1,512}")
_REASONS = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    407: "Proxy Authentication Required",
    410: "Gone",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


@dataclass(frozen=True)
class Extent:
    """Which bytes an answer brings, of how many; `total` is None where the server does not say."""

    start: int
    stop: int
    total: int | None


def failure(status: int, headers: Headers, name: str) -> TransferError | None:
    """Return the error that a status stands for, or None if it brings bytes (200, 206). `name`: whom was
    asked."""
    if status in (200, 206):
        return None
    said = f"{name} answered {status} {_REASONS.get(status, '')}".rstrip()
    if status in (404, 410):
        return NotFound(said, "There is no such file there: check the URL, or give another --source.")
    if status == 407:
        return LoginNeeded(
            said, "The proxy wants a name and a password: set them in --proxy or its variable."
        )
    if status == 403:
        said += " (Amazon S3 answers so for a file that does not exist, too)"
    if status in (401, 403):
        advice = "Put a name and a password into netrc, give --cookies, or try another --source."
        return LoginNeeded(said, advice, asked=status == 401)
    if status == 429:
        return RateLimited(said, "Lower --connections, or run again later.", retry_after(headers))
    if status >= 500 or status in (408, 425):
        return ServerFailed(said, "Run again later, or give another --source.", retry_after(headers))
    if status in (412, 416):
        return Changed(said, "The file is no longer the one that was begun: run again.")
    return TransferError(said, "Check the URL, or give another --source.")


def retry_after(headers: Headers, now: float | None = None) -> float | None:
    """Return the seconds that `Retry-After` asks to wait, given as such or as a date; None where it does not.

    A date is compared with the answer's own `Date`, or else with the clock of this machine, which may be
    wrong.
    """
    text = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}", text):
        return float(text)
    when, said = _moment(text), _moment(headers.get("date", ""))
    if when is None:
        return None
    clock = time.time() if now is None else now
    return max(0.0, when - (clock if said is None else said))


def _moment(text: str) -> float | None:
    try:
        return email.utils.parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError, OSError):
        return None


def content_range(headers: Headers) -> tuple[Extent | None, int | None]:
    """Return (the bytes brought, the size of the file) from `Content-Range`; each None where it does not
    say."""
    match = _RANGE.fullmatch(headers.get("content-range", "").strip())
    if match is None:
        return None, None
    total = None if match[3] == "*" else int(match[3])
    return (None if match[1] is None else Extent(int(match[1]), int(match[2]) + 1, total)), total


def content_length(headers: Headers) -> int | None:
    """Return the announced length of the body, None where it is not announced or the body comes in chunks."""
    text = headers.get("content-length", "").strip()
    return int(text) if re.fullmatch(r"\d{1,18}", text) and "transfer-encoding" not in headers else None


def version(status: int, headers: Headers) -> Version:
    """Return the state of the file that an answer speaks of; a mark that is no text, or a long one, is
    none."""
    size = content_length(headers) if status == 200 else content_range(headers)[1]
    return Version(size, *(mark(headers.get(name, "")) for name in ("etag", "last-modified")))


def mark(said: str) -> str | None:
    """Return a file's mark as a server said it; one that is no text, or a long one, is none."""
    return said if _MARK.fullmatch(said) else None


def validator(version: Version) -> str | None:
    """Return what to send as `If-Range`: a strong ETag, else Last-Modified, else nothing."""
    strong = version.etag is not None and not version.etag.upper().startswith("W/")
    return version.etag if strong else version.modified


def changed(begun: Version, now: Version, name: str) -> Changed | None:
    """Return the error if two answers speak of different states of a file. What one of them does not say is
    equal.

    Last-Modified decides only where there is no ETag: the servers behind one name may differ in it.
    """
    sizes = (begun.size, now.size)
    marks = (begun.etag, now.etag) if begun.etag and now.etag else (begun.modified, now.modified)
    for kind, (old, new) in (("size", sizes), ("version", marks)):
        if old is not None and new is not None and old != new:
            differ = plain(f"{kind} {old} then, {new} now")
            what = f"{name} is another file than at the beginning ({differ})"
            return Changed(what, "Run again: it begins anew.")
    return None


def check_encoding(headers: Headers, name: str) -> None:
    """Raise `TransferError` if the body is compressed on its way: its bytes would not be the file's."""
    encoding = headers.get("content-encoding", "identity").strip().lower() or "identity"
    # Some servers call a file that is compressed by itself so; its bytes are the file's.
    by_itself = "gzip" in encoding and name.removesuffix("?…").endswith((".gz", ".tgz"))
    if encoding != "identity" and not by_itself:
        raise TransferError(
            f"{name} comes compressed ({plain(encoding)}) though it was asked for as it is",
            "Give another --source.",
        )
