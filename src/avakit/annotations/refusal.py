"""Why a question in SQL has no answer, as a sentence that says what can be asked instead."""

import difflib
import re
from collections.abc import Mapping, Sequence

import duckdb

from avakit.annotations.database import first_line
from avakit.errors import UsageError

_KIND = re.compile(r"^[A-Z][A-Za-z ]{1,40} Error: ")
_COLUMN = re.compile(r'(?:column|named) "([^"]{1,100})"')
_TABLE = re.compile(r'Table with name "?([^" ]{1,100})"? does not exist')


def refusal(error: Exception, tables: Mapping[str, Sequence[str]]) -> UsageError:
    """Return the error of a question that DuckDB did not answer.

    `tables`: the tables that can be asked, with the names of their columns; the first is the one that counts.
    """
    if isinstance(error, duckdb.PermissionException):
        return UsageError(
            "The SQL reaches for something else than the labels", f"Ask {_either(tables)} only."
        )
    if isinstance(error, duckdb.OutOfMemoryException | MemoryError):
        return UsageError(
            "The SQL needs more memory than a question may take",
            "Ask for less of it: count, or add a WHERE or a LIMIT.",
        )
    what = _said(error)
    if "'pytz'" in what:
        return UsageError("The SQL gives a time with a zone, which cannot be shown", "Cast it to TIMESTAMP.")
    return UsageError(f"The SQL cannot be answered: {what}", _advice(what, tables))


def _advice(what: str, tables: Mapping[str, Sequence[str]]) -> str:
    table = next(iter(tables))
    known = f"The columns of {table}: {', '.join(tables[table])}."
    if missing := _TABLE.search(what):
        return f"{_meant(missing[1], list(tables))}It can be asked of {_either(tables)}. {known}"
    if missing := _COLUMN.search(what):
        return f"{_meant(missing[1], tables[table])}{known}"
    return known


def _meant(wrong: str, right: Sequence[str]) -> str:
    close = difflib.get_close_matches(wrong.casefold(), right, n=1)
    return f"Did you mean {close[0]}? " if close else ""


def _either(tables: Mapping[str, Sequence[str]]) -> str:
    return " or ".join(f"`{table}`" for table in tables)


def _said(error: Exception) -> str:
    """Return what DuckDB says, or Python of a value that it cannot hold."""
    if isinstance(error, duckdb.Error):
        return _KIND.sub("", first_line(error))
    if isinstance(error, UnicodeError):
        return "it is no valid text"
    return str(error).strip().partition("\n")[0][:300] or type(error).__name__
