"""A mirror on loopback that has what a test puts there, and answers as it is told."""

import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from avakit import causes
from avakit.releases.model import Video
from avakit.transfer.http import Http


class Site:
    """`files` by path; `statuses` are given out first, one a request to that path (the last one for ever)."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.files: dict[str, bytes] = {}
        self.statuses: dict[str, list[int]] = {}
        self.media_type = "video/mp4"
        self.otherwise = 404
        self.asked: list[str] = []

    def status(self, path: str) -> int:
        self.asked.append(path)
        given = self.statuses.get(path, [])
        if given:
            return given[0] if len(given) == 1 else given.pop(0)
        return 200 if path in self.files else self.otherwise


@pytest.fixture
def site() -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status = made.status(self.path)
            body = made.files.get(self.path, b"") if status == 200 else b"no"
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Type", made.media_type)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        made = Site(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield made
        server.shutdown()
        thread.join()


@pytest.fixture
def http(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Http]:
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    for cause, policy in causes.POLICIES.items():
        monkeypatch.setitem(causes.POLICIES, cause, causes.Policy(policy.tries, 0.01, policy.next_step))
    with Http(stall=1) as made:
        yield made


@pytest.fixture
def video() -> Video:
    return Video("-5KQ66BBWC4", "trainval", "mkv", "0" * 32, ())
