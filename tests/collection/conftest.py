"""No proxies, short pauses, and a site to fill."""

import os
from pathlib import Path

import av
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


@pytest.fixture(scope="session")
def sound_alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An mp4 without any pictures."""
    path = tmp_path_factory.mktemp("sound") / "sound.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=8000)
        for at in range(40):
            frame = av.AudioFrame(format="fltp", layout="mono", samples=1024)
            frame.sample_rate, frame.pts = 8000, at * 1024
            for plane in frame.planes:
                plane.update(bytes(plane.buffer_size))
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path
