"""What a video's attempts amount to: pure."""

from collections.abc import Sequence

from avakit.causes import Cause
from avakit.dataset.rows import AttemptRow
from avakit.proof.accept import Accepted

# What another run may mend comes first: it is what the person can do something about.
_ORDER = (
    Cause.DISK,
    Cause.SETUP,
    Cause.BOT,
    Cause.RATE_LIMIT,
    Cause.NETWORK,
    Cause.TIMEOUT,
    Cause.SERVER,
    Cause.TRUNCATED,
    Cause.LOGIN,
    Cause.AGE,
    Cause.GEO,
    Cause.DRM,
    Cause.PRIVATE,
    Cause.TOO_SHORT,
    Cause.CORRUPT,
    Cause.FORMAT,
    Cause.WRONG_MOVIE,
    Cause.GONE,
    Cause.NOT_FOUND,
)


def telling(attempts: Sequence[AttemptRow]) -> AttemptRow:
    """Return the attempt that says most about why a video is missing: the one with the most hopeful cause.

    All attempts have a cause; there is at least one.
    """
    return min(attempts, key=lambda attempt: _ORDER.index(attempt.cause or Cause.NOT_FOUND))


def sentences(attempts: Sequence[AttemptRow]) -> str:
    """Return what each source said, one behind the other."""
    return " ".join(attempt.message for attempt in attempts if attempt.message)


def better(one: Accepted, other: Accepted) -> bool:
    """Return whether one movie shows more of its annotated seconds than another."""
    return len(one.lacking) < len(other.lacking)


def lacking(name: str, accepted: Accepted) -> tuple[Cause, str]:
    """Return cause and sentence for a movie that does not show all its annotated seconds."""
    count = len(accepted.lacking)
    first, last = (f"{float(second):.10g}" for second in (accepted.lacking[0], accepted.lacking[-1]))
    if accepted.short:
        return Cause.TOO_SHORT, (
            f"{name} ends at {float(accepted.end):.1f} s: "
            f"{count} annotated seconds, from {first} to {last}, are not in it."
        )
    return Cause.CORRUPT, (f"{name} has no pictures at {count} annotated seconds between {first} and {last}.")
