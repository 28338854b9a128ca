"""Text that comes by a pipe, kept in a file so that it can be read more than once: within bounds."""

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from avakit.transfer.disk import disk_errors

LARGEST = 2 << 30
"""So many bytes are taken from a pipe: twenty times the largest official csv."""

LONGEST_LINE = 1 << 20
"""So many bytes may be without a line end: a label map may stand on one line."""

_CHUNK = 1 << 18


@dataclass(frozen=True)
class Spooled:
    """What a pipe gave. `problem`: why reading ended before the pipe did; None if all of it is here."""

    path: Path
    problem: str | None


def spool(stream: BinaryIO, path: Path, largest: int = LARGEST) -> Spooled:
    """Write what a stream gives to a new file at `path`, until its end or until it cannot be AVA's any more.

    `largest`: so many bytes are taken. Zero bytes, endless lines and too much are a problem, and end the
    reading at once, whatever else would come. Raises DiskFull or RootError where the file cannot be written,
    OSError where the stream cannot be read.
    """
    size = line = 0
    problem = None
    with path.open("wb") as file:
        while problem is None and (chunk := stream.read(_CHUNK)):
            size += len(chunk)
            longest, line = _line_lengths(chunk, line)
            problem = _problem(chunk, longest, size, largest)
            with disk_errors(path):
                file.write(chunk)
                file.flush()
    return Spooled(path, problem)


def _line_lengths(chunk: bytes, before: int) -> tuple[int, int]:
    """Return the longest run without a line end that is certain, and the one at the end, in bytes.

    Only runs over chunks' borders can be longer than the limit, which is longer than a chunk.
    """
    first, last = chunk.find(b"\n"), chunk.rfind(b"\n")
    if first < 0:
        return before + len(chunk), before + len(chunk)
    return before + first, len(chunk) - last - 1


def _problem(chunk: bytes, longest: int, size: int, largest: int) -> str | None:
    if b"\0" in chunk:
        return "binary: it has zero bytes. Reading ended there; a csv in UTF-8 belongs here"
    if longest > LONGEST_LINE:
        return f"one endless line: {LONGEST_LINE:,} bytes without a line end. Reading ended there"
    if size > largest:
        return f"larger than {largest:,} bytes, which no labels are: give the name of the file instead"
    return None
