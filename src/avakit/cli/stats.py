"""`avakit stats`: how many there are of what, as the papers print it, and a page of charts."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from avakit.annotations.figures import figure, words
from avakit.cli import options
from avakit.text import printable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from avakit.annotations.figures import ClassFigures, Statistics

_PAIRS = 10
_BAR = 10
_NARROWEST = 12
_BETWEEN = 3


def stats(
    root: options.Root = None,
    splits: options.Splits = None,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="F", help="Write a page with charts into this one file."),
    ] = None,
    json: options.Json = False,
) -> int:
    """Count the labels: videos, seconds, boxes, people, classes; beside the figures that were published."""
    import json as json_text

    from avakit.annotations.figures import document
    from avakit.annotations.statistics import statistics
    from avakit.dataset.ava import open_dataset

    with open_dataset(root) as ava:
        if html is not None:
            from avakit.explorer.report import require_charts

            require_charts()
        found = statistics(ava.annotations, ava.release, splits or ())
        if html is not None:
            from avakit.explorer.report import write_report

            write_report(found, ava.release, html)
        if json:
            typer.echo(json_text.dumps(document(found), indent=2))
        else:
            _tell(found, html)
    return 0


def _tell(found: "Statistics", html: Path | None) -> None:
    from rich.console import Console

    console = Console(highlight=False)
    console.print(
        f"{_plain(found.title)}: {_plain(', '.join(one.split for one in found.splits))}", markup=False
    )
    _print(console, _sizes(found))
    if found.published:
        _print(console, _beside(found))
    if found.classes:
        _print(console, _classes(found, console.options.ascii_only))
    if found.pairs:
        _tell_pairs(console, found)
    if html is not None:
        console.print(f"The charts: {html}", markup=False, soft_wrap=True)


def _table(*headings: str) -> "Table":
    """Return an empty table: names to the left, figures to the right."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD)
    for place, heading in enumerate(headings):
        table.add_column(_plain(heading), justify="right" if place else "left", no_wrap=True)
    return table


def _print(console: "Console", table: "Table") -> None:
    """Print a table, in which names give way on a narrow terminal, and figures never do."""
    names, *figures = table.columns
    for column in figures:
        column.min_width = max(len(str(cell)) for cell in (column.header, *column.cells))
    taken = sum((column.min_width or 0) + _BETWEEN for column in figures)
    names.max_width = max(_NARROWEST, console.width - taken - _BETWEEN)
    console.print(table)


def _sizes(found: "Statistics") -> "Table":
    table = _table("", *(one.split for one in found.columns))
    for noun in found.total.counts:
        table.add_row(words(noun), *(figure(one.counts.get(noun)) for one in found.columns))
    return table


def _beside(found: "Statistics") -> "Table":
    table = _table("published", "", "here", "difference", "%")
    for one in found.published:
        percent = "" if one.percent is None else figure(one.percent, sign=True, digits=1)
        here = "not all is here" if one.counted is None else figure(one.counted)
        difference = "" if one.difference is None else figure(one.difference, sign=True)
        table.add_row(words(one.noun), figure(one.published), here, difference, percent)
    return table


def _classes(found: "Statistics", ascii_only: bool) -> "Table":
    splits = [one.split for one in found.splits] if len(found.splits) > 1 else []
    bar = _rough_bar if ascii_only else _bar
    timed = any(one.hours is not None for one in found.classes)
    table = _table("class", *splits, "labels", "share", *(["hours"] if timed else []))
    table.add_column("", no_wrap=True)
    most = max((one.total for one in found.classes), default=0)
    group: str | None = None
    for one in found.classes:
        if one.group != group:
            group = one.group
            total = next((of for of in found.groups if of.group == group), None)
            counts = [] if total is None else [figure(total.labels.get(split, 0)) for split in splits]
            if total is not None:
                if table.row_count:
                    table.add_row()
                share = f"{total.share:.1%}"
                table.add_row(
                    _plain(words(group or "without a group")),
                    *counts,
                    figure(total.total),
                    share,
                    style="bold",
                )
        table.add_row(*_class_row(one, splits, timed, bar(one.total, most)))
    return table


def _class_row(one: "ClassFigures", splits: list[str], timed: bool, bar: str) -> list[str]:
    name = _plain(one.name if one.id is None else f"{one.id:>2} {one.name}")
    counts = [figure(one.labels.get(split, 0)) for split in splits]
    hours = [figure(one.hours)] if timed else []
    return [name, *counts, figure(one.total), f"{one.share:.2%}", *hours, bar]


def _bar(count: int, most: int) -> str:
    """Return a bar of eighths; whatever is not nothing can be seen."""
    eighths = max(round(8 * _BAR * count / most), 1) if count and most else 0
    whole, rest = divmod(int(eighths), 8)
    return "█" * whole + " ▏▎▍▌▋▊▉"[rest].strip()


def _rough_bar(count: int, most: int) -> str:
    """Return a bar for a terminal that has no blocks."""
    return "#" * (max(round(_BAR * count / most), 1) if count and most else 0)


def _tell_pairs(console: "Console", found: "Statistics") -> None:
    names = {one.id: one.name for one in found.classes}
    table = _table("together in a box", "", "boxes")
    table.columns[1].justify = "left"
    for pair in found.pairs[:_PAIRS]:
        table.add_row(_plain(names[pair.first]), _plain(names[pair.second]), figure(pair.boxes))
    _print(console, table)
    if len(found.pairs) > _PAIRS:
        console.print(f"{len(found.pairs):,} pairs occur; --json has them all.", soft_wrap=True)


def _plain(text: str) -> str:
    """Return a stranger's text with nothing in it that a terminal or rich would obey."""
    from rich.markup import escape

    plain: str = escape(printable(text, "�"))
    return plain
