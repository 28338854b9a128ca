"""Servers on loopback, no proxies, short pauses."""

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.transfer.servers import Answer, Nginx, Scripted, nginx

from avakit import causes
from avakit.transfer.http import Http


@pytest.fixture(autouse=True)
def _direct(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    for cause, policy in causes.POLICIES.items():
        monkeypatch.setitem(causes.POLICIES, cause, causes.Policy(policy.tries, 0.01, policy.next_step))


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    if not Path("/usr/sbin/nginx").exists():
        pytest.skip("nginx is not installed")
    with nginx(tmp_path_factory.mktemp("nginx") / "root") as server:
        yield server


@pytest.fixture
def serve() -> Iterator[Callable[[Answer], Scripted]]:
    servers: list[Scripted] = []

    def start(answer: Answer) -> Scripted:
        servers.append(Scripted(answer))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def http() -> Iterator[Http]:
    with Http(stall=1.0) as made:
        yield made


@pytest.fixture(scope="session")
def noise() -> bytes:
    return random.Random(7).randbytes(3 * 2**20 + 12345)
