"""How the mirror answers: whole files and ranges of them, at its speed, with its faults."""

import os
import re
import socket
import struct
import time
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast
from urllib.parse import unquote, urlsplit

from avakit.rehearsal.faults import Changes, Cut, Fault, NoLength, NoRanges, Short, Stall, Status, Wrong

if TYPE_CHECKING:
    from avakit.rehearsal.mirror import Mirror

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_CHUNK = 1 << 16


@dataclass
class Request:
    """One request as it came and was answered.

    `asked`: its Range header; `range`: the first byte that was to be sent and the one behind the last;
    `sent`: how many bytes of the body went out so far.
    """

    method: str
    path: str
    asked: str | None = None
    range: tuple[int, int] | None = None
    status: int = 0
    sent: int = 0


class _HasMirror(Protocol):
    mirror: "Mirror"


class Answering(BaseHTTPRequestHandler):
    """Answers GET and HEAD of one connection."""

    protocol_version = "HTTP/1.1"
    server_version = "Mirror"
    sys_version = ""
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Send a file, or the part that was asked for."""
        self._answer()

    def do_HEAD(self) -> None:
        """Send what GET would say before the body."""
        self._answer()

    def log_message(self, *_: object) -> None:
        """Print nothing: the mirror keeps its own log."""

    def _answer(self) -> None:
        mirror = cast(_HasMirror, self.server).mirror
        path = unquote(urlsplit(self.path).path)
        request = Request(self.command, path, self.headers.get("Range"))
        mirror.note(request)
        faults = mirror.faults_for(self.command, path)
        if mirror.delay:
            mirror.stopping.wait(mirror.delay)
        refusal = next((fault for fault in faults if isinstance(fault, Status)), None)
        file = mirror.folder.joinpath(*path.strip("/").split("/"))
        if refusal is not None:
            self._refuse(request, refusal.code, refusal.retry_after)
        elif ".." in path or "\\" in path or not file.is_file():
            self._refuse(request, HTTPStatus.NOT_FOUND)
        else:
            self._serve(mirror, request, file, faults)

    def _refuse(self, request: Request, code: int, retry_after: int | None = None) -> None:
        request.status = code
        body = f"{code}\n".encode()
        self.send_response(code)
        if retry_after is not None:
            self.send_header("Retry-After", str(retry_after))
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _serve(self, mirror: "Mirror", request: Request, file: Path, faults: list[Fault]) -> None:
        facts = file.stat()
        changed = any(isinstance(fault, Changes) for fault in faults)
        etag = f'"{facts.st_size:x}-{facts.st_mtime_ns:x}{"-new" if changed else ""}"'
        modified = formatdate(int(facts.st_mtime) + 60 * changed, usegmt=True)
        ranged = not any(isinstance(fault, NoRanges | NoLength) for fault in faults)
        span = self._span(facts.st_size, (etag, modified)) if ranged else (0, facts.st_size, False)
        if span is None:
            request.status = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
            self.send_response(request.status)
            self.send_header("Content-Range", f"bytes */{facts.st_size}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        start, stop, partial = span
        request.range = (start, stop)
        request.status = HTTPStatus.PARTIAL_CONTENT if partial else HTTPStatus.OK
        self.send_response(request.status)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("ETag", etag)
        self.send_header("Last-Modified", modified)
        if ranged:
            self.send_header("Accept-Ranges", "bytes")
        if partial:
            self.send_header("Content-Range", f"bytes {start}-{stop - 1}/{facts.st_size}")
        if any(isinstance(fault, NoLength) for fault in faults):
            self.send_header("Connection", "close")
        else:
            self.send_header("Content-Length", str(stop - start))
        self.end_headers()
        if self.command != "HEAD":
            Body(mirror, request, self.connection, faults).send(file, start, stop)
            self.close_connection |= any(isinstance(fault, Cut | Short) for fault in faults)

    def _span(self, size: int, validators: tuple[str, str]) -> tuple[int, int, bool] | None:
        """Return the bytes to send and whether they are a part; None if there are no such bytes."""
        match = _RANGE.fullmatch(self.headers.get("Range", ""))
        condition = self.headers.get("If-Range")
        if not match or match[0] == "bytes=-" or (condition is not None and condition not in validators):
            return 0, size, False
        if match[1]:
            start, stop = int(match[1]), min(int(match[2]) + 1, size) if match[2] else size
        else:
            start, stop = max(size - int(match[2]), 0), size
        return (start, stop, True) if start < stop else None


class Body:
    """The body of one answer on its way, with the faults that befall it."""

    def __init__(
        self, mirror: "Mirror", request: Request, connection: socket.socket, faults: list[Fault]
    ) -> None:
        self.mirror, self.request, self.connection = mirror, request, connection
        self.wrong = [fault for fault in faults if isinstance(fault, Wrong)]
        self.stalls = {fault.after: fault.seconds for fault in faults if isinstance(fault, Stall)}
        self.cut = next((fault.after for fault in faults if isinstance(fault, Cut)), None)
        self.short = next((fault.by for fault in faults if isinstance(fault, Short)), 0)

    def send(self, path: Path, start: int, stop: int) -> None:
        """Send the bytes of a file from `start` to `stop`, or as far as the faults let it."""
        end = max(stop - self.short, start)
        if self.cut is not None:
            end = min(end, start + self.cut)
        began, rate = time.monotonic(), self.mirror.rate
        chunk = _CHUNK if rate is None else max(min(_CHUNK, int(rate / 50)), 1)
        with path.open("rb") as file:
            file.seek(start)
            at = start
            while at < end and not self.mirror.stopping.is_set():
                self._stall(at - start)
                borders = [start + after for after in self.stalls if start + after > at]
                data = file.read(min([at + chunk, end, *borders]) - at)
                if not data:
                    break
                self._push(self._spoil(data, at))
                at += len(data)
                if rate is not None:
                    self.mirror.stopping.wait(max(began + (at - start) / rate - time.monotonic(), 0))
        if self.cut is not None and end < stop:
            linger = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.close()

    def _push(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            count = self.connection.send(view)
            self.request.sent += count
            view = view[count:]

    def _stall(self, done: int) -> None:
        if done in self.stalls:
            self.mirror.stopping.wait(self.stalls[done])

    def _spoil(self, data: bytes, at: int) -> bytes:
        for fault in self.wrong:
            first = max(fault.at - at, 0)
            last = min(fault.at + fault.length - at, len(data))
            if first < last:
                data = data[:first] + bytes(byte ^ 0xFF for byte in data[first:last]) + data[last:]
        return data
