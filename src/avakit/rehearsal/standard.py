"""The standard set: one movie for every kind that AVA's containers and rates make difficult, by name.

The ids are AVA's, with the containers that CVDF has them in: release v2.2's val split, but for two from its
train split, because no id of val begins with a hyphen.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType

from avakit.rehearsal.crew import make_each
from avakit.rehearsal.made import is_made, mark, path_of
from avakit.rehearsal.movies import make
from avakit.rehearsal.recipe import Movie, Recipe

_FILM = Fraction(24000, 1001)
_NTSC = Fraction(30000, 1001)
_START = Fraction(7, 5)

_RECIPES = (
    # The rates
    Recipe("mp4-25", "1j20qq1JyX4", rate=Fraction(25)),
    Recipe("mp4-23.976", "5BDj0ow5hnA", rate=_FILM, index="first"),
    Recipe("mp4-29.97", "9Y_l9NsnYE0", rate=_NTSC, index="first"),
    Recipe("mp4-30", "Hscyg0vLKc8", rate=Fraction(30)),
    Recipe("mp4-variable", "IzvOYVMltkI", rate=None),
    # Where time begins
    Recipe("mp4-start", "O_NYCUhZ9zw", start=_START),
    Recipe("mp4-late", "SCh-ZImnyyk", late=Fraction(12, 25)),
    Recipe("mp4-edit", "TEQ9sAj-DPo", hidden=37),
    Recipe("mkv-start", "2PpxiG0WU18", "mkv", rate=_FILM, start=_START),
    # How pictures hang together
    Recipe("mp4-open", "b-YoBU0XT90", open_groups=True, sync=48),
    Recipe("mp4-short-groups", "-IELREHX_js", sync=12, b_frames=0),
    # Where the index lies
    Recipe("mp4-sidx", "covMYDBa5dk", index="sidx"),
    Recipe("mp4-mfra", "om_83F5VwTQ", rate=_FILM, index="mfra"),
    Recipe("mp4-fragments", "qx2vAO5ofmo", index="none"),
    Recipe("mkv", "_7oWZq_s_Sk", "mkv", rate=_FILM),
    Recipe("mkv-first", "-5KQ66BBWC4", "mkv", rate=_NTSC, index="first"),
    Recipe("mkv-live", "_eBah6c5kyA", "mkv", index="none"),
    Recipe("mkv-variable", "55Ihr6uVIDA", "mkv", rate=None),
    Recipe("mkv-silent", "6d5u6FHvz7Q", "mkv", sound=False),
    Recipe("webm", "_dBTTYDRdRQ", "webm", rate=_FILM),
    Recipe("webm-live", "Gvp-cj3bmIY", "webm", index="none"),
    # The size of real ones: 700 kbit/s, 184 MB in 35 minutes
    Recipe("mp4-700k", "sNQJfYvhcPk", kbits=700, width=320, height=180, index="first"),
    Recipe("mkv-700k", "914yZXz-iRs", "mkv", rate=_FILM, kbits=700, width=320, height=180),
    Recipe("webm-700k", "QCLQYnt3aMo", "webm", kbits=700, width=320, height=180),
)


def standard(seconds: int = 2100) -> Mapping[str, Recipe]:
    """Return the standard set by name; `seconds` is how long the movies are (AVA's: 35 minutes and more)."""
    return MappingProxyType({recipe.name: replace(recipe, seconds=seconds) for recipe in _RECIPES})


def make_all(
    folder: Path, names: Iterable[str] | None = None, *, seconds: int = 2100, processes: int | None = None
) -> dict[str, Movie]:
    """Make movies of the standard set (`names` None: all), laid out in `folder` as at CVDF.

    Returns them by name. A movie that lies there and was made by the same recipe and the same code is taken
    as it is. So one folder serves as a cache, for several processes at once too. `processes` None: one a
    core. Raises KeyError for an unknown name.
    """
    recipes = standard(seconds)
    chosen = {name: recipes[name] for name in (recipes if names is None else names)}
    missing = [recipe for recipe in chosen.values() if not is_made(folder, recipe)]
    make_each(_make, folder, sorted(missing, key=_cost, reverse=True), processes)
    return {name: Movie(recipe, path_of(folder, recipe)) for name, recipe in chosen.items()}


def _make(folder: Path, recipe: Recipe) -> None:
    make(recipe, path_of(folder, recipe))
    mark(folder, recipe)


def _cost(recipe: Recipe) -> int:
    """Return about how long a recipe takes, to begin with the longest."""
    return recipe.width * (40 if recipe.open_groups else 1) * (2 if recipe.container == "webm" else 1)
