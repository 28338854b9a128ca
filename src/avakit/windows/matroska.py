"""Where the index (Cues) of an mkv or webm lies, and its clusters where it has none (RFC 9559)."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from avakit.windows.sparse import Blocks

_EBML, _SEGMENT, _SEEK_HEAD, _SEEK = 0x1A45DFA3, 0x18538067, 0x114D9B74, 0x4DBB
_SEEK_ID, _SEEK_POSITION, _INFO, _SCALE = 0x53AB, 0x53AC, 0x1549A966, 0x2AD7B1
_CUES, _CLUSTER, _TIMESTAMP = 0x1C53BB6B, 0x1F43B675, 0xE7
_CLUSTER_MARK = _CLUSTER.to_bytes(4, "big")
_LONGEST_HEADER = 12
_MOST_ELEMENTS = 4096
_DEFAULT_SCALE = 1_000_000


@dataclass(frozen=True)
class Element:
    """An EBML element: its id, where its content begins and ends in the file (`stop` is None: not said)."""

    id: int
    start: int
    stop: int | None


@dataclass(frozen=True)
class Layout:
    """What the head of a Matroska file says.

    `head`: where the first cluster begins; `cues`: where the index is said to begin, None if it has none;
    `scale`: nanoseconds a tick. `missing` is the first place that must be here to say more.
    """

    head: int = 0
    cues: int | None = None
    scale: int = _DEFAULT_SCALE
    missing: int | None = None


@dataclass(frozen=True)
class Cluster:
    """A cluster: where it begins in the file, and its time in seconds of the container's clock."""

    position: int
    seconds: Fraction


def is_matroska(head: bytes) -> bool:
    """Return whether a file that begins with these bytes is mkv or webm."""
    return head[:4] == _EBML.to_bytes(4, "big")


def layout(blocks: Blocks) -> Layout:
    """Read the elements before the first cluster: time scale, and where the index is."""
    cues, scale, position, segment = None, _DEFAULT_SCALE, 0, 0
    for _ in range(_MOST_ELEMENTS):
        header = blocks.read(position, _LONGEST_HEADER)
        if len(header) < min(_LONGEST_HEADER, blocks.size - position):
            return Layout(missing=position + len(header))
        element = _element(header, position)
        if element is None or element.id == _CLUSTER:
            return Layout(position, cues, scale)
        if element.id == _CUES:
            cues = position
        if element.id == _SEGMENT:
            segment = position = element.start
            continue
        if element.stop is None:
            return Layout(position, cues, scale)
        if element.id in {_SEEK_HEAD, _INFO}:
            content = blocks.read(element.start, element.stop - element.start)
            if len(content) < element.stop - element.start:
                return Layout(missing=element.start + len(content))
            if element.id == _INFO:
                scale = _number(content, _SCALE) or _DEFAULT_SCALE
            elif (place := _sought(content, _CUES)) is not None:
                cues = segment + place
        position = element.stop
    return Layout(position, cues, scale)


def element_at(blocks: Blocks, position: int) -> Element | None:
    """Return the element that begins at a position, or None where there is none or it has not arrived."""
    header = blocks.read(position, _LONGEST_HEADER)
    return _element(header, position)


def find_cluster(data: bytes, position: int, scale: int) -> Cluster | None:
    """Return the first cluster that begins within `data`, which lies at `position` in the file.

    Four bytes can look like a cluster's mark by chance: its first child must be its time stamp.
    """
    place = data.find(_CLUSTER_MARK)
    while place >= 0:
        element = _element(data[place : place + _LONGEST_HEADER], 0)
        if element is not None:
            first = _children(data[place + element.start : place + element.start + 32])
            ticks = next((value for name, value in first if name == _TIMESTAMP), None)
            if ticks is not None:
                seconds = Fraction(int.from_bytes(ticks, "big") * scale, 1_000_000_000)
                return Cluster(position + place, seconds)
        place = data.find(_CLUSTER_MARK, place + 1)
    return None


def _element(header: bytes, position: int) -> Element | None:
    """Return the element that a header begins, or None where these bytes are no header."""
    name = _vint(header, 4, keep_marker=True)
    if name is None:
        return None
    size = _vint(header[name[1] :], 8, keep_marker=False)
    if size is None:
        return None
    start = position + name[1] + size[1]
    unknown = size[0] == (1 << 7 * size[1]) - 1
    return Element(name[0], start, None if unknown else start + size[0])


def _vint(data: bytes, longest: int, *, keep_marker: bool) -> tuple[int, int] | None:
    """Return a variable-length integer and how many bytes it takes (RFC 8794, section 4)."""
    if not data or not data[0]:
        return None
    length = 9 - data[0].bit_length()
    if length > min(longest, len(data)):
        return None
    value = int.from_bytes(data[:length], "big")
    return (value if keep_marker else value & ((1 << 7 * length) - 1)), length


def _children(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield id and content of the elements that lie one behind the other in `content`."""
    position = 0
    while position < len(content):
        element = _element(content[position : position + _LONGEST_HEADER], position)
        if element is None or element.stop is None or element.stop > len(content):
            return
        yield element.id, content[element.start : element.stop]
        position = element.stop


def _number(content: bytes, name: int) -> int | None:
    """Return the unsigned integer of the first child with an id."""
    return next((int.from_bytes(value, "big") for child, value in _children(content) if child == name), None)


def _sought(seek_head: bytes, name: int) -> int | None:
    """Return where a seek head says that an element lies, counted from the segment's content."""
    for child, content in _children(seek_head):
        if child == _SEEK and _number(content, _SEEK_ID) == name:
            return _number(content, _SEEK_POSITION)
    return None
