"""One whole file of modest size, such as the annotations: fetched, checked, and only then in its place."""

import math
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from avakit.errors import AvakitError, NetworkFailed, NotFound, TransferError, UsageError
from avakit.releases.model import Checksum
from avakit.transfer.again import Tries, next_pause
from avakit.transfer.checksums import Hashing, compare, hash_file
from avakit.transfer.disk import disk_errors, sync_folder
from avakit.transfer.http import Http, HttpReader
from avakit.transfer.positional import PositionalFile

_NO_PAGES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".tbz2", ".xz", ".txz", ".csv", ".tsv", ".pbtxt", ".txt")
_LARGEST = 4 << 30
_HEAD = 1024
_PAGE = re.compile(
    rb"(\xef\xbb\xbf)?\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype\s+html|html|head|body)\b", re.I | re.S
)


@dataclass(frozen=True)
class Downloaded:
    """What was fetched: where it lies, from which URL (without credentials), and what is doubtful about
    it."""

    path: Path
    name: str
    size: int
    warnings: tuple[str, ...]


def download(http: Http, urls: Sequence[str], to: Path, checksums: Iterable[Checksum] = ()) -> Downloaded:
    """Fetch a file from the first of `urls` that gives it, check it, and put it at `to`.

    It has a temporary name in the same folder until it is complete, checked and on the disk; what breaks is
    continued from where it was. An address that does not answer, fails for good, or gives wrong bytes, is
    followed by the next; after the last one all are tried again, as often as the causes' policies say.

    Raises `UsageError` without any URL; of the addresses' failures the only one, or else a `TransferError`
    that names them all, of the kind of the first that any server answered: `WrongBytes` for a strict
    checksum. `DiskFull`, `RootError`, `Interrupted`.
    """
    if not urls:
        raise UsageError(f"There is no address to fetch {to.name} from", "Give its file.")
    wanted = tuple(checksums)
    tries = Tries(http.stop)
    while True:
        failures: list[TransferError] = []
        for url in urls:
            try:
                return _from(http, url, to, wanted)
            except TransferError as error:
                failures.append(error)
        try:
            # The one that passes soonest decides whether all are asked once more.
            tries.failed(min(failures, key=lambda failure: next_pause(failure, 1) or math.inf))
        except TransferError:
            raise _summary(to.name, failures) from failures[-1]


def _from(http: Http, url: str, to: Path, checksums: tuple[Checksum, ...]) -> Downloaded:
    with disk_errors(to):
        to.parent.mkdir(parents=True, exist_ok=True)
    # Always the same name: what a killed run left behind is overwritten by the next.
    temporary = to.with_name(f".{to.name}.part")
    try:
        reader, found = _fetch(http, url, temporary, to.name, {one.kind for one in checksums})
        with disk_errors(temporary):
            page = is_page(temporary)
        if page:
            _refuse_page(reader, to.name)
        warnings = compare(f"{to.name} from {reader.name}", checksums, found)
        with disk_errors(to):
            size = temporary.stat().st_size
            _settle(temporary, to)
    finally:
        with disk_errors(temporary):
            temporary.unlink(missing_ok=True)
    return Downloaded(to, reader.name, size, warnings)


def _fetch(
    http: Http, url: str, temporary: Path, expected: str, kinds: set[str]
) -> tuple[HttpReader, dict[str, str]]:
    """Fetch into a file, trying again; return what it was read from, and its checksums."""
    tries = Tries(http.stop)
    progress: _Progress | None = None
    with disk_errors(temporary):
        file = PositionalFile(temporary, writable=True)
    with file:
        while True:
            try:
                if progress is None:
                    reader = http.open(url)
                    if reader.media_type == "text/html":
                        _refuse_page(reader, expected)
                    progress = _Progress(reader, kinds)
                progress.go_on(file, temporary, tries)
                break
            except TransferError as error:
                if progress is None:
                    raise
                tries.failed(error)
                if not progress.reader.ranges:
                    progress = None
    if progress.hashing is None:
        return progress.reader, hash_file(temporary, kinds)
    return progress.reader, progress.hashing.values()


class _Progress:
    """How far a file has come; its checksums are taken on the way if its size was announced, as git's needs
    it."""

    def __init__(self, reader: HttpReader, kinds: set[str]) -> None:
        self.reader = reader
        size = reader.version.size
        self.hashing = None if size is None else Hashing(kinds, size)
        self._at = 0

    def go_on(self, file: PositionalFile, path: Path, tries: Tries) -> None:
        if self._at == 0:
            with disk_errors(path):
                file.truncate(0)
        for data in self.reader.read(self._at, None):
            with disk_errors(path):
                file.write(self._at, data)
            if self.hashing is not None:
                self.hashing.update(data)
            self._at += len(data)
            if self._at > _LARGEST:
                raise TransferError(
                    f"{self.reader.name} is larger than {_LARGEST >> 30} GiB, which no file of labels is",
                    "Look at that address, or give the file itself.",
                )
            # A server that sends no parts begins anew each time: that is no progress.
            if data and self.reader.ranges:
                tries.renew()


def is_page(path: Path) -> bool:
    """Return whether a file begins as a web page does, whatever its name. Raises OSError."""
    with path.open("rb") as file:
        return _PAGE.match(file.read(_HEAD)) is not None


def _refuse_page(reader: HttpReader, expected: str) -> None:
    if expected.endswith(_NO_PAGES):
        raise NotFound(
            f"{reader.name} answered with a web page instead of {expected}",
            "A portal or a login may stand in between: open it in a browser, or give the file itself.",
        )


def _settle(temporary: Path, to: Path) -> None:
    with temporary.open("rb+") as file:
        os.fsync(file.fileno())
    temporary.replace(to)
    sync_folder(to.parent)


def _summary(name: str, failures: list[TransferError]) -> AvakitError:
    if len(failures) == 1:
        return failures[0]
    said = "; ".join(failure.what.rstrip(".") for failure in failures)
    # That one way is shut says less than what another one answered.
    chief = next((failure for failure in failures if not isinstance(failure, NetworkFailed)), failures[0])
    return type(chief)(f"{name} could not be had from any address: {said}", chief.advice)
