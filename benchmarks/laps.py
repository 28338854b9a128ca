"""Ways that each need an empty folder, in turn; only the work itself is on the clock.

The folders are best in memory: a disk makes all ways slower by as much as it has to do besides. (On ext4
without a journal, a file made within 35 s of the deletion of thousands costs ten times as much as else.)
"""

import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_ROOM = 4 << 30


def _nothing(folder: Path) -> None:
    """Make nothing ready."""


@dataclass(frozen=True)
class Way:
    """One way: `run` is timed; `ready` comes before it, off the clock. Both get the same fresh folder.

    `run` returns the processor seconds of processes that go on living, if it used such.
    """

    name: str
    run: Callable[[Path], float | None]
    ready: Callable[[Path], None] = _nothing


@dataclass
class Laps:
    """What a way took, a counted run each: `seconds` on the clock, and of the processors."""

    seconds: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """The median time on the clock, in seconds."""
        return statistics.median(self.seconds)

    def times(self, other: "Laps") -> float:
        """Return how many times faster this was than another: the median of the ratios, run by run."""
        return statistics.median(a / b for a, b in zip(other.seconds, self.seconds, strict=True))


HEAD = ("| way | s (median) | least … most | times faster | processor s |", "|---|---|---|---|---|")
"""The head of a Markdown table of ways, and the rule below it."""


def row(name: str, laps: Laps, first: Laps) -> str:
    """Return a way's row of the table; how many times faster it was is to the `first`."""
    spread = f"{min(laps.seconds):.2f} … {max(laps.seconds):.2f}"
    used, times = statistics.median(laps.processor), laps.times(first)
    return f"| {name} | {laps.median:.2f} | {spread} | {times:.1f} | {used:.2f} |"


def in_memory(otherwise: Path) -> Path:
    """Return a folder in memory for what the ways write, or another one where there is none."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > _ROOM
    return memory if roomy else otherwise


def race(
    ways: Sequence[Way], runs: int, place: Path, look: Callable[[Way, Path], None] | None = None
) -> dict[str, Laps]:
    """Run every way `runs` times, A B A B …, after one round that is not counted.

    Each begins with a new folder in `place`. `look` sees what it left there in the first round. Dirty pages
    are written before each start, so that nobody pays for another's.
    """
    laps = {way.name: Laps() for way in ways}
    for run in range(runs + 1):
        for way in ways:
            with tempfile.TemporaryDirectory(dir=place, prefix="avakit-lap-") as name:
                folder = Path(name)
                way.ready(folder)
                os.sync()
                seconds, processor = _timed(way.run, folder)
                if run:
                    laps[way.name].seconds.append(seconds)
                    laps[way.name].processor.append(processor)
                elif look is not None:
                    look(way, folder)
    return laps


def _timed(run: Callable[[Path], float | None], folder: Path) -> tuple[float, float]:
    used, began = _processor(), time.perf_counter()
    besides = run(folder) or 0.0
    return time.perf_counter() - began, _processor() - used + besides


def _processor() -> float:
    """Return the processor seconds of this process and of those that it started and that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
