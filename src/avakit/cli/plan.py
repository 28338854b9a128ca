"""`avakit plan`: what it will cost, before anything starts."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from avakit.cli import options

if TYPE_CHECKING:
    from avakit.collection.plan import Plan


def plan(
    release: options.Release = None,
    root: options.Root = None,
    split: options.Splits = None,
    videos: options.Videos = None,
    actions: options.Actions = None,
    persons_min: options.PersonsMin = None,
    source: options.Sources = None,
    limit_rate: Annotated[
        str | None,
        typer.Option("--limit-rate", metavar="RATE", help="Tell the hours at this speed: 500K, 4.2M."),
    ] = None,
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="sh|bat|aria2",
            help="Print a script that downloads the whole movies by curl or aria2c, to be adopted later.",
        ),
    ] = None,
    json: options.Json = False,
) -> int:
    """Say what getting it costs in bytes, hours, files and disk, each way; or write it as a script."""
    import json as json_text

    from avakit.collection.costs import SPEEDS
    from avakit.collection.plan import plan as make_plan
    from avakit.dataset.selection import ids_given
    from avakit.dataset.settings import rate
    from avakit.errors import UsageError

    if form is not None and json:
        raise UsageError("A script is no JSON", "Give --format or --json.")
    made = make_plan(
        release,
        root=root,
        splits=split or (),
        videos=None if videos is None else ids_given(videos),
        actions=actions or (),
        persons_min=persons_min,
        sources=source or None,
    )
    limit = limit_rate or made.settings.limit_rate
    speeds = SPEEDS if limit is None else (rate(limit),)
    if form is not None:
        typer.echo(_script(made, form).encode(), nl=False)
    elif json:
        typer.echo(json_text.dumps(_document(made, speeds), indent=2))
    else:
        typer.echo("\n".join(_lines(made, speeds)))
    return 0


def _script(made: "Plan", form: str) -> str:
    from avakit.collection.scripts import bases, items, script
    from avakit.errors import RootError, UsageError
    from avakit.sources.source import usual

    if made.here < made.asked and not made.videos:
        raise RootError(
            f"Which videos {made.release.name} has, its labels tell, and {made.root} has none yet",
            "Run avakit get first: it asks before it fetches movies.",
        )
    if not made.videos:
        raise UsageError(
            f"All {made.asked} videos are here already", "There is nothing to write a script of."
        )
    places = bases(made.settings.sources or usual(), bool(made.release.mirror))
    return script(form, items(made.videos, places), made.release.name)


def _document(made: "Plan", speeds: Sequence[int]) -> dict[str, object]:
    return {
        "release": made.release.name,
        "root": str(made.root),
        "videos": {"asked": made.asked, "have": made.here},
        "ways": [
            {
                "movies": way.movies,
                "product": way.product,
                "videos": way.videos,
                "download_bytes": way.download,
                "disk_bytes": way.disk,
                "files": way.files,
                "hours": [
                    {"bytes_per_second": speed, "hours": None if hours is None else round(hours, 3)}
                    for speed in speeds
                    for hours in [way.hours(speed)]
                ],
            }
            for way in made.ways
        ],
        "mean_bytes": {
            "whole": made.figures.whole,
            "window": made.figures.window,
            "picture": made.figures.picture,
            "measured_here": made.figures.from_root,
        },
        "free_bytes": made.free,
        "free_files": made.free_files,
    }


def _lines(made: "Plan", speeds: Sequence[int]) -> list[str]:
    """Return the ways as two tables, and what they were reckoned by."""
    plain = [way for way in made.ways if way.product is None]
    downloads = [["to fetch", "videos", "bytes", *(f"at {speed / 1e6:.3g} MB/s" for speed in speeds)]]
    downloads += [
        [_MOVIES[way.movies], f"{way.videos:,}", _size(way.download), *(_time(way.hours(s)) for s in speeds)]
        for way in plain
    ]
    disks = [["on disk", *(_MOVIES[way.movies] for way in plain)]]
    for product in dict.fromkeys(way.product for way in made.ways):
        some = [made.way(way.movies, product) for way in plain]
        disks.append(
            [
                "  alone" if product is None else f"  with {product}",
                *("" if way is None else f"{_size(way.disk)}, {way.files:,} files" for way in some),
            ]
        )
    return [
        f"{made.release.name} in {made.root}: {made.asked} videos, {made.here} here already. What is left:",
        "",
        *_aligned(downloads),
        "",
        *_aligned(disks),
        "",
        *_notes(made),
    ]


_MOVIES = {"window": "windows", "whole": "whole movies"}


def _aligned(rows: list[list[str]]) -> list[str]:
    wide = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "   ".join(
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, wide, strict=True))
        )
        for row in rows
    ]


def _notes(made: "Plan") -> list[str]:
    known = made.figures
    lines = []
    if known.whole or known.window:
        whose = "the movies here" if known.from_root else "the release"
        lines.append(
            f"Reckoned by the mean of {whose}: {_size(known.whole)} a movie, {_size(known.window)} a window,"
        )
        lines.append(
            f"{_size(known.picture)} a picture. Frames are at most that: what comes twice is a link."
        )
    else:
        lines.append("How large these movies are is not known yet.")
    if made.free is not None:
        files = "" if made.free_files is None else f" and {made.free_files:,} files"
        lines.append(f"The disk has room for {_size(made.free)}{files}.")
    lines.append(
        f"avakit get {made.release.name} begins; --format sh, bat or aria2 writes it for other tools."
    )
    return lines


def _size(count: int | None) -> str:
    from rich.filesize import decimal

    return "?" if count is None else decimal(count)


def _time(hours: float | None) -> str:
    if hours is None:
        return "?"
    return f"{hours:,.1f} h" if hours >= 1 else f"{hours * 60:.0f} min"
