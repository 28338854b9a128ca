"""The odd ends of streams: parts of blocks that wait in memory until the block is whole."""

from collections.abc import Iterator

from avakit.transfer.blocks import Blocks
from avakit.transfer.ranges import BLOCK, Span, merge


class Fragments:
    """Takes bytes as streams bring them, gives whole blocks. A block may be put together from several
    streams.

    Holds at most two incomplete blocks for each stream, one at either end.
    """

    def __init__(self, blocks: Blocks) -> None:
        """Serve one file, of whose blocks those that are there are not collected again."""
        self._blocks = blocks
        self._parts: dict[int, tuple[bytearray, list[Span]]] = {}

    def add(self, start: int, data: memoryview) -> Iterator[tuple[int, memoryview]]:
        """Take `data` at `start`; yield (first block, bytes) for each run of whole blocks that it
        completes."""
        stop = start + len(data)
        at = start
        while at < stop:
            block = at // BLOCK
            whole = self._whole_until(at, stop)
            end = whole if whole > at else min(stop, (block + 1) * BLOCK)
            part = data[at - start : end - start]
            if self._blocks.there(block):
                end = min(stop, (block + 1) * BLOCK)
            elif whole > at:
                yield from self._absent_runs(block, part)
            else:
                yield from self._collect(block, at, part)
            at = end

    def clear(self) -> None:
        """Forget what is incomplete."""
        self._parts.clear()

    def _whole_until(self, at: int, stop: int) -> int:
        """Return where the run of whole blocks ends that begins at `at`; `at` itself if none does."""
        if at % BLOCK:
            return at
        return stop if stop == self._blocks.size else stop // BLOCK * BLOCK

    def _absent_runs(self, block: int, data: memoryview) -> Iterator[tuple[int, memoryview]]:
        end = block * BLOCK + len(data)
        for start, stop in self._blocks.missing(block * BLOCK, end):
            first = start // BLOCK
            for number in range(first, -(-stop // BLOCK)):
                self._parts.pop(number, None)
            yield first, data[start - block * BLOCK : stop - block * BLOCK]

    def _collect(self, block: int, at: int, data: memoryview) -> Iterator[tuple[int, memoryview]]:
        length = self._blocks.length(block)
        buffer, spans = self._parts.get(block) or (bytearray(length), [])
        offset = at - block * BLOCK
        buffer[offset : offset + len(data)] = data
        spans = merge([*spans, (offset, offset + len(data))])
        if spans == [(0, length)]:
            self._parts.pop(block, None)
            yield block, memoryview(buffer)
        else:
            self._parts[block] = (buffer, spans)
