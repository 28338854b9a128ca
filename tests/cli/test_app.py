import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from avakit.cli import app as module
from avakit.cli.app import run
from avakit.errors import Interrupted, RootError, UsageError
from avakit.version import __version__


@pytest.fixture
def verb(monkeypatch: pytest.MonkeyPatch) -> list[BaseException]:
    """A verb `fail` that raises what is put into the list."""
    errors: list[BaseException] = []
    trial = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)

    @trial.callback()
    def _root() -> None:
        pass

    @trial.command()
    def fail() -> int:
        """Fail."""
        for error in errors:
            raise error
        return 3

    monkeypatch.setattr(module, "app", trial)
    return errors


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (
            UsageError("There is no split 'x'", "Its splits: a, b."),
            2,
            "There is no split 'x'. Its splits: a, b.",
        ),
        (RootError("It is read-only"), 1, "It is read-only."),
        (Interrupted("Stopped", "Run it again."), 130, "Stopped. Run it again."),
        (KeyboardInterrupt(), 130, "Stopped. Run the same command again to go on."),
        (typer.Abort(), 130, "Stopped. Run the same command again to go on."),
        (
            OSError(28, "No space left on device", "/x"),
            1,
            "The system refused: No space left on device (/x). Make",
        ),
        (
            OSError(13, "Permission denied"),
            1,
            "The system refused: Permission denied. See it all with --debug.",
        ),
        (MemoryError(), 1, "There is not enough memory."),
        (
            ZeroDivisionError("a bug"),
            1,
            "This is a fault of avakit itself: ZeroDivisionError: a bug. See it all",
        ),
        (RootError("A server said \x1b[31mred\x07"), 1, "A server said ?[31mred?."),
    ],
)
def test_every_error_ends_in_a_sentence_and_its_code(
    verb: list[BaseException],
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    code: int,
    sentence: str,
) -> None:
    verb.append(error)
    assert run(["fail"]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"avakit: {sentence}")
    assert "Traceback" not in err
    for words in (["fail", "--debug"], ["--debug", "fail"]):
        assert run(words) == code
        said = capsys.readouterr().err
        assert f"avakit: {sentence}" in said
        if not isinstance(error, KeyboardInterrupt):
            assert "Traceback" in said


def test_a_verb_gives_its_exit_code(verb: list[BaseException]) -> None:
    assert run(["fail"]) == 3
    verb.append(typer.Exit(1))
    assert run(["fail"]) == 1
    verb[0] = SystemExit(7)
    assert run(["fail"]) == 7


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["stauts"], "avakit: No such command 'stauts'"),
        (["status", "--roo", "x"], "avakit: No such option: --roo"),
        (["status", "--root"], "avakit: Option '--root' requires an argument"),
        (["status", "x"], "avakit: Got unexpected extra argument"),
    ],
)
def test_wrong_usage_ends_in_a_sentence_and_2(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(sentence)
    assert err.count("\n") == 1
    assert "--help" in err


def test_help_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"avakit {__version__}\n"
    for words in ([], ["--help"]):
        assert run(words) == 0
        assert "status" in capsys.readouterr().out
    assert run(["status", "--help"]) == 0
    assert "--json" in capsys.readouterr().out


def test_the_entrance_imports_nothing_that_costs() -> None:
    script = (
        "import sys, avakit.cli.app\n"
        "heavy = {'av', 'duckdb', 'numpy', 'pydantic', 'pycurl', 'simplejpeg', 'tomlkit', 'sqlite3'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "[]\n"


@pytest.mark.skipif(os.name == "nt", reason="pipes end otherwise there")
def test_a_reader_that_has_enough_is_no_matter_for_words() -> None:
    script = (
        "import typer\nfrom avakit.cli import app\n"
        "@app.app.command()\ndef much() -> None:\n"
        "    for i in range(100_000):\n        typer.echo('x' * 100)\n"
        "raise SystemExit(app.run(['much']))"
    )
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(30) == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is needed")
def test_output_that_cannot_be_written_is_told() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", "from avakit.cli import main; main()", "--version"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
        )
    assert done.stderr.startswith("avakit: The system refused: No space left on device")
    assert done.returncode == 1


def test_what_the_output_cannot_show_is_shown_otherwise() -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-c"),
            "from avakit.cli import app\n"
            "@app.app.command()\ndef odd() -> None:\n    print('\\u65b9\\udc80')\n"
            "raise SystemExit(app.run(['odd']))",
        ],
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, r"\u65b9\udc80", "")
