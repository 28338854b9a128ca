"""Requests and their answers, on connections that are kept: redirects, stalls, the governor's places and its
rate.

Whatever waits here is a generator that yields `b""` several times a second, so that who reads can stop at any
time.
"""

import time
from collections import defaultdict
from collections.abc import Generator, Mapping
from threading import Event, Lock
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from avakit.errors import NetworkFailed, Stalled, TransferError
from avakit.transfer.address import Target, is_closed, redirected
from avakit.transfer.again import LONGEST_WAIT, interrupted, pause_of
from avakit.transfer.answers import REDIRECTS, failure
from avakit.transfer.curl import Line, Manner
from avakit.transfer.failures import Circumstances, connection_error, refused_redirect
from avakit.transfer.governor import Governor
from avakit.transfer.ranges import KIB

MOST_REDIRECTS = 10
LEAST_RATE = KIB
"""Bytes a second; who gives less over a whole stall time is stalled."""

_BEAT = 0.25


class Exchange:
    """One request and its answer. `close` gives the connection and the governor's place back."""

    def __init__(self, wire: "Wire", line: Line, target: Target, public: bool) -> None:
        """Stand for a request on `line`, which has begun. `public`: the first server asked is on the
        internet."""
        self.target = target
        self.public = public
        self.line = line
        self._wire = wire
        self._early: list[bytes] = []
        self._closed = False
        self._quiet = 0.0
        self._waited = 0.0
        self._came = 0

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        """Close it."""
        self.close()

    @property
    def status(self) -> int:
        """The status of the answer."""
        return self.line.status

    @property
    def headers(self) -> Mapping[str, str]:
        """Its header fields, by lower-case name."""
        return self.line.headers

    def head(self) -> Generator[bytes]:
        """Wait for status and headers."""
        while not self.line.headed and not self.line.done:
            if data := self._step():
                self._early.append(data)
            else:
                yield b""
        if not self.line.headed:
            self._check()
            # libcurl takes what there is of the headers for all of them.
            raise NetworkFailed(
                f"The connection to {self.target.name} ended before its answer was complete",
                "Run again later, or give another --source.",
            )

    def body(self) -> Generator[bytes]:
        """Yield the bytes of the body as they come. Raises `Truncated`, `Stalled`, `NetworkFailed`."""
        for data in self._early:
            yield from self._hand_on(data)
        while not self.line.done:
            yield from self._hand_on(self._step())
        self._check()

    def settle(self) -> None:
        """Let the end of a body be seen that has been read to its last byte, so that the connection can be
        kept."""
        if not self.line.done:
            self.line.step(0)

    @property
    def settled(self) -> bool:
        """Whether the body has come to a good end."""
        return self.line.done and self.line.failed is None

    def failure(self) -> TransferError | None:
        """Return the error that the answer stands for; its host is left alone for as long as it asks.

        One that asks for fewer requests and does not say for how long is left alone for the cause's pause.
        """
        error = failure(self.status, self.headers, self.target.name)
        if error is not None and 0 < (wait := pause_of(error)) <= LONGEST_WAIT:
            self._wire.governor.pause(self.target.host, wait)
        return error

    def close(self) -> None:
        """Finish; a body that is not read to its end costs the connection."""
        if not self._closed:
            self._closed = True
            self._wire.give_back(self.line, self.target)

    def _hand_on(self, data: bytes) -> Generator[bytes]:
        yield data
        wait = self._wire.governor.spend(len(data))
        while wait > 0:
            self._wire.check_stop()
            time.sleep(min(wait, _BEAT))
            wait -= _BEAT
            yield b""

    def _step(self) -> bytes:
        """Take what arrived. Only time spent waiting here counts as the server's: readers may be slow."""
        self._wire.check_stop()
        began = time.monotonic()
        data = self.line.step(_BEAT)
        passed = time.monotonic() - began
        self._quiet = 0.0 if data else self._quiet + passed
        self._waited += passed
        self._came += len(data)
        stall = self._wire.stall
        if self._quiet >= stall and not self.line.done:
            raise self._stalled("gave nothing")
        if self._waited >= stall:
            if self._came < LEAST_RATE * stall and self.line.headed and not self.line.done:
                raise self._stalled(f"gave {self._came} bytes")
            self._waited, self._came = 0.0, 0
        return data

    def _stalled(self, what: str) -> Stalled:
        return Stalled(
            f"{self.target.name} {what} for {self._wire.stall:g} seconds",
            "Run again: it goes on where it was.",
        )

    def _check(self) -> None:
        if self.line.failed is not None:
            line = self.line
            at = Circumstances(self.target.name, line.proxied, line.tunnel_status, line.refused)
            raise connection_error(self.line.failed, at)


class Wire:
    """The connections of a run: idle ones by server, and who may use how many."""

    def __init__(
        self, manner: Manner, governor: Governor, stall: float, stop: Event, *, proxies: bool
    ) -> None:
        """Begin without any. `proxies`: some proxy is set, so addresses of connections say nothing of
        servers."""
        self.governor = governor
        self.stall = stall
        self.stop = stop
        self._manner = manner
        self._proxies = proxies
        self._idle: defaultdict[tuple[str, bool], list[Line]] = defaultdict(list)
        self._lock = Lock()
        self._closed = False

    def check_stop(self) -> None:
        """Raise `Interrupted` if the run was stopped."""
        if self.stop.is_set():
            raise interrupted()

    def ask(
        self, target: Target, headers: Mapping[str, str], public: bool = False, form: bytes | None = None
    ) -> Generator[bytes, None, Exchange]:
        """Return the answer to a GET, behind its redirects, or to a POST of a form, which is not sent on; it
        is to be closed.

        Redirects lead to http and https alone, at most 10 in a row, and never from a server on the internet
        to one in a closed network. `public`: the first server is known to be on the internet, and must be.
        """
        for hop in range(MOST_REDIRECTS + 1):
            exchange = yield from self._get(target, headers, public, form)
            location = exchange.headers.get("location")
            if exchange.status not in REDIRECTS or not location or form is not None:
                return exchange
            with exchange:
                public = public or (hop == 0 and self._on_the_internet(exchange))
                there = redirected(target, location)
                host = urlsplit(there.url).hostname or ""
                if public and is_closed(host):
                    raise refused_redirect(target.name, host)
            target = there
        raise TransferError(
            f"{target.name} sends on and on, more than {MOST_REDIRECTS} times", "Check the URL."
        )

    def give_back(self, line: Line, target: Target) -> None:
        """Take a connection back, and the governor's place with it."""
        line.end()
        self.governor.leave(target.host)
        with self._lock:
            keep = not self._closed
            if keep:
                self._idle[target.origin, line.guarded].append(line)
        if not keep:
            line.close()

    def close(self) -> None:
        """Close all idle connections; one in use is closed when it comes back."""
        with self._lock:
            self._closed = True
            lines = [line for idle in self._idle.values() for line in idle]
            self._idle.clear()
        for line in lines:
            line.close()

    def _get(
        self, target: Target, headers: Mapping[str, str], public: bool, form: bytes | None
    ) -> Generator[bytes, None, Exchange]:
        for _ in self.governor.turn(target.host, self.stop):
            yield b""
        exchange: Exchange | None = None
        try:
            exchange = Exchange(self, self._take(target, public and not self._proxies), target, public)
            exchange.line.begin(target, headers, form)
            yield from exchange.head()
        except BaseException:
            if exchange is None:
                self.governor.leave(target.host)
            else:
                exchange.close()
            raise
        return exchange

    def _take(self, target: Target, guarded: bool) -> Line:
        with self._lock:
            idle = self._idle[target.origin, guarded]
            if idle:
                return idle.pop()
        return Line(self._manner, guarded=guarded)

    def _on_the_internet(self, exchange: Exchange) -> bool:
        if is_closed(urlsplit(exchange.target.url).hostname or ""):
            return False
        return self._proxies or not is_closed(exchange.line.address)
