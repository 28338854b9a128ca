"""How the mirror answers: whole files and ranges of them, at its speed, with its faults."""

import re
import time
from collections.abc import Mapping
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol, cast
from urllib.parse import unquote, urlsplit

from avakit.rehearsal.body import Body, push
from avakit.rehearsal.faults import (
    Changes,
    Cut,
    Fault,
    Lies,
    NoLength,
    NoRanges,
    Redirect,
    Says,
    Short,
    Status,
    WrongRange,
)
from avakit.rehearsal.request import Request

if TYPE_CHECKING:
    from avakit.rehearsal.mirror import Mirror

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


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
        refusal = next((fault for fault in faults if isinstance(fault, Status | Redirect | Says)), None)
        file = mirror.folder.joinpath(*path.strip("/").split("/"))
        if isinstance(refusal, Says):
            self._say(mirror, request, refusal)
        elif isinstance(refusal, Redirect):
            self._refuse(request, HTTPStatus.FOUND, {"Location": refusal.to})
        elif refusal is not None:
            self._refuse(request, refusal.code, _wait(refusal))
        elif ".." in path or "\\" in path or not file.is_file():
            self._refuse(request, HTTPStatus.NOT_FOUND)
        else:
            self._serve(mirror, request, file, faults)

    def _say(self, mirror: "Mirror", request: Request, said: Says) -> None:
        self.close_connection = True
        data = said.first
        while data and not mirror.stopping.is_set():
            push(self.connection, request, data)
            data = said.then
            mirror.stopping.wait(said.pause)

    def _refuse(self, request: Request, code: int, fields: Mapping[str, str] = MappingProxyType({})) -> None:
        request.status = code
        body = f"{code}\n".encode()
        self.send_response(code)
        for key, value in fields.items():
            self.send_header(key, value)
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
        size = max(facts.st_size + sum(fault.by for fault in faults if isinstance(fault, Lies)), 0)
        span = self._span(size, (etag, modified)) if ranged else (0, size, False)
        if span is None:
            request.status = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
            self.send_response(request.status)
            self.send_header("Content-Range", f"bytes */{size}")
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
            beside = sum(fault.by for fault in faults if isinstance(fault, WrongRange))
            self.send_header("Content-Range", f"bytes {start + beside}-{stop - 1 + beside}/{size}")
        if any(isinstance(fault, NoLength) for fault in faults):
            self.send_header("Connection", "close")
        else:
            self.send_header("Content-Length", str(stop - start))
        self.end_headers()
        if self.command != "HEAD":
            Body(mirror, request, self.connection, faults).send(file, start, stop)
            self.close_connection |= any(isinstance(fault, Cut | Short | Lies) for fault in faults)

    def _span(self, size: int, validators: tuple[str, str]) -> tuple[int, int, bool] | None:
        """Return the bytes to send and whether they are a part; None if there are no such bytes."""
        condition = self.headers.get("If-Range")
        if condition is not None and condition not in validators:
            return 0, size, False
        return span_of(self.headers.get("Range", ""), size)


def span_of(header: str, size: int) -> tuple[int, int, bool] | None:
    """Return which bytes of a file a Range header asks for, and whether they are a part; None if there are
    no such bytes.
    """
    match = _RANGE.fullmatch(header)
    if not match or match[0] == "bytes=-":
        return 0, size, False
    if match[1]:
        start, stop = int(match[1]), min(int(match[2]) + 1, size) if match[2] else size
    else:
        start, stop = max(size - int(match[2]), 0), size
    return (start, stop, True) if start < stop else None


def _wait(refusal: Status) -> dict[str, str]:
    """Return the header that asks to wait, if one is to."""
    if refusal.retry_after is None:
        return {}
    seconds = refusal.retry_after
    return {"Retry-After": formatdate(time.time() + seconds, usegmt=True) if refusal.dated else str(seconds)}
