"""A publisher on loopback: a folder that is served, and a record of what was asked for."""

import functools
import http.server
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest


@dataclass
class Publisher:
    """`folder` is served at `url`; `asked` lists the paths of all requests."""

    folder: Path
    url: str = ""
    asked: list[str] = field(default_factory=list)


class _Handler(http.server.SimpleHTTPRequestHandler):
    def __init__(self, *arguments: object, publisher: Publisher, **named: object) -> None:
        self.publisher = publisher
        super().__init__(*arguments, directory=str(publisher.folder), **named)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        self.publisher.asked.append(self.path)
        super().do_GET()

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        """Keep quiet."""


@pytest.fixture
def publisher(tmp_path: Path) -> Iterator[Publisher]:
    found = Publisher(tmp_path / "published")
    found.folder.mkdir()
    handler = functools.partial(_Handler, publisher=found)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        found.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield found
        server.shutdown()
        thread.join()
