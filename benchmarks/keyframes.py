"""Keyframes of the whole annotated part of a movie: avakit beside the recipe that everybody pastes.

The recipe makes all frames, whoever needs a few. It takes six minutes and more for 901 s,
as long for each second: so it is run over a minute of them, in each round, and counted for all.
"""

import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from benchmarks import recipes, roots
from benchmarks.bound import CORES, Bare
from benchmarks.laps import HEAD, Laps, Way, in_memory, race, row
from benchmarks.movies import KINDS, Kind, movie, told

SPAN = 901
SHARE = 60

RECIPE = f"SlowFast's recipe, all frames: {SHARE} s of it, counted for {SPAN}"
SECONDS = "`avakit prepare keyframes`, one a second"
THIRDS = "`avakit prepare keyframes`, one in three seconds"
BARE_SECONDS = f"{CORES} bare loops over all that others refer to, one a second"
BARE_THIRDS = f"{CORES} bare loops over all that others refer to, one in three"


def run(world: Path, runs: int, kinds: Sequence[str] = ("v360", "v360g48")) -> str:
    """Return the tables, one a movie."""
    world = world / "prepare"
    world.mkdir(parents=True, exist_ok=True)
    place = in_memory(world)
    parts = [told(SPAN)]
    with tempfile.TemporaryDirectory(dir=place, prefix="avakit-roots-") as folder:
        for kind in (KINDS[name] for name in kinds):
            parts.append(_table(kind, _laps(movie(world, kind), Path(folder) / kind.name, place, runs)))
    return "\n\n".join(parts)


def _laps(file: Path, folder: Path, place: Path, runs: int) -> dict[str, Laps]:
    begun = {
        name: partial(roots.copied, roots.got(folder / name, file, SPAN, step=step))
        for name, step in (("seconds", 1), ("thirds", 3))
    }
    prepare = partial(roots.prepare, products=["keyframes"])
    with Bare() as seconds, Bare() as thirds:
        ways = [
            Way(RECIPE, partial(recipes.slowfast, file, SHARE)),
            Way(SECONDS, prepare, begun["seconds"]),
            Way(BARE_SECONDS, partial(seconds, file, SPAN, 1)),
            Way(THIRDS, prepare, begun["thirds"]),
            Way(BARE_THIRDS, partial(thirds, file, SPAN, 3)),
        ]
        laps = race(ways, runs, place)
    return laps | {RECIPE: _counted(laps[RECIPE])}


def _counted(laps: Laps) -> Laps:
    """Return what the recipe would take for all."""
    times = SPAN / SHARE
    return Laps([times * lap for lap in laps.seconds], [times * used for used in laps.processor])


def _table(kind: Kind, laps: dict[str, Laps]) -> str:
    rows = (row(name, lap, laps[RECIPE]) for name, lap in laps.items())
    return "\n".join((f"### Keyframes of {kind.title}", "", *HEAD, *rows))
