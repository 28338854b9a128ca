"""Take official files into the folder of annotations: each whole, checked, and recorded, or not at all."""

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from avakit.annotations.archive import unpack
from avakit.annotations.given import addresses, is_url, locate
from avakit.annotations.sums import record, sha256, state
from avakit.errors import AnnotationError, NetworkFailed, NotFound, TransferError
from avakit.releases.model import AnnotationFile, Release
from avakit.transfer.checksums import compare, hash_file
from avakit.transfer.disk import disk_errors
from avakit.transfer.download import download
from avakit.transfer.http import Http


@dataclass(frozen=True)
class Room:
    """Where files are taken to, by what they are fetched, and where notes for the user go."""

    folder: Path
    http: Http
    notes: list[str]


def differences(path: Path, file: AnnotationFile) -> list[str]:
    """Return a sentence for each known checksum of an official file that the given one at `path` has not."""
    found = hash_file(path, {checksum.kind for checksum in file.checksums})
    return [
        f"{path.name} as given is not the official file: its {checksum.kind} is {found[checksum.kind]}, "
        f"the official one's {checksum.value}"
        for checksum in file.checksums
        if found[checksum.kind] != checksum.value
    ]


def take_published(release: Release, missing: Sequence[AnnotationFile], room: Room) -> None:
    """Fetch the missing files from their publishers: in the archive, or one by one if that cannot be had.

    Raises WrongBytes and the other kinds of TransferError for labels that cannot be had.
    """
    failed: TransferError | AnnotationError | None = None
    taken: set[str] = set()
    for archive in release.files("archive"):
        try:
            path = _published_archive(archive, room)
            taken = _take_members(path, missing, room, given=False)
        except (TransferError, AnnotationError) as error:
            # Not kept: it would only fail again.
            (room.folder / archive.name).unlink(missing_ok=True)
            if isinstance(error, NetworkFailed):
                raise  # there is no way out of this machine: the single files lie no nearer
            failed = error
    for file in missing:
        if file.name not in taken:
            _take_single(file, room, failed)


def _published_archive(archive: AnnotationFile, room: Room) -> Path:
    path = room.folder / archive.name
    if state(room.folder, archive.name) not in ("same", "unknown"):
        room.notes.extend(download(room.http, archive.urls, path, archive.checksums).warnings)
        record(room.folder, archive.name)
    return path


def _take_single(file: AnnotationFile, room: Room, failed: TransferError | AnnotationError | None) -> None:
    try:
        room.notes.extend(download(room.http, file.urls, room.folder / file.name, file.checksums).warnings)
    except TransferError as error:
        if file.role != "labels":
            room.notes.append(f"{file.name} could not be had: {error.what}")
            return
        if failed is None:
            raise
        raise type(error)(f"{error.what.rstrip('.')}; before that: {failed.what}", error.advice) from error
    record(room.folder, file.name)


def take_given(
    release: Release,
    needed: Sequence[AnnotationFile],
    missing: Sequence[AnnotationFile],
    room: Room,
    given: str,
) -> None:
    """Take the needed files from what is given; from a URL, the missing ones alone.

    Raises AnnotationError if labels are missing and not there, UsageError and TransferError as `locate` and
    `download` do.
    """
    if is_url(given):
        taken = _take_addresses(release, missing, room, given) if missing else set()
    else:
        taken = _take_located(release, needed, missing, room, Path(given).expanduser())
    for file in missing:
        if file.role == "labels" and file.name not in taken:
            raise AnnotationError(
                f"{file.name} is not in what was given as annotations",
                f"It is needed for the split {file.splits[0]}: put it there, or leave that split out.",
            )


def _take_located(
    release: Release,
    needed: Sequence[AnnotationFile],
    missing: Sequence[AnnotationFile],
    room: Room,
    given: Path,
) -> set[str]:
    located = locate(given, release, needed)
    taken = {file.name for file in needed if file.name in located.files}
    for file in needed:
        if file.name in taken:
            _copy_given(located.files[file.name], file, room)
    for archive in release.files("archive") if located.archive is not None else ():
        assert located.archive is not None
        fresh = _copy_given(located.archive, archive, room)
        rest = [file for file in (needed if fresh else missing) if file.name not in taken]
        taken |= _take_members(room.folder / archive.name, rest, room, given=True)
    return taken


def _copy_given(source: Path, file: AnnotationFile, room: Room) -> bool:
    """Copy a given file, unless it is there already; return whether it was copied."""
    target = room.folder / file.name
    if state(room.folder, file.name) == "same" and sha256(source) == sha256(target):
        return False
    room.notes.extend(differences(source, file))
    if source.resolve() != target.resolve():
        with disk_errors(target):
            room.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=room.folder, prefix=".") as scratch:
                shutil.copyfile(source, Path(scratch) / file.name)
                (Path(scratch) / file.name).replace(target)
    record(room.folder, file.name)
    return True


def _take_addresses(release: Release, missing: Sequence[AnnotationFile], room: Room, given: str) -> set[str]:
    """Fetch from a given URL: the archive if it is or has one, else the files."""
    found = addresses(given, release, missing)
    taken: set[str] = set()
    for archive in release.files("archive") if found.archive else ():
        path = room.folder / archive.name
        try:
            download(room.http, found.archive, path)
        except NotFound:
            if not found.files:
                raise
            continue
        room.notes.extend(differences(path, archive))
        record(room.folder, archive.name)
        taken = _take_members(path, missing, room, given=True)
    for file in missing:
        if file.name in taken or file.name not in found.files:
            continue
        try:
            download(room.http, found.files[file.name], room.folder / file.name)
        except NotFound:
            if file.role == "labels":
                raise
            continue
        room.notes.extend(differences(room.folder / file.name, file))
        record(room.folder, file.name)
        taken.add(file.name)
    return taken


def _take_members(archive: Path, files: Sequence[AnnotationFile], room: Room, *, given: bool) -> set[str]:
    """Unpack these files from an archive, check them, and put them into their place; return their names."""
    wanted = {file.name: file for file in files}
    if not wanted:
        return set()
    with disk_errors(room.folder), tempfile.TemporaryDirectory(dir=room.folder, prefix=".") as scratch:
        unpacked = unpack(archive, wanted, Path(scratch))
        for name, path in unpacked.items():
            checksums = wanted[name].checksums
            if given:
                room.notes.extend(differences(path, wanted[name]))
            else:
                found = hash_file(path, {checksum.kind for checksum in checksums})
                room.notes.extend(compare(f"{name} in {archive.name}", checksums, found))
        for name, path in unpacked.items():
            path.replace(room.folder / name)
    for name in unpacked:
        record(room.folder, name)
    return set(unpacked)
