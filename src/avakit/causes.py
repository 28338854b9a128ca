"""Every way in which a video can be missing: its policy and its next step."""

from dataclasses import dataclass
from enum import StrEnum

from avakit import errors


class Cause(StrEnum):
    """Why a video is not there. The words are those of `status` and `--retry`."""

    GONE = "gone"
    PRIVATE = "private"
    GEO = "geo"
    AGE = "age"
    BOT = "bot"
    RATE_LIMIT = "rate_limit"
    LOGIN = "login"
    NOT_FOUND = "not_found"
    NETWORK = "network"
    TIMEOUT = "timeout"
    TRUNCATED = "truncated"
    CORRUPT = "corrupt"
    WRONG_MOVIE = "wrong_movie"
    TOO_SHORT = "too_short"
    DISK = "disk"
    FORMAT = "format"
    SETUP = "setup"
    DRM = "drm"
    SERVER = "server"


@dataclass(frozen=True)
class Policy:
    """What to do about a cause.

    `tries`: how often the same request is made, without any progress in between, before it counts as failed
    (1: never again in this run; then the next source is asked); `pause`: seconds before the second try,
    doubled each time, or as long as the server asks for, ten minutes a request at most; `next_step`: what the
    person can do once every source failed. `--retry` takes videos up again by cause.
    """

    tries: int
    pause: float
    next_step: str


POLICIES: dict[Cause, Policy] = {
    Cause.GONE: Policy(1, 0, "It was removed: try another --source, or take in a copy that you have."),
    Cause.PRIVATE: Policy(1, 0, "Its owner made it private: try another --source, or a copy that you have."),
    Cause.GEO: Policy(1, 0, "It is closed to your country: try another --source, such as a mirror=."),
    Cause.AGE: Policy(1, 0, "It asks for an age: give the cookies of your account, or another --source."),
    Cause.BOT: Policy(
        1, 0, "It takes you for a robot: wait some hours, give --cookies, or give another --source."
    ),
    Cause.RATE_LIMIT: Policy(
        5, 2, "The server asks for fewer requests: lower --connections and run again later."
    ),
    Cause.LOGIN: Policy(
        1, 0, "It wants to know who asks: give what its message names, or give another --source."
    ),
    Cause.NOT_FOUND: Policy(
        1, 0, "No source has it: add a --source (mirror=URL, folder=PATH) and run again."
    ),
    Cause.NETWORK: Policy(5, 0.5, "The connection failed: check network and --proxy, then run again."),
    Cause.TIMEOUT: Policy(
        4, 0.5, "The server gave nothing for too long: run again, it goes on where it was."
    ),
    Cause.TRUNCATED: Policy(4, 0.5, "The file stops too early: run again, or give another --source."),
    Cause.CORRUPT: Policy(1, 0, "The file is damaged there: give another --source."),
    Cause.WRONG_MOVIE: Policy(1, 0, "It is another movie or cut: give another --source."),
    Cause.TOO_SHORT: Policy(1, 0, "The movie ends before its last annotated second: give another --source."),
    Cause.DISK: Policy(1, 0, "The disk is full or cannot be written: make room, then run again."),
    Cause.FORMAT: Policy(1, 0, "Its format cannot be read here: give another --source."),
    Cause.SETUP: Policy(1, 0, "Something is not installed or set up for this source: see its message."),
    Cause.DRM: Policy(1, 0, "It is protected: give another --source."),
    Cause.SERVER: Policy(5, 0.5, "The server failed: run again later, or give another --source."),
}

_OF_ERROR: tuple[tuple[type[errors.AvakitError], Cause], ...] = (
    (errors.NotFound, Cause.NOT_FOUND),
    (errors.LoginNeeded, Cause.LOGIN),
    (errors.RateLimited, Cause.RATE_LIMIT),
    (errors.ServerFailed, Cause.SERVER),
    (errors.NetworkFailed, Cause.NETWORK),
    (errors.Stalled, Cause.TIMEOUT),
    (errors.Truncated, Cause.TRUNCATED),
    (errors.Changed, Cause.NETWORK),
    (errors.WrongBytes, Cause.CORRUPT),
    (errors.TransferError, Cause.NETWORK),
    (errors.NoPictures, Cause.FORMAT),
    (errors.UnsupportedMovie, Cause.FORMAT),
    (errors.ShortMovie, Cause.TOO_SHORT),
    (errors.MediaError, Cause.CORRUPT),
    (errors.WorkerDied, Cause.CORRUPT),
    (errors.DiskFull, Cause.DISK),
    (errors.RootError, Cause.DISK),
)


def cause_of(error: errors.AvakitError) -> Cause:
    """Return the cause that an error of one video stands for.

    Raises the error itself again where it does not speak of a video (a usage error, an interruption).
    """
    for kind, cause in _OF_ERROR:
        if isinstance(error, kind):
            return cause
    raise error


def next_step(cause: Cause) -> str:
    """Return the sentence that tells a person what to do about a cause."""
    return POLICIES[cause].next_step


def causes_given(text: str) -> tuple[Cause, ...]:
    """Return the causes of a `--retry` argument: words parted by commas. Raises `UsageError` for any other
    word.
    """
    words = [word.strip() for word in text.split(",")]
    for word in words:
        if word not in {cause.value for cause in Cause}:
            raise errors.UsageError(f"{word[:40]!a} is no cause", f"There are: {', '.join(Cause)}.")
    return tuple(Cause(word) for word in words)
