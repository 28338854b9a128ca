"""Data sets of rehearsal movies, as somebody has them: their own labels, their own seconds."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import simplejpeg
from tests.annotations.tables import action, write

import avakit
from avakit.dataset import settings
from avakit.dataset.ava import Dataset
from avakit.dataset.ledger import Ledger
from avakit.dataset.root import create
from avakit.dataset.rows import Kind, State, VideoRow
from avakit.dataset.settings import Settings
from avakit.rehearsal.numbers import label
from avakit.rehearsal.recipe import Movie
from avakit.releases.catalogue import release as release_named
from avakit.releases.model import Grid, Release

V22 = release_named("v2.2")
WHOLE = "0,0,1,1"
TOML = """\
release = "mine"
sources = ["folder={movies}"]

[custom]
kind = "{kind}"
seconds = {{ first = {first}, last = {last}, step = {step} }}
frames = {{ rate = 30, first = {first} }}
{window}

[custom.labels]
{labels}
"""


def own(
    root: Path,
    movies: Mapping[str, Path],
    seconds: range,
    rows: Iterable[str] | None = None,
    *,
    step: str = "1",
    kind: str = "actions",
    window: tuple[int, int] | None = None,
) -> Dataset:
    """A data set of movies by id, labelled at `seconds`; `rows` None: somebody fills the picture in each."""
    folder = root / "movies"
    folder.mkdir(parents=True)
    for video, path in movies.items():
        shutil.copy(path, folder / f"{video}{path.suffix}")
    if rows is None:
        rows = [f"{video},{second},{WHOLE},12,1" for video in movies for second in seconds]
    (root / "val.csv").write_text("".join(f"{row}\n" for row in rows))
    said = "" if window is None else f"window = [{window[0]}, {window[1]}]"
    (root / "avakit.toml").write_text(
        TOML.format(
            movies="movies", kind=kind, first=seconds[0], last=seconds[-1], step=step, window=said,
            labels='val = "val.csv"',
        )
    )  # fmt: skip
    return avakit.get(root=root)


def given(
    root: Path,
    movies: Mapping[str, Path],
    seconds: range,
    labels: Iterable[tuple[object, ...]] | None = None,
    *,
    kind: str = "actions",
    release: Release = V22,
    split: str = "val",
    grid: Grid | None = None,
) -> Dataset:
    """A data set in which movies are there as they are, accepted by nobody. `seconds`: the annotated ones;
    `labels` None: somebody fills the picture in each.
    """
    made = create(root)
    asked = Settings.of({"release": release.name, "videos": list(movies)})
    settings.save(made, asked)
    if labels is None:
        labels = [action(video, second, (0, 0, 1, 1), 12, 1) for video in movies for second in seconds]
    write(made.table, kind, list(labels))
    made.windows.mkdir(exist_ok=True)
    with Ledger.write(made.ledger) as ledger:
        ledger.ask([(video, split) for video in movies])
        for video, path in movies.items():
            place = made.windows / f"{video}{path.suffix}"
            shutil.copyfile(path, place)
            size = place.stat().st_size
            ledger.put(
                VideoRow(
                    video, split, State.HAVE, kind=Kind.WINDOW, path=made.relative(place), bytes=size
                )
            )  # fmt: skip
    frames = grid or Grid(seconds[0], 30, 30 * (seconds[-1] - seconds[0]))
    window = release.window if grid else (Fraction(seconds[0]), Fraction(seconds[-1] + 1))
    return Dataset(made, asked, replace(release, seconds=tuple(seconds), grid=frames, window=window))


def command(*words: str) -> list[str]:
    """A call of avakit in a process of its own."""
    return [sys.executable, "-m", "avakit", *words]


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """Call avakit in a process of its own, and wait for it."""
    return subprocess.run(command(*words), capture_output=True, text=True, timeout=300, check=False)


def files_of(root: Path, *products: str) -> dict[str, Path]:
    """The files of products by their paths in the root, records too."""
    return {
        str(path.relative_to(root)): path
        for product in products
        for path in sorted((root / product).rglob("*"))
        if path.is_file()
    }


def number(movie: Movie, data: bytes) -> int:
    """The number in a JPEG of a rehearsal movie."""
    said = label(simplejpeg.decode_jpeg(data))
    assert said.movie == movie.recipe.number
    return said.number


def wrong(movie: Movie, folder: Path, seconds: Mapping[str, Fraction]) -> list[str]:
    """Which files, by name and second, do not show what is on screen then."""
    found = []
    for name, second in seconds.items():
        said = number(movie, (folder / name).read_bytes())
        if said != movie.number_at(second):
            found.append(f"{name}: {said}, not {movie.number_at(second)}")
    return found


def living(token: str) -> list[int]:
    """The processes that have a word in their environment: those that a call with it left behind."""
    found = []
    for entry in os.scandir("/proc"):
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                if token.encode() in Path(entry.path, "environ").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue
    return found
