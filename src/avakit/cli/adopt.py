"""`avakit adopt`: files that one has already, taken in."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from avakit.cli import options
from avakit.cli.ending import MISSING
from avakit.cli.words import counted
from avakit.text import printable

if TYPE_CHECKING:
    from fractions import Fraction

    from avakit.collection.adopt import Adopted, Taken

_OPTION = re.compile(r"--?[a-z][a-z-]*(=.*)?", re.DOTALL)
_SHOWN = 20


def adopt(
    paths: Annotated[
        list[str], typer.Argument(metavar="PATH...", help="Files, and folders with all that is in them.")
    ],
    release: Annotated[
        str | None,
        typer.Option("--release", metavar="NAME", help="Such as v2.2; not needed inside a data set."),
    ] = None,
    root: options.Root = None,
    begins: Annotated[
        str | None,
        typer.Option(
            "--begins",
            metavar="S",
            help="The files were cut out of their movies, and begin at this second: 900, 895.",
        ),
    ] = None,
    whole: Annotated[
        bool,
        typer.Option("--whole", help="Keep whole movies (linked if possible), not their annotated part."),
    ] = False,
    jobs: options.Jobs = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> int:
    """Take in files that you have: matched by the id in their names, checked, cut or linked, never altered.
    Exit 3: not all of them.
    """
    import json as json_text

    from avakit.collection.adopt import adopt as adopt_files
    from avakit.engine.progress import progress

    _require_paths(paths)
    adopted = adopt_files(
        paths,
        release=release,
        root=root,
        begins=0 if begins is None else second(begins),
        whole=whole,
        jobs=jobs,
        progress=progress(quiet),
    )
    if json:
        typer.echo(json_text.dumps(_document(adopted), indent=2))
    elif not quiet:
        typer.echo("\n".join(_lines(adopted)), err=True)
    return 0 if adopted.complete else MISSING


def second(text: str) -> "Fraction":
    """Return a second of a movie as it was typed. Raises `UsageError` if it is none."""
    from fractions import Fraction

    from avakit.errors import UsageError

    if re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,9})?", text.strip(), re.ASCII) is None:
        raise UsageError(f"{text[:20]!a} is no second of a movie", "Give a number such as 900 or 895.5.")
    return Fraction(text.strip())


def _require_paths(names: list[str]) -> None:
    """Raise UsageError for an option that there is not; a file may begin with a hyphen, as ids do."""
    from avakit.errors import UsageError

    for name in names:
        if _OPTION.fullmatch(name) and not Path(name).exists():
            raise UsageError(f"{name[:40]!a} is neither an option nor a file", "See avakit adopt --help.")


def _document(adopted: "Adopted") -> dict[str, object]:
    return {
        "release": adopted.release,
        "root": str(adopted.root.path),
        "summary": _summary(adopted),
        "videos": [_video(one) for one in adopted.taken],
        "here": list(adopted.here),
        "ambiguous": [{"path": str(path), "ids": list(ids)} for path, ids in adopted.ambiguous],
        "unmatched": [str(path) for path in adopted.unmatched],
        "unread": [str(path) for path in adopted.unread],
        "notes": list(adopted.notes),
    }


def _summary(adopted: "Adopted") -> dict[str, int]:
    states = [one.row.state.value for one in adopted.taken]
    by_state = {state: states.count(state) for state in ("have", "partial", "missing")}
    return {**by_state, "here": len(adopted.here), "unmatched": len(adopted.unmatched)}


def _video(one: "Taken") -> dict[str, object]:
    return {
        "id": one.row.id,
        "split": one.row.split,
        "state": one.row.state.value,
        "file": str(one.file),
        "bytes": one.row.bytes,
        "as_published": one.as_published,
        "cause": None if one.row.cause is None else one.row.cause.value,
        "message": one.row.message,
    }


def _lines(adopted: "Adopted") -> list[str]:
    """Return what became of the files, for people."""
    counts = _summary(adopted)
    here = f", {counts['here']} here already" if adopted.here else ""
    lines = [f"{adopted.release} in {adopted.root.path}: {counts['have']} taken in{here}"]
    refused = [one for one in adopted.taken if one.row.cause is not None]
    why = [f"{one.row.id}  {one.row.message}" for one in refused]
    lines += _listed("video", "not taken, or in part", why)
    ambiguous = [f"{path}: {', '.join(ids)}" for path, ids in adopted.ambiguous]
    lines += _listed("file", "of several videos by name; rename to <id>.<ext>", ambiguous)
    lines += _listed("folder", "unreadable", list(map(str, adopted.unread)))
    lines += _listed("file", f"of no video of {adopted.release}", list(map(str, adopted.unmatched)))
    lines += list(adopted.notes)
    if adopted.taken:
        lines.append("avakit status says what is still missing.")
    return [printable(line) for line in lines]


def _listed(noun: str, what: str, things: list[str]) -> list[str]:
    if not things:
        return []
    more = [f"  ... and {len(things) - _SHOWN} more"] if len(things) > _SHOWN else []
    return [f"{counted(len(things), noun)} {what}:", *(f"  {thing}" for thing in things[:_SHOWN]), *more]
