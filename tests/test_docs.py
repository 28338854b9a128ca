"""The documents tell the truth about what can be typed, and where things lie."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

import avakit
from avakit.cli.app import app

ROOT = Path(__file__).parents[1]
READMES = [ROOT / "README.md", ROOT / "README.zh-CN.md"]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
# typer's own words for a group of commands are private, so only what is needed is named here.
GROUP = typer.main.get_command(app)
VERBS = {info.callback.__name__: info for info in app.registered_commands if info.callback is not None}


def blocks(path: Path, language: str) -> Iterator[str]:
    """Yield the code blocks of a document that are in a language."""
    yield from re.findall(rf"```{language}\n(.*?)```", path.read_text("utf-8"), re.DOTALL)


def typed(path: Path) -> list[list[str]]:
    """Return the words of every avakit line in a document's shell blocks."""
    lines = [shlex.split(line, comments=True) for block in blocks(path, "sh") for line in block.splitlines()]
    return [words[1:] for words in lines if words[:1] == ["avakit"]]


@pytest.mark.parametrize("path", READMES, ids=lambda path: path.name)
def test_the_table_has_every_command_and_no_other(path: Path) -> None:
    rows = re.findall(r"^\| `avakit (\w+)[^`]*` \|", path.read_text("utf-8"), re.MULTILINE)
    assert sorted(rows) == sorted(VERBS)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_what_is_to_be_typed_can_be_typed(path: Path) -> None:
    for words in typed(path):
        command = GROUP.commands[words[0]]  # type: ignore[attr-defined]
        command.make_context(words[0], words[1:]).close()


def test_there_is_something_to_be_typed() -> None:
    assert {words[0] for words in typed(READMES[0])} >= {"get", "status", "prepare", "verify"}
    assert len(typed(READMES[1])) >= len(typed(READMES[0]))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text("utf-8")):
        if "://" not in target:
            assert (path.parent / target.partition("#")[0]).exists(), target


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_python_examples_name_what_there_is(path: Path) -> None:
    for block in blocks(path, "python"):
        compile(block, str(path), "exec")
        for name in re.findall(r"(?<![\w./\"])avakit\.(\w+)", block):
            assert name in avakit.__all__ or name == "rehearsal", name


def test_the_picture_is_small_enough() -> None:
    assert (ROOT / "docs" / "contact-sheet.png").stat().st_size <= 400_000
