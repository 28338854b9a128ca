"""A file that is read and written at offsets, the same on every system."""

import os
from pathlib import Path
from threading import Lock
from typing import Self


class PositionalFile:
    """Bytes at offsets of one file; safe to use from several threads.

    Where the system has no `pread` and `pwrite` (Windows), seeking and reading happen under a lock.
    """

    def __init__(self, path: Path, *, writable: bool) -> None:
        """Open `path`, and create it if it is `writable` and not there. Raises `OSError`."""
        flags = os.O_RDWR | os.O_CREAT if writable else os.O_RDONLY
        flags |= getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOINHERIT", 0)
        self._descriptor = os.open(path, flags, 0o666)
        self._lock = Lock()

    def __enter__(self) -> Self:
        """Return the file itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    @property
    def size(self) -> int:
        """How long the file is now."""
        return os.fstat(self._descriptor).st_size

    def read(self, start: int, count: int) -> bytes:
        """Return the bytes from `start`: `count` of them, or fewer where the file ends. Raises `OSError`."""
        parts: list[bytes] = []
        while count > 0 and (part := self._read_some(start, count)):
            parts.append(part)
            start += len(part)
            count -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def write(self, start: int, data: bytes | bytearray | memoryview) -> None:
        """Write all of `data` at `start`. Raises `OSError`."""
        view = memoryview(data)
        while view:
            written = self._write_some(start, view)
            start += written
            view = view[written:]

    def truncate(self, size: int) -> None:
        """Cut the file to `size` bytes. Raises `OSError`."""
        os.ftruncate(self._descriptor, size)

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _read_some(self, start: int, count: int) -> bytes:
        if hasattr(os, "pread"):
            return os.pread(self._descriptor, count, start)
        with self._lock:
            os.lseek(self._descriptor, start, os.SEEK_SET)
            return os.read(self._descriptor, count)

    def _write_some(self, start: int, view: memoryview) -> int:
        if hasattr(os, "pwrite"):
            return os.pwrite(self._descriptor, view, start)
        with self._lock:
            os.lseek(self._descriptor, start, os.SEEK_SET)
            return os.write(self._descriptor, view)
