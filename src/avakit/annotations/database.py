"""DuckDB as avakit uses it: in memory, with nothing loaded from outside."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb


def connect() -> duckdb.DuckDBPyConnection:
    """Return a new database in memory that installs and loads no extensions, and prints nothing."""
    database = duckdb.connect(
        config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    )
    database.execute("SET enable_progress_bar = false")
    return database


@contextmanager
def stoppable() -> Iterator[None]:
    """Raise KeyboardInterrupt for Ctrl-C while DuckDB works, which makes a RuntimeError of it."""
    try:
        yield
    except RuntimeError as error:
        if str(error) != "Query interrupted":
            raise
        raise KeyboardInterrupt from None


def literal(path: Path | str) -> str:
    """Return a path, or a word, as a string of SQL."""
    return "'" + str(path).replace("'", "''") + "'"


def first_line(error: duckdb.Error) -> str:
    """Return what DuckDB says went wrong, without its hints and excerpts."""
    lines = str(error).strip().splitlines()
    return lines[0][:300] if lines else type(error).__name__
