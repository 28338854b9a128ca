"""The bytes inside a compressed file, as a stream that grows neither beyond a bound nor in memory."""

import bz2
import lzma
import re
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, Protocol

_STEP = 1 << 16
# What `xz -9` asks for, twice; a file may demand gigabytes.
_LZMA_MEMORY = 128 << 20


class TooMuch(Exception):
    """There is more of something than any archive of labels has. Its text says of what, as a predicate."""


class _Decompressor(Protocol):
    """What bz2's and lzma's have in common."""

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """Return at most so many bytes; what is left of `data` is kept for the next call."""

    @property
    def eof(self) -> bool:
        """Whether the end mark has come, its checksum right."""

    @property
    def needs_input(self) -> bool:
        """Whether nothing more comes without new data."""

    @property
    def unused_data(self) -> bytes:
        """What stands behind the end mark."""


class _Gzip:
    """zlib's decompressor with the manners of the other two."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, max_length)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data


# A video's id, and so a csv, may begin with `BZh`: what follows in bzip2 is no text.
_KINDS: dict[str, tuple[re.Pattern[bytes], Callable[[], _Decompressor]]] = {
    "gz": (re.compile(rb"\x1f\x8b"), _Gzip),
    "bz2": (re.compile(rb"BZh[1-9](1AY&SY|\x17rE8P\x90)"), bz2.BZ2Decompressor),
    "xz": (
        re.compile(rb"\xfd7zXZ\0"),
        lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_LZMA_MEMORY),
    ),
}


def compression(head: bytes) -> str | None:
    """Return how a file that begins so is compressed: gz, bz2 or xz; None if it is in none of these ways."""
    return next((kind for kind, (magic, _) in _KINDS.items() if magic.match(head)), None)


class Inflating:
    """What is in a file, decompressed if it is compressed, from its beginning to its end.

    `read` raises TooMuch after `bound` bytes, EOFError where a compressed file is cut off, and what the
    decompressors raise for damage. Several compressed streams, one behind the other, are one content.
    """

    def __init__(self, path: Path, bound: int) -> None:
        """Open a file. Raises OSError."""
        self._file: IO[bytes] = path.open("rb")
        self._bound = self._left = bound
        self._kind = compression(self._file.read(16))
        self._file.seek(0)
        self._new = _KINDS[self._kind][1] if self._kind else None
        self._current = self._new() if self._new else None
        self._input = b""

    def __enter__(self) -> "Inflating":
        """Return it, opened."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self._file.close()

    def read(self, count: int) -> bytes:
        """Return the next `count` bytes; fewer only at the end."""
        parts = []
        while count > 0 and (part := self._some(min(count, _STEP))):
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def skip(self, count: int) -> int:
        """Pass over the next `count` bytes; return how many there were."""
        passed = 0
        while passed < count and (part := self._some(min(count - passed, _STEP))):
            passed += len(part)
        return passed

    def _some(self, most: int) -> bytes:
        part = self._file.read(most) if self._new is None else self._inflated(most)
        self._left -= len(part)
        if self._left < 0:
            raise TooMuch(f"unpacks to more than {self._bound:,} bytes")
        return part

    def _inflated(self, most: int) -> bytes:
        assert self._new is not None
        while self._current is not None:
            data = self._next_input() if self._current.needs_input else b""
            part = self._current.decompress(data, most)
            if self._current.eof:
                self._input = self._current.unused_data + self._file.read(_STEP)
                self._current = self._new() if compression(self._input) == self._kind else None
            elif not part and not data and self._current.needs_input:
                raise EOFError("it ends too early")
            if part:
                return part
        return b""

    def _next_input(self) -> bytes:
        data = self._input or self._file.read(_STEP)
        self._input = b""
        return data
