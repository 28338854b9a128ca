"""Places that have videos and fail as they are told: a directory page behind a password, and a bucket."""

import base64
import http.client
import tempfile
from html import escape
from http import HTTPStatus
from pathlib import Path
from typing import cast
from urllib.parse import quote, unquote, urlsplit

from avakit.rehearsal.answers import Answering
from avakit.rehearsal.body import Body
from avakit.rehearsal.faults import Cut, Fault, NoRanges, Redirect, Says, Short, Status, WrongRange
from avakit.rehearsal.mirror import Mirror
from avakit.rehearsal.request import Request

USER, PASSWORD = "ava user", "s3cr:t pä%ss"
_LOGIN = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
_OWN = {"connection", "content-length", "content-range", "date", "server", "transfer-encoding"}


class _Pages(Answering):
    """Shows folders as nginx does, to those who say who they are."""

    def _answer(self) -> None:
        mirror = cast(Listing, self.server.mirror)  # type: ignore[attr-defined]
        path = unquote(urlsplit(self.path).path)
        if self.headers.get("Authorization") != _LOGIN:
            request = Request(self.command, path, self.headers.get("Range"))
            self._refuse(request, HTTPStatus.UNAUTHORIZED, {"WWW-Authenticate": 'Basic realm="AVA"'})
        elif path.endswith("/"):
            self._page(mirror.folder.joinpath(*path.strip("/").split("/")))
        else:
            super()._answer()

    def _page(self, folder: Path) -> None:
        rows = ['<a href="../">../</a>']
        for one in sorted(folder.iterdir()):
            name = f"{one.name}/" if one.is_dir() else one.name
            size = "-" if one.is_dir() else str(one.stat().st_size)
            rows.append(f'<a href="{quote(name)}">{escape(name)}</a> 01-Jun-2017 12:00 {size}')
        body = "<html><body><pre>{}</pre></body></html>".format("\n".join(rows)).encode()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Listing(Mirror):
    """A mirror's folder as directory pages, behind `USER` and `PASSWORD`."""

    answering = _Pages


class _Passing(Answering):
    """Hands requests on to another server, with faults of its own."""

    def _answer(self) -> None:
        front = cast(Front, self.server.mirror)  # type: ignore[attr-defined]
        path = unquote(urlsplit(self.path).path)
        request = Request(self.command, path, self.headers.get("Range"))
        front.note(request)
        faults = front.faults_for(self.command, path)
        refusal = next((fault for fault in faults if isinstance(fault, Status | Redirect | Says)), None)
        if isinstance(refusal, Says):
            self._say(front, request, refusal)
        elif isinstance(refusal, Redirect):
            self._refuse(request, HTTPStatus.FOUND, {"Location": refusal.to})
        elif refusal is not None:
            self._refuse(request, refusal.code)
        else:
            self._hand_on(front, request, faults)

    def _hand_on(self, front: "Front", request: Request, faults: list[Fault]) -> None:
        headers = dict(self.headers)
        if any(isinstance(fault, NoRanges) for fault in faults):
            headers.pop("range", None)
            headers.pop("Range", None)
        there = http.client.HTTPConnection(urlsplit(front.behind).netloc, timeout=20)
        there.request(self.command, self.path, headers=headers)
        answer = there.getresponse()
        data = answer.read()
        there.close()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in _OWN:
                self.send_header(name, value)
        if extent := answer.getheader("Content-Range"):
            span, _, size = extent.removeprefix("bytes ").partition("/")
            beside = sum(fault.by for fault in faults if isinstance(fault, WrongRange))
            first, last = (int(one) + beside for one in span.split("-"))
            self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
        self.send_header("Content-Length", answer.getheader("Content-Length") or str(len(data)))
        self.end_headers()
        if data:
            with tempfile.NamedTemporaryFile() as file:
                file.write(data)
                file.flush()
                Body(front, request, self.connection, faults).send(Path(file.name), 0, len(data))
            self.close_connection |= any(isinstance(fault, Cut | Short) for fault in faults)


class Front(Mirror):
    """Stands before a server, and answers as that does, with faults."""

    answering = _Passing

    def __init__(self, behind: str, faults: dict[str, list[Fault]]) -> None:
        super().__init__(Path(), faults=faults)
        self.behind = behind


def put(server: str, path: str, data: bytes) -> None:
    """Put an object, or a bucket, into a server that asks nobody who it is."""
    there = http.client.HTTPConnection(urlsplit(server).netloc, timeout=20)
    there.request("PUT", path, data, {"Content-Type": "application/octet-stream"})
    assert there.getresponse().status == 200
    there.close()
