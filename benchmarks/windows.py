"""Fetching the annotated part of a movie: avakit beside ffmpeg on the same URL.

The mirror waits 50 ms before each answer and gives each connection 5 MB/s; the movies are 35 minutes of 700
kbit/s with a sync frame every 250 pictures. Bytes are counted by the mirror.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Event

from avakit.engine.worker import Worker
from avakit.rehearsal.movies import make
from avakit.rehearsal.recipe import Movie
from avakit.rehearsal.standard import make_all, standard
from avakit.releases.catalogue import release
from avakit.transfer.http import Http
from avakit.windows.cut import cut
from avakit.windows.fetch import fetch_window
from avakit.windows.span import Window
from avakit.windows.whole import Wire, forget
from benchmarks.fair import in_turn, table
from benchmarks.mirror import Served, served

DELAY = 0.05
RATE = 5e6
CONNECTIONS = 8
FFMPEG = "ffmpeg -ss -t -c copy"


def run(world: Path, runs: int) -> str:
    """Return the tables, one a container."""
    if shutil.which("ffmpeg") is None:
        return "windows: not run, ffmpeg is not installed."
    window = Window(*(release("v2.2").window or ()))
    tables = []
    with tempfile.TemporaryDirectory() as folder, served(world, DELAY, RATE) as mirror:
        for title, movie in movies(world).items():
            url = f"{mirror.url}/trainval/{movie.path.name}"
            out = Path(folder) / movie.path.name
            sent: dict[str, int] = {}
            ways = {
                "avakit": counted(mirror, sent, "avakit", partial(by_avakit, url, window, out)),
                FFMPEG: counted(mirror, sent, FFMPEG, partial(by_ffmpeg, url, window, out)),
            }
            times = in_turn(ways, runs)
            stored = stored_bytes(movie, window, out)
            notes = {name: f"{count / stored:.3f} × the window's bytes" for name, count in sent.items()}
            size = movie.path.stat().st_size
            tables.append(table(f"{title}: {stored / 1e6:.1f} of {size / 1e6:.1f} MB", times, notes))
    return "\n\n".join(tables)


def movies(world: Path) -> dict[str, Movie]:
    """Return the four kinds, made where they are not there yet."""
    made = make_all(world, ("mp4-700k", "mkv-700k", "webm-700k"), processes=1)
    last = replace(standard()["mp4-700k"], name="mp4-700k-last", video="om_83F5VwTQ", index="last")
    path = world / "trainval" / last.file_name
    return {
        "mp4, index first": made["mp4-700k"],
        "mp4, index last": Movie(last, path) if path.exists() else make(last, path),
        "mkv": made["mkv-700k"],
        "webm": made["webm-700k"],
    }


def counted(mirror: Served, sent: dict[str, int], name: str, way: Callable[[], None]) -> Callable[[], None]:
    """Return a way that notes how many bytes the mirror sent for it."""

    def run_it() -> None:
        before = mirror.sent()
        way()
        sent[name] = mirror.sent() - before

    return run_it


def by_avakit(url: str, window: Window, out: Path) -> None:
    """Fetch a window as `avakit get` does, with nothing kept from before."""
    part = out.with_suffix(".part")
    forget(part)
    with Worker() as worker, Http(CONNECTIONS) as http:
        wire = Wire(CONNECTIONS, Event(), lambda count: None)
        fetch_window(http.open(url), window, part, out, worker, wire)


def by_ffmpeg(url: str, window: Window, out: Path) -> None:
    """Fetch a window as everybody does."""
    length = str(float(window.end - window.start))
    seek = ["-ss", str(float(window.start)), "-t", length, "-i", url, "-c", "copy", str(out)]
    subprocess.run(["ffmpeg", "-v", "error", "-y", *seek], check=True)


def stored_bytes(movie: Movie, window: Window, out: Path) -> int:
    """Return the size of the window when it is cut from the whole movie on this disk."""
    cut(movie.path, movie.path.name, window, out)
    return out.stat().st_size
