"""Which data set a verb works on: the one that is there, or the one that is to be made."""

import os
from pathlib import Path

from avakit.dataset import settings
from avakit.dataset.root import Root, place, same_release
from avakit.dataset.settings import Settings
from avakit.errors import UsageError
from avakit.releases import catalogue


def begin(
    release: str | None, given: str | os.PathLike[str] | None, aim: str, how: str = "Name one"
) -> tuple[Root, Settings]:
    """Return a root and its settings; one that is not there yet holds the release that was named, and nothing
    is made.

    `given`: its folder, if one was named; `aim`: what a data set is wanted for; `how`: a release is named.
    Raises `UsageError` where none is there and no release was named, `RootMismatch` where it holds another,
    and `RootError`.
    """
    root = Root(place(None if given is None else Path(given), release or "", Path.cwd(), os.environ))
    if root.settings.is_file():
        known = settings.load(root)
        same_release(root, known.release, release)
        return root, known
    if release is None:
        raise UsageError(
            f"No release was named, and there is no data set here {aim}",
            f"{how}: {', '.join(catalogue.names())}.",
        )
    return root, Settings.of({"release": release})
