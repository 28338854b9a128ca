"""The lists that go with AVA's labels: ids, file names, seconds, excluded seconds, checksums."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import TextIO

from avakit.annotations.diagnosis import Diagnosis, OnError, numbered_lines
from avakit.annotations.findings import FileReport, Finding, Warned
from avakit.errors import AnnotationError, UsageError
from avakit.releases.catalogue import names, release
from avakit.releases.model import AVA_ID, SAFE_ID, Release, check_id

LISTS = ("ids", "videos", "seconds", "excluded", "checksums")
"""The kinds of lists. A line is: an id; a file's name; a second; an id and a second; a name and its MD5."""

_NAME = re.compile(r"([A-Za-z0-9_-][A-Za-z0-9_.-]{0,63})\.(mp4|mkv|webm|avi|mov|m4v|flv|ts)", re.ASCII)
_SECOND = re.compile(r"[0-9]{1,5}(?:\.[0-9]{1,9})?", re.ASCII)
_MD5 = re.compile(r"[0-9a-f]{32}", re.ASCII | re.IGNORECASE)
_PARTS = re.compile(r"[\t,;]")
_FORMS: Mapping[str, Callable[[list[str]], bool]] = {
    "seconds": lambda fields: len(fields) == 1 and bool(_SECOND.fullmatch(fields[0])),
    "videos": lambda fields: len(fields) == 1 and bool(_NAME.fullmatch(fields[0])),
    "ids": lambda fields: len(fields) == 1 and bool(re.fullmatch(AVA_ID, fields[0], re.ASCII)),
    "checksums": lambda fields: len(fields) == 2 and bool(_MD5.fullmatch(fields[1])),
}
_OWN_IDS = re.compile(r"ids?|videos?|list|split|train|val|test", re.IGNORECASE)
_EXAMPLES = 20
_COMMENTS = "lines that begin with # and a space: left out as comments"
_MOST = 500_000
_LONGEST_LINE = 4000


def list_kind(lines: Sequence[str], name: str) -> str | None:
    """Return which kind of list most of these first lines are, of those that their form tells; else None.

    `name`: what the file is called; ids of another form than AVA's are believed only if it says so.
    """
    rows = [fields_of(line) for line in lines]
    for kind, fits in _FORMS.items():
        if 2 * sum(map(fits, rows)) > len(rows):
            return kind
    plain = all(len(row) == 1 and not _problem_of_id(row[0], SAFE_ID) for row in rows)
    return "ids" if plain and _OWN_IDS.search(Path(name).stem) else None


def is_pair(lines: Sequence[str], name: str) -> bool:
    """Tell whether lines of an id and a second are excluded seconds: by the file's name, or by known ones."""
    if "exclu" in name.lower():
        return True
    rows = [fields_of(line) for line in lines]
    pairs = [(row[0], int(row[1])) for row in rows if len(row) == 2 and row[1].isascii() and row[1].isdigit()]
    return 2 * sum(pair in _excluded() for pair in pairs) > len(rows)


def fields_of(line: str) -> list[str]:
    """Return the fields of a line, whatever parts them, without the space and quotes around them."""
    return [field.strip(" \t\r\"'") for field in _PARTS.split(line.strip())]


def id_of(kind: str, fields: Sequence[str]) -> str:
    """Return the id that a line of this kind of list begins with; an empty text where it has none."""
    if kind == "videos":
        found = _NAME.fullmatch(fields[0])
        return found[1] if found else ""
    return fields[0] if kind in ("ids", "excluded") else ""


@cache
def _excluded() -> frozenset[tuple[str, int]]:
    known = [release(name).excluded or {} for name in names()]
    return frozenset(pair for of_split in known for pairs in of_split.values() for pair in pairs)


@dataclass(frozen=True)
class Frame:
    """What a list is compared with. `release` None: with nothing. `form`: of ids. `split`: if known."""

    release: Release | None
    split: str | None
    form: str


def examine_list(path: Path, kind: str, frame: Frame, on_error: OnError | None = None) -> FileReport:
    """Return everything that is to be said of a list of this kind. `on_error` is called for every error.

    `rows` of the report: all lines that are not blank, right or wrong, but for a header.

    Raises AnnotationError if the file cannot be read.
    """
    diagnosis = Diagnosis(on_error)
    doubts = _Doubts(kind, frame)
    rows = 0
    notes: list[str] = []
    try:
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline=None) as source:
            for number, fields in rows_of(source, kind, notes):
                problems = _problems(kind, fields, frame.form)
                for column, found, problem in problems:
                    diagnosis.add(Finding(number, column, found, problem))
                rows += 1
                if not problems:
                    doubts.look(number, fields)
    except OSError as error:
        raise AnnotationError(
            f"{path} cannot be read ({error.strerror})", "Check the path and its rights."
        ) from error
    if not rows:
        diagnosis.add(Finding(1, "line", "", "nothing in it"))
    if not diagnosis.count:
        notes += doubts.standing()
    return FileReport(
        path,
        kind,
        rows,
        tuple(notes),
        tuple(diagnosis.errors),
        diagnosis.count,
        doubts.warnings(),
    )


def rows_of(source: TextIO, kind: str, notes: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield the number and the fields of each line of a list, without blank ones, comments and its header.

    What was left out is added to `notes`.
    """
    for number, line, _ in numbered_lines(source):
        fields = fields_of(line)
        if line.startswith("# "):
            if _COMMENTS not in notes:
                notes.append(_COMMENTS)
            continue
        if number == 1 and _is_header(kind, fields):
            notes.append("the first line is a header")
            continue
        yield number, fields


def _is_header(kind: str, fields: list[str]) -> bool:
    wanted = {*_columns(kind), "id", "ids", "video", "name", "file", "second", "seconds", "time"}
    return fields[0].lower() in wanted


def _columns(kind: str) -> tuple[str, ...]:
    return {
        "ids": ("video_id",),
        "videos": ("file_name",),
        "seconds": ("timestamp",),
        "excluded": ("video_id", "timestamp"),
        "checksums": ("file_name", "md5"),
    }[kind]


def _problems(kind: str, fields: list[str], form: str) -> list[tuple[str, str, str]]:
    """Return column, text found and problem for all that is wrong with a line."""
    columns = _columns(kind)
    whole = ",".join(fields)
    if len(whole) > _LONGEST_LINE:
        return [("line", whole, "far too long a line: the rest of the file was not read")]
    if len(fields) != len(columns):
        count = f"{len(fields)} column{'s' if len(fields) != 1 else ''}"
        return [("line", whole, f"{count}: {','.join(columns)} belongs here")]
    if kind == "excluded" and "." in fields[1]:
        return [("timestamp", fields[1], "not a whole second: no other is left out anywhere")]
    return [
        (column, text, problem)
        for column, text in zip(columns, fields, strict=True)
        if (problem := _problem(column, text, form))
    ]


def _problem(column: str, text: str, form: str) -> str | None:
    if column == "video_id":
        return _problem_of_id(text, form)
    form_of_column, problem = {
        "file_name": (_NAME, "not the name of a video's file, such as 1j20qq1JyX4.mp4"),
        "timestamp": (_SECOND, "not a second of the movie, such as 0902"),
        "md5": (_MD5, "not an MD5: 32 digits of 0 to f belong here"),
    }[column]
    return None if form_of_column.fullmatch(text) else problem


def _problem_of_id(text: str, form: str) -> str | None:
    if text.startswith("#"):
        return "a spreadsheet has replaced the id, which began with '-'"
    try:
        check_id(text, form)
    except UsageError as error:
        return f"not the id of a video. {error.advice}"
    return None


class _Doubts:
    """What is doubtful in the sound lines of a list, counted by kind; and what of its split is absent."""

    def __init__(self, kind: str, frame: Frame) -> None:
        self._kind = kind
        self._frame = frame
        self._split_of = (
            {}
            if frame.release is None
            else {v.id: split.name for split in frame.release.splits.values() for v in split.videos}
        )
        self._members = {
            (video.id, split)
            for video in (() if frame.release is None else frame.release.everything)
            for release, split in video.member_of
            if frame.release is not None and release == frame.release.name
        }
        self._seconds = frozenset() if frame.release is None else frozenset(frame.release.seconds)
        self._seen: set[tuple[str, ...]] = set()
        self._counts: Counter[str] = Counter()
        self._examples: dict[str, list[Finding]] = {}

    def look(self, number: int, fields: list[str]) -> None:
        columns = _columns(self._kind)
        video = id_of(self._kind, fields)
        key = tuple(str(Fraction(text)) if column == "timestamp" else text
                    for column, text in zip(columns, fields, strict=True))  # fmt: skip
        if key in self._seen:
            self._doubt("duplicate", Finding(number, "line", ",".join(fields), "the same as a line before"))
        elif len(self._seen) < _MOST:
            self._seen.add(key)
        if video and self._split_of:
            self._look_at_video(number, columns[0], video)
        second = key[columns.index("timestamp")] if "timestamp" in columns else None
        if second is not None and self._seconds and Fraction(second) not in self._seconds:
            problem = "no second that this release annotates"
            self._doubt("other_second", Finding(number, "timestamp", fields[-1], problem))

    def _look_at_video(self, number: int, column: str, video: str) -> None:
        split = self._split_of.get(video)
        if split is None:
            self._doubt("unknown_video", Finding(number, column, video, "no video of this release"))
        elif self._frame.split not in (None, split) and (video, self._frame.split) not in self._members:
            self._doubt("other_split", Finding(number, column, video, f"a video of the split {split}"))

    def _doubt(self, kind: str, finding: Finding) -> None:
        self._counts[kind] += 1
        if self._counts[kind] <= _EXAMPLES:
            self._examples.setdefault(kind, []).append(finding)

    def warnings(self) -> tuple[Warned, ...]:
        return tuple(Warned(kind, count, tuple(self._examples[kind])) for kind, count in self._counts.items())

    def standing(self) -> Iterator[str]:
        """Yield a sentence on how much of the release's own list this is."""
        if self._kind == "seconds" and self._seconds:
            here = {Fraction(key[0]) for key in self._seen} & self._seconds
            yield _part(len(here), len(self._seconds), "annotated seconds")
        elif self._kind in ("ids", "videos") and self._split_of:
            here_ids = {id_of(self._kind, key) for key in self._seen}
            for split in dict.fromkeys(self._split_of.values()):
                wanted = {video for video, of_split in self._split_of.items() if of_split == split}
                if here_ids & wanted:
                    yield _part(len(here_ids & wanted), len(wanted), f"videos of {split}")


def _part(here: int, there: int, noun: str) -> str:
    return f"all {there:,} {noun}" if here == there else f"{here:,} of {there:,} {noun}"
