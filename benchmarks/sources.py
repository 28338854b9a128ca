"""Windows of 20 MB each from one server: avakit beside aria2c, with the same bytes over as many connections.

nginx on this machine has one movie under many names. aria2c fetches as many files of just the bytes that
avakit fetches of each; it knows no windows, so it neither cuts nor checks anything. Once as fast as the
machine can, once over a line of 20 MiB/s, which each keeps to by its own limit.
"""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from fractions import Fraction
from functools import partial
from itertools import islice
from pathlib import Path
from statistics import median

from avakit.collection.get import get
from avakit.dataset.ava import Dataset
from avakit.rehearsal.made import is_made, mark, path_of
from avakit.rehearsal.movies import make
from avakit.rehearsal.recipe import Recipe
from avakit.releases.catalogue import release
from avakit.transfer.gather import gather
from avakit.transfer.http import Http
from avakit.transfer.kept import Kept
from avakit.transfer.ranges import MIB
from benchmarks.fair import in_turn, table

COUNT = 43
JOBS = 4
CONNECTIONS = 8
RECIPE = Recipe("mp4-160k", "1j20qq1JyX4", rate=Fraction(25), kbits=150, width=320, height=180, index="first")
CONF = """
worker_processes 1; daemon off; pid {root}/nginx.pid; error_log {root}/error.log; {user}
events {{ }}
http {{
  access_log off; client_body_temp_path {root}/b; proxy_temp_path {root}/p; fastcgi_temp_path {root}/f;
  uwsgi_temp_path {root}/u; scgi_temp_path {root}/s; default_type application/octet-stream; sendfile on;
  server {{ listen 127.0.0.1:{port}; root {root}/www; }}
}}
"""


def run(world: Path, runs: int, count: int = COUNT, lines: Sequence[int] = (0, 20)) -> str:
    """Return the tables, one a speed of the server."""
    for tool in ("nginx", "aria2c"):
        if shutil.which(tool, path="/usr/sbin:/usr/bin:/usr/local/bin") is None:
            return f"sources: not run, {tool} is not installed."
    world.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=world) as name:
        folder = Path(name).resolve()
        videos = list(islice((video.id for video in release("v2.2").videos(["val", "train", "test"])), count))
        fill(folder, movie(world / "sources"), videos)
        with nginx(folder) as url:
            size = window_bytes(url, folder, videos[0])
            (folder / "www" / "bytes").write_bytes(bytes(size))
            return "\n\n".join(compared(url, folder, videos, size, runs, line) for line in lines)


def compared(url: str, folder: Path, videos: Sequence[str], size: int, runs: int, line: int) -> str:
    """Return the table of a line of so many MiB/s (0: no limit)."""
    ways = {
        "aria2c": partial(by_aria2c, url, folder, videos, line),
        "avakit, the bytes alone": partial(by_gather, url, folder, videos, size, line),
        "avakit get": partial(by_get, url, folder, videos, line),
    }
    spent: dict[str, list[float]] = {name: [] for name in ways}
    times = in_turn({name: partial(noted, spent[name], way) for name, way in ways.items()}, runs)
    notes = {
        way.name: f"{len(videos) * size / way.median / 1e6:.0f} MB/s, "
        f"{1000 * median(spent[way.name][1:]) / len(videos):.0f} ms of processor a window"
        for way in times
    }
    kind = f"over a line of {line} MiB/s" if line else "as fast as it can"
    return table(f"{len(videos)} windows of {size / 1e6:.1f} MB, {kind}", times, notes)


def noted(spent: list[float], way: Callable[[], None]) -> None:
    """Go a way, and note the processor time in seconds that it took, with all processes that it started."""
    before = os.times()
    way()
    after = os.times()
    spent.append(sum(after[:4]) - sum(before[:4]))


def movie(world: Path) -> Path:
    """Return the movie, made where it is not there yet."""
    if not is_made(world, RECIPE):
        make(RECIPE, path_of(world, RECIPE))
        mark(world, RECIPE)
    return path_of(world, RECIPE)


def fill(folder: Path, plain: Path, videos: Sequence[str]) -> None:
    """Lay the movie out under many names, as CVDF does, with labels for all of them."""
    places = {video.id: video.folder for video in release("v2.2").videos(["val", "train", "test"])}
    for name in ("trainval", "test"):
        (folder / "www" / name).mkdir(parents=True)
    for video in videos:
        (folder / "www" / places[video] / f"{video}.mp4").hardlink_to(plain)
    (folder / "labels").mkdir()
    for split in ("train", "val"):
        known = {video.id for video in release("v2.2").videos([split])}
        rows = [f"{video},0902,0.1,0.2,0.5,0.9,12,0\n" for video in videos if video in known]
        (folder / "labels" / f"ava_{split}_v2.2.csv").write_text("".join(rows))


@contextmanager
def nginx(root: Path) -> Iterator[str]:
    """Serve `root/www`; give the address."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    (root / "nginx.conf").write_text(CONF.format(root=root, port=port, user="user root;"))
    command = [
        "/usr/sbin/nginx",
        "-p",
        str(root),
        "-c",
        str(root / "nginx.conf"),
        "-e",
        str(root / "error.log"),
    ]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            for _ in range(100):
                with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                    break
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def window_bytes(url: str, folder: Path, video: str) -> int:
    """Return how many bytes avakit fetches for one window."""
    with opened(url, folder / "one", folder, [video]) as ava:
        size = sum(attempt.bytes for attempt in ava.ledger.attempts())
    shutil.rmtree(folder / "one")
    return size


def opened(url: str, root: Path, folder: Path, videos: Sequence[str], line: int = 0) -> Dataset:
    """Get videos."""
    return get(
        "v2.2",
        root=root,
        videos=videos,
        sources=[f"mirror={url}"],
        annotations=folder / "labels",
        jobs=JOBS,
        limit_rate=f"{line}M" if line else None,
        connections=CONNECTIONS,
    )


def by_get(url: str, folder: Path, videos: Sequence[str], line: int) -> None:
    """Fetch, cut and check the windows."""
    with opened(url, folder / "ava", folder, videos, line) as ava:
        assert all(row.cause is None for row in ava.ledger.videos().values())
    shutil.rmtree(folder / "ava")


def by_gather(url: str, folder: Path, videos: Sequence[str], size: int, line: int) -> None:
    """Fetch as many bytes by the same means, as many files at once, and do nothing with them."""
    with Http(CONNECTIONS, rate=line * MIB or None) as http, ThreadPoolExecutor(JOBS) as pool:

        def one(number: int) -> None:
            reader = http.open(f"{url}/bytes")
            part = folder / "parts" / f"{number}.part"
            with Kept.open(part, reader.name, reader.version) as kept:
                gather(
                    reader,
                    kept,
                    [(0, size)],
                    connections=CONNECTIONS,
                    stop=http.stop,
                    on_bytes=lambda count: None,
                )

        for _ in pool.map(one, range(len(videos))):
            pass
    shutil.rmtree(folder / "parts")


def by_aria2c(url: str, folder: Path, videos: Sequence[str], line: int) -> None:
    """Fetch as many bytes as everybody does."""
    lines = "".join(f"{url}/bytes\n  out={number}.bin\n" for number in range(len(videos)))
    (folder / "list").write_text(lines)
    each = str(CONNECTIONS // JOBS)
    options = ["-q", "-j", str(JOBS), "-x", each, "-s", each, "-k", "1M", "--file-allocation=none"]
    options.append(f"--max-overall-download-limit={line}M")
    subprocess.run(["aria2c", *options, "-d", str(folder / "files"), "-i", str(folder / "list")], check=True)
    shutil.rmtree(folder / "files")
