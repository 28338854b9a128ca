"""What `avakit releases` does for data of one's own: begins it, and tells of it."""

import json as json_format
import os
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

import typer

from avakit.cli.words import counted
from avakit.dataset.root import VARIABLE, find
from avakit.errors import RootError
from avakit.text import printable

if TYPE_CHECKING:
    from avakit.releases.model import Release, Second


def begin(folder: Path, json: bool) -> None:
    """Write the first `avakit.toml` into a folder, and say what was found there and what comes next."""
    from avakit.dataset import draft

    path, found = draft.write(folder)
    if json:
        document = {
            "settings": str(path),
            "kind": found.kind,
            "labels": found.labels,
            "excluded": found.excluded,
            "classes": found.classes[:1],
            "movies": dict(found.movies),
        }
        typer.echo(json_format.dumps(document, indent=2))
        return
    lines = [f"{path} is written, from what lies there:", *draft.described(found)]
    files = " ".join(quote(name) for names in found.labels.values() for name in names)
    if files:
        lines.append(f"Next: avakit lint {files}, then avakit get.")
    typer.echo("\n".join(map(printable, lines)))


def own_release(given: Path | None) -> "Release | None":
    """Return the release of one's own that a folder holds (None: the one around this folder), if any.

    Raises `RootError`, `UsageError`, `AnnotationError` where it cannot be read.
    """
    try:
        root = find(given, Path.cwd(), os.environ)
    except RootError:
        if given is None and not os.environ.get(VARIABLE):
            return None
        raise
    from avakit.dataset.release import release_of
    from avakit.dataset.settings import load

    known = load(root)
    return None if known.custom is None else release_of(root, known)


def own_lines(one: "Release") -> list[str]:
    """Return a release of one's own in full, as lines for people."""
    from avakit.dataset.selection import select

    return [
        printable(f"{one.title}, data of one's own"),
        "",
        *(f"  {name:<10}  {counted(len(select(one, [name], None)), 'video')}" for name in one.splits),
        "",
        printable(f"  Labels      {one.kind}: {', '.join(file.name for file in one.annotation_files)}"),
        f"  Seconds     {_seconds(one)}",
        f"  Window      {_window(one)}",
        *([f"  Actions     {len(one.actions)}"] if one.actions else []),
    ]


def plain(second: "Second") -> int | float:
    """Return a second as a plain number."""
    return int(second) if second.denominator == 1 else float(second)


def _seconds(one: "Release") -> str:
    if one.seconds:
        count = counted(len(one.seconds), "second")
        return f"{plain(one.seconds[0])} ... {plain(one.seconds[-1])}: {count} a video"
    if one.own_seconds:
        return f"those in the labels, {sum(map(len, one.own_seconds.values())):,} in all"
    return "those in the labels: `avakit get` reads them"


def _window(one: "Release") -> str:
    if one.window is None:
        return "all of each movie"
    start, stop = one.window
    return f"{plain(start)} ... {plain(stop)} s of each movie"
