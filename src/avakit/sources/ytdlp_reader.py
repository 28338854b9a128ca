"""A `Reader` of one format of a video, by yt-dlp's own opener: its headers, its cookies, its proxy."""

import queue
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Protocol
from urllib.parse import urlsplit

from avakit.causes import Cause
from avakit.errors import (
    LoginNeeded,
    NetworkFailed,
    NotFound,
    RateLimited,
    ServerFailed,
    Stalled,
    TransferError,
    Truncated,
)
from avakit.sources.formats import Format
from avakit.sources.ytdlp import Answer
from avakit.sources.ytdlp_causes import cause_of_failure, original
from avakit.transfer import answers
from avakit.transfer.address import is_closed
from avakit.transfer.again import interrupted
from avakit.transfer.http import Http, sensible
from avakit.transfer.ranges import KIB
from avakit.transfer.reader import Version

_CHUNK = 16 * KIB
"""What must have come in the seconds after which `Http` takes a connection for dead."""

_WAITING = 64
_GLANCE = 0.1
EXPIRED = {401, 403, 404, 410}
AGAIN = "Run again later, or give another --source."


class Extracted(Protocol):
    """A video that was extracted: what its formats are now, and how to learn it anew."""

    def format(self, one: str) -> tuple[Format, int]:
        """Return a format, and the number of the extraction that told it."""

    def renew(self, number: int) -> None:
        """Extract anew, unless that has been done since `number`. Raises `TransferError`, `Interrupted`."""

    def limited(self, said: str) -> None:
        """Note that the site asked for fewer requests."""


Open = Callable[[Format, int, int | None], Answer]


class YtdlpReader:
    """Reads a format by ranges. A URL that expires is replaced by a new extraction, once for each time that
    bytes came. Several threads may read at once. Its name is the page of the video and the format, never the
    signed URL of its file; its version is the size.
    """

    ranges = True
    path = None

    def __init__(self, name: str, one: str, extracted: Extracted, opening: Open, http: Http) -> None:
        """Ask for the first byte of format `one`, and learn the file's size. Raises `TransferError`."""
        self.name = name
        self._id = one
        self._extracted = extracted
        self._open = opening
        self._http = http
        self._renewed = -1
        self.version = Version(None)
        for _ in self.read(0, 1):
            pass
        if self.version.size is None:
            raise TransferError(f"{name} gives no parts of its file", "Give another --source.")

    def read(self, start: int, stop: int | None) -> Generator[bytes]:
        """Yield the bytes from `start` to `stop` as they come; see `Reader.read`."""
        size = self.version.size
        end = stop if size is None or (stop is not None and stop < size) else size
        at = start
        while end is None or at < end:
            one, number = self._extracted.format(self._id)
            try:
                for data in self._once(one, at, end):
                    at += len(data)
                    if data:
                        self._renewed = -1
                    yield data
            except ExpiredError as error:
                if self._renewed == number:
                    raise LoginNeeded(
                        f"{self.name} was refused, with a new address too ({error})", AGAIN
                    ) from error
                self._extracted.renew(number)
                self._renewed = self._extracted.format(self._id)[1]
            else:
                if end is not None and at < end:
                    raise Truncated(f"{self.name} ended {end - at} bytes before it should", "Run again.")
                return

    def _once(self, one: Format, start: int, end: int | None) -> Generator[bytes]:
        """Yield what one request brings."""
        host = host_of(one.url)
        governor = self._http.governor
        for _ in governor.turn(host, self._http.stop):
            yield b""
        try:
            with _pumping(lambda: self._answer(one, start, end)) as pump:
                yield from self._pumped(pump, None if end is None else end - start)
        finally:
            governor.leave(host)

    def _pumped(self, pump: "_Pump", count: int | None) -> Generator[bytes]:
        stop, last = self._http.stop, time.monotonic()
        while count is None or count > 0:
            if stop.is_set():
                raise interrupted()
            got = pump.get()
            if isinstance(got, bytes) and got:
                last = time.monotonic()
                taken = got if count is None else got[:count]
                count = None if count is None else count - len(taken)
                until = last + self._http.governor.spend(len(taken))
                yield taken
                while time.monotonic() < until and not stop.wait(min(_GLANCE, until - time.monotonic())):
                    yield b""
                last = time.monotonic()
            elif isinstance(got, BaseException):
                raise self._error(got) from got
            elif got is None:
                return
            else:
                if time.monotonic() - last > self._http.stall:
                    raise Stalled(f"{self.name} gave nothing for {self._http.stall:g} seconds", "Run again.")
                yield b""

    def _answer(self, one: Format, start: int, end: int | None) -> Answer:
        """Open the format and check what comes. Raises `TransferError` and yt-dlp's own exceptions."""
        answer = self._open(one, start, end)
        try:
            self._check(answer, one, start)
        except TransferError:
            answer.close()
            raise
        return answer

    def _check(self, answer: Answer, one: Format, start: int) -> None:
        if is_inward(answer.url, one.url):
            raise TransferError(f"{self.name} led to an address of this machine's network", "Not followed.")
        headers = lowered(answer.headers)
        extent = answers.content_range(headers)[0]
        if answer.status != 206 or extent is None or extent.start != start:
            raise ServerFailed(f"{self.name} gave another part than was asked for", AGAIN)
        answers.check_encoding(headers, self.name)
        # Its servers, behind one address or the next, need not agree in more than the size.
        now = sensible(Version(answers.version(answer.status, headers).size), self.name)
        if self.version.size is None:
            self.version = now
        elif error := answers.changed(self.version, now, self.name):
            raise error

    def _error(self, error: BaseException) -> BaseException:
        """Return what a failure means for who reads."""
        if isinstance(error, TransferError):
            return error
        return meaning(error, self.name, self._extracted)


class Unreadable:
    """A `Reader` of what could not be opened: reading raises why."""

    ranges = False
    path = None

    def __init__(self, name: str, error: TransferError) -> None:
        """Stand for a file of this name."""
        self.name = name
        self.version = Version(None)
        self._error = error

    def read(self, start: int, stop: int | None) -> Iterator[bytes]:
        """Raise the error of opening it."""
        raise self._error


class ExpiredError(Exception):
    """A URL is no longer valid, or never was."""


def meaning(error: BaseException, name: str, extracted: Extracted) -> Exception:
    """Return what an exception of yt-dlp means for who reads `name`: `ExpiredError`, or a `TransferError`.

    Its answer is closed, and `extracted` hears of a request for fewer.
    """
    answer = getattr(error, "response", None)
    headers = lowered(getattr(answer, "headers", {}))
    if answer is not None:
        answer.close()
    said = original(error)
    if getattr(error, "status", None) in EXPIRED:
        return ExpiredError(said)
    cause = cause_of_failure(error)
    if cause in (Cause.RATE_LIMIT, Cause.BOT):
        extracted.limited(said)
    return as_error(cause, f"{name} could not be read: {said}", answers.retry_after(headers))


def as_error(cause: Cause, said: str, wait: float | None = None) -> TransferError:
    """Return the error of transfer that stands for a cause."""
    if cause in (Cause.RATE_LIMIT, Cause.BOT):
        return RateLimited(said, AGAIN, wait)
    if cause is Cause.SERVER:
        return ServerFailed(said, AGAIN, wait)
    kinds: dict[Cause, type[TransferError]] = {
        Cause.NETWORK: NetworkFailed,
        Cause.TIMEOUT: Stalled,
        Cause.TRUNCATED: Truncated,
        Cause.LOGIN: LoginNeeded,
        Cause.AGE: LoginNeeded,
        Cause.GEO: LoginNeeded,
        Cause.GONE: NotFound,
        Cause.PRIVATE: NotFound,
        Cause.NOT_FOUND: NotFound,
    }
    return kinds.get(cause, TransferError)(said, AGAIN)


class _Pump:
    """Reads an answer in a thread of its own: whatever it hangs in, who waits for it does not."""

    def __init__(self, opening: Callable[[], Answer]) -> None:
        self._opening = opening
        self._parts: queue.Queue[bytes | BaseException | None] = queue.Queue(_WAITING)
        self._ended = threading.Event()
        threading.Thread(target=self._run, daemon=True, name="avakit-pump").start()

    def get(self) -> bytes | BaseException | None:
        """Return the next bytes, none of them if nothing comes now; an error; None at the end."""
        try:
            return self._parts.get(timeout=_GLANCE)
        except queue.Empty:
            return b""

    def end(self) -> None:
        """Let the thread end."""
        self._ended.set()

    def _run(self) -> None:
        try:
            answer = self._opening()
            try:
                while not self._ended.is_set() and (data := answer.read(_CHUNK)):
                    self._put(data)
            finally:
                with suppress(Exception):
                    answer.close()
            self._put(None)
        except BaseException as error:  # noqa: BLE001 - handed to who waits
            self._put(error)

    def _put(self, part: bytes | BaseException | None) -> None:
        while not self._ended.is_set():
            with suppress(queue.Full):
                self._parts.put(part, timeout=_GLANCE)
                return


@contextmanager
def _pumping(opening: Callable[[], Answer]) -> Generator[_Pump]:
    pump = _Pump(opening)
    try:
        yield pump
    finally:
        pump.end()


def lowered(headers: Mapping[str, str]) -> dict[str, str]:
    """Return headers by their names in small letters."""
    return {name.lower(): value for name, value in headers.items()}


def host_of(url: str) -> str:
    """Return host and port of a URL, by which requests are counted."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"


def is_inward(url: str, first: str) -> bool:
    """Return whether a URL of this machine's network was reached from a `first` one that is none."""
    return is_closed(_name_of(url)) and not is_closed(_name_of(first))


def _name_of(url: str) -> str:
    return urlsplit(url).hostname or ""
