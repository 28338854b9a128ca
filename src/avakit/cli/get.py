"""`avakit get`: from nothing to a data set; run again, it goes on where it was."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from avakit.cli import options
from avakit.cli.ending import MISSING

if TYPE_CHECKING:
    from avakit.collection.choice import Estimate


def get(
    release: options.Release = None,
    root: options.Root = None,
    split: options.Splits = None,
    videos: options.Videos = None,
    actions: options.Actions = None,
    persons_min: options.PersonsMin = None,
    source: options.Sources = None,
    annotations: options.Annotations = None,
    whole: Annotated[
        bool | None, typer.Option("--whole", help="Whole movies, not their annotated part alone.")
    ] = None,
    jobs: options.Jobs = None,
    connections: options.Connections = None,
    limit_rate: options.LimitRate = None,
    proxy: options.Proxy = None,
    cookies: Annotated[
        Path | None, typer.Option("--cookies", metavar="FILE", help="Cookies in Netscape's format.")
    ] = None,
    cookies_from_browser: options.Browser = None,
    height: options.Height = None,
    retry: Annotated[
        str | None,
        typer.Option("--retry", metavar="CAUSES", help="Take up only these causes: network,timeout."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before fetching.")] = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> int:
    """Get labels and videos of a release: the annotated part of each movie, proven right. Exit 3: some are
    missing.
    """
    import json as json_text

    from avakit.causes import causes_given
    from avakit.collection.get import get as get_release
    from avakit.dataset import status
    from avakit.dataset.selection import Wanted, chosen, ids_given
    from avakit.engine.progress import progress

    ids = None if videos is None else ids_given(videos)
    asks = not yes and sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()
    with get_release(
        release,
        root=root,
        splits=split or (),
        videos=ids,
        actions=actions or (),
        persons_min=persons_min,
        sources=source or None,
        annotations=annotations,
        whole=whole,
        jobs=jobs,
        connections=connections,
        limit_rate=limit_rate,
        proxy=proxy,
        cookies=cookies,
        cookies_from_browser=cookies_from_browser,
        height=height,
        retry=() if retry is None else causes_given(retry),
        confirm=_agreed if asks else None,
        progress=progress(quiet),
    ) as ava:
        known = ava.ledger.videos()
        wanted = Wanted.of(split or (), ids, actions or (), persons_min)
        meant = chosen(ava.release, ava.settings, wanted, lambda: ava.annotations)
        rows = [known[video.id] for video in meant]
        if json:
            typer.echo(json_text.dumps(status.status(ava.release.name, rows), indent=2))
        elif not quiet:
            typer.echo("\n".join(status.lines(ava.release.name, str(ava.root.path), rows)), err=True)
    return 0 if status.complete(rows) else MISSING


def _agreed(cost: "Estimate") -> bool:
    """Say what is about to be fetched, and ask."""
    from rich.filesize import decimal

    number = f"{cost.videos} video{'s' * (cost.videos > 1)}"
    size = f", about {decimal(cost.bytes)}" if cost.bytes else ""
    return typer.confirm(f"{number}{size}. Go on?", default=True, err=True)
