"""Take the wanted files out of a publisher's zip, trusting nothing in it."""

import lzma
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from avakit.annotations.findings import shown
from avakit.errors import AnnotationError
from avakit.transfer.disk import disk_errors

LARGEST = 512 << 20
"""No csv of labels has so many bytes: the largest official one has a tenth of it."""

_MOST_MEMBERS = 10_000
_CHUNK = 1 << 20
_ADVICE = "Fetch the official archive again, or give the csv files themselves."


def unpack(archive: Path, names: Iterable[str], folder: Path) -> dict[str, Path]:
    """Write the members of these names, wherever they lie in the archive, into `folder`; return those there
    are.

    Files that exist are replaced. Raises AnnotationError, leaving no half file, for a damaged or encrypted
    archive and for a wanted member that is a link, leads out of the archive, is there twice, or is too
    large.
    """
    with _damage_named(archive):
        file = zipfile.ZipFile(archive)
    with file:
        members = _wanted(archive, file.infolist(), frozenset(names))
        return {name: _unpack_one(archive, file, member, folder / name) for name, member in members.items()}


def _wanted(
    archive: Path, members: list[zipfile.ZipInfo], names: frozenset[str]
) -> dict[str, zipfile.ZipInfo]:
    if len(members) > _MOST_MEMBERS:
        raise AnnotationError(
            f"{archive} has {len(members):,} members: it is not an archive of AVA's", _ADVICE
        )
    found: dict[str, zipfile.ZipInfo] = {}
    for member in members:
        path = PurePosixPath(member.filename.replace("\\", "/"))
        if path.name not in names or member.is_dir():
            continue
        _require_safe(archive, member, path)
        earlier = found.setdefault(path.name, member)
        if (earlier.CRC, earlier.file_size) != (member.CRC, member.file_size):
            raise AnnotationError(f"{archive} has two different files {path.name}", _ADVICE)
    return found


def _require_safe(archive: Path, member: zipfile.ZipInfo, path: PurePosixPath) -> None:
    refusals = {
        "leads out of the archive": path.is_absolute() or ".." in path.parts or ":" in path.parts[0],
        "is a link": stat.S_ISLNK(member.external_attr >> 16),
        "is encrypted": bool(member.flag_bits & 1),
        f"unpacks to {member.file_size:,} bytes, which no labels have": member.file_size > LARGEST,
    }
    for problem, applies in refusals.items():
        if applies:
            raise AnnotationError(f"{archive}: {shown(member.filename)} {problem}", _ADVICE)


def _unpack_one(archive: Path, file: zipfile.ZipFile, member: zipfile.ZipInfo, out: Path) -> Path:
    temporary = out.with_name(f".{out.name}.{os.getpid()}.part")
    with _damage_named(archive):
        source = file.open(member)
    with disk_errors(out), source:
        out.parent.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("wb") as target:
                for chunk in _chunks(archive, source):
                    target.write(chunk)
                target.flush()
                os.fsync(target.fileno())
            temporary.replace(out)
        finally:
            temporary.unlink(missing_ok=True)
    return out


def _chunks(archive: Path, source: IO[bytes]) -> Iterator[bytes]:
    """Yield what a member unpacks to; what it announces as its size is not believed."""
    total = 0
    while True:
        with _damage_named(archive):
            chunk = source.read(_CHUNK)
        if not chunk:
            return
        total += len(chunk)
        if total > LARGEST:
            raise AnnotationError(f"{archive} unpacks to more than {LARGEST:,} bytes", _ADVICE)
        yield chunk


@contextmanager
def _damage_named(archive: Path) -> Iterator[None]:
    """Turn all that a broken archive makes the reading raise into one error."""
    try:
        yield
    except (
        zipfile.BadZipFile,
        zlib.error,
        lzma.LZMAError,
        struct.error,
        EOFError,
        NotImplementedError,
        OSError,
        RuntimeError,
        ValueError,
    ) as error:
        raise AnnotationError(f"{archive} cannot be unpacked ({error})", _ADVICE) from error
