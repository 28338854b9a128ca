"""`avakit status`: what is here, what is not, and what to do about it."""

from avakit.cli import options
from avakit.version import __version__


def status(root: options.Root = None, json: options.Json = False) -> int:
    """Say of every video whether it is here, from where, why not, and what to do next; and what
    was prepared, by which versions. Exit 3: some are missing."""
    import json as json_text
    from importlib.metadata import version

    import typer

    from avakit.dataset import product_status as products
    from avakit.dataset import status as told
    from avakit.dataset.ava import open_dataset

    with open_dataset(root) as ava:
        rows = list(ava.ledger.videos().values())
        now = {tool: version(tool) for tool in products.TOOLS} | {"avakit": __version__}
        made = products.product_status(ava.ledger.products(), now)
        if json:
            document = {**told.status(ava.release.name, rows), "products": made}
            typer.echo(json_text.dumps(document, indent=2))
        else:
            lines = told.lines(ava.release.name, str(ava.root.path), rows)
            typer.echo("\n".join(lines + products.product_lines(made)))
    return 0 if told.complete(rows) else 3
