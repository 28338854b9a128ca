"""`avakit doctor`: is this machine ready, and what must be done before it is?"""

from pathlib import Path
from typing import Annotated

import typer

from avakit.cli import options
from avakit.cli.ending import FAILED
from avakit.text import printable


def doctor(
    root: options.Root = None,
    source: options.Sources = None,
    proxy: options.Proxy = None,
    cookies: Annotated[
        Path | None, typer.Option("--cookies", metavar="FILE", help="Cookies in Netscape's format.")
    ] = None,
    cookies_from_browser: options.Browser = None,
    json: options.Json = False,
) -> int:
    """Look whether this machine is ready: sources and how fast they are, YouTube's runtime, proxy, clock,
    disk. Exit 1: something must be done.
    """
    import json as json_text

    from avakit.collection.doctor import doctor as look

    checks = look(
        root=root,
        sources=source or None,
        proxy=proxy,
        cookies=cookies,
        cookies_from_browser=cookies_from_browser,
    )
    ready = all(check.ok for check in checks)
    if json:
        lines = [
            {"name": check.name, "ok": check.ok, "found": check.found, "todo": check.todo} for check in checks
        ]
        typer.echo(json_text.dumps({"ready": ready, "checks": lines}, indent=2))
    else:
        wide = max(len(check.name) for check in checks)
        for check in checks:
            typer.echo(printable(f"{'ok' if check.ok else 'DO':<4}{check.name:<{wide}}  {check.found}"))
            if check.todo is not None:
                typer.echo(printable(f"{'':<{wide + 4}}  -> {check.todo}"))
        typer.echo("Ready." if ready else "Not ready: do what the lines with DO say.")
    return 0 if ready else FAILED
