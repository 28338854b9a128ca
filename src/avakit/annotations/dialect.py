"""How a csv of labels is written, told from its first lines: delimiter, header, columns, oddities."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from avakit.annotations.findings import COLUMNS
from avakit.errors import AnnotationError

_HEAD = 1 << 16
_PERSON_NAMES = frozenset({"person_id", "person", "entity_id", "track_id"})
_HEADER_NAMES = frozenset({*COLUMNS, "video", "id", "time", "second", "action", "label", "entity_box_x1"})
_ADVICE = "AVA's labels are csv lines such as 1j20qq1JyX4,0902,0.002,0.118,0.714,0.977,12,1."


@dataclass(frozen=True)
class Dialect:
    """How the file is written. `width`: columns of a line; `person`: the eighth is the person's number."""

    delimiter: str
    header: bool
    width: int
    person: bool
    notes: tuple[str, ...]


def look(path: Path, *, person_ids: bool) -> Dialect:
    """Return how the csv at `path` is written. `person_ids`: the release's labels name the person.

    Raises AnnotationError if it is no csv of labels at all: empty, a web page, an archive, another table.
    """
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        raise AnnotationError(
            f"{path} cannot be read ({error.strerror})", "Check the path and its rights."
        ) from error
    lines, notes = _lines(path, head)
    delimiter = _delimiter(path, lines)
    table = [[field.strip(" \"'") for field in line.split(delimiter)] for line in lines]
    header = _is_header(table[0])
    body = table[1:] if header else table
    if not body:
        raise AnnotationError(f"{path} has a header line and no labels", _ADVICE)
    width = Counter(len(fields) for fields in body).most_common(1)[0][0]
    _refuse_other_tables(path, width)
    person = person_ids and width >= len(COLUMNS)
    if header and person and len(table[0]) >= len(COLUMNS):
        person = table[0][7].lower() in _PERSON_NAMES
    used = 8 if person else 7
    if delimiter != ",":
        notes.append(
            "fields are separated by tabs" if delimiter == "\t" else "fields are separated by semicolons"
        )
    if header:
        notes.append("the first line is a header")
    if width > used:
        extra = width - used
        notes.append(f"{extra} more column{'s' if extra > 1 else ''} after {COLUMNS[used - 1]}: left out")
    if person_ids and not person:
        notes.append("no person_id column: persons are unknown")
    if any(len(fields) > 1 and fields[1].isdigit() and len(fields[1]) < 4 for fields in body):
        notes.append("timestamps have lost their leading zeros (902 for 0902)")
    return Dialect(delimiter, header, width, person, tuple(notes))


def _lines(path: Path, head: bytes) -> tuple[list[str], list[str]]:
    """Return the whole lines of the file's head that are not blank, and what is odd about its bytes."""
    notes = []
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise AnnotationError(f"{path} is written in UTF-16", "Save it as UTF-8.")
    if head.startswith((b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"PAR1", b"%PDF")):
        raise AnnotationError(
            f"{path} is not a csv but a packed or binary file", "Unpack it, or give the csv."
        )
    if head.startswith(b"\xef\xbb\xbf"):
        notes.append("the file begins with a byte order mark")
        head = head[3:]
    if b"\r\n" in head:
        notes.append("lines end with CR LF")
    text = head.decode("utf-8", "replace")
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        raise AnnotationError(f"{path} is empty", _ADVICE)
    if lines[0].lstrip()[:1] in ("<", "{") or lines[0].lstrip().startswith(("label {", "item {")):
        raise AnnotationError(f"{path} is not a csv: it begins with {lines[0].strip()[:20]!a}", _ADVICE)
    # The head may end within a line, which then says nothing.
    if len(head) >= _HEAD - 3 and len(lines) > 1:
        lines.pop()
    return lines, notes


def _delimiter(path: Path, lines: list[str]) -> str:
    counts = {mark: sum(mark in line for line in lines) for mark in (",", "\t", ";")}
    best = max(counts, key=lambda mark: counts[mark])
    if counts[best]:
        return best
    if all(field.isdigit() for field in lines[0].split()) and len(lines[0].split()) > 8:
        raise AnnotationError(
            f"{path} is of another data set that is called AVA too: the one of photographs and their beauty",
            f"This one is Google's, of actions in movies. {_ADVICE}",
        )
    raise AnnotationError(f"{path} has neither commas nor tabs: {lines[0].strip()[:40]!a}", _ADVICE)


def _is_header(fields: list[str]) -> bool:
    return len({field.lower() for field in fields} & _HEADER_NAMES) >= 2


def _refuse_other_tables(path: Path, width: int) -> None:
    if width == 2:
        raise AnnotationError(
            f"{path} has 2 columns: a list of seconds, or keyframes without a box as AVA-Kinetics has them",
            _ADVICE,
        )
    if width == 4:
        raise AnnotationError(f"{path} has 4 columns, as AVA Speech's labels have", _ADVICE)
    if width < 7 or width > 16:
        raise AnnotationError(f"{path} has {width} column{'s' if width != 1 else ''} a line", _ADVICE)
