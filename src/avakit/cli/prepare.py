"""`avakit prepare`: keyframes and frames of the videos that are here, in one pass."""

from typing import TYPE_CHECKING, Annotated

import typer

from avakit.cli import options
from avakit.cli.ending import MISSING

if TYPE_CHECKING:
    from avakit.preparation.outcome import Outcome


def prepare(
    product: Annotated[list[str], typer.Argument(metavar="PRODUCT...", help="keyframes, frames.")],
    root: options.Root = None,
    split: options.Splits = None,
    videos: options.Videos = None,
    actions: options.Actions = None,
    persons_min: options.PersonsMin = None,
    quality: Annotated[int, typer.Option("--quality", metavar="Q", help="Of the JPEGs, 1 to 100.")] = 90,
    gaps: Annotated[
        str,
        typer.Option(
            "--gaps",
            metavar="error|skip|repeat_last",
            help="Where pictures are missing: refuse it, leave numbers out, or repeat the one before.",
        ),
    ] = "error",
    jobs: Annotated[
        int | None, typer.Option("--jobs", metavar="N", help="Videos at once (as many as there are cores).")
    ] = None,
    drop_windows: Annotated[
        bool, typer.Option("--drop-windows", help="Delete a window once its products are there.")
    ] = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> int:
    """Make pictures of every annotated second (keyframes) or at 30 a second (frames).

    Exit 3: some are missing.
    """
    import json as json_text

    from avakit.dataset.ava import open_dataset
    from avakit.dataset.selection import ids_given
    from avakit.engine.progress import progress
    from avakit.preparation.prepare import prepare as make

    with open_dataset(root) as ava:
        outcomes = make(
            ava,
            product,
            splits=split or (),
            videos=None if videos is None else ids_given(videos),
            actions=actions or (),
            persons_min=persons_min,
            quality=quality,
            gaps=gaps,
            jobs=jobs,
            drop_windows=drop_windows,
            progress=progress(quiet),
        )
    if json:
        typer.echo(json_text.dumps(_document(outcomes), indent=2))
    elif not quiet:
        typer.echo("\n".join(_lines(outcomes)), err=True)
    return 0 if all(outcome.there for outcome in outcomes) else MISSING


def _document(outcomes: "tuple[Outcome, ...]") -> dict[str, object]:
    states = [outcome.state for outcome in outcomes]
    return {
        "summary": {state: states.count(state) for state in ("made", "kept", "refused", "missing")},
        "products": [
            {
                "id": outcome.video,
                "product": outcome.product,
                "state": outcome.state,
                "files": outcome.files,
                "bytes": outcome.bytes,
                "lacking": [list(stretch) for stretch in outcome.lacking],
                "damage": list(outcome.damage),
                "message": outcome.message,
            }
            for outcome in outcomes
        ],
    }


def _lines(outcomes: "tuple[Outcome, ...]") -> list[str]:
    lines = []
    for name in dict.fromkeys(outcome.product for outcome in outcomes):
        own = [outcome for outcome in outcomes if outcome.product == name]
        there = [outcome for outcome in own if outcome.there]
        files = sum(outcome.files for outcome in there)
        lines.append(f"{name}: {len(there)} of {len(own)} videos, {files:,} files")
    lacking = [outcome for outcome in outcomes if not outcome.there]
    lines += [f"{outcome.video} has no {outcome.product}: {outcome.message}" for outcome in lacking]
    return lines
