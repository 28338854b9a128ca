"""Data sets of one's own with an annotated part of any length, as `avakit get` leaves them."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import avakit
from benchmarks.recipes import START

_TOML = """\
release = "benchmark"
sources = ["folder=movies"]

[custom]
window = [{start}, {stop}]
seconds = {{ first = {first}, last = {last}, step = {step} }}
frames = {{ rate = 30, first = {start} }}

[custom.labels]
train = "train.csv"
"""


def described(root: Path, movie: Path, span: int, step: int = 1, count: int = 1) -> None:
    """Lay a data set out that wants `span` seconds of a movie, and a keyframe every `step` seconds of them.

    `count`: as how many videos the movie is there.
    """
    movies = root / "movies"
    movies.mkdir(parents=True)
    last = START + span - 3
    lines = []
    for number in range(count):
        name = f"movie{number}"
        (movies / f"{name}.mp4").symlink_to(movie.absolute())
        seconds = range(START + 2, last + 1, step)
        lines += [f"{name},{second},0.2,0.1,0.6,0.9,12,{second % 3}\n" for second in seconds]
    (root / "train.csv").write_text("".join(lines))
    toml = _TOML.format(start=START, stop=START + span, first=START + 2, last=last, step=step)
    (root / "avakit.toml").write_text(toml)


def got(root: Path, movie: Path, span: int, step: int = 1, count: int = 1) -> Path:
    """Return a data set whose windows are there."""
    described(root, movie, span, step, count)
    get(root)
    return root


def get(root: Path) -> None:
    """Get the windows of a data set that was laid out."""
    with avakit.get(root=root) as ava:
        assert all(row.cause is None for row in ava.ledger.videos().values())


def copied(template: Path, root: Path) -> None:
    """Make `root` the same data set."""
    shutil.copytree(template, root, symlinks=True, dirs_exist_ok=True)


def prepare(root: Path, products: Sequence[str], jobs: int | None = None) -> None:
    """Make products of all videos."""
    with avakit.open(root) as ava:
        made = avakit.prepare(ava, products, jobs=jobs)
    assert made
    assert all(outcome.there for outcome in made), made
