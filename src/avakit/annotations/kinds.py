"""What a file of AVA's is meant to be, told from how it begins: labels, a label map, or one of the lists."""

import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

from avakit.annotations.dialect import Dialect, look
from avakit.annotations.findings import shown
from avakit.annotations.labelmap import is_label_map
from avakit.annotations.lists import is_pair, list_kind
from avakit.annotations.opening import HEAD, opening
from avakit.errors import AnnotationError

LABEL_MAP = "label_map"

_BELONGS = "A csv of AVA's labels belongs here, a label map, or a list of ids, file names or seconds."
_PACKED = {
    b"\x1f\x8b": "packed by gzip",
    b"BZh": "packed by bzip2",
    b"\xfd7zXZ": "packed by xz",
    b"7z\xbc\xaf": "packed by 7-Zip",
    b"Rar!": "packed by RAR",
}
_OTHERS = {
    b"PAR1": "a table in Parquet",
    b"SQLite format 3": "a database of SQLite",
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture (PNG)",
    b"\xff\xd8\xff": "a picture (JPEG)",
    b"\x1aE\xdf\xa3": "a movie (Matroska)",
    b"\xd0\xcf\x11\xe0": "a document of an old Office",
    b"\x89HDF": "a table in HDF5",
    b"\x93NUMPY": "an array of NumPy",
}
_PICKLE = re.compile(rb"\x80[\x02-\x05](?:\x95|[}\](cK])")
_PAGE = re.compile(r"\s*<(?:!doctype|html|head|body|\?xml|error)", re.IGNORECASE)


@dataclass(frozen=True)
class Recognised:
    """What a file is. `kind`: of labels, of a list, or `LABEL_MAP`; `dialect`: of labels alone."""

    kind: str
    dialect: Dialect | None = None


def recognise(path: Path, name: str) -> Recognised:
    """Return what the file at `path` is. `name`: what it is called, which tells some lists.

    No more than its head is read. Raises AnnotationError, which says what it is, if it is nothing of AVA's.
    """
    head = _head(path)
    _refuse(path, head)
    text = head.decode("utf-8-sig", "replace")
    if is_label_map(text):
        return Recognised(LABEL_MAP)
    lines, _ = opening(path)
    if (kind := list_kind(lines, name)) is not None:
        return Recognised(kind)
    dialect = look(path)
    if dialect.kind == "actions" and dialect.width == 2 and is_pair(lines, name):
        return Recognised("excluded")
    return Recognised(dialect.kind, dialect)


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(HEAD)
    except OSError as error:
        raise AnnotationError(
            f"{path} cannot be read ({error.strerror})", "Check the path and its rights."
        ) from error


def _refuse(path: Path, head: bytes) -> None:
    """Raise AnnotationError for what its first bytes tell to be something else."""
    if not head.strip():
        raise AnnotationError(f"{path} is empty", _BELONGS)
    if head.startswith(b"PK\x03\x04"):
        raise _archive(path)
    for begins, packed in _PACKED.items():
        if head.startswith(begins):
            raise AnnotationError(f"{path} is {packed}", "Unpack it, then lint the csv files in it.")
    for begins, other in _OTHERS.items():
        if head.startswith(begins):
            raise AnnotationError(f"{path} is {other}", _BELONGS)
    if head[4:8] == b"ftyp":
        raise AnnotationError(f"{path} is a movie (MP4)", _BELONGS)
    if head[257:262] == b"ustar":
        raise AnnotationError(f"{path} is a tar archive", "Unpack it, then lint the csv files in it.")
    if _PICKLE.match(head):
        raise AnnotationError(
            f"{path} is a pickle, as mmaction2's proposals are", f"lint opens no pickle. {_BELONGS}"
        )
    if _PAGE.match(head[:2000].decode("utf-8-sig", "replace")):
        raise AnnotationError(
            f"{path} is a web page or a server's answer ({shown(head[:20].decode('utf-8', 'replace'))})",
            f"The download went wrong: fetch the file again. {_BELONGS}",
        )


def _archive(path: Path) -> AnnotationError:
    try:
        whole = zipfile.is_zipfile(path)
    except OSError:
        whole = False
    if whole:
        return AnnotationError(f"{path} is a zip archive", "Unpack it, then lint the csv files in it.")
    return AnnotationError(
        f"{path} is a zip archive that is cut off: its end is missing", "Fetch the official archive again."
    )
