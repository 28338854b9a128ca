"""A run that is killed at any moment loses nothing that was whole, and ends as if it never had been."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.preparation.roots import command, files_of, living, own, run

from avakit.engine.worker import Worker
from avakit.preparation import course
from avakit.preparation.clip.edits import is_whole
from avakit.preparation.prepare import prepare
from avakit.proof.verify import verify
from avakit.rehearsal.recipe import Movie

Movies = Callable[..., dict[str, Movie]]
KILLS = int(os.environ.get("AVAKIT_KILLS", "6"))
PRODUCTS = ("frames", "keyframes", "clips")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")


def whole(root: Path) -> dict[str, tuple[int, int]]:
    """Inode and time of change of every file that is whole, aside or in its place, by product and name."""
    found = {}
    for folder in (root / ".avakit" / "partial", *(root / product for product in PRODUCTS)):
        for path in folder.glob("*/*"):
            product = path.parent.name.partition("-")[0] if folder.name == "partial" else folder.name
            data = path.read_bytes()
            done = data[:2] == b"\xff\xd8" and data[-2:] == b"\xff\xd9"
            if path.suffix == ".mp4":
                done = is_whole(path)
            if done:
                stat = path.stat()
                found[f"{product}/{path.name}"] = (stat.st_ino, stat.st_mtime_ns)
    return found


def digests(root: Path) -> dict[str, str]:
    return {
        name: hashlib.sha256(path.read_bytes()).hexdigest()
        for name, path in files_of(root, *PRODUCTS).items()
    }


def test_killed_at_random_moments_it_goes_on_and_ends_the_same(movies: Movies, tmp_path: Path) -> None:
    made = movies("mp4-23.976", "mkv-variable", seconds=40)
    own(tmp_path / "quiet", {name: movie.path for name, movie in made.items()}, range(2, 38, 6)).close()
    shutil.copytree(tmp_path / "quiet", tmp_path / "killed")
    words = ("prepare", *PRODUCTS, "--seconds=1", "--jobs=2", "--quiet", "--root")
    began = time.monotonic()
    undisturbed = run(*words, str(tmp_path / "quiet"))
    lasted = time.monotonic() - began
    assert undisturbed.returncode == 0, undisturbed.stderr
    root, chance, token = tmp_path / "killed", random.Random(2026), f"AVAKIT_TEST={os.urandom(8).hex()}"
    name, _, value = token.partition("=")
    kept: dict[str, tuple[int, int]] = {}
    again: set[str] = set()
    for kill in range(KILLS):
        with subprocess.Popen(
            command(*words, str(root)), env=os.environ | {name: value}, start_new_session=True
        ) as running:
            # Spread over all of it: each run goes on where the one before was.
            time.sleep(lasted * (0.2 + 0.8 * (kill + chance.random()) / KILLS))
            os.killpg(running.pid, signal.SIGKILL)
        deadline = time.monotonic() + 5
        while living(token) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert living(token) == [], "a child outlived its parent"
        now = whole(root)
        again |= {file for file, facts in kept.items() if now.get(file, facts) != facts}
        assert not kept.keys() - now.keys(), "whole files were lost"
        kept = now
    ended = run(*words, str(root))
    assert ended.returncode == 0, ended.stderr
    now = whole(root)
    again |= {file for file, facts in kept.items() if now[file] != facts}
    print(f"{KILLS} kills, {lasted:.1f} s a run, {len(kept)} of {len(now)} files were whole at the last")
    assert again == set(), "made again though whole"
    assert digests(root) == digests(tmp_path / "quiet")
    assert not list((root / ".avakit" / "partial").iterdir())


@pytest.mark.parametrize(
    ("moment", "store"),
    [
        ("before the ledger knew", "folder"),
        ("before the ledger knew", "tar"),
        ("before the ledger knew", "video"),
        ("between two renames", "folder"),
    ],
)
def test_what_was_finished_and_never_noted_is_not_made_again(
    moment: str, store: str, movies: Movies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    movie = movies("mp4-25", seconds=20)["mp4-25"]
    products = ["frames"] if store == "video" else ["frames", "keyframes"]
    _in_process(monkeypatch)
    with own(tmp_path / "ava", {"room": movie.path}, range(2, 18)) as ava:
        prepare(ava, products, size=48, store=store)  # of another recipe, to be replaced

        def die(*_: object) -> None:
            raise Killed

        if moment == "before the ledger knew":
            monkeypatch.setattr(course, "row_of", die)
        else:
            real = Path.replace

            def replace(self: Path, target: Path) -> Path:
                if target.parent.name in products and self.parent.name != target.parent.name:
                    raise Killed
                return real(self, target)

            monkeypatch.setattr(Path, "replace", replace)
        with pytest.raises(Killed):
            prepare(ava, products, store=store, jobs=1)
        monkeypatch.undo()
        made: list[int] = []
        _in_process(monkeypatch, made.append)
        outcomes = prepare(ava, products, store=store, jobs=1)
        assert {outcome.state for outcome in outcomes} == {"made"}
        assert sum(made) == 0, "pictures were made again"
        assert [outcome.state for outcome in prepare(ava, products, store=store)] == ["kept"] * len(products)
        assert [finding.problem for finding in verify(ava)] == [None] * (1 + len(products))
        assert not list(ava.root.partial.iterdir())


class Killed(BaseException):
    """Stands for a process that ends between two steps."""


def _in_process(monkeypatch: pytest.MonkeyPatch, written: Callable[[int], None] = lambda _: None) -> None:
    """Let workers do their calls here, so that patches count in them."""

    def call(self: Worker, function: Callable[..., object], *arguments: object, **options: object) -> object:
        return function(*arguments, written) if options.get("on_progress") else function(*arguments)

    monkeypatch.setattr(Worker, "call", call)
