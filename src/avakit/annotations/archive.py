"""Take the wanted files out of a publisher's zip or tar, trusting nothing in it."""

import hashlib
import lzma
import re
import struct
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import TypeVar

from avakit.annotations.findings import shown
from avakit.annotations.inflating import Inflating, TooMuch
from avakit.annotations.members import HEAD, MOST_MEMBERS, Member, container
from avakit.annotations.tarred import Tar
from avakit.annotations.zipped import Zip, zip_members
from avakit.errors import AnnotationError
from avakit.transfer.disk import disk_errors
from avakit.transfer.download import is_page

LARGEST = 512 << 20
"""No csv of labels has so many bytes: the largest official one has a tenth of it."""

BOUND = 1 << 30
"""So many bytes are unpacked of one archive at most: three times what ActiveSpeaker's 3.65M rows need."""

_ADVICE = "Fetch the official archive again, or give the csv files themselves."
# No csv is packed so well, and a hundred million zeros are.
_DENSEST = 200
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}")
_CONTROL = re.compile("[\0-\x1f\x7f]")
_REFUSED = {"link": "is a link", "device": "is neither a file nor a folder"}

_Choice = Callable[[str], str | None]
_Thing = TypeVar("_Thing")


def is_archive(path: Path) -> bool:
    """Return whether a file is, by its content, a zip, a tar or a compressed file. Raises RootError if it
    cannot be read.
    """
    with disk_errors(path):
        return _container(path) is not None


def unpack(archive: Path, names: Iterable[str], folder: Path) -> dict[str, Path]:
    """Write the members of these names, wherever they lie in the archive, into `folder`; return those there
    are, by these names.

    The archive is a zip or a tar, plain or packed by gzip, bzip2 or xz: its content decides, not its name.
    Whether letters are capital does not matter. Files that exist are replaced. Raises AnnotationError,
    leaving nothing behind, for an archive that is damaged, leads out of the folder, holds links or devices,
    has more than `MOST_MEMBERS` members or two different files of one name, or unpacks to more than `BOUND`
    bytes.
    """
    by_key = {name.casefold(): name for name in names}
    return _unpack(archive, lambda name: by_key.get(name.casefold()), folder)


def unpack_all(archive: Path, pattern: str, folder: Path) -> dict[str, Path]:
    """Write all members whose names match a pattern, such as `*.csv`, into `folder`, as `unpack` does.

    Those alone whose names are plain: letters, digits, `_`, `-` and `.`, which is not the first.
    """

    def choose(name: str) -> str | None:
        wanted = fnmatchcase(name.casefold(), pattern) and _PLAIN_NAME.fullmatch(name)
        return name if wanted else None

    return _unpack(archive, choose, folder)


def _unpack(archive: Path, choose: _Choice, folder: Path) -> dict[str, Path]:
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        scratch = tempfile.TemporaryDirectory(dir=folder, prefix=".")
    with scratch, _opened(archive) as found:
        taking = _Taking(archive, choose, Path(scratch.name))
        for member in found:
            taking.take(member)
        with disk_errors(folder):
            return {name: path.replace(folder / name) for name, path in taking.taken.items()}


class _Taking:
    """The members of one archive that were taken so far."""

    def __init__(self, archive: Path, choose: _Choice, scratch: Path) -> None:
        self.taken: dict[str, Path] = {}
        self._archive = archive
        self._choose = choose
        self._scratch = scratch
        self._sums: dict[str, bytes] = {}
        self._count = self._total = 0
        self._most = _DENSEST * archive.stat().st_size

    def take(self, member: Member) -> None:
        """Check a member, and write it if it is wanted."""
        self._count += 1
        if self._count > MOST_MEMBERS:
            raise self._refusal(f"more than {MOST_MEMBERS:,} members, which no archive of labels has")
        path = PurePosixPath(member.name.replace("\\", "/"))
        self._require_safe(member, path)
        name = self._choose(path.name)
        if name is None or member.kind == "folder":
            return
        if member.kind == "encrypted":
            raise self._refusal(f"{shown(member.name)} is encrypted")
        if member.size > LARGEST:
            raise self._refusal(
                f"{shown(member.name)} unpacks to {member.size:,} bytes, which no labels have"
            )
        out = self._scratch / str(self._count)
        digest = self._write(member, out)
        if self._sums.setdefault(name.casefold(), digest) != digest:
            raise self._refusal(f"two different files {shown(name)} in it")
        self.taken.setdefault(name, out)

    def _require_safe(self, member: Member, path: PurePosixPath) -> None:
        absolute = path.is_absolute() or (path.parts and ":" in path.parts[0])
        if absolute or ".." in path.parts:
            raise self._refusal(f"{shown(member.name)} leads out of the archive")
        if _CONTROL.search(member.name):
            raise self._refusal(f"{shown(member.name)} is no name of a file")
        if member.kind in _REFUSED:
            raise self._refusal(f"{shown(member.name)} {_REFUSED[member.kind]}")
        if member.size > max(LARGEST, self._most):
            raise self._refusal(
                f"{shown(member.name)} unpacks to {member.size:,} bytes, which no labels have"
            )

    def _write(self, member: Member, out: Path) -> bytes:
        """Write a member; return the hash of its bytes. What it announces as its size is not believed."""
        digest = hashlib.sha256()
        size = 0
        with disk_errors(out), out.open("wb") as target:
            for chunk in _guarded(self._archive, member.chunks()):
                size += len(chunk)
                self._total += len(chunk)
                if size > LARGEST or self._total > BOUND:
                    raise self._refusal(f"{shown(member.name)} unpacks to more than labels have")
                digest.update(chunk)
                target.write(chunk)
        return digest.digest()

    def _refusal(self, problem: str) -> AnnotationError:
        return AnnotationError(f"{self._archive}: {problem}", _ADVICE)


@contextmanager
def _opened(archive: Path) -> Iterator[Iterator[Member]]:
    with _damage_named(archive):
        kind = _container(archive)
        source = Zip(archive) if kind == "zip" else Inflating(archive, BOUND)
    with source:
        if kind is None:
            what = "a web page, no archive" if is_page(archive) else "neither a zip nor a tar"
            raise AnnotationError(f"{archive} is {what}", _ADVICE)
        with _damage_named(archive):
            found = zip_members(zipfile.ZipFile(source)) if isinstance(source, Zip) else Tar(source).members()
        yield _guarded(archive, found)


def _container(path: Path) -> str | None:
    with path.open("rb") as file:
        return container(file.read(HEAD))


def _guarded(archive: Path, things: Iterator[_Thing]) -> Iterator[_Thing]:
    """Yield what comes out of an archive; its damage is named, and no other error touched."""
    while True:
        with _damage_named(archive):
            try:
                thing = next(things)
            except StopIteration:
                return
        yield thing


@contextmanager
def _damage_named(archive: Path) -> Iterator[None]:
    """Turn all that a broken archive makes the reading raise into one error."""
    try:
        yield
    except TooMuch as error:
        raise AnnotationError(f"{archive} {error}, which no archive of labels does", _ADVICE) from error
    except (
        zipfile.BadZipFile,
        zlib.error,
        lzma.LZMAError,
        tarfile.HeaderError,
        struct.error,
        EOFError,
        NotImplementedError,
        OSError,
        OverflowError,
        RuntimeError,
        ValueError,
    ) as error:
        raise AnnotationError(f"{archive} cannot be unpacked ({error})", _ADVICE) from error
