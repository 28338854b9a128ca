"""What to decode for the pictures wanted: pure."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from avakit.media.index import PacketIndex
from avakit.media.ticks import Ticks

PAYS = 8
"""Fewest packets that a seek has to save: it costs less than decoding two pictures, and of H.264's packets
about every second one is decoded though nobody wants it."""


@dataclass(frozen=True)
class Run:
    """Packets decoded in one go: positions in the packet index, both included.

    `start` is a sync packet (or the first of all); `wanted` are the time stamps of the pictures to keep,
    ascending.
    """

    start: int
    stop: int
    wanted: tuple[int, ...]


def plan_runs(index: PacketIndex, wanted: Ticks) -> list[Run]:
    """Return the runs that decode the pictures with the time stamps `wanted` (ascending, all of them shown).

    Each picture is reached from the last sync packet that is neither decoded nor shown after it: pictures
    that follow a sync packet but are shown before it (an open group) may refer to what lies before, so they
    are reached from the sync packet before that. Whole groups that nobody wants are left out where that pays.
    """
    runs: list[Run] = []
    kept: list[int] = []
    first = stop = -1
    for start, position, pts in _reached(index, wanted):
        if kept and start > stop + PAYS:
            runs.append(Run(first, stop, tuple(kept)))
            kept = []
        if not kept:
            first, stop = start, position
        kept.append(pts)
        stop = max(stop, position)
    if kept:
        runs.append(Run(first, stop, tuple(kept)))
    return runs


def _reached(index: PacketIndex, wanted: Ticks) -> Iterator[tuple[int, int, int]]:
    """Yield (where decoding begins, where its packet is, its time stamp) for each picture wanted."""
    shown = np.flatnonzero(index.shown)
    by_pts = shown[np.argsort(index.pts[shown], kind="stable")]
    positions = by_pts[np.searchsorted(index.pts[by_pts], wanted)]
    sync = np.flatnonzero(index.sync)
    groups = np.searchsorted(sync, positions, side="right") - 1
    for group, position, pts in zip(groups.tolist(), positions.tolist(), wanted.tolist(), strict=True):
        while group > 0 and index.pts[sync[group]] > pts:
            group -= 1
        yield (int(sync[group]) if group >= 0 else 0), position, pts
