"""A movie of which only some blocks have arrived, as a file object for FFmpeg."""

import time
from collections.abc import Callable, Sequence
from typing import Protocol

from avakit.transfer.kept import KeptView
from avakit.transfer.ranges import Span

_GLANCE = 0.03


class Blocks(Protocol):
    """Bytes of a file, as far as they are here."""

    @property
    def size(self) -> int:
        """The size of the whole file in bytes."""

    def read(self, start: int, count: int) -> bytes:
        """Return up to `count` bytes from `start`, fewer where a missing block begins, none where it begins
        at once.
        """


class Arriving:
    """Blocks of a file that another process is fetching: a read of what is on its way waits for it.

    `coming`: the bytes on their way. `beat` is called while waiting; who asked for the wait ends it by an
    exception from there, or by ending this process.
    """

    def __init__(self, kept: KeptView, coming: Sequence[Span], beat: Callable[[], None]) -> None:
        self._kept = kept
        self._coming = coming
        self._beat = beat

    @property
    def size(self) -> int:
        """The size of the whole file in bytes."""
        return self._kept.size

    def read(self, start: int, count: int) -> bytes:
        """Return up to `count` bytes from `start`; none where nothing is here and nothing is on its way."""
        data = self._kept.read(start, count)
        while not data and any(first <= start < stop for first, stop in self._coming):
            self._beat()
            if not self._kept.look_again():
                time.sleep(_GLANCE)
            data = self._kept.read(start, count)
        return data


class Sparse:
    """A file object over blocks: a read that meets a missing one looks like the end of the file.

    The place is remembered in `hole`. Whoever asks FFmpeg for anything looks there afterwards: with a hole,
    no answer of FFmpeg counts, and the same question is asked again once the bytes are here. (An exception
    would be shorter, but FFmpeg swallows the ones that come while it probes.)
    """

    def __init__(self, blocks: Blocks) -> None:
        self._blocks = blocks
        self._position = 0
        self.hole: int | None = None

    @property
    def size(self) -> int:
        """The size in bytes, as FFmpeg sees it."""
        return self._blocks.size

    def read(self, count: int = -1) -> bytes:
        """Return up to `count` bytes from the current position on; none at the end or at a hole."""
        left = self.size - self._position
        count = left if count < 0 else min(count, left)
        if count <= 0:
            return b""
        data = self._blocks.read(self._position, count)
        if not data and self.hole is None:
            self.hole = self._position
        self._position += len(data)
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move to an offset, as `io.IOBase.seek` does; return the new position."""
        base = (0, self._position, self.size)[whence]
        self._position = max(0, base + offset)
        return self._position

    def tell(self) -> int:
        """Return the current position."""
        return self._position

    def seekable(self) -> bool:
        """Return True: every position can be asked for."""
        return True
