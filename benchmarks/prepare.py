"""All frames of the annotated part of a movie: avakit beside the recipes that everybody pastes.

All ways take the same seconds of the same movie, in turn, each in a fresh folder. avakit's begins with a
window that `avakit get` has cut; one more way shows what getting it from a folder adds.
"""

import argparse
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks import recipes, roots
from benchmarks.bound import CORES, Bare
from benchmarks.laps import HEAD, Laps, Way, in_memory, race, row
from benchmarks.movies import KINDS, RATE, Kind, movie, told
from benchmarks.quality import Quality, measure, sampled, truth
from benchmarks.recipes import START

SPAN = 60
Shown = Callable[[Path, Fraction], Path]

SLOWFAST = "SlowFast's recipe: cut with re-encoding, then `-r 30 -q:v 1`"
MMACTION2 = "mmaction2's recipe: the same, with `-strict experimental`"
ONE = "one ffmpeg, `-ss` before `-i`, `-r 30 -q:v 1`"
HALVES = "two ffmpeg, a half each, the movie's own rate, `-q:v 1`"
FRAMES = "`avakit prepare frames`"
GET = "`avakit get` from a folder, then `prepare frames`"
BARE = f"the bound: {CORES} bare loops"


def run(
    world: Path, runs: int, span: int = SPAN, kinds: Sequence[str] = tuple(KINDS), laps: Path | None = None
) -> str:
    """Return the tables, one a movie. `laps`: where the ways write; None: in memory, if that can be."""
    world = world / "prepare"
    world.mkdir(parents=True, exist_ok=True)
    place = laps or in_memory(world)
    parts = [told(span)]
    with tempfile.TemporaryDirectory(dir=place, prefix="avakit-roots-") as folder:
        for name in kinds:
            kind = KINDS[name]
            parts.append(_Compared(kind, movie(world, kind), span, Path(folder) / name)(place, runs))
    return "\n\n".join(parts)


@dataclass(frozen=True)
class _Compared:
    """One movie, and the data sets that hold its window already."""

    kind: Kind
    movie: Path
    span: int
    folder: Path

    def __call__(self, place: Path, runs: int) -> str:
        """Return its table."""
        roots.got(self.folder / "got", self.movie, self.span)
        roots.described(self.folder / "empty", self.movie, self.span)
        seconds = sampled(START, self.span)
        right = truth(self.movie, seconds)
        shown, found = self._shown(), dict[str, Quality]()

        def look(way: Way, folder: Path) -> None:
            if way.name in shown:
                found[way.name] = measure(partial(shown[way.name], folder), seconds, right)

        with Bare() as bare:
            laps = race(self._ways(bare), runs, place, look)
        return f"{_table(f'Frames of {self.kind.title}', laps, found)}\n\n{_said(bare, self.span, laps)}"

    def _ways(self, bare: Bare) -> list[Way]:
        movie, span = self.movie, self.span
        begun = {name: partial(roots.copied, self.folder / name) for name in ("got", "empty")}
        return [
            Way(SLOWFAST, partial(recipes.slowfast, movie, span)),
            Way(MMACTION2, partial(recipes.mmaction2, movie, span)),
            Way(ONE, partial(recipes.one_pass, movie, span)),
            Way(HALVES, partial(recipes.two_halves, movie, span)),
            Way(FRAMES, partial(roots.prepare, products=["frames"]), begun["got"]),
            Way(GET, _got_and_prepared, begun["empty"]),
            Way(BARE, partial(bare, movie, span, 0)),
        ]

    def _shown(self) -> dict[str, Shown]:
        """Return for each way that makes all frames which of its files shows a second."""
        return {
            SLOWFAST: recipes.on_grid,
            MMACTION2: recipes.on_grid,
            ONE: recipes.on_grid,
            HALVES: partial(recipes.in_halves, span=self.span),
            FRAMES: _frame,
            GET: _frame,
            BARE: lambda folder, second: folder / f"{int(second * RATE):06d}.jpg",
        }


def _got_and_prepared(root: Path) -> None:
    roots.get(root)
    roots.prepare(root, ["frames"])


def _frame(root: Path, second: Fraction) -> Path:
    number = int((second - START) * recipes.FAST) + 1
    return root / "frames" / "movie0" / f"movie0_{number:06d}.jpg"


def _table(title: str, laps: dict[str, Laps], found: dict[str, Quality]) -> str:
    """Return a Markdown table of the ways; ratios are to the first."""
    head, rule = HEAD
    lines = [f"### {title}", "", f"{head} luma dB | chroma dB | kB a picture |", f"{rule}---|---|---|"]
    for name, lap in laps.items():
        quality = found[name]
        seen = f"{quality.luma:.2f} | {quality.chroma:.2f} | {quality.bytes / 1e3:.1f}"
        lines.append(f"{row(name, lap, laps[SLOWFAST])} {seen} |")
    return "\n".join(lines)


def _said(bare: Bare, span: int, laps: dict[str, Laps]) -> str:
    """Return the bound by its steps, and how much of it avakit reaches."""
    middle = sorted(bare.steps, key=lambda steps: steps.sum)[len(bare.steps) // 2]
    pictures = span * RATE
    steps = {"decode": middle.decode, "range": middle.range, "JPEG": middle.jpeg, "write": middle.write}
    each = ", ".join(f"{name} {seconds / pictures * 1e3:.2f}" for name, seconds in steps.items())
    ours, bound, halves = laps[FRAMES], laps[BARE], laps[HALVES]
    return (
        f"The bound, ms of a processor a picture: {each}; together {middle.sum:.2f} s on {CORES} cores: "
        f"{middle.sum / CORES:.2f} s. {FRAMES} reaches {ours.times(bound):.0%} of the bound on the clock, "
        f"{median(bound.processor) / median(ours.processor):.0%} by the processors; it is "
        f"{ours.times(halves):.2f} × as fast as the two ffmpeg."
    )


def main() -> None:
    """Run with another span, or for some movies alone."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.prepare")
    parser.add_argument("kinds", nargs="*", metavar="MOVIE", help=f"of {', '.join(KINDS)}; all without")
    parser.add_argument("--runs", type=int, default=5, help="counted runs of each way (5)")
    parser.add_argument("--span", type=int, default=SPAN, help=f"seconds of the movie, 901 at most ({SPAN})")
    parser.add_argument("--world", type=Path, default=Path(".bench"), help="where movies are kept (.bench)")
    parser.add_argument("--laps", type=Path, help="where pictures are written (in memory, if that can be)")
    given = parser.parse_args()
    if unknown := set(given.kinds) - set(KINDS):
        parser.error(f"no movie {', '.join(sorted(unknown))}; there are: {', '.join(KINDS)}")
    print(run(given.world, given.runs, given.span, given.kinds or tuple(KINDS), given.laps))


if __name__ == "__main__":
    main()
