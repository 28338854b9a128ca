"""The command's one entrance: which verbs there are, and how each of them ends.

A file of a verb imports at its top only what is light; whatever costs is imported where it is used, so that
`avakit --help` stays quick.
"""

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from avakit.cli import ending
from avakit.cli.adopt import adopt
from avakit.cli.demo import demo
from avakit.cli.doctor import doctor
from avakit.cli.get import get
from avakit.cli.lint import lint
from avakit.cli.plan import plan
from avakit.cli.prepare import prepare
from avakit.cli.releases import releases
from avakit.cli.sql import sql
from avakit.cli.stats import stats
from avakit.cli.status import status
from avakit.cli.verify import verify
from avakit.version import __version__

app = typer.Typer(
    name="avakit",
    help="Gets Google's AVA data set, proves that it is right, and trains on it.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for verb in (releases, plan, get, status, prepare, verify, stats, sql, doctor, demo):
    app.command()(verb)
# Files are called after videos, and some ids begin with a hyphen: what is no option is a file.
for of_files in (adopt, lint):
    app.command(context_settings={"ignore_unknown_options": True})(of_files)


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"avakit {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _avakit(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Say the version.")
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of an error; any command takes it.")
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command with `arguments` (None: this process's) and return its exit code, whatever happens.

    0: all that was asked is there; 1: it failed; 2: wrong usage; 3: some or all videos are missing; 130:
    interrupted. What went wrong is told on stderr, in sentences.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words
    words = [word for word in words if word != "--debug"]
    ending.bear_any_text()
    streams = sys.stdout, sys.stderr
    try:
        code = typer.main.get_command(app).main(words, prog_name="avakit", standalone_mode=False)
        ending.flush()
    except BaseException as error:  # noqa: BLE001 - each kind has its sentence and its exit code
        sys.stdout, sys.stderr = streams  # typer muffles them after any broken pipe, ours or not
        return ending.told(error, debug)
    if code == ending.INTERRUPTED:
        return ending.told(KeyboardInterrupt(), debug)
    return code if isinstance(code, int) else 0
