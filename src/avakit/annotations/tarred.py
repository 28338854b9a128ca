"""The members of a tar, read as a stream: tarfile takes headers of any length and number into memory."""

import re
import tarfile
from collections.abc import Iterator

from avakit.annotations.inflating import Inflating, TooMuch
from avakit.annotations.members import CHUNK, HEAD, MOST_MEMBERS, Member

_LARGEST_HEADER = 1 << 16
# Each member may have a few headers before its own: for a long name, for its exact time.
_MOST_HEADERS = 4 * MOST_MEMBERS
_LONG_NAMES = (tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK)
_EXTENDED = (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.XGLTYPE)
_RECORD = re.compile(rb"(\d{1,7}) ([^=\n]+)=")


class Tar:
    """A tar, compressed or not, whose members can be gone through once.

    Its reading raises TooMuch, EOFError for one that is cut off, tarfile.HeaderError and ValueError for what
    is no tar, and what the decompressors raise.
    """

    def __init__(self, stream: Inflating) -> None:
        self._stream = stream
        self._left = self._padding = 0

    def members(self) -> Iterator[Member]:
        """Yield the members. Behind the last one, all is read to its end, for the checksums there."""
        said: dict[str, str] = {}
        for _ in range(_MOST_HEADERS):
            block = self._stream.read(HEAD)
            if block == bytes(HEAD):
                while self._stream.skip(CHUNK):
                    pass
                return
            if len(block) < HEAD:
                raise EOFError("it ends too early")
            entry = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
            if entry.type in (*_LONG_NAMES, *_EXTENDED):
                said |= self._said_before(entry)
                continue
            self._begin(entry, int(said.get("size", entry.size)))
            yield Member(said.get("path", entry.name), self._left, _kind(entry, said), self._chunks)
            said = {}
            self._skip(self._left + self._padding)
        raise TooMuch(f"has more than {MOST_MEMBERS:,} members")

    def _begin(self, entry: tarfile.TarInfo, size: int) -> None:
        if size < 0:
            raise ValueError("a member of less than no bytes")
        self._left = size if entry.isreg() or entry.type not in tarfile.SUPPORTED_TYPES else 0
        self._padding = -self._left % HEAD

    def _chunks(self) -> Iterator[bytes]:
        while self._left:
            chunk = self._stream.read(min(CHUNK, self._left))
            if not chunk:
                raise EOFError("it ends too early")
            self._left -= len(chunk)
            yield chunk

    def _said_before(self, entry: tarfile.TarInfo) -> dict[str, str]:
        """Return what a header says of the member behind it."""
        if not 0 <= entry.size <= _LARGEST_HEADER:
            raise ValueError("a header of a wrong size")
        text = self._stream.read(entry.size)
        self._skip(entry.size - len(text) + -entry.size % HEAD)
        if entry.type == tarfile.GNUTYPE_LONGNAME:
            return {"path": text.rstrip(b"\0").decode("utf-8", "surrogateescape")}
        return _records(text) if entry.type in _EXTENDED[:2] else {}

    def _skip(self, count: int) -> None:
        if self._stream.skip(count) < count:
            raise EOFError("it ends too early")


def _kind(entry: tarfile.TarInfo, said: dict[str, str]) -> str:
    if entry.isdir():
        return "folder"
    if entry.islnk() or entry.issym():
        return "link"
    # What is stored with holes does not lie in the tar as it reads.
    whole = entry.type in (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE)
    return "file" if whole and not any(key.startswith("GNU.sparse") for key in said) else "device"


def _records(text: bytes) -> dict[str, str]:
    """Return what an extended header says: `<length> <key>=<value>` and a line end, one behind the other."""
    found: dict[str, str] = {}
    place = 0
    while place < len(text) and (record := _RECORD.match(text, place)) is not None:
        end = place + int(record[1])
        if end <= record.end() or end > len(text):
            raise ValueError("a damaged header")
        value = text[record.end() : end - 1]
        found[record[2].decode("utf-8", "replace")] = value.decode("utf-8", "surrogateescape")
        place = end
    return found
