"""A mirror on this machine that serves a folder as CVDF does, as slowly and as badly as one asks for.

>>> import tempfile, urllib.request
>>> from pathlib import Path
>>> from avakit.rehearsal.faults import Status
>>> folder = tempfile.TemporaryDirectory()
>>> _ = Path(folder.name, "hello.txt").write_text("hello")
>>> with Mirror(Path(folder.name), faults={"/hello.txt": Status(503, times=1)}) as mirror:
...     for _ in range(2):
...         try:
...             with urllib.request.urlopen(f"{mirror.url}/hello.txt") as answer:
...                 print(answer.read())
...         except urllib.error.HTTPError as error:
...             print(error.code)
...             error.close()
503
b'hello'
>>> mirror.sent("/hello.txt")
5
>>> folder.cleanup()
"""

import socket
import sys
import threading
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from http.server import ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self

from avakit.rehearsal.answers import Answering
from avakit.rehearsal.faults import Changes, Cut, Fault, NoRanges, Short, Stall, Trickle, Wrong
from avakit.rehearsal.request import Request

__all__ = ["Mirror", "Request"]


class Mirror:
    """Serve `folder` on a free port of 127.0.0.1: `/trainval/<id>.<ext>` is `folder/trainval/<id>.<ext>`.

    `delay`: seconds before each answer; `rate`: bytes a second and connection; `faults`: by path, as a
    pattern of fnmatch, such as `/trainval/*`. `log` holds every request in the order of arrival. A subclass
    may answer in another way, by an `answering` of its own.
    """

    answering: type[Answering] = Answering

    def __init__(
        self,
        folder: Path,
        *,
        delay: float = 0.0,
        rate: float | None = None,
        faults: Mapping[str, Fault | Sequence[Fault]] | None = None,
    ) -> None:
        self.folder, self.delay, self.rate = folder, delay, rate
        self.log: list[Request] = []
        self.stopping = threading.Event()
        self._faults = [
            (pattern, fault)
            for pattern, some in (faults or {}).items()
            for fault in (some if isinstance(some, Sequence) else [some])
        ]
        self._seen: dict[tuple[int, str], int] = {}
        self._lock = threading.Lock()
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where the folder is served, without a slash at the end. Raises RuntimeError if it is not."""
        if self._server is None:
            raise RuntimeError("The mirror is not open.")
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def sent(self, path: str | None = None) -> int:
        """Return how many bytes of bodies went out, of one path or of all."""
        return sum(request.sent for request in self.requests(path))

    def requests(self, path: str | None = None) -> list[Request]:
        """Return the requests of one path, or all."""
        with self._lock:
            return [request for request in self.log if path in (None, request.path)]

    def note(self, request: Request) -> None:
        """Take a request into the log."""
        with self._lock:
            self.log.append(request)

    def faults_for(self, method: str, path: str) -> list[Fault]:
        """Return the faults that act on this request, and count it against their `times`."""
        acting = []
        with self._lock:
            for index, (pattern, fault) in enumerate(self._faults):
                body = isinstance(fault, Cut | Short | Wrong | Stall | Trickle)
                if not fnmatchcase(path, pattern) or (body and method == "HEAD"):
                    continue
                seen = self._seen.get((index, path), 0)
                self._seen[(index, path)] = seen + 1
                since = fault.after if isinstance(fault, Changes | NoRanges) else 0
                if seen >= since and (fault.times is None or seen < since + fault.times):
                    acting.append(fault)
        return acting

    def __enter__(self) -> Self:
        """Begin to serve."""
        self.stopping.clear()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="mirror")
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End every connection and thread. Raises RuntimeError if the mirror itself was at fault."""
        server, thread = self._server, self._thread
        if server is None or thread is None:
            return
        self.stopping.set()
        server.shutdown()
        thread.join()
        server.end_connections()
        server.server_close()
        self._server = self._thread = None
        if server.bugs:
            raise RuntimeError("The mirror failed by itself.") from server.bugs[0]


class _Server(ThreadingHTTPServer):
    """One thread a connection, all of them joined at the end."""

    daemon_threads = False
    block_on_close = True
    request_queue_size = 128

    def __init__(self, mirror: Mirror) -> None:
        self.mirror = mirror
        self.bugs: list[BaseException] = []
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), mirror.answering)

    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        """Accept a connection. A small buffer, so that bytes counted are bytes that went."""
        connection, address = super().get_request()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 16)
        with self._lock:
            self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        """Close a connection."""
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def end_connections(self) -> None:
        """Wake every thread that waits for its client."""
        with self._lock:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue  # the client was faster

    def handle_error(self, request: object, client_address: object) -> None:
        """Keep a bug for the end; a client that hangs up is none."""
        error = sys.exception()
        if error is not None and not isinstance(error, OSError):
            self.bugs.append(error)
