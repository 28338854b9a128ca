"""Videos by what their labels say: who does what, and how many are seen."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

from avakit.errors import UsageError
from avakit.releases.model import Action, Release

if TYPE_CHECKING:
    from avakit.annotations.asking import Annotations

# A person is a box: not all labels name persons.
_SECONDS = """
    SELECT DISTINCT video FROM (
        SELECT video FROM labels GROUP BY video, second
        HAVING count(DISTINCT (x1, y1, x2, y2)) >= ? AND {does}
    )
"""


def showing(
    labels: "Annotations", release: Release, actions: Sequence[str], persons_min: int | None
) -> frozenset[str]:
    """Return the videos with a second in which somebody does one of these actions (none named: any) and at
    least `persons_min` persons are seen.

    Raises `UsageError` for an action that the release does not have, and where labels are not of persons.
    """
    if release.kind == "speech" or (actions and release.kind != "actions"):
        raise UsageError(
            f"The labels of {release.name} name no {'actions' if actions else 'persons'}",
            f"Leave {'--actions' if actions else '--persons-min'} out.",
        )
    ids = [action_named(release, name).id for name in actions]
    does = "bool_or(list_contains(?, action_id))" if ids else "true"
    found = labels.sql(_SECONDS.format(does=does), [persons_min or 1, *([ids] if ids else [])])
    return frozenset(str(video) for (video,) in found.rows)


def action_named(release: Release, name: str) -> Action:
    """Return the action that is meant: by its id, its name, or the name's beginning, as in `talk to`.

    Raises `UsageError` if there is none, or if several could be meant.
    """
    text = " ".join(name.casefold().split())
    for test in (_is, _is_but_for_brackets, _begins):
        found = [action for action in release.actions if text and test(action, text)]
        if len(found) == 1:
            return found[0]
        if found:
            several = " or ".join(f"{action.name} ({action.id})" for action in found[:6])
            raise UsageError(f"{name[:60]!a} may be {several}", "Give the whole name, or its number.")
    words = {_plain(action): action.name for action in release.actions}
    near = [words[one] for one in get_close_matches(text, words, 3)]
    meant = f"Is {' or '.join(near)} meant? " if near else ""
    raise UsageError(
        f"{release.name} has no action {name[:60]!a}", f"{meant}`avakit stats` lists those that there are."
    )


def _is(action: Action, text: str) -> bool:
    return text in (str(action.id), action.name.casefold())


def _is_but_for_brackets(action: Action, text: str) -> bool:
    return text == _plain(action)


def _begins(action: Action, text: str) -> bool:
    return action.name.casefold().startswith(text)


def _plain(action: Action) -> str:
    """Return the name without what stands in brackets behind it."""
    return action.name.casefold().partition("(")[0].strip()
