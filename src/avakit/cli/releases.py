"""`avakit releases`: what there is to have."""

import json as json_format
from typing import Annotated

import typer

from avakit.releases.catalogue import names, release
from avakit.releases.model import Release


def releases(
    name: Annotated[
        str | None, typer.Argument(help="One release in full; all of them in short without.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Say what releases there are: splits, counts, sizes, licence, citation."""
    if json:
        document = (
            _in_full(release(name)) if name else {"releases": [_in_full(release(one)) for one in names()]}
        )
        typer.echo(json_format.dumps(document, indent=2))
    elif name is not None:
        typer.echo("\n".join(_lines(release(name))))
    else:
        _print_table([release(one) for one in names()])


def _in_full(one: Release) -> dict[str, object]:
    return {
        "name": one.name,
        "title": one.title,
        "year": one.year,
        "licence": one.licence,
        "homepage": one.homepage,
        "citation": one.citation,
        "seconds": {"first": one.seconds[0], "last": one.seconds[-1], "count": len(one.seconds)},
        "window": [int(edge) for edge in one.window],
        "grid": {"first": one.grid.first, "rate": one.grid.rate, "count": one.grid.count},
        "person_ids": one.person_ids,
        "published": dict(one.published),
        "actions": {"count": len(one.actions), "evaluated": sum(action.evaluated for action in one.actions)},
        "splits": {
            split.name: {
                "videos": len(split.videos),
                "labelled": split.labelled,
                "bytes": len(split.videos) * one.mean_bytes,
                "excluded_seconds": None if one.excluded is None else len(one.excluded[split.name]),
            }
            for split in one.splits.values()
        },
        "mirror": one.mirror,
        "mean_bytes": one.mean_bytes,
        "files": [
            {
                "name": file.name,
                "role": file.role,
                "splits": list(file.splits),
                "urls": list(file.urls),
                "members": list(file.members),
                "checksums": [
                    {"kind": checksum.kind, "value": checksum.value, "strict": checksum.strict}
                    for checksum in file.checksums
                ],
            }
            for file in one.annotation_files
        ],
    }


def _lines(one: Release) -> list[str]:
    """Return the release in full, as lines for people."""
    counts = ", ".join(f"{count:,} {noun.replace('_', ' ')}" for noun, count in one.published.items())
    apart = one.seconds[1] - one.seconds[0]
    evaluated = sum(action.evaluated for action in one.actions)
    start, stop = (int(edge) for edge in one.window)
    files = [(file.name, file.urls) for file in one.annotation_files]
    return [
        f"{one.title} ({one.year})",
        "",
        *(f"  {_split_line(one, name)}" for name in one.splits),
        "",
        f"  Published   {counts} (as printed, rounded)",
        f"  Seconds     {one.seconds[0]} ... {one.seconds[-1]}, every {apart} s: {len(one.seconds)} a video",
        f"  Window      {start} ... {stop} s of each movie is worth fetching",
        f"  Actions     {len(one.actions)}, of which {evaluated} are evaluated",
        f"  Licence     {one.licence} (the annotations; the movies are their owners')",
        f"  Homepage    {one.homepage}",
        f"  Videos      {one.mirror}/trainval/<id>.<mp4|mkv|webm>, /test/...",
        "",
        "  Annotation files",
        *(line for name, urls in files for line in (f"    {name}", *(f"      {url}" for url in urls))),
        "",
        "  Citation",
        *(f"    {line}" for line in one.citation.splitlines()),
    ]


def _split_line(one: Release, name: str) -> str:
    split = one.splits[name]
    left_out = "" if one.excluded is None else f", {len(one.excluded[name])} excluded seconds"
    labels = "" if split.labelled else ", without labels"
    return f"{name:<10}  {len(split.videos)} videos, about {_size(one, name)} whole{left_out}{labels}"


def _size(one: Release, split: str) -> str:
    return f"{len(one.splits[split].videos) * one.mean_bytes / 1e9:,.0f} GB"


def _print_table(all_of_them: list[Release]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD)
    for heading, side in (("release", "left"), ("year", "right"), ("split", "left"), ("videos", "right")):
        table.add_column(heading, justify="right" if side == "right" else "left", no_wrap=True)
    for heading in ("whole", "seconds", "labels"):
        table.add_column(heading, justify="right", no_wrap=True)
    for one in all_of_them:
        for place, split in enumerate(one.splits.values()):
            table.add_row(
                "" if place else one.name,
                "" if place else str(one.year),
                split.name if split.labelled else f"{split.name} (no labels)",
                str(len(split.videos)),
                _size(one, split.name),
                "" if place else str(len(one.seconds)),
                "" if place else f"{one.published['labels']:,}",
            )
    console = Console()
    console.print(table)
    console.print("`avakit releases NAME` says all about one: files, licence, citation.", soft_wrap=True)
