"""How preparation grows: with processes, with videos, with products; and what memory it takes.

One movie on two processes beside one; two movies beside one; the processor seconds of decoding for all
products at once beside those for each alone; the largest process at 720p.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from statistics import median
from unittest.mock import patch

from av.video.frame import VideoFrame

import avakit
from avakit.media import movie as opened
from avakit.media.decode import Damaged, decode_runs
from avakit.media.index import PacketIndex
from avakit.media.opening import Extent
from avakit.media.runs import Run
from avakit.preparation.make import Made, Task, make_products
from avakit.preparation.recipe import recipe_of
from avakit.preparation.subject import Meant, labelled, subject_of
from benchmarks import roots
from benchmarks.laps import Laps, Way, in_memory, race
from benchmarks.movies import KINDS, movie

SPAN = 60
PRODUCTS = ("keyframes", "frames", "clips", "crops", "tracks", "audio")
ONE, TWO, PAIR = "1 movie, 1 process", "1 movie, 2 processes", "2 movies, 2 processes"

_PEAK = """
import resource, sys
from pathlib import Path
from benchmarks import roots
roots.prepare(Path(sys.argv[1]), sys.argv[2:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def run(world: Path, runs: int, span: int = SPAN) -> str:
    """Return the tables."""
    world = world / "prepare"
    small, large = (movie(world, KINDS[name]) for name in ("v360", "v720"))
    place = in_memory(world)
    with tempfile.TemporaryDirectory(dir=place, prefix="avakit-roots-") as name:
        folder = Path(name)
        one, two = roots.got(folder / "one", small, span), roots.got(folder / "two", small, span, count=2)
        sized = roots.got(folder / "large", large, span)
        return "\n\n".join(
            (
                _shared(race(_ways(one, two), runs, place), span),
                _decoded(one, runs, place, span),
                _largest(sized, place, span),
            )
        )


def _ways(one: Path, two: Path) -> list[Way]:
    def way(name: str, root: Path, jobs: int) -> Way:
        work = partial(roots.prepare, products=["frames"], jobs=jobs)
        return Way(name, work, partial(roots.copied, root))

    return [way(ONE, one, 1), way(TWO, one, 2), way(PAIR, two, 2)]


def _shared(laps: dict[str, Laps], span: int) -> str:
    lines = [f"### Frames of {span} s of v360", "", "| | s (median) | processor s |", "|---|---|---|"]
    lines += [f"| {name} | {lap.median:.2f} | {median(lap.processor):.2f} |" for name, lap in laps.items()]
    faster, longer = laps[TWO].times(laps[ONE]), laps[TWO].times(laps[PAIR])
    said = f"Two processes are {faster:.2f} × as fast as one; two movies take {longer:.2f} × the time of one."
    return "\n".join([*lines, "", said])


def _decoded(root: Path, runs: int, place: Path, span: int) -> str:
    """Return a table of the processor seconds that decoding takes for each product, and for all."""
    sets = {name: (name,) for name in PRODUCTS if name != "audio"} | {"all at once": PRODUCTS}
    found: dict[str, list[float]] = {name: [] for name in sets}
    for _ in range(runs):
        for name, products in sets.items():
            found[name].append(_decoding(root, products, place))
    middles = {name: median(seconds) for name, seconds in found.items()}
    dearest = max(seconds for name, seconds in middles.items() if name != "all at once")
    head = [f"### Decoding of {span} s of v360", "", "| | processor s | × the dearest |", "|---|---|---|"]
    rows = [f"| {name} | {seconds:.2f} | {seconds / dearest:.2f} |" for name, seconds in middles.items()]
    return "\n".join([*head, *rows])


def _decoding(root: Path, products: Sequence[str], place: Path) -> float:
    """Make products in this process; return the processor seconds that went into decoding."""
    spent = 0.0

    def timed(
        path: Path, index: PacketIndex, wanted: list[Run], damaged: Damaged, extent: Extent | None = None
    ) -> Generator[tuple[int, VideoFrame]]:
        nonlocal spent
        with closing(decode_runs(path, index, wanted, damaged, extent)) as frames:
            while True:
                began = time.thread_time()
                found = next(frames, None)
                spent += time.thread_time() - began
                if found is None:
                    return
                yield found

    with tempfile.TemporaryDirectory(dir=place, prefix="avakit-lap-") as folder:
        task = _task(root, Path(folder), products)
        with patch.object(opened, "decode_runs", timed):
            made = make_products(task)
    assert all(isinstance(one, Made) for one in made), made
    return spent


def _task(root: Path, folder: Path, products: Sequence[str]) -> Task:
    """Return what `prepare` would do with the one movie of a data set, but put elsewhere."""
    with avakit.open(root) as ava:
        ((video, _),) = ava.videos.items()
        meant = Meant.of(ava.release, (), None)
        subject = labelled(subject_of(ava.release, video), ava.annotations, meant)
        window = root / str(ava.ledger.videos()[video].path)
    return Task(subject, window, folder, folder / "partial", tuple(products), recipe_of(products))


def _largest(root: Path, place: Path, span: int) -> str:
    """Return a table of the memory that the largest process takes at 720p."""
    lines = [f"### The largest process, {span} s of v720", "", "| | MB at most |", "|---|---|"]
    for name, products in (("frames", ("frames",)), ("all at once", PRODUCTS)):
        with tempfile.TemporaryDirectory(dir=place, prefix="avakit-lap-") as folder:
            roots.copied(root, Path(folder))
            lines.append(f"| {name} | {_peak(Path(folder), products):.0f} |")
    return "\n".join(lines)


def _peak(root: Path, products: Sequence[str]) -> float:
    """Return how many MB the largest child of a process of its own took."""
    command = [sys.executable, "-c", _PEAK, str(root), *products]
    found = subprocess.run(command, capture_output=True, text=True, check=True, timeout=3600)
    return int(found.stdout.split()[-1]) * (1 if sys.platform == "darwin" else 1024) / 1e6
