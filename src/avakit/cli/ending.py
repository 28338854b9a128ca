"""How the command ends: for each kind of error its sentence on stderr and its exit code."""

import errno
import io
import os
import sys
import traceback

import typer

from avakit.errors import AvakitError, Interrupted, UsageError
from avakit.text import printable

FAILED, WRONG_USAGE, MISSING, INTERRUPTED = 1, 2, 3, 130


def told(error: BaseException, debug: bool) -> int:
    """Tell an error on stderr and return its exit code. `debug`: with its traceback."""
    if isinstance(error, SystemExit) and isinstance(error.__context__, BrokenPipeError):
        error = error.__context__
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else FAILED
    if isinstance(error, BrokenPipeError) and not debug:
        _drop(sys.stdout)  # `avakit … | head` has read all that it wants
        return FAILED
    if debug:
        _tell("".join(traceback.format_exception(error)))
    _tell(f"avakit: {sentence(error)}")
    try:
        flush()
    except OSError:
        _drop(sys.stdout)  # what could not be printed now cannot be at the interpreter's end either
    return exit_code(error)


def exit_code(error: BaseException) -> int:
    """Return the exit code of an error."""
    if isinstance(error, UsageError | typer.TyperException):
        return WRONG_USAGE
    if isinstance(error, Interrupted | KeyboardInterrupt | typer.Abort):
        return INTERRUPTED
    return FAILED


def sentence(error: BaseException) -> str:
    """Return an error as a person is to read it."""
    if isinstance(error, AvakitError):
        return str(error)
    if isinstance(error, typer.TyperException):
        context = getattr(error, "ctx", None)
        command = context.command_path if context is not None else "avakit"
        return f"{error.format_message().rstrip('.')}. See {command} --help."
    if isinstance(error, KeyboardInterrupt | typer.Abort):
        return "Stopped. Run the same command again to go on."
    if isinstance(error, OSError) and error.strerror is not None:
        place = f" ({error.filename})" if error.filename is not None else ""
        advice = "Make room, then run the same again." if error.errno in _FULL else "See it all with --debug."
        return f"The system refused: {error.strerror}{place}. {advice}"
    if isinstance(error, MemoryError):
        return "There is not enough memory. Ask for fewer --jobs."
    return f"This is a fault of avakit itself: {type(error).__name__}: {error}. See it all with --debug."


_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))


def bear_any_text() -> None:
    """Make stdout print what its encoding lacks in another way, instead of failing on it."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def flush() -> None:
    """Write out what was printed, while failures can still be told."""
    if sys.stdout is not None:
        sys.stdout.flush()


def _tell(text: str) -> None:
    # Servers' words may stand in it, which are not to steer the terminal.
    plain = "\n".join(map(printable, text.split("\n")))
    if sys.stderr is not None:
        try:
            sys.stderr.write(f"{plain}\n")
            sys.stderr.flush()
        except OSError:  # nobody is there to be told; the exit code still says it
            _drop(sys.stderr)


def _drop(stream: object) -> None:
    # The interpreter flushes at its end once more, and would complain.
    if isinstance(stream, io.TextIOWrapper):
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, stream.fileno())
        os.close(nothing)
