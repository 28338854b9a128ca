"""Is this file of AVA's right? Any of its files, known by its content: every error, and what is doubtful."""

import stat
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Protocol

from avakit.annotations.diagnosis import Diagnosis, numbered_lines
from avakit.annotations.findings import FileReport, Finding
from avakit.annotations.judging import Asked, Judgement, judge, role_of
from avakit.annotations.kinds import LABEL_MAP, Recognised, recognise
from avakit.annotations.labelmap import LARGEST, look_at
from avakit.annotations.lists import Frame, examine_list
from avakit.annotations.mixing import Mixed, Part, mixed, videos_in
from avakit.annotations.reading import examine
from avakit.annotations.sample import sample
from avakit.annotations.spool import spool
from avakit.errors import AnnotationError, UsageError
from avakit.releases.model import SAFE_ID

STDIN = "-"
"""The name of standard input."""

UNKNOWN = "unknown"
"""The kind of a file that is none of AVA's, or is not there."""

FILE = "file"
"""The column of a finding that is about the file as a whole; its line is 0."""


@dataclass(frozen=True)
class Subject:
    """A file before it is read as a whole. `name`: as it was given; `path`: where its bytes are.

    `kind`: actions, speaker, speech, label_map, ids, videos, seconds, excluded, checksums, or `UNKNOWN`.
    `judgement`: None where a file is of no release. `problem`: why it is not read at all.
    """

    name: str
    path: Path
    kind: str
    judgement: Judgement | None = None
    recognised: Recognised | None = None
    problem: str | None = None

    @property
    def release(self) -> str | None:
        """The name of the release that it is judged as; None for a form alone."""
        return None if self.judgement is None else self.judgement.named

    @property
    def split(self) -> str | None:
        """The split that it is judged as."""
        return None if self.judgement is None else self.judgement.split


@dataclass(frozen=True)
class Linted:
    """All that is to be said of one file. An error's line is 0 where it is about the file as a whole.

    `rows`: lines that hold something, right or wrong; of a label map its sound actions.
    """

    subject: Subject
    report: FileReport
    rows: int


class Listener(Protocol):
    """Hears of each file as it is read, so that no number of errors needs memory."""

    def begin(self, subject: Subject) -> None:
        """Hear what the next file is."""

    def error(self, finding: Finding) -> None:
        """Hear of one error of it; all come, in the order of its lines."""

    def end(self, linted: Linted) -> None:
        """Hear that it was read."""


def lint(
    files: Sequence[str | Path],
    *,
    asked: Asked | None = None,
    stdin: BinaryIO | None = None,
    listener: Listener | None = None,
) -> tuple[Linted, ...]:
    """Return what is wrong with each file, and what is doubtful; a file that is absent stops no other.

    `files`: paths; `-` is `stdin`. `asked`: what the user says they are; None: nothing. `listener` is told of
    every error, also beyond the first ones of a file that a report keeps. Raises UsageError if standard input
    is named twice or a split is asked for that there is not, DiskFull or RootError if there is no room to
    keep what comes by a pipe.
    """
    names = [str(file) for file in files]
    if names.count(STDIN) > 1:
        raise UsageError("Standard input can be read once", "Give - once, and the names of files.")
    with tempfile.TemporaryDirectory(prefix="avakit-") as folder:
        subjects = [
            _subject(name, Path(folder) / f"{place}", asked or Asked(), stdin)
            for place, name in enumerate(names)
        ]
        mixes = _mixes(subjects)
        return tuple(_linted(subject, mix, listener) for subject, mix in zip(subjects, mixes, strict=True))


def _subject(name: str, spooled: Path, asked: Asked, stdin: BinaryIO | None) -> Subject:
    """Return what a file is; nothing that is wrong with it is raised."""
    path = Path(name)
    problem = None
    try:
        if name == STDIN and stdin is not None:
            path, problem = _spooled(stdin, spooled)
        else:
            mode = path.stat().st_mode
            if stat.S_ISDIR(mode):
                return Subject(name, path, UNKNOWN, problem="a folder: name the files in it")
            if not stat.S_ISREG(mode):
                with path.open("rb") as stream:
                    path, problem = _spooled(stream, spooled)
        recognised = recognise(path, name)
    except FileNotFoundError:
        return Subject(name, path, UNKNOWN, problem="not there: check the name")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        return Subject(name, path, UNKNOWN, problem=f"not readable ({reason}): check its name and rights")
    except AnnotationError as error:
        return Subject(name, path, UNKNOWN, problem=_without(path, error))
    if problem is not None:
        return Subject(name, path, UNKNOWN, problem=problem)
    said = None if asked.around is None else role_of(asked.around, path.name)
    if recognised.dialect is not None and recognised.dialect.width == 2 and said == "excluded":
        recognised = Recognised("excluded")
    kind = recognised.kind
    if kind in (LABEL_MAP, "checksums"):
        return Subject(name, path, kind, recognised=recognised)
    judgement = judge(path.name if name != STDIN else "", kind, sample(path, kind), asked)
    return Subject(name, path, kind, judgement, recognised)


def _spooled(stream: BinaryIO, path: Path) -> tuple[Path, str | None]:
    found = spool(stream, path)
    return found.path, found.problem


def _without(path: Path, error: AnnotationError) -> str:
    """Return the sentence of an error without the file's name at its front."""
    return str(error).removeprefix(f"{path} ").removeprefix("is ").replace(str(path), "the file")


def _mixes(subjects: Sequence[Subject]) -> list[Mixed]:
    """Return for each file what is to be said of its videos in files of another split and the same kind."""
    found = [Mixed()] * len(subjects)
    for kind in ("actions", "speaker", "speech"):
        places = [
            place
            for place, subject in enumerate(subjects)
            if subject.kind == kind and subject.split is not None
        ]
        if len({subjects[place].split for place in places}) > 1:
            for place, mix in zip(places, mixed(_part(subjects[place]) for place in places), strict=True):
                found[place] = mix
    return found


def _part(subject: Subject) -> Part:
    assert subject.recognised is not None
    assert subject.recognised.dialect is not None
    split = subject.split or ""
    what = f"{subject.name} ({', '.join(word for word in (subject.release, split) if word)})"
    return Part(what, split, videos_in(subject.path, subject.recognised.dialect))


class _Deaf(Exception):
    """The listener could not take an error. (No OSError: readers would take it for the file's.)"""

    def __init__(self, why: OSError) -> None:
        super().__init__(why)
        self.why = why


def _linted(subject: Subject, mix: Mixed, listener: Listener | None) -> Linted:
    def tell(finding: Finding) -> None:
        if listener is not None:
            try:
                listener.error(finding)
            except OSError as error:
                raise _Deaf(error) from error

    if listener is not None:
        listener.begin(subject)
    try:
        report = _report_or_refusal(subject, tell)
    except _Deaf as deaf:
        raise deaf.why from None
    judged = () if subject.judgement is None else (subject.judgement.note,)
    warnings = report.warnings if mix.warning is None else (mix.warning, *report.warnings)
    report = replace(report, notes=(*judged, *report.notes, *mix.notes), warnings=warnings)
    linted = Linted(subject, report, _rows(subject, report))
    if listener is not None:
        listener.end(linted)
    return linted


def _rows(subject: Subject, report: FileReport) -> int:
    dialect = None if subject.recognised is None else subject.recognised.dialect
    if dialect is None or not report.error_count:
        return report.rows
    with subject.path.open(encoding="utf-8-sig", errors="replace", newline=None) as source:
        return sum(1 for _ in numbered_lines(source)) - dialect.header


def _report_or_refusal(subject: Subject, tell: Callable[[Finding], None]) -> FileReport:
    try:
        return _report(subject, tell)
    except AnnotationError as error:
        return _refused(subject, _without(subject.path, error), tell)


def _report(subject: Subject, tell: Callable[[Finding], None]) -> FileReport:
    path, judgement = subject.path, subject.judgement
    if subject.problem is not None:
        return _refused(subject, subject.problem, tell)
    if subject.kind == LABEL_MAP:
        return _of_label_map(path, tell)
    if subject.recognised is None or subject.recognised.dialect is None:
        if judgement is None:
            return examine_list(path, subject.kind, Frame(None, None, SAFE_ID), tell)
        release = None if judgement.open_world else judgement.release
        form = judgement.release.form if judgement.release is not None else SAFE_ID
        return examine_list(path, subject.kind, Frame(release, judgement.split, form), tell)
    if judgement is None or judgement.release is None:
        return _refused(subject, f"labels of a kind that no release has: {subject.kind}", tell)
    split = judgement.split if judgement.split in judgement.release.splits else None
    return examine(path, judgement.release, split=split, open_world=judgement.open_world, on_error=tell)


def _refused(subject: Subject, problem: str, tell: Callable[[Finding], None]) -> FileReport:
    return _collected(subject.path, subject.kind, 0, [Finding(0, FILE, "", problem)], tell)


def _of_label_map(path: Path, tell: Callable[[Finding], None]) -> FileReport:
    with path.open("rb") as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise AnnotationError(f"{path} is larger than any label map", f"It has more than {LARGEST:,} bytes.")
    found = look_at(data.decode("utf-8-sig", "replace"))
    report = _collected(path, LABEL_MAP, len(found.actions), found.errors, tell)
    return replace(report, notes=found.notes, warnings=found.warnings)


def _collected(
    path: Path,
    kind: str,
    rows: int,
    errors: Iterable[Finding],
    tell: Callable[[Finding], None],
) -> FileReport:
    diagnosis = Diagnosis(tell)
    for finding in errors:
        diagnosis.add(finding)
    return FileReport(path, kind, rows, (), tuple(diagnosis.errors), diagnosis.count, ())
