"""Where the index (Cues) of an mkv or webm lies (RFC 9559)."""

from collections.abc import Iterator
from dataclasses import dataclass

from avakit.windows.sparse import Blocks

_EBML, _SEGMENT, _SEEK_HEAD, _SEEK = 0x1A45DFA3, 0x18538067, 0x114D9B74, 0x4DBB
_SEEK_ID, _SEEK_POSITION, _CUES, _CLUSTER = 0x53AB, 0x53AC, 0x1C53BB6B, 0x1F43B675
_LONGEST_HEADER = 12
_MOST_ELEMENTS = 4096


@dataclass(frozen=True)
class Element:
    """An EBML element: its id, where its content begins and ends in the file (`stop` is None: not said)."""

    id: int
    start: int
    stop: int | None


@dataclass(frozen=True)
class Layout:
    """What the head of a Matroska file says: where its index begins, None if it has none.

    `missing` is the first place that must be here to say more.
    """

    cues: int | None = None
    missing: int | None = None


def is_matroska(head: bytes) -> bool:
    """Return whether a file that begins with these bytes is mkv or webm."""
    return head[:4] == _EBML.to_bytes(4, "big")


def layout(blocks: Blocks) -> Layout:
    """Read the elements before the first cluster, which say where the index is."""
    cues, position, segment = None, 0, 0
    for _ in range(_MOST_ELEMENTS):
        header = blocks.read(position, _LONGEST_HEADER)
        if len(header) < min(_LONGEST_HEADER, blocks.size - position):
            return Layout(missing=position + len(header))
        element = _element(header, position)
        if element is None or element.id == _CLUSTER:
            break
        if element.id == _CUES:
            return Layout(position)
        if element.id == _SEGMENT:
            segment = position = element.start
            continue
        if element.stop is None:
            break
        if element.id == _SEEK_HEAD:
            content = blocks.read(element.start, element.stop - element.start)
            if len(content) < element.stop - element.start:
                return Layout(missing=element.start + len(content))
            if (place := _sought(content, _CUES)) is not None:
                cues = segment + place
        position = element.stop
    return Layout(cues)


def element_at(blocks: Blocks, position: int) -> Element | None:
    """Return the element that begins at a position, or None where there is none or it has not arrived."""
    header = blocks.read(position, _LONGEST_HEADER)
    return _element(header, position)


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
