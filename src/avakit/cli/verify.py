"""`avakit verify`: is everything right that is here?"""

from dataclasses import asdict
from typing import Annotated

import typer

from avakit.cli import options
from avakit.cli.ending import FAILED


def verify(
    root: options.Root = None,
    videos: options.Videos = None,
    deep: Annotated[
        bool, typer.Option("--deep", help="Decode every picture, not some of each movie.")
    ] = False,
    jobs: options.Jobs = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> int:
    """Look at every movie and product that is here: whole, decodable, every annotated second covered. Exit 1:
    not so.
    """
    import json as json_text

    from avakit.dataset.ava import open_dataset
    from avakit.dataset.selection import ids_given
    from avakit.engine.progress import progress
    from avakit.proof.verify import verify as verify_all

    ids = None if videos is None else ids_given(videos)
    with open_dataset(root) as ava:
        findings = verify_all(ava, videos=ids, deep=deep, jobs=jobs, progress=progress(quiet))
    wrong = [finding for finding in findings if finding.problem is not None]
    if json:
        document = {
            "checked": len(findings),
            "right": len(findings) - len(wrong),
            "findings": [asdict(finding) for finding in findings],
        }
        typer.echo(json_text.dumps(document, indent=2))
    else:
        for finding in wrong:
            typer.echo(f"{finding.video} {finding.what}: {finding.problem}. {finding.next_step}")
        typer.echo(f"{len(findings) - len(wrong)} of {len(findings)} are right.")
    return FAILED if wrong else 0
