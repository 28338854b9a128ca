"""YouTube, by way of yt-dlp: the formats that it gives to anybody, or to the user's own account.

One video is asked for at a time, with a pause between two. Where YouTube takes the machine for a robot, or
asks for fewer requests, it rests for the whole run. What YouTube has in pieces alone comes whole.
"""

import random
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from avakit.causes import Cause, next_step
from avakit.errors import Interrupted, NotFound, TransferError, UnsupportedMovie, UsageError
from avakit.releases.model import Video, check_id
from avakit.sources.access import Access
from avakit.sources.formats import Format, choose
from avakit.sources.health import Health, Watched
from avakit.sources.offer import Missing, Offer, missing
from avakit.sources.ytdlp import Found, YtDlp, aside, browser, installed
from avakit.sources.ytdlp_causes import cause_of_failure, original
from avakit.sources.ytdlp_reader import Unreadable, YtdlpReader, as_error
from avakit.sources.ytdlp_stream import YtdlpStream
from avakit.transfer.again import again, interrupted
from avakit.transfer.reader import Reader

NAME = "youtube"
PAUSE = (10.0, 20.0)
"""Seconds between two videos, as yt-dlp's own preset `-t sleep` has them."""

_INSTALL = "Install it: pip install 'avakit[youtube]'."
_ADVICE = {
    Cause.BOT: "Wait some hours, or give the cookies of your account (--cookies, --cookies-from-browser).",
    Cause.SETUP: f"Bring it up to date: pip install -U 'avakit[youtube]' yt-dlp yt-dlp-ejs. {_INSTALL}",
    Cause.LOGIN: "If your account may see it, give its cookies (--cookies, --cookies-from-browser).",
}
_RESTING = frozenset({Cause.BOT, Cause.RATE_LIMIT})
_RUNTIME = "JavaScript runtime"


def watch_page(video: str) -> str:
    """Return the address of a video's page."""
    return f"https://www.youtube.com/watch?v={video}"


class YouTube:
    """A `Source`. Threads share it."""

    name = NAME

    def __init__(
        self,
        access: Access,
        *,
        page: Callable[[str], str] = watch_page,
        extractors: Iterable[type] = (),
        key: str = "Youtube",
        pause: tuple[float, float] = PAUSE,
    ) -> None:
        """Ask at the address that `page` gives for an id, by the extractor of yt-dlp called `key` (it may be
        one of `extractors`), with a `pause` of seconds between two videos, at least and at most. Raises
        `UsageError` for a browser whose cookies cannot be used.
        """
        if access.browser is not None:
            browser(access.browser)
        self._access = access
        self._page = page
        self._extractors = tuple(extractors)
        self._key = key
        self._pause = pause
        self._turn = threading.Lock()
        self._down: YtDlp | None = None
        self._next = 0.0
        self._health = Health()
        self._resting: tuple[Cause, str] | None = None

    def find(self, video: Video) -> Offer | Missing:
        """Extract a video and open its format. Raises `Interrupted`, `UsageError`."""
        check_id(video.id)
        if not installed():
            said = f"{NAME} does not give {video.id}: yt-dlp is not installed. {_INSTALL}"
            return Missing(NAME, Cause.SETUP, said)
        try:
            found = self._extract(video.id)
            return self._offer(video, found)
        except _RestingError:
            return self._rests(video.id)
        except TransferError as error:
            return missing(NAME, video.id, error)
        except (Interrupted, UsageError):
            raise
        except Exception as error:  # noqa: BLE001 - yt-dlp's own are of many kinds, some of them faults of it
            return self._refused(video.id, error)

    def _offer(self, video: Video, found: Found) -> Offer | Missing:
        if (cause_and_words := _unfit(video.id, found)) is not None:
            return _missing(video.id, *cause_and_words)
        choice = choose(found.formats, self._access.height)
        if choice is None or choice.pictures.container is None:
            if any(_RUNTIME in one for one in found.warnings):
                return _missing(video.id, Cause.SETUP, f"no {_RUNTIME} was found, and no format without one")
            return _missing(video.id, Cause.FORMAT, "none of its formats can be read and cut")
        extracted = _Video(self, video.id, found)
        try:
            pictures = self._reader(video.id, choice.pictures, extracted)
        except UnsupportedMovie as error:
            return _missing(video.id, Cause.FORMAT, error.what)
        sound = None if choice.sound is None else self._sound(video.id, choice.sound, extracted)
        watched = Watched(pictures, self._health)
        return Offer(NAME, watched, choice.pictures.container, None, sound=sound)

    def _reader(self, video: str, one: Format, extracted: "_Video") -> Reader:
        http, down = self._access.http, self._yt_dlp()
        name = self._name(video, one)
        if not one.plain:
            return aside(lambda: YtdlpStream(name, one.id, extracted, down, http), http.stop)
        return again(lambda: YtdlpReader(name, one.id, extracted, down.open, http), http.stop)

    def _sound(self, video: str, one: Format, extracted: "_Video") -> Reader:
        """Return the reader of the sound; if it cannot be opened that is said when it is read, for the
        pictures can be had without it.
        """
        try:
            return self._reader(video, one, extracted)
        except TransferError as error:
            return Unreadable(self._name(video, one), error)

    def _name(self, video: str, one: Format) -> str:
        return f"{self._page(video)} (format {one.id})"

    def _extract(self, video: str, *, politely: bool = True) -> Found:
        """Extract one video at a time; where `politely`, some seconds after the one before. Raises what
        yt-dlp does, `_RestingError`, `Interrupted`.
        """
        stop = self._access.http.stop
        while not self._turn.acquire(timeout=0.1):
            if stop.is_set():
                raise interrupted()
        try:
            if self._resting is not None:
                raise _RestingError
            if (refusal := self._health.refusal()) is not None:
                raise refusal
            if stop.wait(max(0.0, self._next - time.monotonic()) if politely else 0.0):
                raise interrupted()
            found = aside(lambda: self._yt_dlp().extract(self._page(video)), stop)
            self._answered()
            return found
        except Exception as error:
            self._rest_if_asked(error)
            raise
        finally:
            self._turn.release()

    def _answered(self) -> None:
        """Note that YouTube was reached: it is to have its pause."""
        self._health.answered()
        self._next = time.monotonic() + random.uniform(*self._pause)  # noqa: S311 - not a secret

    def _rest_if_asked(self, error: Exception) -> None:
        """Let YouTube rest where an extraction met a bot wall, or a request for fewer. Where it could not be
        reached, hundreds of videos must not wait for it.
        """
        if isinstance(error, _RestingError | Interrupted | UsageError | TransferError):
            return
        if (cause := cause_of_failure(error)) in (Cause.NETWORK, Cause.TIMEOUT):
            self._health.failed(reached=False)
            return
        self._answered()
        if cause in _RESTING:
            self._resting = (cause, original(error))

    def rest(self, said: str) -> None:
        """Ask for no further video in this run; `said` is YouTube's sentence."""
        self._resting = self._resting or (Cause.RATE_LIMIT, said)

    def renewed(self, video: str) -> Found:
        """Extract a video once more. Raises `TransferError`, `Interrupted`."""
        try:
            return self._extract(video, politely=False)
        except _RestingError:
            cause, said = self._resting or (Cause.RATE_LIMIT, "")
            raise as_error(cause, f"{NAME} rests in this run: {said}", 86400.0) from None
        except (Interrupted, UsageError, TransferError):
            raise
        except Exception as error:
            cause = cause_of_failure(error)
            # What YouTube refuses now, it refuses the next second too.
            wait = 86400.0 if cause in _RESTING else None
            raise as_error(cause, f"{self._page(video)} expired, and: {original(error)}", wait) from error

    def _rests(self, video: str) -> Missing:
        cause, said = self._resting or (Cause.RATE_LIMIT, "")
        words = f"it is not asked any more in this run, for it said of another video: {said}"
        return _missing(video, cause, words)

    def _refused(self, video: str, error: Exception) -> Missing:
        cause, words = cause_of_failure(error), original(error)
        told = self._down is not None and any(_RUNTIME in one for one in self._down.warnings)
        if cause is Cause.FORMAT and told:
            return _missing(video, Cause.SETUP, f"{words} (no {_RUNTIME} was found)")
        return _missing(video, cause, words)

    def _yt_dlp(self) -> YtDlp:
        """Return yt-dlp, started when it is first needed: it takes a second."""
        if self._down is None:
            self._down = YtDlp(self._access, self._extractors, self._key)
        return self._down


class _RestingError(Exception):
    """YouTube is not asked any more."""


@dataclass
class _Video:
    """A video that was extracted, perhaps several times. Pictures and sound share it."""

    source: YouTube
    video: str
    found: Found
    number: int = 0

    def __post_init__(self) -> None:
        self._lock = threading.Lock()

    def format(self, one: str) -> tuple[Format, int]:
        """Return a format, and the number of the extraction that told it."""
        with self._lock:
            found, number = self.found, self.number
        usable = (other for other in found.formats if other.plain or other.pieces)
        format_ = next((other for other in usable if other.id == one), None)
        if format_ is None:
            raise NotFound(f"{self.source.name} no longer gives format {one} of {self.video}", "Run again.")
        return format_, number

    def renew(self, number: int) -> None:
        """Extract anew, unless that has been done since extraction `number`."""
        with self._lock:
            if number == self.number:
                self.found = self.source.renewed(self.video)
                self.number += 1

    def limited(self, said: str) -> None:
        """Note that YouTube asked for fewer requests."""
        self.source.rest(said)


def _unfit(video: str, found: Found) -> tuple[Cause, str] | None:
    """Return why what was extracted is not taken, None if it may be."""
    if found.id != video:
        return Cause.WRONG_MOVIE, f"its page shows another video ({found.id[:20]!a})"
    if found.live:
        return Cause.FORMAT, "it is a live broadcast, not yet a file"
    if found.closed is not None:
        return Cause.LOGIN, f"it is for some accounts only ({found.closed})"
    return None


def _missing(video: str, cause: Cause, words: str) -> Missing:
    advice = _ADVICE.get(cause) or next_step(cause)
    said = words if words.endswith((".", "!", "?")) else f"{words}."
    return Missing(NAME, cause, f"{NAME} does not give {video}: {said} {advice}")
