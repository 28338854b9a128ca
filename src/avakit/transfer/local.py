"""A file on this machine, read as any other."""

import os
from collections.abc import Iterator
from pathlib import Path

from avakit.errors import Changed, LoginNeeded, NotFound, TransferError, Truncated
from avakit.transfer.ranges import KIB
from avakit.transfer.reader import Version

_CHUNK = 256 * KIB


class FileReader:
    """A `Reader` of a file on this machine, named by its path; `modified` is when it was written, in
    nanoseconds. Links are followed."""

    ranges = True

    def __init__(self, path: Path) -> None:
        """Look at the file as it is now. Raises `NotFound`, `LoginNeeded` (it may not be read),
        `TransferError`."""
        self.name = str(path)
        self.path = path
        try:
            with path.open("rb") as file:
                self.version = _version(file.fileno())
        except OSError as error:
            raise _meaning(error, path) from error

    def read(self, start: int, stop: int | None) -> Iterator[bytes]:
        """Yield the bytes from `start` up to, not including, `stop` (None: the end), at most 256 KiB at a
        time.

        Raises `Changed` if the file is not the one that was opened, `Truncated` if it ends before `stop`,
        `NotFound`, `LoginNeeded` and `TransferError`.
        """
        size = self.version.size or 0
        left = (size if stop is None else min(stop, size)) - start
        try:
            with self.path.open("rb") as file:
                if _version(file.fileno()) != self.version:
                    raise Changed(
                        f"{self.name} was changed while it was in use", "Run again when it is at rest."
                    )
                file.seek(start)
                while left > 0:
                    data = file.read(min(left, _CHUNK))
                    if not data:
                        raise Truncated(f"{self.name} ends {left} bytes before it should", "Copy it again.")
                    left -= len(data)
                    yield data
        except OSError as error:
            raise _meaning(error, self.path) from error


def _version(descriptor: int) -> Version:
    facts = os.fstat(descriptor)
    return Version(facts.st_size, None, str(facts.st_mtime_ns))


def _meaning(error: OSError, path: Path) -> TransferError:
    reason = error.strerror or str(error)
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return NotFound(f"There is no file {path} ({reason})", "Check the path.")
    if isinstance(error, PermissionError):
        return LoginNeeded(f"{path} may not be read ({reason})", "Change its permissions.")
    return TransferError(f"{path} cannot be read ({reason})", "Check the disk it lies on.")
