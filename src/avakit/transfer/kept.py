"""One file in flight: a sparse `.part`, and beside it the `.map` that says which blocks are there.

Nothing is synced to the disk block by block: each block has its checksum in the map, and is read back and
checked when the file is opened again. What a power cut tore is then simply missing, as are at most the blocks
that were incomplete.
"""

import zlib
from pathlib import Path
from threading import Lock
from typing import Self

from avakit.errors import RootError
from avakit.transfer import blockmap
from avakit.transfer.blocks import Blocks
from avakit.transfer.disk import disk_errors
from avakit.transfer.fragments import Fragments
from avakit.transfer.positional import PositionalFile
from avakit.transfer.ranges import BLOCK, Span
from avakit.transfer.reader import Version

STEP = 4
"""So many blocks at once are written before the map says so: 256 KiB."""


def map_of(part: Path) -> Path:
    """Return where the map of a `.part` lies."""
    return part.with_suffix(".map")


class KeptView:
    """The kept blocks of a file, to be read: those that were there at the time of opening."""

    def __init__(self, part: Path, name: str, version: Version, blocks: Blocks, data: PositionalFile) -> None:
        """Stand for blocks of an open file; use `Kept.open` and `Kept.view`."""
        self.part = part
        self.name = name
        self.version = version
        self._blocks = blocks
        self._data = data

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file; it stays on disk."""
        self.close()

    @property
    def size(self) -> int:
        """The size of the whole file in bytes."""
        return self._blocks.size

    @property
    def held(self) -> int:
        """How many bytes of it are kept."""
        return self._blocks.held

    def has(self, start: int, stop: int) -> bool:
        """Return whether all bytes from `start` to `stop` (cut at the end of the file) are kept."""
        return self._blocks.has(start, stop)

    def complete(self, start: int = 0, stop: int | None = None) -> bool:
        """Return whether the whole file, or the range of it, is kept."""
        return self._blocks.has(start, self.size if stop is None else stop)

    def missing(self, start: int, stop: int) -> list[Span]:
        """Return what has to be fetched for a range: the missing blocks it touches, whole and joined, in
        order."""
        return self._blocks.missing(start, stop)

    def read(self, start: int, n: int) -> bytes:
        """Return up to `n` bytes from `start`: fewer where a block is missing or the file ends, none if both
        at once.

        Raises `RootError` if the disk does not give them.
        """
        stop = self._blocks.readable(start, start + max(0, n))
        with disk_errors(self.part):
            data = self._data.read(start, stop - start)
        if len(data) != stop - start:
            raise RootError(
                f"{self.part} was cut short by another program", "Run again: what is missing is fetched."
            )
        return data

    def look_again(self) -> int:
        """Take note of what another process has kept since; return how many bytes that adds."""
        with disk_errors(self.part), PositionalFile(map_of(self.part), writable=False) as entries:
            raw = entries.read(blockmap.HEADER, max(0, entries.size - blockmap.HEADER))
        there = (block for block in blockmap.decode_entries(raw) if block < self._blocks.count)
        return sum(self._blocks.add(block) for block in there)

    def close(self) -> None:
        """Close the file; it stays on disk."""
        self._data.close()


class Kept(KeptView):
    """The same, to be written: by several threads of one process at a time."""

    def __init__(
        self,
        part: Path,
        name: str,
        version: Version,
        blocks: Blocks,
        data: PositionalFile,
        entries: PositionalFile,
    ) -> None:
        """Stand for an open pair of files; use `Kept.open`."""
        super().__init__(part, name, version, blocks, data)
        self.restarted = False
        self._entries = entries
        self._fragments = Fragments(blocks)
        self._lock = Lock()
        self._closed = False

    @classmethod
    def open(cls, part: Path, name: str, version: Version) -> "Kept":
        """Open or begin the file at `part`, of which `version` says the size; the folder is made if it is not
        there.

        Every block that the map claims is checked against its checksum. If what lies there is of another
        version, it is discarded, and `.restarted` is True. `name` is for messages and must hold no
        credentials.

        Raises `ValueError` if the size is not known, `DiskFull` and `RootError`.
        """
        if version.size is None:
            raise ValueError("a file of unknown size cannot be kept in blocks")
        with disk_errors(part):
            part.parent.mkdir(parents=True, exist_ok=True)
            entries = PositionalFile(map_of(part), writable=True)
            try:
                data = PositionalFile(part, writable=True)
            except OSError:
                entries.close()
                raise
        kept = cls(part, name, version, Blocks(version.size), data, entries)
        try:
            with disk_errors(part):
                kept._resume()
        except BaseException:
            kept.close()
            raise
        return kept

    @staticmethod
    def view(part: Path) -> KeptView:
        """Open a file, that another process may be writing, to read the blocks kept by now. They are not
        checked again.

        Raises `RootError` if there is no such file, or its map is torn.
        """
        with disk_errors(part):
            with PositionalFile(map_of(part), writable=False) as entries:
                raw = entries.read(0, entries.size)
            data = PositionalFile(part, writable=False)
        begun = blockmap.decode_header(raw)
        if begun is None or begun[1].size is None:
            data.close()
            raise RootError(
                f"{map_of(part)} is damaged", "Delete it and run again: its blocks are fetched anew."
            )
        blocks = Blocks(begun[1].size)
        for block in blockmap.decode_entries(raw[blockmap.HEADER :]):
            if block < blocks.count:
                blocks.add(block)
        return KeptView(part, *begun, blocks, data)

    def write(self, start: int, data: bytes | bytearray | memoryview) -> int:
        """Take bytes that arrived at `start`; return how many bytes became kept by them.

        They may begin and end anywhere: what does not fill a block waits in memory until the rest of it
        comes, from whichever connection. Blocks already kept are left as they are. After `close`, does
        nothing.

        Raises `ValueError` if the bytes reach past the end of the file, `DiskFull` and `RootError`.
        """
        if start < 0 or start + len(data) > self.size:
            raise ValueError(f"bytes {start} to {start + len(data)} do not lie in a file of {self.size}")
        with self._lock, disk_errors(self.part):
            if self._closed:
                return 0
            return sum(self._store(first, run) for first, run in self._fragments.add(start, memoryview(data)))

    def close(self) -> None:
        """Close both files; incomplete blocks are dropped, the others stay on disk for the next time."""
        with self._lock:
            self._closed = True
            self._fragments.clear()
            self._entries.close()
            super().close()

    def discard(self) -> None:
        """Close and delete both files. Raises `RootError`."""
        self.close()
        with disk_errors(self.part):
            map_of(self.part).unlink(missing_ok=True)
            self.part.unlink(missing_ok=True)

    def _store(self, first: int, run: memoryview) -> int:
        """Write consecutive blocks, then their entries; a crash between the two leaves them unclaimed."""
        gained = 0
        for offset in range(0, len(run), STEP * BLOCK):
            part = run[offset : offset + STEP * BLOCK]
            block = first + offset // BLOCK
            checksums = [zlib.crc32(part[at : at + BLOCK]) for at in range(0, len(part), BLOCK)]
            self._data.write(block * BLOCK, part)
            entries = blockmap.encode_entries(block, checksums)
            self._entries.write(blockmap.HEADER + block * blockmap.ENTRY, entries)
            gained += sum(self._blocks.add(block + n) for n in range(len(checksums)))
        return gained

    def _resume(self) -> None:
        raw = self._entries.read(0, self._entries.size)
        begun = blockmap.decode_header(raw)
        if begun is None or not blockmap.same_file(begun, self.name, self.version):
            self.restarted = bool(raw) or self._data.size > 0
            self._begin()
            return
        for block, checksum in blockmap.decode_entries(raw[blockmap.HEADER :]).items():
            if block < self._blocks.count and self._verified(block, checksum):
                self._blocks.add(block)

    def _begin(self) -> None:
        self._entries.truncate(0)
        self._data.truncate(0)
        self._entries.write(0, blockmap.encode_header(self.name, self.version))

    def _verified(self, block: int, checksum: int) -> bool:
        length = self._blocks.length(block)
        data = self._data.read(block * BLOCK, length)
        return len(data) == length and zlib.crc32(data) == checksum
