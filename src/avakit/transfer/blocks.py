"""Which blocks of a file are there: a bitmap, and the questions asked of it."""

from avakit.transfer.ranges import BLOCK, Span


class Blocks:
    """The blocks of 64 KiB of one file of known size, each there or not. The last one is as short as the file
    ends."""

    def __init__(self, size: int) -> None:
        """Begin with none of the blocks of a file of `size` bytes."""
        self.size = size
        self.count = -(-size // BLOCK)
        self.held = 0
        self._there = bytearray(self.count)

    def length(self, block: int) -> int:
        """Return how many bytes a block has."""
        return min(BLOCK, self.size - block * BLOCK)

    def there(self, block: int) -> bool:
        """Return whether one block is there."""
        return bool(self._there[block])

    def add(self, block: int) -> int:
        """Note that a block is there; return how many bytes that adds: 0 if it was there already."""
        if self._there[block]:
            return 0
        self._there[block] = 1
        added = self.length(block)
        self.held += added
        return added

    def has(self, start: int, stop: int) -> bool:
        """Return whether all bytes from `start` to `stop`, as far as the file goes, are there."""
        first, last = self._touched(start, stop)
        return self._there.find(0, first, last) < 0

    def missing(self, start: int, stop: int) -> list[Span]:
        """Return the missing blocks that a range touches, whole and joined: only whole blocks can be kept."""
        block, last = self._touched(start, stop)
        spans: list[Span] = []
        while block < last and (absent := self._there.find(0, block, last)) >= 0:
            block = self._there.find(1, absent, last)
            block = last if block < 0 else block
            spans.append((absent * BLOCK, min(self.size, block * BLOCK)))
        return spans

    def readable(self, start: int, stop: int) -> int:
        """Return how far one can read from `start` without a gap: at most `stop`, at least `start`."""
        stop = min(stop, self.size)
        first, last = self._touched(start, stop)
        absent = self._there.find(0, first, last)
        return max(start, stop if absent < 0 else min(stop, absent * BLOCK))

    def _touched(self, start: int, stop: int) -> Span:
        start, stop = max(0, start), min(stop, self.size)
        return (start // BLOCK, -(-stop // BLOCK)) if start < stop else (0, 0)
