"""The first lines of a file that should be a csv of labels: what is none is told here, by its first bytes."""

import re
from pathlib import Path

from avakit.annotations.findings import shown
from avakit.errors import AnnotationError

HEAD = 1 << 16
"""So many bytes are read; what they do not tell, no more of the file would."""

ADVICE = "AVA's labels are csv lines such as 1j20qq1JyX4,0902,0.002,0.118,0.714,0.977,12,1."

_BOM = b"\xef\xbb\xbf"
_PACKED = (b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"PAR1", b"%PDF")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_LABEL_MAP = re.compile(r"(label|item)\s*\{")
_LINE_END = re.compile(r"\r\n|\r|\n")


def opening(path: Path, name: Path | None = None) -> tuple[list[str], list[str]]:
    """Return the whole lines of the file's head that are not blank, and what is odd about its bytes.

    `name`: what messages call the file, if not by its path. Raises AnnotationError if it cannot be read, and
    for what is no text of lines: empty, packed, binary, UTF-16, a web page, a label map, one endless line.
    """
    name = name or path
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError as error:
        raise AnnotationError(
            f"{name} cannot be read ({error.strerror})", "Check the path and its rights."
        ) from error
    _refuse_bytes(name, head)
    notes = []
    if head.startswith(_BOM):
        notes.append("the file begins with a byte order mark")
    if b"\r\n" in head:
        notes.append("lines end with CR LF")
    # The head may end within a line, which then says nothing.
    lines = _LINE_END.split(head.removeprefix(_BOM).decode("utf-8", "replace"))
    if len(head) == HEAD:
        if len(lines) == 1:
            raise AnnotationError(
                f"{name} is not a csv: its first line does not end within {HEAD:,} bytes", ADVICE
            )
        lines.pop()
    lines = [line for line in lines if line.strip()]
    if not lines:
        raise AnnotationError(f"{name} is empty", ADVICE)
    _refuse_text(name, lines[0].lstrip())
    return lines, notes


def _refuse_bytes(name: Path, head: bytes) -> None:
    if head.startswith(_UTF_16):
        raise AnnotationError(f"{name} is written in UTF-16", "Save it as UTF-8.")
    if head.startswith(_PACKED):
        raise AnnotationError(
            f"{name} is not a csv but a packed or binary file", "Unpack it, or give the csv."
        )
    if b"\0" in head:
        raise AnnotationError(f"{name} is not a csv but binary: it has zero bytes", ADVICE)


def _refuse_text(name: Path, first: str) -> None:
    if first[:1] in ("<", "{", "["):
        raise AnnotationError(f"{name} is not a csv: it begins with {shown(first[:20])}", ADVICE)
    if _LABEL_MAP.match(first):
        raise AnnotationError(f"{name} is not a csv of labels but a label map: names of actions", ADVICE)
