"""`avakit releases`: what there is to have."""

import json as json_format
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from avakit.cli import options
from avakit.cli.custom import begin, own_lines, own_release, plain
from avakit.releases.catalogue import names, release
from avakit.releases.model import AnnotationFile, Release

_KINDS = {"actions": "actions", "speaker": "speaking faces", "speech": "speech"}
_HEADLINES = ("labels", "clips", "frames", "rows")


def releases(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME|new]",
            help="One in full; all in short without. `new` writes avakit.toml for data of one's own.",
        ),
    ] = None,
    root: options.Root = None,
    json: options.Json = False,
) -> None:
    """Say what releases there are: splits, counts, sizes, licence, citation. Begin one of one's own."""
    if name == "new":
        begin(Path.cwd() if root is None else root, json)
        return
    own = own_release(root)
    known = [*map(release, names()), *([own] if own is not None else [])]
    if name is not None:
        known = [one for one in known if one.name == name] or [release(name)]
    if json:
        found = [_in_full(one) for one in known]
        typer.echo(json_format.dumps({"releases": found} if name is None else found[0], indent=2))
    elif name is not None:
        typer.echo("\n".join(own_lines(own) if known[0] is own is not None else _lines(known[0])))
    else:
        _print_table(known)


def _in_full(one: Release) -> dict[str, object]:
    return {
        "name": one.name,
        "title": one.title,
        "year": one.year,
        "kind": one.kind,
        "learns": one.learns,
        "licence": one.licence,
        "homepage": one.homepage,
        "citation": one.citation,
        "seconds": {
            "first": plain(one.seconds[0]) if one.seconds else None,
            "last": plain(one.seconds[-1]) if one.seconds else None,
            "count": len(one.seconds),
        },
        "window": None if one.window is None else [plain(edge) for edge in one.window],
        "grid": {"first": plain(one.grid.first), "rate": one.grid.rate, "count": one.grid.count},
        "person_ids": one.person_ids,
        "published": dict(one.published),
        "actions": {"count": len(one.actions), "evaluated": sum(action.evaluated for action in one.actions)},
        "splits": {
            split.name: {
                "videos": _videos(one, split.name),
                "labelled": split.labelled,
                "bytes": _videos(one, split.name) * one.mean_bytes,
                "excluded_seconds": None if one.excluded is None else len(one.excluded[split.name]),
                "published": _published(one, split.name),
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
                "open": file.open,
                "checksums": [
                    {"kind": checksum.kind, "value": checksum.value, "strict": checksum.strict}
                    for checksum in file.checksums
                ],
            }
            for file in one.annotation_files
        ],
    }


def _videos(one: Release, split: str) -> int:
    """Return how many videos a split has; where its labels are to tell, how many were published."""
    from avakit.dataset.selection import select

    return len(select(one, [split], None)) or int(one.published.get(f"{split}_videos", 0))


def _published(one: Release, split: str) -> dict[str, int | float]:
    """Return the published figures of one split; for "", those of the whole release."""
    if split:
        return {
            noun.removeprefix(f"{split}_"): count
            for noun, count in one.published.items()
            if noun.startswith(f"{split}_")
        }
    of_splits = tuple(f"{name}_" for name in one.splits)
    return {noun: count for noun, count in one.published.items() if not noun.startswith(of_splits)}


def _lines(one: Release) -> list[str]:
    """Return the release in full, as lines for people."""
    evaluated = sum(action.evaluated for action in one.actions)
    actions = [f"  Actions     {len(one.actions)}, of which {evaluated} are evaluated"]
    return [
        f"{one.title} ({one.year}), labels of {_KINDS[one.kind]}",
        "",
        *(f"  {_split_line(one, name)}" for name in one.splits),
        *(["  (which videos these are, its labels tell)"] if one.learns else []),
        "",
        f"  Published   {_counts(_published(one, ''))} (as printed, rounded, or counted in the files)",
        *_time_lines(one),
        *(actions if one.actions else []),
        f"  Licence     {one.licence} (the annotations; the movies are their owners')",
        f"  Homepage    {one.homepage}",
        f"  Videos      {one.mirror}/trainval/<id>.<mp4|mkv|webm>, /test/...",
        "",
        "  Annotation files",
        *(line for file in one.annotation_files for line in _file_lines(one, file)),
        "",
        "  Citation",
        *(f"    {line}" for line in one.citation.splitlines()),
    ]


def _time_lines(one: Release) -> list[str]:
    first, last = one.seconds[0], one.seconds[-1]
    apart = one.seconds[1] - first
    of = (
        "a movie of AVA's; the clips have their own"
        if any(file.open for file in one.annotation_files)
        else "a video"
    )
    lines = [f"  Seconds     {first} ... {last}, every {apart} s: {len(one.seconds)} {of}"]
    if one.kind != "actions":
        lines = [f"  Seconds     {first} ... {last + 1} of each movie carry labels"]
    if one.window is not None:
        start, stop = (int(edge) for edge in one.window)
        lines.append(f"  Window      {start} ... {stop} s of each movie is worth fetching")
    return lines


def _file_lines(one: Release, file: AnnotationFile) -> list[str]:
    inside = [archive.name for archive in one.files("archive") if file.name in archive.members]
    places = file.urls or tuple(f"in {name}" for name in inside)
    return [f"    {file.name}", *(f"      {place}" for place in places)]


def _counts(published: Mapping[str, int | float]) -> str:
    return ", ".join(f"{count:,} {noun.replace('_', ' ')}" for noun, count in published.items())


def _split_line(one: Release, name: str) -> str:
    split = one.splits[name]
    left_out = "" if one.excluded is None else f", {len(one.excluded[name])} excluded seconds"
    labels = "" if split.labelled else ", without labels"
    others = {noun: count for noun, count in _published(one, name).items() if noun != "videos"}
    more = f", {_counts(others)} published" if others else ""
    return f"{name:<10}  {_videos(one, name)} videos, about {_size(one, name)} whole{left_out}{labels}{more}"


def _size(one: Release, split: str) -> str:
    return f"{_videos(one, split) * one.mean_bytes / 1e9:,.0f} GB"


def _print_table(all_of_them: list[Release]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading, side in (("release", "left"), ("year", "right"), ("split", "left"), ("videos", "right")):
        table.add_column(heading, justify="right" if side == "right" else "left", no_wrap=True)
    for heading in ("whole", "published"):
        table.add_column(heading, justify="right", no_wrap=True)
    for one in all_of_them:
        for place, split in enumerate(one.splits.values()):
            table.add_row(
                "" if place else one.name,
                "" if place or not one.year else str(one.year),
                split.name if split.labelled else f"{split.name} (no labels)",
                str(_videos(one, split.name)),
                _size(one, split.name) if one.mean_bytes else "",
                "" if place else _headline(one),
            )
    console = Console()
    console.print(table)
    console.print("`avakit releases NAME` says all about one: files, licence, citation.", soft_wrap=True)


def _headline(one: Release) -> str:
    """Return the figure that a release is known by, short; empty for one's own."""
    known = [(noun, count) for noun, count in _published(one, "").items() if noun in _HEADLINES]
    if not known:
        return ""
    noun, count = known[0]
    scale, letter = (1e6, "M") if count >= 1e6 else (1e3, "k")
    return f"{count / scale:.3g}{letter} {noun}"
