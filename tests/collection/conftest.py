"""No proxies, short pauses, a site to fill, and movies that are soon read."""

import os
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Literal

import pytest
from tests.collection.site import Site

from avakit import causes
from avakit.rehearsal.made import is_made, mark, path_of
from avakit.rehearsal.movies import make
from avakit.rehearsal.recipe import Movie, Recipe

Film = Callable[..., Movie]


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name == "AVAKIT_ROOT":
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    for cause, policy in causes.POLICIES.items():
        monkeypatch.setitem(causes.POLICIES, cause, causes.Policy(policy.tries, 0.01, policy.next_step))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.fixture(scope="session")
def film(movie_folder: Path) -> Film:
    """Make a movie of five pictures a second, so many seconds long, or take the one that lies there."""

    def made(seconds: int = 2100, container: Literal["mp4", "mkv"] = "mp4") -> Movie:
        recipe = Recipe("slow", "1j20qq1JyX4", container, seconds=seconds, rate=Fraction(5), sync=20)
        folder = movie_folder / f"slow-{seconds}"
        path = path_of(folder, recipe)
        if not is_made(folder, recipe):
            make(recipe, path)
            mark(folder, recipe)
        return Movie(recipe, path)

    return made
