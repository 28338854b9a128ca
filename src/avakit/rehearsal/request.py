"""What a rehearsal server remembers of a request."""

from dataclasses import dataclass


@dataclass
class Request:
    """One request as it came and was answered.

    `asked`: its Range header; `range`: the first byte that was to be sent and the one behind the last;
    `sent`: how many bytes of the body went out so far.
    """

    method: str
    path: str
    asked: str | None = None
    range: tuple[int, int] | None = None
    status: int = 0
    sent: int = 0
