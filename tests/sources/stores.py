"""A real S3 server on loopback: moto's."""

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.sources.webservers import free_port


@dataclass(frozen=True)
class Moto:
    """`key` and `secret` are of its one user."""

    url: str
    key: str
    secret: str
    log: Path

    @property
    def account(self) -> dict[str, str]:
        """What to set in the environment."""
        known = {"AWS_ACCESS_KEY_ID": self.key, "AWS_SECRET_ACCESS_KEY": self.secret}
        return {"AWS_ENDPOINT_URL": self.url, "AWS_REGION": "us-east-1", **known}

    def requests(self) -> list[str]:
        """Return the requests that came, in order: method and path."""
        lines = re.sub(r"\x1b\[\d+m", "", self.log.read_text()).splitlines()
        return [line.split('"')[1].rpartition(" ")[0] for line in lines if '"' in line]


@contextlib.contextmanager
def moto(folder: Path, movie: Path | None = None, *, strict: bool = False) -> Iterator[Moto]:
    """Run the server; a `strict` one lets in nobody but its user."""
    port = free_port()
    script = str(Path(__file__).with_name("moto_server.py"))
    command = [sys.executable, "-W", "ignore", script, str(port), *([] if movie is None else [str(movie)])]
    environ = {**os.environ, **({"INITIAL_NO_AUTH_ACTION_COUNT": "0"} if strict else {})}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, env=environ, text=True)
        try:
            assert process.stdout is not None
            user = json.loads(process.stdout.readline())
            for _ in range(600):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                    break
                assert process.poll() is None
                time.sleep(0.05)
            yield Moto(f"http://127.0.0.1:{port}", user["key"], user["secret"], folder / "log")
        finally:
            process.terminate()
            process.communicate(timeout=10)
