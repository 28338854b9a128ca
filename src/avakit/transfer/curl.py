"""One connection: a libcurl handle that is driven step by step, so that its bytes can be handed on as they
come."""

import os
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import pycurl

from avakit.transfer.address import Target, is_closed
from avakit.transfer.certificates import Authorities, authorities
from avakit.transfer.cookies import Jar
from avakit.transfer.ranges import KIB

CONNECT_SECONDS = 15

# CURLOPT_SUPPRESS_CONNECT_HEADERS, nameless in pycurl: what a proxy says of its tunnel is not the answer.
_SUPPRESS_CONNECT_HEADERS = 265

_LOOK_AGAIN = 0.01

_LOOPBACK_BUFFER = 128 * KIB
"""What the kernel may hold of a connection within this machine (a local proxy, a tunnel): cheap there.

What lies there when the process is killed comes twice: with this, 192 KiB at most were seen, without, 450.
For all others the system's own growing buffer stays: this one would hold a connection to 2.6 MB/s at 50 ms,
0.6 at 200.
"""


@dataclass(frozen=True)
class Manner:
    """How all requests of a run are made. `proxy` None leaves it to the environment's variables."""

    user_agent: str
    proxy: str | None = field(default=None, repr=False)
    jar: Jar | None = field(default=None, repr=False)
    buffer: int = 16 * KIB


@dataclass
class Failed:
    """Why libcurl gave up: its code and its own words."""

    code: int
    text: str


class _Address(Protocol):
    """What libcurl says of the socket that it needs."""

    family: int
    socktype: int
    protocol: int
    addr: tuple[str, int]


class Line:
    """A connection that is kept alive from request to request; one request at a time.

    A `guarded` one connects to no address of a closed network (one's own machine or local network).
    """

    def __init__(self, manner: Manner, *, guarded: bool) -> None:
        """Make a handle; it connects with the first request."""
        self.guarded = guarded
        self.refused: str | None = None
        self.status = 0
        self.headers: dict[str, str] = {}
        self.headed = False
        self.failed: Failed | None = None
        self.done = True
        self._chunks: list[bytes] = []
        self._handed: list[socket.socket] = []
        self._multi = pycurl.CurlMulti()
        self._easy = pycurl.Curl()
        self._configure(manner)

    def begin(self, target: Target, headers: Mapping[str, str], form: bytes | None = None) -> None:
        """Start a GET, or a POST of a form; nothing is sent before the first `step`."""
        self.status, self.headers, self.headed = 0, {}, False
        self.failed, self.refused = None, None
        self._chunks.clear()
        easy = self._easy
        easy.setopt(pycurl.URL, target.url)
        if form is None:
            easy.setopt(pycurl.HTTPGET, 1)
        else:
            easy.setopt(pycurl.POST, 1)
            easy.setopt(pycurl.COPYPOSTFIELDS, form)
        lines = [f"{key}: {value}".encode("latin-1") for key, value in headers.items()]
        easy.setopt(pycurl.HTTPHEADER, lines)
        if target.user is None:
            easy.unsetopt(pycurl.USERNAME)
            easy.unsetopt(pycurl.PASSWORD)
        else:
            easy.setopt(pycurl.USERNAME, target.user.encode())
            easy.setopt(pycurl.PASSWORD, (target.password or "").encode())
        self._multi.add_handle(easy)
        self.done = False

    def step(self, patience: float) -> bytes:
        """Take what has arrived, waiting at most `patience` seconds if there is nothing."""
        self._perform()
        if not self._chunks and not self.done:
            # libcurl has no timer (-1), or wants to be called again after so many milliseconds.
            timer = self._multi.timeout()
            if timer:
                pause = patience if timer < 0 else min(patience, timer / 1000)
                if self._multi.select(pause) < 0:
                    # Nothing to wait for yet, as while a name is looked up.
                    time.sleep(min(pause, _LOOK_AGAIN))
            self._perform()
        data = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        self._chunks.clear()
        return data

    @property
    def tunnel_status(self) -> int:
        """What the proxy answered when it was asked for a tunnel, 0 if it was not."""
        return int(self._easy.getinfo(pycurl.HTTP_CONNECTCODE))

    @property
    def proxied(self) -> bool:
        """Whether the last request went through a proxy."""
        return bool(self._easy.getinfo(pycurl.USED_PROXY))

    @property
    def address(self) -> str:
        """The address that the last request was sent to."""
        return str(self._easy.getinfo(pycurl.PRIMARY_IP) or "")

    def end(self) -> None:
        """Finish the request. A connection with bytes still to come is closed, any other is kept."""
        self._multi.remove_handle(self._easy)
        self.done = True

    def close(self) -> None:
        """Close the connection."""
        self._multi.close()
        self._easy.close()

    def _configure(self, manner: Manner) -> None:
        easy = self._easy
        easy.setopt(pycurl.NOSIGNAL, 1)
        easy.setopt(pycurl.FOLLOWLOCATION, 0)
        easy.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
        easy.setopt(pycurl.CONNECTTIMEOUT, CONNECT_SECONDS)
        easy.setopt(pycurl.NETRC, pycurl.NETRC_OPTIONAL)
        easy.setopt(pycurl.SSL_VERIFYPEER, 1)
        easy.setopt(pycurl.SSL_VERIFYHOST, 2)
        easy.setopt(pycurl.PROXY_SSL_VERIFYPEER, 1)
        easy.setopt(pycurl.PROXY_SSL_VERIFYHOST, 2)
        self._trust(authorities())
        easy.setopt(_SUPPRESS_CONNECT_HEADERS, 1)
        easy.setopt(pycurl.TCP_KEEPALIVE, 1)
        easy.setopt(pycurl.BUFFERSIZE, manner.buffer)
        easy.setopt(pycurl.USERAGENT, manner.user_agent)
        easy.setopt(pycurl.WRITEFUNCTION, self._chunks.append)
        easy.setopt(pycurl.HEADERFUNCTION, self._on_header)
        easy.setopt(pycurl.OPENSOCKETFUNCTION, self._open_socket)
        if manner.proxy is not None:
            easy.setopt(pycurl.PROXY, manner.proxy.encode())
        if manner.jar is not None:
            easy.setopt(pycurl.SHARE, manner.jar.share)
            easy.setopt(pycurl.COOKIEFILE, "")  # no file: it sends cookies at all

    def _trust(self, known: Authorities) -> None:
        easy = self._easy
        if known.file is not None:
            easy.setopt(pycurl.CAINFO, os.fsencode(known.file))
            easy.setopt(pycurl.PROXY_CAINFO, os.fsencode(known.file))
        elif known.folder is not None:
            easy.setopt(pycurl.CAPATH, os.fsencode(known.folder))
            easy.setopt(pycurl.PROXY_CAPATH, os.fsencode(known.folder))
        else:
            easy.setopt(pycurl.SSL_OPTIONS, pycurl.SSLOPT_NATIVE_CA)
            easy.setopt(pycurl.PROXY_SSL_OPTIONS, pycurl.SSLOPT_NATIVE_CA)

    def _perform(self) -> None:
        _, running = self._multi.perform()
        # libcurl has its own duplicate by now; with this one open, its closing would not reach the server.
        while self._handed:
            self._handed.pop().close()
        if not running:
            _, _, failed = self._multi.info_read()
            for _, code, text in failed:
                self.failed = Failed(code, text)
            self.done = True

    def _on_header(self, raw: bytes) -> None:
        line = raw.decode("latin-1").strip()
        if line.startswith("HTTP/"):
            code = line.split()[1:2]
            self.status = int(code[0]) if code and code[0].isdecimal() else 0
            self.headers, self.headed = {}, False
        elif not line:
            # Of an announcement such as "100 Continue" the real answer is still to come.
            self.headed = self.status >= 200
        else:
            key, _, value = line.partition(":")
            self.headers.setdefault(key.strip().lower(), value.strip())

    def _open_socket(self, purpose: int, address: _Address) -> socket.socket | int:
        ip = str(address.addr[0])
        if self.guarded and is_closed(ip):
            self.refused = ip
            return int(pycurl.SOCKET_BAD)
        made = socket.socket(address.family, address.socktype, address.protocol)
        if ip.startswith("127.") or ip == "::1":
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _LOOPBACK_BUFFER)
        self._handed.append(made)
        return made
