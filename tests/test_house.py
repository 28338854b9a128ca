"""The shape of the house: imports go downward, files stay small, the roof hands out what is meant."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import avakit

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "avakit"
ROOMS = (
    *("cli", "explorer", "exports", "evaluation", "collection", "preparation", "proof", "engine", "dataset"),
    *("windows", "sources", "media", "annotations", "transfer", "releases"),
    *("causes", "errors", "text", "version"),
)
REHEARSAL = {"engine", "releases", "media", "errors", "version"}
PUBLIC = {
    *("AvakitError", "Cause", "Dataset", "__version__"),
    *(
        "adopt",
        "get",
        "lint",
        "open",
        "open_pictures",
        "open_video",
        "plan",
        "prepare",
        "statistics",
        "verify",
    ),
}
FILES = sorted(SOURCE.rglob("*.py"))


def module(path: Path) -> str:
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module(path): path for path in FILES}


def room(name: str) -> str:
    """The room of a module; "" for the roof: the package itself, and `python -m avakit`."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 and parts[1] != "__main__" else ""


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def nodes(tree: ast.AST, types: bool) -> Iterator[ast.AST]:
    """All nodes; without `types`, not those that only a type checker sees."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING" and not types:
            continue
        yield node
        yield from nodes(node, types)


def imported(path: Path, types: bool = True) -> Iterator[str]:
    """The modules of avakit that a file imports, anywhere in it."""
    for node in nodes(parsed(path), types):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == "avakit")
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: name the file from avakit on"
            base = node.module or ""
            if base.split(".")[0] == "avakit":
                for alias in node.names:
                    whole = f"{base}.{alias.name}"
                    yield whole if whole in MODULES else base


def test_every_room_has_its_place() -> None:
    assert {room(name) for name in MODULES} <= {"", "rehearsal", *ROOMS}


def test_imports_go_downward() -> None:
    wrong = []
    for name, path in MODULES.items():
        here = room(name)
        if here == "":
            continue
        for other in imported(path):
            there = room(other)
            if here == "rehearsal":
                fine = there in REHEARSAL | {here}
            elif there == "rehearsal":
                fine = name == "avakit.cli.demo"
            else:
                fine = there in ROOMS[ROOMS.index(here) :]
            if not fine:
                wrong.append(f"{name} imports {other}")
    assert wrong == []


def test_no_file_imports_itself_by_way_of_others() -> None:
    below = {
        name: set(imported(path, types=False)) & set(MODULES) - {name}
        for name, path in MODULES.items()
        if room(name)
    }
    done: set[str] = set()

    def walk(name: str, above: tuple[str, ...]) -> None:
        assert name not in above, " imports ".join((*above[above.index(name) :], name))
        if name not in done:
            for other in below.get(name, ()):
                walk(other, (*above, name))
            done.add(name)

    for name in below:
        walk(name, ())


def test_files_stay_small() -> None:
    long = {module(path): lines for path in FILES if (lines := path.read_bytes().count(b"\n")) > 400}
    assert long == {}


def test_every_room_says_what_it_is() -> None:
    for path in FILES:
        assert ast.get_docstring(parsed(path)), path


def test_the_roof_hands_out_what_is_meant() -> None:
    assert set(avakit.__all__) == PUBLIC
    for name in PUBLIC:
        assert getattr(avakit, name) is not None
