"""Timing ways of doing the same thing, in turn, so that a machine's moods strike all of them."""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Way:
    """One way's times in seconds, a run each."""

    name: str
    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """The median time in seconds."""
        return statistics.median(self.seconds)


def in_turn(ways: Mapping[str, Callable[[], object]], runs: int = 5, warm: bool = True) -> list[Way]:
    """Run every way `runs` times, A B A B …, after one that is not counted; return their times."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for run in range(runs + warm):
        for name, way in ways.items():
            began = time.perf_counter()
            way()
            if run >= warm:
                times[name].append(time.perf_counter() - began)
    return [Way(name, tuple(seconds)) for name, seconds in times.items()]


def table(title: str, ways: list[Way], notes: Mapping[str, str] | None = None) -> str:
    """Return a Markdown table: each way's median, least and most, and its ratio to the first way."""
    lines = [
        f"### {title}",
        "",
        "| way | s (median) | least … most | × the first | |",
        "|---|---|---|---|---|",
    ]
    first = ways[0].median
    for way in ways:
        spread = f"{min(way.seconds):.2f} … {max(way.seconds):.2f}"
        note = (notes or {}).get(way.name, "")
        lines.append(f"| {way.name} | {way.median:.2f} | {spread} | {way.median / first:.2f} | {note} |")
    return "\n".join(lines)
