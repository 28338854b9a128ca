"""A file of which only what was fetched can be read, block by block."""

from pathlib import Path

from avakit.transfer.ranges import BLOCK, Span, whole_blocks


class Partial:
    """Blocks of a file on this disk; everything that is fetched is noted."""

    def __init__(self, path: Path) -> None:
        self._file = path.read_bytes()
        self.kept: set[int] = set()
        self.fetched: list[Span] = []

    @property
    def size(self) -> int:
        return len(self._file)

    def read(self, start: int, count: int) -> bytes:
        block = start // BLOCK
        while block * BLOCK < start + count and block in self.kept:
            block += 1
        return self._file[start : max(start, min(start + count, block * BLOCK))]

    def fetch(self, spans: tuple[Span, ...]) -> None:
        for start, stop in whole_blocks(spans, self.size):
            self.fetched.append((start, stop))
            self.kept.update(range(start // BLOCK, -(-stop // BLOCK)))

    @property
    def held(self) -> int:
        return sum(min(BLOCK, self.size - block * BLOCK) for block in self.kept)
