"""A netdisk on this machine that speaks as Baidu's does: shares with codes, saving, links that expire.

What it asks of who comes is what the real one asks: the cookie BDUSS of a login, the cookie BDCLND of a code
that was right, a token for what changes something, and the right User-Agent for files.
"""

import json
import socket
import threading
from collections.abc import Callable, Mapping
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, cast
from urllib.parse import parse_qs, quote, urlsplit
from zlib import crc32

from avakit.rehearsal.answers import span_of

LOGIN = "login-of-a-rehearsal"
_KEY = "key-of-a-rehearsal"
_TOKEN = "token-of-a-rehearsal"  # noqa: S105 - of nobody


class Netdisk:
    """Share `files` (path in the share → file on this machine) as `share`, with the extraction code `code`.

    `errors`: by call (`/share/verify`, `/share/list`, `/share/transfer`, `/api/filemetas` …) the error
    number that it answers with; `room`: how many files the own netdisk takes; `uses`: how many requests a
    link serves before it expires (None: any); `links`: how many links are given at all. `url` is where it
    is, on 127.0.0.1; files come from another port, under the name `localhost`. `log` holds what was asked:
    the path, and what the files' server was sent as cookies.
    """

    def __init__(
        self,
        files: Mapping[str, Path],
        *,
        share: str = "AvakitRehearsal",
        code: str = "ava1",
        errors: Mapping[str, int] | None = None,
        room: int = 1000,
        uses: int | None = None,
        links: int | None = None,
    ) -> None:
        self.files, self.share, self.code = dict(files), share, code
        self.errors, self.room, self.uses, self.links = dict(errors or {}), room, uses, links
        self.saved: dict[str, Path] = {}
        self.folders: set[str] = set()
        self.log: list[str] = []
        self.cookies: list[str] = []
        self.given: dict[str, tuple[Path, int]] = {}
        self.lock = threading.Lock()
        self._servers: list[_Server] = []
        self._threads: list[threading.Thread] = []

    @property
    def url(self) -> str:
        """Where it is, without a slash at the end."""
        return f"http://127.0.0.1:{self._servers[0].server_address[1]}"

    @property
    def elsewhere(self) -> str:
        """Where its files come from."""
        return f"http://localhost:{self._servers[1].server_address[1]}"

    def __enter__(self) -> Self:
        """Begin to serve."""
        self._servers = [_Server(self, _Calls), _Server(self, _Files)]
        self._threads = [
            threading.Thread(target=server.serve_forever, args=(0.02,)) for server in self._servers
        ]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End every connection and thread."""
        for server in self._servers:
            server.shutdown()
            server.end_connections()
            server.server_close()
        for thread in self._threads:
            thread.join()


class _HasDisk(Protocol):
    disk: Netdisk


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, disk: Netdisk, handler: type[BaseHTTPRequestHandler]) -> None:
        self.disk = disk
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), handler)

    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        connection, address = super().get_request()
        self._open.add(connection)
        return connection, address

    def end_connections(self) -> None:
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients hang up."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    @property
    def disk(self) -> Netdisk:
        return cast(_HasDisk, self.server).disk

    def log_message(self, *_: object) -> None:
        """Print nothing."""

    def cookie(self, name: str) -> str:
        found = SimpleCookie(self.headers.get("Cookie", "")).get(name)
        return found.value if found else ""

    def give(self, status: int, body: bytes, **fields: str) -> None:
        self.send_response(status)
        for key, value in {"Content-Length": str(len(body)), **fields}.items():
            self.send_header(key.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)


class _Calls(_Handler):
    """What the pages ask: answers in JSON."""

    def do_GET(self) -> None:
        self._answer({})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self._answer({key: values[0] for key, values in parse_qs(body.decode(), True).items()})

    def _answer(self, form: dict[str, str]) -> None:
        disk, parts = self.disk, urlsplit(self.path)
        where = {key: values[0] for key, values in parse_qs(parts.query, True).items()}
        with disk.lock:
            disk.log.append(parts.path)
            if parts.path.startswith("/file/"):
                self._send_on(parts.path)
                return
            calls: dict[str, Callable[[dict[str, str], dict[str, str]], dict[str, object]]] = {
                "/share/verify": self._verify,
                "/share/list": self._list,
                "/share/transfer": self._transfer,
                "/api/gettemplatevariable": self._login,
                "/api/create": self._create,
                "/api/filemetas": self._metas,
            }
            if parts.path not in calls:
                self.give(404, b"")
                return
            number = disk.errors.get(parts.path, 0)
            answer = {"errno": number} if number else calls[parts.path](where, form)
        fields = {"Set_Cookie": f"BDCLND={_KEY}; path=/"} if "randsk" in answer else {}
        self.give(200, json.dumps(answer).encode(), Content_Type="application/json", **fields)

    def _verify(self, where: dict[str, str], form: dict[str, str]) -> dict[str, object]:
        if where.get("surl") != self.disk.share:
            return {"errno": 105}
        return {"errno": 0, "randsk": _KEY} if form.get("pwd") == self.disk.code else {"errno": -9}

    def _list(self, where: dict[str, str], _: dict[str, str]) -> dict[str, object]:
        if where.get("shorturl") != self.disk.share:
            return {"errno": 105}
        if self.disk.code and self.cookie("BDCLND") != _KEY:
            return {"errno": -12}
        inside = "/" if where.get("root") else f"{where.get('dir')}/"
        rows: dict[str, dict[str, object]] = {}
        for number, (path, file) in enumerate(self.disk.files.items(), 1):
            if path.startswith(inside):
                name, slash, _rest = path.removeprefix(inside).partition("/")
                size = 0 if slash else file.stat().st_size
                inner = f"{inside}{name}"
                rows[name] = {
                    "fs_id": 10**6 + crc32(inner.encode()) if slash else 5000 + number,
                    "path": inner,
                    "server_filename": name,
                    "isdir": int(bool(slash)),
                    "size": size,
                }
        page, count = int(where["page"]), int(where["num"])
        found = list(rows.values())[(page - 1) * count : page * count]
        return {"errno": 0, "list": found, "share_id": 77, "uk": 88}

    def _login(self, *_: dict[str, str]) -> dict[str, object]:
        if self.cookie("BDUSS") != LOGIN:
            return {"errno": -6}
        return {"errno": 0, "result": {"bdstoken": _TOKEN}}

    def _known(self, where: dict[str, str]) -> bool:
        return self.cookie("BDUSS") == LOGIN and where.get("bdstoken") == _TOKEN

    def _create(self, where: dict[str, str], form: dict[str, str]) -> dict[str, object]:
        if not self._known(where):
            return {"errno": -6}
        if form["path"] in self.disk.folders:
            return {"errno": -8}
        self.disk.folders.add(form["path"])
        return {"errno": 0, "path": form["path"]}

    def _transfer(self, where: dict[str, str], form: dict[str, str]) -> dict[str, object]:
        disk = self.disk
        right = where.get("shareid") == "77" and where.get("from") == "88" and where.get("sekey") == _KEY
        if not self._known(where) or not right:
            return {"errno": -6}
        (number,) = json.loads(form["fsidlist"])
        path, file = list(disk.files.items())[number - 5001]
        place = f"{form['path']}/{path.rpartition('/')[2]}"
        if form["path"] not in disk.folders:
            return {"errno": 2}
        if place in disk.saved:
            return {"errno": 12, "info": [{"errno": -30, "fsid": number}]}
        if len(disk.saved) >= disk.room:
            return {"errno": 12, "info": [{"errno": -32, "fsid": number}]}
        disk.saved[place] = file
        return {"errno": 0, "extra": {"list": [{"to": place}]}}

    def _metas(self, where: dict[str, str], _: dict[str, str]) -> dict[str, object]:
        disk = self.disk
        if not self._known(where):
            return {"errno": -6}
        (path,) = json.loads(where["target"])
        file = disk.saved.get(path)
        if file is None:
            return {"errno": 12, "info": [{"errno": -9, "path": path}]}
        if disk.links is not None and len(disk.given) >= disk.links:
            return {"errno": 31034}
        name = f"{len(disk.given)}{file.suffix}"
        disk.given[name] = (file, 0)
        port = cast(_Server, self.server).server_address[1]
        link = f"http://127.0.0.1:{port}/file/{quote(name)}?sign=secret-sign"
        return {"errno": 0, "info": [{"errno": 0, "path": path, "dlink": link}]}

    def _send_on(self, path: str) -> None:
        if self.cookie("BDUSS") != LOGIN or self.headers.get("User-Agent") != "pan.baidu.com":
            self.give(403, b'{"error_code":31326}')
            return
        self.give(302, b"", Location=f"{self.disk.elsewhere}{path}?sign=secret-sign")


class _Files(_Handler):
    """Where the bytes come from."""

    def do_GET(self) -> None:
        disk, name = self.disk, urlsplit(self.path).path.rpartition("/")[2]
        with disk.lock:
            disk.cookies.append(self.headers.get("Cookie", ""))
            file, uses = disk.given.get(name, (None, 0))
            if file is not None:
                disk.given[name] = (file, uses + 1)
        expired = disk.uses is not None and uses >= disk.uses
        if file is None or expired or self.headers.get("User-Agent") != "pan.baidu.com":
            self.give(403, b'{"error_code":31360}')
            return
        size = file.stat().st_size
        start, stop, partial = span_of(self.headers.get("Range", ""), size) or (0, size, False)
        with file.open("rb") as opened:
            opened.seek(start)
            data = opened.read(stop - start)
        part = {"Content_Range": f"bytes {start}-{stop - 1}/{size}"} if partial else {}
        self.give(206 if partial else 200, data, ETag=f'"{size}"', **part)
