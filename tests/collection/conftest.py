"""No proxies, short pauses, and a site to fill."""

import os
from pathlib import Path

import pytest
from tests.collection.site import Site

from avakit import causes


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name == "AVAKIT_ROOT":
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    for cause, policy in causes.POLICIES.items():
        monkeypatch.setitem(causes.POLICIES, cause, causes.Policy(policy.tries, 0.01, policy.next_step))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)
