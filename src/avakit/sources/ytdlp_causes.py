"""Why yt-dlp could not give a video: its exceptions and YouTube's own sentences as causes.

Nothing of yt-dlp is imported here: its exceptions are known by their names and by what they carry.
"""

import re
from collections.abc import Iterator

from avakit.causes import Cause
from avakit.text import one_line

_TEXTS: tuple[tuple[Cause, tuple[str, ...]], ...] = (
    # The order decides: a later text may be part of a longer sentence that an earlier one tells apart.
    (
        Cause.BOT,
        (
            "not a bot",
            "captcha",
            "your ip is likely being blocked",
            "unusual traffic",
            "automated queries",
        ),
    ),
    (Cause.RATE_LIMIT, ("rate-limited by youtube", "rate limit", "try again later", "too many requests")),
    (
        Cause.GEO,
        (
            "available in your country",
            "blocked it in your country",
            "blocked in your country",
            "available in your region",
            "available from your location",
            "geo restrict",
            "geo-restrict",
        ),
    ),
    (
        Cause.AGE,
        (
            "confirm your age",
            "age-restricted",
            "age restricted",
            "age-verification",
            "age verification",
            "inappropriate",
            "adult content",
        ),
    ),
    (Cause.PRIVATE, ("private video", "video is private", "playlist is private", "privacy settings")),
    (Cause.DRM, ("drm protected", "drm-protected", "drm protection")),
    (
        Cause.SETUP,
        (
            "javascript runtime",
            "challenge solving failed",
            "challenge solver",
            "cookies database",
            "failed to load cookies",
            "netscape format cookies",
            "failed to decrypt",
            "unsupported browser",
            "unsupported keyring",
            "unsupported proxy",
            "impersonat",
            "ffmpeg is not installed",
            "ffmpeg not found",
            "no suitable extractor",
            "one of the following dependencies",
        ),
    ),
    (
        Cause.LOGIN,
        (
            "join this channel",
            "members-only",
            "channel's members",
            "requires payment",
            "requires purchase",
            "premium",
            "login details are needed",
            "only available for registered users",
            "only available to registered users",
            "cookies are no longer valid",
            "log in to",
            "please sign in",
            "sign in to",
            "who has blocked it on this site",
            "owner has disabled",
        ),
    ),
    (
        Cause.GONE,
        (
            "has been removed",
            "was removed",
            "been deleted",
            "no longer available",
            "isn't available anymore",
            "terminated",
            "closed their youtube account",
            "copyright",
            "violating youtube",
            "violates youtube",
            "video unavailable",
            "video is unavailable",
            "video is not available",
            "video isn't available",
            "content isn't available",
            "does not exist",
        ),
    ),
    (
        Cause.FORMAT,
        (
            "requested format is not available",
            "no video formats found",
            "only images are available",
            "live event will begin",
            "premieres in",
            "premiere will begin",
            "live stream recording is not available",
            "currently offline",
            "not currently live",
            "is offline",
            "formats that can be downloaded",
        ),
    ),
    (
        Cause.NOT_FOUND,
        (
            "looks truncated",
            "incomplete youtube id",
            "invalid url",
            "unsupported url",
            "unable to find video id",
        ),
    ),
    (Cause.DISK, ("no space left", "disk quota exceeded", "read-only file system")),
    (
        Cause.TIMEOUT,
        ("timed out", "timeout"),
    ),
    (
        Cause.NETWORK,
        (
            "name resolution",
            "name or service not known",
            "getaddrinfo",
            "connection reset",
            "connection refused",
            "connection aborted",
            "remote end closed",
            "network is unreachable",
            "certificate verify",
            "ssl",
            "proxy",
            "network error",
        ),
    ),
)
_OUTDATED = ("report this issue", "unable to extract", "cannot identify player", "any player response")
"""What yt-dlp says where it does not know the site as it is now."""
_STATUS = {401: Cause.LOGIN, 403: Cause.LOGIN, 404: Cause.NOT_FOUND, 410: Cause.GONE, 429: Cause.RATE_LIMIT}
_CLASSES = {
    "TimeoutError": Cause.TIMEOUT,
    "CookieLoadError": Cause.SETUP,
    "IncompleteRead": Cause.TRUNCATED,
    "ContentTooShortError": Cause.TRUNCATED,
    "UnsupportedRequest": Cause.SETUP,
    "NoSupportingHandlers": Cause.SETUP,
    "TransportError": Cause.NETWORK,
    "OSError": Cause.NETWORK,
}
_STATUS_TEXT = re.compile(r"http error (\d{3})")
_MOST_CAUSES = 12
_LONGEST = 600

_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_BEHIND = re.compile(r"\s*\(caused by .*\)", re.DOTALL)
_REPORT = re.compile(r"[;.,]?\s*please report this issue on .*?yt-dlp -U", re.IGNORECASE | re.DOTALL)
_CONFIRM = re.compile(r"\s*Confirm you are on the latest version using\s+yt-dlp -U\.?", re.IGNORECASE)
_PREFIX = re.compile(r"^(?:ERROR:\s*)?(?:\[[\w:+ -]{1,40}\]\s+)?(?:[A-Za-z0-9_-]{11}:\s+)?")
_SECRETS = re.compile(r"(https?://)(?:[^/\s@'\"]*@)?([^\s?#'\")]*)(?:[?#][^\s'\")]*)?")


def cause_of_failure(error: BaseException) -> Cause:
    """Return the cause that an exception of yt-dlp stands for.

    Its own kinds decide first, then what it says, then the status of an answer, then the kind of what is
    behind it. What nothing fits to is the server's (`SERVER`).
    """
    chain = list(_chain(error))
    if any(_is(one, "GeoRestrictedError") for one in chain):
        return Cause.GEO
    said = next((cause for one in chain if (cause := _spoken(_plain(str(one))))), None)
    if said is not None:
        return said
    for one in chain:
        status = getattr(one, "status", None)
        if isinstance(status, int) and _is(one, "HTTPError"):
            return cause_of_status(status)
    kinds = (cause for name, cause in _CLASSES.items() if any(_is(one, name) for one in chain))
    return next(kinds, cause_of_text(str(error)) or Cause.SERVER)


def cause_of_status(status: int) -> Cause:
    """Return the cause that an HTTP status stands for."""
    return _STATUS.get(status, Cause.SERVER)


def cause_of_text(text: str) -> Cause | None:
    """Return the cause that a sentence of yt-dlp or YouTube speaks of, None where it speaks of none."""
    plain = _plain(text)
    outdated = Cause.SETUP if any(part in plain for part in _OUTDATED) else None
    return _spoken(plain) or outdated


def _plain(text: str) -> str:
    """Return a text as it is compared: without colours, in one case, with one kind of apostrophe."""
    return _COLOUR.sub("", text).casefold().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")


def _spoken(plain: str) -> Cause | None:
    """Return the cause that YouTube, or the status in a sentence, speaks of."""
    if status := _STATUS_TEXT.search(plain):
        return cause_of_status(int(status[1]))
    return next((cause for cause, parts in _TEXTS if any(part in plain for part in parts)), None)


def original(error: BaseException) -> str:
    """Return what an exception says, as one line: without colours, what queries of URLs say, names and
    passwords in URLs, and the plea to report it.
    """
    text = _COLOUR.sub("", str(error))
    text = _BEHIND.sub("", _CONFIRM.sub("", _REPORT.sub("", text)))
    text = _PREFIX.sub("", text.strip(), count=1)
    text = _SECRETS.sub(r"\1\2", text)
    return one_line(text)[:_LONGEST] or type(error).__name__


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and those that it came from."""
    seen: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting and len(seen) < _MOST_CAUSES:
        one = waiting.pop(0)
        if not isinstance(one, BaseException) or any(one is other for other in seen):
            continue
        seen.append(one)
        yield one
        info = getattr(one, "exc_info", None)
        waiting += [info[1] if isinstance(info, tuple) and len(info) > 1 else None]
        waiting += [getattr(one, "cause", None), getattr(one, "reason", None), one.__cause__, one.__context__]


def _is(error: BaseException, name: str) -> bool:
    """Return whether an exception is of a kind of this name."""
    return any(kind.__name__ == name for kind in type(error).__mro__)
