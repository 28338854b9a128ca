"""Servers on loopback: a real one, and one that does exactly what a test tells it to."""

import contextlib
import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

CONF = """
{user}worker_processes 1; daemon off; pid {root}/nginx.pid; error_log {root}/error.log;
events {{ }}
http {{
  access_log off; client_body_temp_path {root}/b; proxy_temp_path {root}/p; fastcgi_temp_path {root}/f;
  uwsgi_temp_path {root}/u; scgi_temp_path {root}/s; types {{ video/mp4 mp4; text/html html; text/csv csv; }}
  default_type application/octet-stream;
  server {{ listen 127.0.0.1:{port}; root {root}/www; }}
}}
"""


@dataclass(frozen=True)
class Nginx:
    url: str
    www: Path


@contextlib.contextmanager
def nginx(root: Path) -> Iterator[Nginx]:
    (root / "www").mkdir(parents=True)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    # Started by root, it would work as another user, who may not read what a test writes.
    user = "user root; " if hasattr(os, "geteuid") and os.geteuid() == 0 else ""
    (root / "nginx.conf").write_text(CONF.format(root=root, port=port, user=user))
    command = [
        "/usr/sbin/nginx",
        "-p",
        str(root),
        "-c",
        str(root / "nginx.conf"),
        "-e",
        str(root / "error.log"),
    ]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.05)
        yield Nginx(f"http://127.0.0.1:{port}", root / "www")
    finally:
        process.terminate()
        process.wait(10)


@dataclass(frozen=True)
class Request:
    path: str
    headers: dict[str, str]
    number: int
    """How many came before, over all connections."""

    @property
    def span(self) -> tuple[int, int]:
        first, _, last = self.headers.get("range", "bytes=0-0").removeprefix("bytes=").partition("-")
        return int(first), int(last or 10**12) + 1


Answer = Callable[[Request, socket.socket], object]


class Scripted:
    """Calls `answer(request, connection)`; the connection is kept if that returns True."""

    def __init__(self, answer: Answer) -> None:
        self.requests: list[Request] = []
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._open.add(connection)
            self._threads.append(threading.Thread(target=self._serve, args=(connection,), daemon=True))
            self._threads[-1].start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            while (request := self._read(connection)) and self._answer(request, connection):
                pass
        self._open.discard(connection)

    def _read(self, connection: socket.socket) -> Request | None:
        raw = b""
        while b"\r\n\r\n" not in raw:
            data = connection.recv(4096)
            if not data:
                return None
            raw += data
        first, *lines = raw.decode("latin-1").strip().split("\r\n")
        pairs = (line.partition(":") for line in lines)
        headers = {key.lower(): value.strip() for key, _, value in pairs}
        with self._lock:
            self.requests.append(Request(first.split()[1], headers, len(self.requests)))
            return self.requests[-1]


def say(connection: socket.socket, status: str, body: bytes = b"", **headers: object) -> bool:
    """Send a whole answer; `content_length=None` leaves that header out."""
    fields: dict[str, object] = {"content_length": len(body), **headers}
    lines = [f"{key.replace('_', '-')}: {value}" for key, value in fields.items() if value is not None]
    connection.sendall("\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode() + body)
    return True


def part(connection: socket.socket, request: Request, data: bytes, **headers: object) -> bool:
    """Answer a request for a range as a good server does."""
    start, stop = request.span
    stop = min(stop, len(data))
    return say(
        connection,
        "206 Partial Content",
        data[start:stop],
        content_range=f"bytes {start}-{stop - 1}/{len(data)}",
        **{"etag": '"one"', **headers},
    )
