"""`avakit status`: what is here, what is not, and what to do about it."""

from avakit.cli import options


def status(root: options.Root = None, json: options.Json = False) -> int:
    """Say of every video whether it is here, from where, why not, and what to do next. Exit 3: some are
    missing."""
    import json as json_text

    import typer

    from avakit.dataset import status as told
    from avakit.dataset.ava import open_dataset

    with open_dataset(root) as ava:
        rows = list(ava.ledger.videos().values())
        if json:
            typer.echo(json_text.dumps(told.status(ava.release.name, rows), indent=2))
        else:
            typer.echo("\n".join(told.lines(ava.release.name, str(ava.root.path), rows)))
    return 0 if told.complete(rows) else 3
