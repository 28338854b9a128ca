"""Reading a file of Baidu netdisk, whose links hold for some hours only."""

from collections.abc import Callable, Iterator
from threading import Lock

from avakit.causes import Cause
from avakit.errors import Changed, LoginNeeded, NotFound
from avakit.sources.baidu_causes import Refused
from avakit.transfer.http import HttpReader

_REFUSALS = (LoginNeeded, NotFound)


class LinkReader:
    """A `Reader` that gets itself a new link where the old one holds no longer: once, until bytes came by
    the new one.
    """

    path = None

    def __init__(self, name: str, link: Callable[[], HttpReader]) -> None:
        """Read by what `link` gives. Raises what it raises."""
        self.name = name
        self._link = link
        self._lock = Lock()
        self._now = link()
        self.version = self._now.version
        self.ranges = self._now.ranges
        self._renewed = 0
        self._proven = 0

    def read(self, start: int, stop: int | None) -> Iterator[bytes]:
        """Yield the bytes from `start` up to, not including, `stop`, as `Reader.read` does."""
        at = start
        while True:
            with self._lock:
                reader, link = self._now, self._renewed
            try:
                for data in reader.read(at, stop):
                    if data:
                        self._proven = max(self._proven, link)
                    at += len(data)
                    yield data
                return
            except _REFUSALS:
                if not self._renew(link):
                    raise

    def _renew(self, link: int) -> bool:
        """Get a new link for one that was refused; return whether it is worth trying."""
        with self._lock:
            if link != self._renewed:
                return True  # somebody else did
            if link > self._proven:
                return False
            try:
                fresh = self._link()
            except Refused as error:
                raise _plain(error) from error
            if fresh.version.size != self.version.size:
                raise Changed(
                    f"{self.name} is another file than at the beginning "
                    f"(size {self.version.size} then, {fresh.version.size} now)",
                    "Run again: it begins anew.",
                )
            self._now, self.ranges, self._renewed = fresh, fresh.ranges, self._renewed + 1
            return True


def _plain(error: Refused) -> LoginNeeded | NotFound:
    """Return the error that stands for a refusal where a cause cannot be told along."""
    kind = NotFound if error.cause in (Cause.GONE, Cause.NOT_FOUND) else LoginNeeded
    return kind(error.what, error.advice)
