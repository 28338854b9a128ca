"""`avakit sql`: any question to the labels, in SQL, which can do nothing but read them."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer

from avakit.cli import options
from avakit.text import printable

_SHOWN = 1000
_LONGEST = 1_000_000
_NARROWEST = 8

Batches = Iterator[list[tuple[object, ...]]]


def sql(
    question: Annotated[
        str,
        typer.Argument(
            metavar="SELECT", help='A SELECT: "select action, count(*) from labels group by 1". - reads it.'
        ),
    ],
    root: options.Root = None,
    json: options.Json = False,
) -> int:
    """Ask the labels by SQL: `labels` has a row a label, `keyframes` each annotated second. A table on a
    terminal, else csv.
    """
    from avakit.dataset.ava import open_dataset
    from avakit.errors import UsageError

    if sys.stdout is None:
        raise UsageError("Standard output is closed: nobody hears the answer", "Send it to a file.")
    text = _from_standard_input() if question == "-" else question
    with open_dataset(root) as ava, _memory_at_most(), ava.annotations.stream(text) as found:
        # What is wrong shows with the first rows, mostly: before anything was printed.
        batches = (batch for batch in chain([next(found.batches, [])], found.batches) if batch)
        if json:
            _document(found.columns, batches)
        elif sys.stdout.isatty():
            _table(found.columns, batches)
        else:
            _csv(found.columns, batches)
    return 0


def _from_standard_input() -> str:
    from avakit.errors import UsageError

    read = sys.stdin.buffer.read(_LONGEST + 1)
    if len(read) > _LONGEST:
        raise UsageError(f"What comes on standard input is no SQL: it is longer than {_LONGEST:,} bytes")
    try:
        return read.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError("What comes on standard input is no SQL: it is no text in UTF-8") from error


@contextmanager
def _memory_at_most() -> Iterator[None]:
    """Bound what DuckDB's own limit does not count, such as very long texts, where the system can."""
    if sys.platform != "linux":
        yield
        return
    import resource

    from avakit.annotations.asking import memory

    before = resource.getrlimit(resource.RLIMIT_DATA)
    taken = int(Path("/proc/self/statm").read_text("ascii").split()[5]) * resource.getpagesize()
    most = min(limit for limit in (taken + 2 * memory(), *before) if limit != resource.RLIM_INFINITY)
    resource.setrlimit(resource.RLIMIT_DATA, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)


def _csv(columns: Sequence[str], batches: Batches) -> None:
    import csv

    written = csv.writer(sys.stdout, lineterminator="\n")
    written.writerow(columns)
    for batch in batches:
        written.writerows(_converted(batch, _as_text, {str, int, float, type(None)}))


def _document(columns: Sequence[str], batches: Batches) -> None:
    """Print one JSON document as its rows come, a row a line."""
    import json

    encode = json.JSONEncoder(allow_nan=False).encode
    sys.stdout.write(f'{{"columns": {encode(columns)}, "rows": [')
    before = "\n"
    for batch in batches:
        try:
            lines = [encode(row) for row in _converted(batch, _as_json, {str, int, float, bool, type(None)})]
        except ValueError:  # a number that JSON does not have
            lines = [encode(row) for row in _converted(batch, _as_json, set())]
        sys.stdout.write(before + ",\n".join(lines))
        before = ",\n"
    sys.stdout.write("\n]}\n")


def _converted(
    batch: Sequence[Sequence[object]], convert: Callable[[object], object], fine: set[type]
) -> Iterable[Sequence[object]]:
    """Return the rows with every value converted but in columns whose values are all of types that are fine.

    A million rows take a tenth of the time in this way.
    """
    columns = zip(*batch, strict=True)
    return zip(*(one if set(map(type, one)) <= fine else map(convert, one) for one in columns), strict=True)


def _table(columns: Sequence[str], batches: Batches) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    rows: list[Sequence[object]] = []
    for batch in batches:
        rows += batch[: _SHOWN + 1 - len(rows)]
        if len(rows) > _SHOWN:
            break
    table = Table(box=box.SIMPLE_HEAD)
    texts = [[printable(_as_text(value), "�") for value in row] for row in rows[:_SHOWN]]
    for place, column in enumerate(columns):
        widest = max((len(row[place]) for row in texts), default=0)
        number = all(isinstance(row[place], int | float | None) for row in rows)
        table.add_column(
            Text(printable(column, "�")),
            justify="right" if number else "left",
            no_wrap=True,
            overflow="ellipsis",
            min_width=widest if number else min(widest, _NARROWEST),
        )
    for row in texts:
        table.add_row(*(Text(value) for value in row))
    console = Console(highlight=False)
    console.print(table)
    noun = "row" if len(rows) == 1 else "rows"
    told = f"The first {_SHOWN:,} rows; a pipe or a file gets all of them, as csv."
    console.print(told if len(rows) > _SHOWN else f"{len(rows):,} {noun}", soft_wrap=True)


def _as_is(value: object) -> object:
    return value


def _finite(value: object) -> object:
    return value if abs(float(str(value))) < float("inf") else None


def _number(value: object) -> object:
    return _finite(float(str(value)))


def _nested(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _as_json(inner) for key, inner in value.items()}
    return [_as_json(inner) for inner in value] if isinstance(value, list | tuple) else value


def _text_of_nested(value: object) -> object:
    import json

    return json.dumps(_nested(value), ensure_ascii=False)


def _hex(value: object) -> object:
    return value.hex() if isinstance(value, bytes) else value


_Kinds = Mapping[str, Callable[[object], object]]
_PLAIN: _Kinds = {"str": _as_is, "int": _as_is, "bytes": _hex}
_JSON: _Kinds = {
    **_PLAIN,
    "NoneType": _as_is,
    "bool": _as_is,
    "float": _finite,
    "Decimal": _number,
    **dict.fromkeys(("list", "dict", "tuple"), _nested),
}
_TEXT: _Kinds = {
    **_PLAIN,
    "NoneType": lambda _: "",
    "bool": lambda value: str(value).lower(),
    "float": str,
    **dict.fromkeys(("list", "dict", "tuple"), _text_of_nested),
}


def _as_json(value: object) -> object:
    return _JSON.get(type(value).__name__, str)(value)


def _as_text(value: object) -> str:
    return str(_TEXT.get(type(value).__name__, str)(value))
