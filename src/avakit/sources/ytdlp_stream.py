"""A `Reader` of a format that comes in pieces, by yt-dlp's own downloader: from its beginning to its end."""

import threading
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import suppress
from queue import Empty, Full, Queue
from typing import Protocol

from avakit.errors import (
    Changed,
    DamagedMovie,
    Interrupted,
    LoginNeeded,
    Stalled,
    TransferError,
    Truncated,
    UnsupportedMovie,
)
from avakit.sources.formats import Format
from avakit.sources.ytdlp import Answer
from avakit.sources.ytdlp_pieces import Pieces
from avakit.sources.ytdlp_playlist import read_playlist
from avakit.sources.ytdlp_reader import (
    AGAIN,
    ExpiredError,
    Extracted,
    host_of,
    is_inward,
    lowered,
    meaning,
)
from avakit.sources.ytdlp_remuxing import Remuxing
from avakit.transfer import answers
from avakit.transfer.again import again, interrupted
from avakit.transfer.http import Http
from avakit.transfer.ranges import KIB, MIB
from avakit.transfer.reader import Version

_CHUNK = 16 * KIB
_AHEAD = 64
_GLANCE = 0.1
_LARGEST_LIST = 16 * MIB
_LARGEST_PIECE = 256 * MIB
_ELSEWHERE = "Give another --source for it."


class Asking(Protocol):
    """What is asked of yt-dlp."""

    def ask(self, url: str, headers: Mapping[str, str]) -> Answer:
        """Ask for a URL."""

    def walk(self, one: Format, told: Mapping[str, object], pieces: Pieces) -> None:
        """Walk through the pieces of a format."""


class YtdlpStream:
    """Reads a format in pieces, one piece after another. Those of a play list are made one mp4 on the way, by
    a process of its own. A piece that fails in passing is asked for again; where its address has expired, the
    video is extracted anew, and the pieces go on.
    """

    ranges = False
    path = None

    def __init__(self, name: str, one: str, extracted: Extracted, down: Asking, http: Http) -> None:
        """Look whether format `one` can be read. Raises `TransferError`; `UnsupportedMovie` for a play list
        that is not one movie.
        """
        self.name = name
        self.version = Version(None)
        self._id = one
        self._extracted = extracted
        self._down = down
        self._http = http
        self._count: int | None = None
        self._seconds = 0.0
        format_, _ = extracted.format(one)
        self._is_list = format_.pieces == "hls"
        try:
            _Flight(self, format_).told(format_)
        except ExpiredError as error:
            raise LoginNeeded(f"{name} was refused ({error})", AGAIN) from error

    def read(self, start: int, stop: int | None) -> Generator[bytes]:
        """Yield all bytes as they come (`start` is 0, `stop` None); see `Reader.read`. Raises `DamagedMovie`
        where the pieces are no movie together, too.
        """
        flight = _Flight(self, self._extracted.format(self._id)[0])
        flight.start()
        try:
            while (got := flight.take()) is not None:
                yield got
        finally:
            flight.leave()


class _LeftError(Exception):
    """Nobody waits for the bytes any more."""


class _Flight:
    """One walk through all pieces, by a thread of its own: what it hangs in, who waits for it does not."""

    def __init__(self, stream: YtdlpStream, one: Format) -> None:
        self._format = one
        self._stream = stream
        self._ready: Queue[bytes | BaseException | None] = Queue(_AHEAD)
        self._left = threading.Event()
        self._waits_since: float | None = None
        self._remuxing: Remuxing | None = None
        self._error: BaseException | None = None
        self._walked = False

    def start(self) -> None:
        """Begin."""
        if self._stream._is_list:
            try:
                self._remuxing = Remuxing(self._stream._seconds)
            except OSError as error:
                raise TransferError(
                    f"The process that reads {self._stream.name} could not be started: {error.strerror}",
                    "If the machine is short of processes or memory, ask for fewer --jobs.",
                ) from error
            threading.Thread(target=self._collect, daemon=True, name="avakit-remux").start()
        threading.Thread(target=self._run, daemon=True, name="avakit-pieces").start()

    def take(self) -> bytes | None:
        """Return the next bytes, none of them if nothing comes now; None at the end."""
        if self._stream._http.stop.is_set():
            raise interrupted()
        try:
            got = self._ready.get(timeout=_GLANCE)
        except Empty:
            since, stall = self._waits_since, self._stream._http.stall
            if since is not None and time.monotonic() - since > stall:
                words = f"{self._stream.name} gave nothing for {stall:g} seconds"
                raise Stalled(words, "Run again.") from None
            return b""
        if isinstance(got, BaseException):
            raise got
        return got

    def leave(self) -> None:
        """Want nothing more."""
        self._left.set()
        if self._remuxing is not None:
            self._remuxing.kill()

    def told(self, one: Format) -> dict[str, object]:
        """Return what yt-dlp's downloader is told of a format besides: the play list that was looked at, and
        where it lies. Raises `UnsupportedMovie`, `Changed`, what `_fetched` does.
        """
        if one.pieces != "hls":
            fragments = one.told.get("fragments")
            self._counted(len(fragments) if isinstance(fragments, Sequence) else 0)
            return {}
        data, url = self._fetched(one.url, one.headers, _LARGEST_LIST)
        text = data.decode("utf-8", "replace")
        read = read_playlist(text)
        if read.unfit is not None:
            raise UnsupportedMovie(f"{self._stream.name} is not taken: {read.unfit}", _ELSEWHERE)
        self._counted(read.pieces)
        self._stream._seconds = read.seconds
        return {"hls_media_playlist_data": text, "url": url}

    def _counted(self, count: int) -> None:
        """Note how many pieces there are. Those of another making do not go on where others ended."""
        before, self._stream._count = self._stream._count, count
        if before not in (None, count):
            raise Changed(f"{self._stream.name} had {before} pieces, and now has {count}", "Run again.")

    def _run(self) -> None:
        try:
            self._walk()
        except BaseException as error:  # noqa: BLE001 - handed to who waits
            self._error = error
        if self._remuxing is None:
            with suppress(_LeftError):
                self._put(self._error)
        else:
            self._waits_since = time.monotonic()
            self._walked = True
            self._remuxing.finish()

    def _walk(self) -> None:
        """Walk through all pieces, with new addresses where the old ones have expired."""
        extracted, stream = self._stream._extracted, self._stream
        refused_at = -1
        pieces = Pieces(self._piece, self._give)
        while True:
            one, number = extracted.format(stream._id)
            self._format = one
            try:
                stream._down.walk(one, self.told(one), pieces)
            except ExpiredError as error:
                if pieces.done == refused_at:
                    raise LoginNeeded(
                        f"{stream.name} was refused, with a new address too ({error})", AGAIN
                    ) from error
                refused_at = pieces.done
                extracted.renew(number)
            except (TransferError, UnsupportedMovie, Interrupted, _LeftError, OSError):
                raise
            except Exception as error:
                raise meaning(error, self._stream.name, self._stream._extracted) from error
            else:
                return

    def _piece(self, url: str, headers: Mapping[str, str]) -> bytes:
        return self._fetched(url, headers, _LARGEST_PIECE)[0]

    def _give(self, data: bytes) -> None:
        if self._remuxing is None:
            for at in range(0, len(data), _CHUNK):
                self._put(data[at : at + _CHUNK])
            return
        self._waits_since = time.monotonic()
        try:
            self._remuxing.put(data)
        finally:
            self._waits_since = None

    def _collect(self) -> None:
        """Hand on what comes out of the process, then how it ended."""
        remuxing = self._remuxing
        if remuxing is None:
            return
        try:
            while data := remuxing.get():
                self._put(data)
            walked, error, said = self._walked, self._error, remuxing.failed()
            if not walked and said is None:
                said = "it seems to end before its pieces do"
            if said is not None and (error is None or isinstance(error, OSError)):
                error = DamagedMovie(f"{self._stream.name} cannot be read as a movie ({said})", _ELSEWHERE)
            self._put(error)
        except _LeftError:
            return
        except BaseException as error:  # noqa: BLE001 - handed to who waits
            with suppress(_LeftError):
                self._put(error)
        finally:
            remuxing.close()

    def _put(self, part: bytes | BaseException | None) -> None:
        while not self._left.is_set():
            with suppress(Full):
                self._ready.put(part, timeout=_GLANCE)
                return
        raise _LeftError

    def _fetched(self, url: str, headers: Mapping[str, str], most: int) -> tuple[bytes, str]:
        """Return a piece, or a list of them, and the URL that it came from; what fails in passing is tried
        again. Raises `TransferError`, `Interrupted`, `ExpiredError`.
        """
        return again(lambda: self._once(url, headers, most), self._stream._http.stop)

    def _once(self, url: str, headers: Mapping[str, str], most: int) -> tuple[bytes, str]:
        governor, stop = self._stream._http.governor, self._stream._http.stop
        self._check(url)
        host = host_of(url)
        for _ in governor.turn(host, stop):
            self._stay()
        try:
            self._waits_since = time.monotonic()
            answer = self._stream._down.ask(url, headers)
            try:
                self._check(answer.url)
                came = bytearray()
                while data := answer.read(_CHUNK):
                    came += data
                    self._waits_since = None
                    self._stay()
                    stop.wait(governor.spend(len(data)))
                    self._waits_since = time.monotonic()
                    if len(came) > most:
                        words = f"{self._stream.name} has a piece larger than {most >> 20} MiB"
                        raise UnsupportedMovie(words, _ELSEWHERE)
                self._complete(answer, len(came), headers)
                return bytes(came), answer.url
            finally:
                answer.close()
        except (TransferError, UnsupportedMovie, Interrupted, _LeftError):
            raise
        except Exception as error:
            raise meaning(error, self._stream.name, self._stream._extracted) from error
        finally:
            self._waits_since = None
            governor.leave(host)

    def _stay(self) -> None:
        """Raise if nobody waits any more."""
        if self._stream._http.stop.is_set():
            raise interrupted()
        if self._left.is_set():
            raise _LeftError

    def _check(self, url: str) -> None:
        if not url.startswith(("http://", "https://")) or is_inward(url, self._format.url):
            raise TransferError(
                f"{self._stream.name} led to an address of this machine's network", "Not followed."
            )

    def _complete(self, answer: Answer, count: int, asked: Mapping[str, str]) -> None:
        """Raise `Truncated` where less came than was promised, `TransferError` where something else did."""
        headers = lowered(answer.headers)
        answers.check_encoding(headers, self._stream.name)
        if "range" in lowered(asked) and answer.status != 206:
            raise TransferError(f"{self._stream.name} gives no parts of its file", _ELSEWHERE)
        promised = headers.get("content-length", "")
        if promised.isdecimal() and int(promised) != count:
            raise Truncated(f"{self._stream.name} gave {count} bytes of {promised} of a piece", "Run again.")
