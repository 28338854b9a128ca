"""`avakit prepare`: pictures, clips and sound of the videos that are here, in one pass."""

from typing import TYPE_CHECKING, Annotated

import typer

from avakit.cli import options
from avakit.cli.ending import MISSING

if TYPE_CHECKING:
    from avakit.preparation.outcome import Outcome

_Store = Annotated[
    str,
    typer.Option(
        "--store",
        metavar="folder|tar|video",
        help="Files in a folder, a tar a video, or (frames) a movie that reads fast at random.",
    ),
]
_Fps = Annotated[
    str | None,
    typer.Option("--fps", metavar="30|native|N", help="Of frames and tracks; native: the movie's own."),
]
_Size = Annotated[
    int | None, typer.Option("--size", metavar="N", help="Pixels of the short side (as in the movie).")
]
_Around = Annotated[
    str | None,
    typer.Option("--around", metavar="S", help="Frames only this many seconds around labelled seconds."),
]
_Seconds = Annotated[str, typer.Option("--seconds", metavar="S", help="Length of a clip.")]
_Margin = Annotated[
    float, typer.Option("--margin", metavar="M", help="Crops and tracks: larger than the box by this share.")
]
_Square = Annotated[bool, typer.Option("--square-pixels", help="Make pixels square that are not.")]
_Copy = Annotated[bool, typer.Option("--copy", help="Clips and audio keep their packets: no encoding.")]
_Quality = Annotated[int, typer.Option("--quality", metavar="Q", help="Of the JPEGs, 1 to 100.")]
_Gaps = Annotated[
    str,
    typer.Option(
        "--gaps",
        metavar="error|skip|repeat_last",
        help="Where pictures are missing: refuse it, leave numbers out, or repeat the one before.",
    ),
]
_Jobs = Annotated[
    int | None,
    typer.Option("--jobs", metavar="N", help="Processes at work, on one video or on several (one a core)."),
]
_Drop = Annotated[bool, typer.Option("--drop-windows", help="Delete a window once its products are there.")]


def prepare(
    product: Annotated[
        list[str],
        typer.Argument(metavar="PRODUCT...", help="keyframes, frames, clips, crops, tracks, audio."),
    ],
    root: options.Root = None,
    split: options.Splits = None,
    videos: options.Videos = None,
    actions: options.Actions = None,
    persons_min: options.PersonsMin = None,
    store: _Store = "folder",
    fps: _Fps = None,
    size: _Size = None,
    around: _Around = None,
    seconds: _Seconds = "3",
    margin: _Margin = 0.1,
    square_pixels: _Square = False,
    copy: _Copy = False,
    quality: _Quality = 90,
    gaps: _Gaps = "error",
    jobs: _Jobs = None,
    drop_windows: _Drop = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> int:
    """Make what one trains on, each movie decoded once: pictures of every annotated second (keyframes), at
    30 a second (frames), short movies (clips), persons (crops, tracks), sound (audio).

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
            store=store,
            fps=fps,
            size=size,
            around=around,
            seconds=seconds,
            margin=margin,
            square_pixels=square_pixels,
            copy=copy,
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
    for outcome in outcomes:
        if not outcome.there:
            lines.append(f"{outcome.video} has no {outcome.product}: {outcome.message}")
        elif outcome.lacking:
            lines.append(f"{outcome.video}, {outcome.product}: the movie lacks second {_seconds(outcome)}")
    return lines


def _seconds(outcome: "Outcome") -> str:
    from fractions import Fraction

    from avakit.preparation.plan import describe

    return describe([(Fraction(first), Fraction(last)) for first, last in outcome.lacking])
