"""`avakit demo`: the whole way, offline, in about a minute, on movies that know their frame numbers."""

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from avakit.cli import options
from avakit.cli.account import Account, Disk, Noted, Read, Story, document, summary

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from avakit.dataset.ava import Dataset
    from avakit.rehearsal.recipe import Movie

_NAMES = ("room", "street")
_SECONDS = 2100
_SHOWN = {"room": (902, 911, 918), "street": (1353, 1365, 1798)}
_EVERY = 31  # of the frames: it meets each of the 30 in a second; to read all takes longer than to make them


def demo(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Where it happens (./demo).")] = Path(
        "demo"
    ),
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> int:
    """See all of it, offline, in about a minute: two movies are made here, got from a mirror on this machine,
    prepared, and proven by the frame number in every picture.
    """
    import json as json_text
    import sys

    from rich.console import Console

    story = Story(Console(file=sys.stdout, quiet=quiet or json))
    account = _Demo(folder, story, quiet)()
    if json:
        typer.echo(json_text.dumps(document(account), indent=2))
    else:
        told = Story(Console(file=sys.stdout))
        told.table([("", ""), *summary(account)])
    return 0


class _Demo:
    """One run of the demo: its places, and whom it tells."""

    def __init__(self, folder: Path, story: Story, quiet: bool) -> None:
        self._folder = folder
        self._mirror = folder / "mirror"
        self._labels = self._mirror / "annotations" / "ava_v2.2.zip"
        self._data = folder / "data"
        self._sheet = folder / "contact-sheet.png"
        self._story = story
        self._quiet = quiet

    def __call__(self) -> Account:
        """Do all of it. Raises `AvakitError` if anything is not as it should be."""
        _only_ours(self._folder)
        movies = self._make()
        whole = sum(movie.path.stat().st_size for movie in movies.values())
        ava, fetched = self._get(list(movies.values()), whole)
        with ava:
            made = self._prepare(ava, movies["room"].video)
            self._verify(ava)
            read = self._read(ava, movies)
            self._draw(ava, movies)
            windows = sum(row.bytes for row in ava.ledger.videos().values())
        start, stop = ava.release.window or (0, _SECONDS)
        frames = self._data / "frames" / movies["room"].video
        unshared = sum(entry.stat().st_size for entry in os.scandir(frames))
        return Account(
            folder=self._folder,
            data=self._data,
            sheet=self._sheet,
            videos=tuple(movie.video for movie in movies.values()),
            fetched=fetched,
            whole=whole,
            minutes=(int(stop - start) // 60, _SECONDS // 60),
            read=read,
            disk=Disk(windows, made["keyframes"], made["frames"], unshared),
            steps=tuple(self._story.steps),
        )

    def _make(self) -> "dict[str, Movie]":
        from rich.filesize import decimal

        from avakit.rehearsal.actors import make_plays, write_annotations
        from avakit.rehearsal.made import is_made
        from avakit.rehearsal.plays import plays

        known = plays(_SECONDS)
        there = all(is_made(self._mirror, known[name].recipe) for name in _NAMES)
        with self._story.step("Two movies in which every picture carries its number", waiting=True):
            self._labels.parent.mkdir(parents=True, exist_ok=True)
            movies = make_plays(self._mirror, _NAMES, seconds=_SECONDS)
            write_annotations(self._labels, (known[name] for name in _NAMES))
        for movie in movies.values():
            rate, size = movie.recipe.rate or 0, decimal(movie.path.stat().st_size)
            self._story.say(
                f"{movie.path.name}: {_SECONDS // 60} minutes, {float(rate):.6g} pictures a second, {size}"
            )
        said = (
            "They lie here from the run before."
            if there
            else "Their ids are of AVA's val split, the rest is ours."
        )
        self._story.say(said)
        return movies

    def _get(self, movies: "list[Movie]", whole: int) -> "tuple[Dataset, int]":
        from rich.filesize import decimal

        from avakit.annotations.taking import differences
        from avakit.collection.get import get
        from avakit.engine.progress import progress
        from avakit.rehearsal.mirror import Mirror

        videos = [movie.video for movie in movies]
        shown = Noted(progress(self._quiet), whole)
        with _no_proxy(), Mirror(self._mirror) as mirror:
            source = f"mirror={mirror.url}"
            words = ["avakit", "get", "v2.2", "--root", str(self._data), f"--videos={','.join(videos)}"]
            words += ["--source", source, "--annotations", str(self._labels)]
            with self._story.step("The labels, and of each movie the annotated part alone", words):
                ava = get(
                    "v2.2", root=self._data, videos=videos, sources=[source], annotations=self._labels,
                    progress=shown,
                )  # fmt: skip
            fetched = mirror.sent()
        # That these labels are not the official files is no news here.
        files = [(ava.root.annotations / file.name, file) for file in ava.release.annotation_files]
        known = {line for path, file in files if path.is_file() for line in differences(path, file)}
        for note in shown.notes:
            if note not in known:
                self._story.say(note)
        for entry in (ava.videos[video] for video in videos):
            _require(entry.state == "have", f"{entry.id} was not got. {entry.row.message or ''}")
        came = (
            f"{decimal(fetched)} came" if fetched else "Nothing was fetched: it is here from the run before"
        )
        self._story.say(f"{len(videos)} of {len(videos)} videos. {came}.")
        self._story.say("The labels are the rehearsal's own, in the form of the official ava_v2.2.zip.")
        return ava, fetched

    def _prepare(self, ava: "Dataset", video: str) -> dict[str, int]:
        """Make keyframes of both movies and frames of one; return the bytes on disk of each product."""
        from avakit.engine.progress import progress
        from avakit.preparation.prepare import prepare

        place = ["--root", str(self._data)]
        words = ["avakit", "prepare", "keyframes", "frames", *place, f"--videos={video}"]
        with self._story.step("Keyframes, and 30 frames a second, in one pass", words):
            outcomes = prepare(ava, ["keyframes", "frames"], videos=[video], progress=progress(self._quiet))
        self._story.say("; ".join(f"{one.files:,} {one.product} {one.state}" for one in outcomes))
        with self._story.step("Keyframes of all that is here", ["avakit", "prepare", "keyframes", *place]):
            both = prepare(ava, ["keyframes"], progress=progress(self._quiet))
        self._story.say("; ".join(f"{one.video}: {one.files:,} {one.state}" for one in both))
        for one in (*outcomes, *both):
            _require(one.there, f"{one.video} has no {one.product}. {one.message or ''}")
        frames = sum(one.bytes for one in outcomes if one.product == "frames")
        return {"keyframes": sum(one.bytes for one in both), "frames": frames}

    def _verify(self, ava: "Dataset") -> None:
        from avakit.engine.progress import progress
        from avakit.proof.verify import verify

        with self._story.step("Is all of it right?", ["avakit", "verify", "--root", str(self._data)]):
            findings = verify(ava, progress=progress(self._quiet))
        for finding in findings:
            _require(finding.problem is None, f"{finding.video} {finding.what}: {finding.problem}")
        self._story.say(f"{len(findings)} of {len(findings)} are right.")

    def _read(self, ava: "Dataset", movies: "dict[str, Movie]") -> tuple[Read, ...]:
        """Read the number in every keyframe and in some frames. Raises `AvakitError` for a wrong one."""
        from avakit.preparation.products import product_of
        from avakit.preparation.recipe import Recipe
        from avakit.preparation.subject import subject_of

        video = movies["room"].video
        subject, timeline = subject_of(ava.release, video), ava.videos[video].window.timeline
        wanted = (product_of(name, subject, Recipe(), timeline) for name in ("keyframes", "frames"))
        keyframes, frames = (dict(zip(one.numbers, one.times, strict=True)) for one in wanted)
        with self._story.step("The proof: the number in each picture, read from its pixels", waiting=True):
            right = sum(_right(ava, "keyframes", movie, keyframes) for movie in movies.values())
            some = _right(ava, "frames", movies["room"], frames, _EVERY)
        self._story.say(f"{right:,} keyframes and {some:,} frames: each shows the second it is named by.")
        return Read("keyframes", len(keyframes) * len(movies), right), Read("frames", len(frames), some)

    def _draw(self, ava: "Dataset", movies: "dict[str, Movie]") -> None:
        from avakit.explorer.keyframes import labelled_keyframe
        from avakit.explorer.sheet import contact_sheet

        shown = [(movies[name].video, second) for name, some in _SHOWN.items() for second in some]
        with self._story.step("A look at it", waiting=True):
            contact_sheet(
                [labelled_keyframe(ava, video, second) for video, second in shown],
                self._sheet,
                title="Keyframes as annotated",
                note="avakit demo: rehearsal movies; the cells along the edges are each picture's number",
            )
        self._story.say(f"{len(shown)} keyframes with their boxes and actions: {self._sheet}")


def _right(
    ava: "Dataset", product: str, movie: "Movie", times: Mapping[int, Fraction], every: int = 1
) -> int:
    """Return in how many files of a product the frame number is that of the picture on screen at its second.

    `times`: the second of each file by its number. Raises `AvakitError`, naming a file, if any is another.
    """
    from avakit.errors import DamagedMovie
    from avakit.rehearsal.numbers import Label, label

    folder = ava.root.product(product) / movie.video
    files = sorted(folder.iterdir())
    _require(len(files) == len(times), f"{folder} has {len(files)} files, not {len(times)}")

    def is_right(path: Path) -> bool:
        second = times[int(path.stem.rpartition("_")[2])]
        try:
            return label(_grey(path)) == Label(movie.recipe.number, movie.number_at(second))
        except DamagedMovie:
            return False

    chosen = files[::every]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        right = list(pool.map(is_right, chosen))
    wrong = [path for path, fine in zip(chosen, right, strict=True) if not fine]
    names = ", ".join(path.name for path in wrong[:3])
    _require(not wrong, f"{len(wrong)} of {len(chosen)} {product} show another picture: {names}")
    return len(chosen)


def _grey(path: Path) -> "NDArray[np.uint8]":
    import simplejpeg

    grey: NDArray[np.uint8] = simplejpeg.decode_jpeg(path.read_bytes(), colorspace="GRAY")[:, :, 0]
    return grey


def _only_ours(folder: Path) -> None:
    """Raise `RootError` for a folder of something else: rehearsal labels must not mix with real ones."""
    from avakit.errors import RootError

    if folder.exists() and not folder.is_dir():
        raise RootError(f"{folder} is a file", "Name another folder: avakit demo DIR.")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / "mirror" / "annotations").is_dir():
        raise RootError(f"{folder} holds something else than a demo", "Name a new folder: avakit demo DIR.")


def _require(fine: bool, what: str) -> None:
    from avakit.errors import AvakitError

    if not fine:
        raise AvakitError(what, "Remove the demo's folder and run it again; if it comes back, report it.")


@contextmanager
def _no_proxy() -> Iterator[None]:
    """Let requests to this machine go to this machine, whatever proxy the environment names."""
    before = {name: os.environ.get(name) for name in ("no_proxy", "NO_PROXY")}
    for name, value in before.items():
        os.environ[name] = f"{value},127.0.0.1" if value else "127.0.0.1"
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
