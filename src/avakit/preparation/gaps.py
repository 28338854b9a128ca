"""What to do where a movie lacks pictures."""

from typing import Literal

from avakit.errors import UsageError

Gaps = Literal["error", "skip", "repeat_last"]
"""What to do where pictures are missing: refuse the product, leave the numbers out, repeat the one before."""


def check_gaps(gaps: str) -> Gaps:
    """Return `gaps` if it is a policy. Raises `UsageError` otherwise."""
    known: dict[str, Gaps] = {"error": "error", "skip": "skip", "repeat_last": "repeat_last"}
    if gaps not in known:
        raise UsageError(f"There is no policy {gaps[:40]!a} for gaps", f"There are: {', '.join(known)}.")
    return known[gaps]
