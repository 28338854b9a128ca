"""What a shell hands over arrives as it was meant."""

import os
import subprocess
import sys

import pytest
import typer

from avakit.cli import app as module
from avakit.cli import options
from avakit.cli.app import run


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, object]]:
    calls: list[dict[str, object]] = []
    trial = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)

    @trial.callback()
    def _root() -> None:
        pass

    @trial.command()
    def take(
        release: options.Release = None,
        splits: options.Splits = None,
        videos: options.Videos = None,
        jobs: options.Jobs = None,
        quiet: options.Quiet = False,
    ) -> None:
        """Take."""
        calls.append({"release": release, "splits": splits, "videos": videos, "jobs": jobs, "quiet": quiet})

    monkeypatch.setattr(module, "app", trial)
    return calls


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ([], {"release": None, "splits": None, "videos": None, "jobs": None, "quiet": False}),
        (["v2.2", "--split", "val", "--split=train"], {"release": "v2.2", "splits": ["val", "train"]}),
        (["--videos", "-5KQ66BBWC4"], {"videos": "-5KQ66BBWC4"}),
        (
            ["--videos", "--abcdefghi,-5KQ66BBWC4", "v2.2"],
            {"videos": "--abcdefghi,-5KQ66BBWC4", "release": "v2.2"},
        ),
        (["--videos=-5KQ66BBWC4", "-q", "--jobs", "2"], {"videos": "-5KQ66BBWC4", "quiet": True, "jobs": 2}),
        (["--videos", "@ids.txt"], {"videos": "@ids.txt"}),
    ],
)
def test_words_arrive_as_they_are_meant(
    seen: list[dict[str, object]], words: list[str], meant: dict[str, object]
) -> None:
    assert run(["take", *words]) == 0
    (call,) = seen
    assert meant.items() <= call.items()


def test_a_number_that_is_none_is_told(
    seen: list[dict[str, object]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["take", "--jobs", "many"]) == 2
    assert "--jobs" in capsys.readouterr().err
    assert seen == []


def test_shells_complete_the_verbs() -> None:
    environment = {
        **os.environ,
        "_AVAKIT_COMPLETE": "complete_bash",
        "COMP_WORDS": "avakit sta",
        "COMP_CWORD": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", "from avakit.cli import main; main()"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "status" in done.stdout
    assert done.stderr == ""
