"""Which movies lie in a folder already, and were made by the same recipe and the same code."""

import hashlib
from functools import cache
from pathlib import Path

from avakit.rehearsal.recipe import Recipe

# They make no movies.
_OTHERS = {
    "__init__.py",
    "answers.py",
    "body.py",
    "crew.py",
    "faults.py",
    "mirror.py",
    "netdisk.py",
    "request.py",
}


def path_of(folder: Path, recipe: Recipe) -> Path:
    """Return where a movie lies, as CVDF lays them out: `trainval/<id>.<ext>`."""
    return folder / "trainval" / recipe.file_name


def is_made(folder: Path, recipe: Recipe) -> bool:
    """Return whether the movie is there, whole, and as this recipe and this code would make it."""
    note, path = _note(folder, recipe), path_of(folder, recipe)
    return note.exists() and path.exists() and note.read_text("utf-8") == _made_by(recipe, path)


def mark(folder: Path, recipe: Recipe) -> None:
    """Note how the movie that lies there was made."""
    note = _note(folder, recipe)
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(_made_by(recipe, path_of(folder, recipe)), "utf-8")


def _note(folder: Path, recipe: Recipe) -> Path:
    return folder / "recipes" / f"{recipe.file_name}.txt"


def _made_by(recipe: Recipe, path: Path) -> str:
    return f"{recipe.digest} {_code()} {path.stat().st_size}"


@cache
def _code() -> str:
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        if source.name not in _OTHERS:
            digest.update(source.read_bytes())
    return digest.hexdigest()[:16]
