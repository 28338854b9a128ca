"""The examples in the docstrings run, and give what they say."""

import doctest
import multiprocessing
from importlib import import_module
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src"
WITH_EXAMPLES = sorted(
    ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")
    for path in SOURCE.rglob("*.py")
    if ">>> " in path.read_text("utf-8")
)


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples_run(name: str) -> None:
    done = doctest.testmod(import_module(name), verbose=False)
    assert done.attempted > 0
    assert done.failed == 0
    assert not multiprocessing.active_children()
