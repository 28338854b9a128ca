"""Files of the web: how they are asked for in a run, and the `Reader` of one of them."""

import re
from collections.abc import Generator, Mapping
from pathlib import Path
from threading import Event
from types import MappingProxyType
from typing import Self, TypeVar
from urllib.parse import urlsplit
from urllib.request import getproxies_environment

from avakit.errors import Changed, ServerFailed, TransferError, Truncated, UsageError
from avakit.transfer import answers
from avakit.transfer.address import Target, is_closed, plain, shown, target
from avakit.transfer.cookies import ADVICE, Jar, unfit
from avakit.transfer.curl import Manner
from avakit.transfer.failures import refused_redirect
from avakit.transfer.governor import Governor
from avakit.transfer.ranges import GIB, KIB, MIB
from avakit.transfer.reader import Version
from avakit.transfer.wire import Exchange, Wire
from avakit.version import __version__

Result = TypeVar("Result")

USER_AGENT = f"avakit/{__version__} (+AVA data set tool)"
_PROXY = re.compile(r"(?:(?:https?|socks4a?|socks5h?)://)?(?:[^/@]*@)?[^/@\s]+/?", re.IGNORECASE)
_LARGEST_ANSWER = 16 * MIB
_MAY_HAVE_MOVED = {401, 403, 404, 410}
LARGEST = 256 * GIB
"""Bytes of a file at most: no movie has as many, and whoever says so would have memory and disk filled."""


class Http:
    """All that a run fetches over HTTP goes through one of these: it keeps connections, and counts them per
    host."""

    def __init__(
        self,
        connections: int = 8,
        proxy: str | None = None,
        rate: int | None = None,
        user_agent: str = USER_AGENT,
        *,
        cookies: Path | None = None,
        stall: float = 30.0,
        stop: Event | None = None,
    ) -> None:
        """Allow `connections` requests at once per host and `rate` bytes a second in all (None: any).

        `proxy`: a URL (http, https, socks4, socks4a, socks5, socks5h); None leaves it to the usual
        environment variables. `cookies`: a file in Netscape's format. `stall`: seconds without bytes after
        which a connection counts as dead. `stop`: when set, all that is waiting ends within a second with
        `Interrupted`. Passwords come from netrc, or stand in the URLs. Raises `UsageError`.
        """
        _check(connections, proxy, rate, cookies)
        # One step takes up to eleven buffers: a sixth of a second's worth.
        buffer = 64 * KIB if rate is None else max(KIB, min(16 * KIB, rate // 64))
        self.stop = Event() if stop is None else stop
        self.stall = stall
        self.governor = Governor(connections, rate)
        proxies = bool(proxy) or any(kind != "no" for kind in getproxies_environment())
        self.jar = None if cookies is None else Jar(cookies)
        manner = Manner(user_agent, proxy, self.jar, buffer)
        self._wire = Wire(manner, self.governor, stall, self.stop, proxies=proxies)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self.close()

    def open(
        self, url: str, fields: Mapping[str, str] = MappingProxyType({}), *, public: bool = False
    ) -> "HttpReader":
        """Ask a server for a file, by one request for its first byte, and return its reader.

        `fields`: headers of every request for it, wherever it leads; so they must hold no secrets. `public`:
        the URL comes from a server on the internet, and must not lead into a closed network.

        Raises `NotFound`, `LoginNeeded`, `RateLimited`, `ServerFailed`, `NetworkFailed`, `Stalled`,
        `TransferError`, `UsageError` (not a URL), `Interrupted`. Nothing is tried again here: see `again`.
        """
        asked = target(url)
        # The server's own failures count as such; a closed file of no bytes has no first byte to send.
        return _drained(_opened(self._wire, asked, fields, public))

    def call(
        self, url: str, fields: Mapping[str, str] = MappingProxyType({}), form: bytes | None = None
    ) -> bytes:
        """Return the body of an answer: to a GET, or to a POST of a form, encoded as such.

        Raises as `open` does, `TransferError` for a body of more than 16 MiB, and `Truncated`.
        """
        return _drained(_called(self._wire, target(url), _headers(dict(fields)), form))

    def close(self) -> None:
        """Close all idle connections."""
        self._wire.close()


class HttpReader:
    """A `Reader` of one file of the web; several threads may read at once. Use `Http.open`.

    Its name is the URL that was asked for, without credentials, and without what its query says; its version
    is what the server says of it. Where a server sends no parts (`ranges`), `read` reads all that precedes
    them. `media_type`: what the server says that it is, such as `text/html`; `date`: what it said that the
    time was when the file was opened; each empty where it does not.
    """

    path = None

    def __init__(
        self, wire: Wire, asked: Target, exchange: Exchange, fields: Mapping[str, str], public: bool
    ) -> None:
        """Learn the file's facts from the answer to a request for its first byte."""
        self._begun_public = public
        self._wire = wire
        self._fields = dict(fields)
        self._asked = asked
        self._there = exchange.target
        self._public = exchange.public
        empty = exchange.status == 416
        self.name = asked.name
        self.ranges = exchange.status == 206 or empty
        self.version = sensible(answers.version(exchange.status, exchange.headers), asked.name)
        self.media_type = exchange.headers.get("content-type", "").partition(";")[0].strip().lower()
        self.date = exchange.headers.get("date", "")

    def read(self, start: int, stop: int | None) -> Generator[bytes]:
        """Yield the bytes from `start` up to, not including, `stop` (None: the end), as they come.

        Yields `b""` a few times a second while nothing comes, so that a reader can stop. Raises `Changed`,
        `Truncated`, `Stalled`, `NetworkFailed`, `ServerFailed`, `RateLimited`, `NotFound`, `LoginNeeded`,
        other `TransferError`, and `Interrupted`. Closing the iterator ends the transfer.
        """
        size = self.version.size
        end = size if stop is None or (size is not None and stop > size) else stop
        if end is not None and start >= end:
            return
        ask = self._part(start, end) if self.ranges else self._whole()
        exchange = yield from ask
        with exchange:
            begins = start if self.ranges else 0
            stop = None if end is None else end - begins
            yield from _bounded(_cut(exchange, self.name, start - begins, stop), self.name)

    def _part(self, start: int, end: int | None) -> Generator[bytes, None, Exchange]:
        part = {"Range": f"bytes={start}-{'' if end is None else end - 1}"}
        headers = _headers({**self._fields, **part})
        if mark := answers.validator(self.version):
            headers["If-Range"] = mark
        exchange = yield from self._answer(headers)
        try:
            now = answers.version(exchange.status, exchange.headers)
            if error := answers.changed(self.version, now, self.name):
                raise error
            if exchange.status == 200 and _surely_same(self.version, now):
                raise ServerFailed(
                    f"{self.name} gave the whole file instead of the part that was asked for",
                    "Run again later, or give another --source.",
                )
            if exchange.status == 200:
                raise Changed(
                    f"{self.name} gave another version, or the whole, instead of the part that was asked for",
                    "Run again: it begins anew.",
                )
            _check_extent(exchange, self.name, start)
        except TransferError:
            exchange.close()
            raise
        return exchange

    def _whole(self) -> Generator[bytes, None, Exchange]:
        exchange = yield from self._answer(_headers(self._fields))
        now = answers.version(exchange.status, exchange.headers)
        if error := answers.changed(self.version, now, self.name):
            exchange.close()
            raise error
        return exchange

    def _answer(self, headers: dict[str, str]) -> Generator[bytes, None, Exchange]:
        """Ask where the first redirect led to; what that place no longer knows, ask for anew from the
        beginning."""
        exchange = yield from self._wire.ask(self._there, headers, self._public)
        if exchange.status in _MAY_HAVE_MOVED and self._there != self._asked:
            exchange.close()
            exchange = yield from self._wire.ask(self._asked, headers, self._begun_public)
            self._there, self._public = exchange.target, exchange.public
        return _accepted(exchange)


def _called(
    wire: Wire, asked: Target, headers: dict[str, str], form: bytes | None
) -> Generator[bytes, None, bytes]:
    exchange = yield from wire.ask(asked, headers, form=form)
    data = bytearray()
    with _accepted(exchange):
        for part in exchange.body():
            data += part
            if len(data) > _LARGEST_ANSWER:
                raise TransferError(f"{asked.name} gave an answer without end", "Give another --source.")
            yield b""
    return bytes(data)


def _opened(
    wire: Wire, asked: Target, fields: Mapping[str, str], public: bool
) -> Generator[bytes, None, HttpReader]:
    if public and is_closed(urlsplit(asked.url).hostname or ""):
        raise refused_redirect(asked.name, asked.host)
    exchange = yield from wire.ask(asked, _headers({**fields, "Range": "bytes=0-0"}), public)
    with exchange:
        # An empty file has no first byte: it is answered by 416 and its size.
        if not (exchange.status == 416 and answers.content_range(exchange.headers)[1] == 0):
            _accepted(exchange)
        if exchange.status == 206:
            _check_extent(exchange, asked.name, 0)
            yield from _cut(exchange, asked.name, 0, 1)
        return HttpReader(wire, asked, exchange, fields, public)


def _accepted(exchange: Exchange) -> Exchange:
    """Return an answer that brings the bytes of a file; raise what any other means, and close it."""
    try:
        if error := exchange.failure():
            raise error
        answers.check_encoding(exchange.headers, exchange.target.name)
    except TransferError:
        exchange.close()
        raise
    return exchange


def _surely_same(begun: Version, now: Version) -> bool:
    """Return whether two states that do not differ have a mark in common, too."""
    return begun.etag is not None and begun.etag == now.etag


def sensible(version: Version, name: str) -> Version:
    """Return the state of a file as a server told it. Raises `ServerFailed` for more bytes than `LARGEST`."""
    if version.size is not None and version.size > LARGEST:
        raise ServerFailed(
            f"{name} says that it has {version.size} bytes, as many as no movie has", "Give another --source."
        )
    return version


def _bounded(stream: Generator[bytes], name: str) -> Generator[bytes]:
    """Yield a stream; raise `TransferError` for one that does not end."""
    came = 0
    for data in stream:
        came += len(data)
        if came > LARGEST:
            raise TransferError(f"{name} gave {came} bytes and does not end", "Give another --source.")
        yield data


def _check_extent(exchange: Exchange, name: str, start: int) -> None:
    extent = answers.content_range(exchange.headers)[0]
    if extent is None or extent.start != start:
        said = plain(exchange.headers.get("content-range", "nothing"))
        raise ServerFailed(
            f"{name} answered with another part than the one from byte {start} (Content-Range: {said})",
            "Give another --source.",
        )


def _cut(exchange: Exchange, name: str, skip: int, end: int | None) -> Generator[bytes]:
    """Yield what lies between two offsets of a body; raise `Truncated` if it ends before."""
    at = 0
    for data in exchange.body():
        part = data[max(0, skip - at) : None if end is None else max(0, end - at)]
        at += len(data)
        complete = end is not None and at >= end
        if complete:
            exchange.settle()
        yield part
        if complete and not exchange.settled:
            return
    if end is not None and at < end:
        raise Truncated(
            f"{name} ended {end - at} bytes before it should", "Run again, or give another --source."
        )


def _headers(fields: dict[str, str]) -> dict[str, str]:
    return {"Accept": "*/*", "Accept-Encoding": "identity", **fields}


def _drained(steps: Generator[bytes, None, Result]) -> Result:
    """Return the result of a generator whose yields say only that it is waiting."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: Result = end.value
            return result


def _check(connections: int, proxy: str | None, rate: int | None, cookies: Path | None) -> None:
    if connections < 1:
        raise UsageError(f"{connections} connections are not enough", "Give --connections 1 or more.")
    if rate is not None and rate < 1:
        raise UsageError(f"A rate of {rate} bytes a second fetches nothing", "Give --limit-rate 1 or more.")
    if proxy and not (_PROXY.fullmatch(proxy) and _has_port(proxy)):
        raise UsageError(
            f"{shown(proxy)!r} is not a proxy",
            "Give a URL that begins with http, https, socks4, socks4a, socks5, socks5h; ports end at 65535.",
        )
    if cookies is not None and (why := unfit(cookies)) is not None:
        raise UsageError(why, ADVICE)


def _has_port(proxy: str) -> bool:
    """Return whether the port of a proxy is one, if it names one."""
    try:
        return urlsplit(f"//{proxy.rpartition('@')[2].rpartition('//')[2]}").port != 0
    except ValueError:
        return False
