"""A run that is killed at any moment costs at most what was in flight."""

import hashlib
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.collection.labels import write_labels
from tests.conftest import Movies

from avakit.rehearsal.mirror import Mirror
from avakit.rehearsal.request import Request
from avakit.transfer.ranges import KIB, Span, merge, subtract, total

NAMES = ("mp4-25", "mkv-variable", "webm", "mp4-23.976")
KILLS = int(os.environ.get("AVAKIT_KILLS", "5"))
CONNECTIONS = 8


def command(root: Path, mirror: Mirror, labels: Path, videos: list[str]) -> list[str]:
    asked = ["v2.2", "--root", str(root), f"--videos={','.join(videos)}", f"--source=mirror={mirror.url}"]
    rest = [f"--annotations={labels}", "--quiet", f"--connections={CONNECTIONS}"]
    return [sys.executable, "-m", "avakit", "get", *asked, *rest]


def digests(root: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (root / "windows").iterdir()}


def went(request: Request) -> Span:
    """Return which bytes of a file went out."""
    start = request.range[0] if request.range else 0
    return start, start + request.sent


def sent_twice(mirror: Mirror, before: int) -> int:
    """Return how many bytes the requests from number `before` on brought that earlier ones had brought."""
    twice = 0
    log = mirror.requests()
    for path in {request.path for request in log}:
        earlier = merge(went(request) for request in log[:before] if request.path == path)
        later = merge(went(request) for request in log[before:] if request.path == path)
        twice += total(later) - total(subtract(later, earlier))
    return twice


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is of POSIX")
def test_killed_at_random_moments_it_goes_on_and_ends_the_same(movies: Movies, tmp_path: Path) -> None:
    made = movies(*NAMES, seconds=2100)
    videos = [movie.video for movie in made.values()]
    labels = write_labels(tmp_path / "labels", videos)
    folder = next(iter(made.values())).path.parent.parent
    with Mirror(folder) as mirror:
        subprocess.run(command(tmp_path / "quiet", mirror, labels, videos), check=True, timeout=120)
    chance = random.Random(2026)
    root = tmp_path / "killed"
    worst = 0
    with Mirror(folder, delay=0.01, rate=400e3) as mirror:
        for _ in range(KILLS):
            before = len(mirror.requests())
            with subprocess.Popen(command(root, mirror, labels, videos)) as run:
                time.sleep(chance.uniform(0.3, 2.5))
                run.kill()
            time.sleep(0.1)
            first_requests = len(videos) * 2  # the byte that says size and version, anew in each run
            worst = max(worst, sent_twice(mirror, before))
            assert worst <= CONNECTIONS * 256 * KIB + first_requests
    print(f"sent twice after a kill: at most {worst} bytes over {CONNECTIONS} connections")
    with Mirror(folder) as mirror:
        subprocess.run(command(root, mirror, labels, videos), check=True, timeout=120)
    assert digests(root) == digests(tmp_path / "quiet")
    assert not list((root / ".avakit" / "partial").iterdir())
