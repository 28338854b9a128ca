"""The one seam for bytes: everything that can be read by ranges is a `Reader`."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Version:
    """What tells one state of a file from another. A field is None where the server does not say it."""

    size: int | None
    etag: str | None = None
    modified: str | None = None


class Reader(Protocol):
    """Random access to the bytes of one file, wherever it lies."""

    @property
    def name(self) -> str:
        """What to call it in a message: a URL without credentials, or a path."""

    @property
    def version(self) -> Version:
        """The state of the file that is being read."""

    @property
    def ranges(self) -> bool:
        """Whether a part can be read without all that precedes it."""

    @property
    def path(self) -> Path | None:
        """Where the file lies on this machine, if it does."""

    def read(self, start: int, stop: int | None) -> Iterator[bytes]:
        """Yield the bytes from `start` up to, not including, `stop` (None or past it: the end), as they come.

        Empty parts may come while nothing arrives, so that who reads can stop.

        Raises `Changed` if the file is no longer of this version, `Truncated` if it gives fewer bytes, and
        the other kinds of `TransferError`. Closing the iterator ends the transfer.
        """
