"""Take official files into the folder of annotations: each whole, checked, and recorded, or not at all."""

import os
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
from avakit.transfer.disk import disk_errors, expanded
from avakit.transfer.download import download
from avakit.transfer.http import Http

_ELSEWHERE = "Run again later, or give the official files by --annotations: a folder, an archive or a URL."


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
            publisher = _fetch_archive(archive, room)
            taken = _take_members(room.folder / archive.name, missing, room, publisher)
            _note_lack(archive.name, [file for file in missing if file.name not in taken], room)
        except (TransferError, AnnotationError) as error:
            # Not kept: it would only fail again.
            (room.folder / archive.name).unlink(missing_ok=True)
            if isinstance(error, NetworkFailed):
                raise  # there is no way out of this machine: the single files lie no nearer
            failed = error
    for file in missing:
        if file.name not in taken:
            _take_single(file, room, failed)


def _fetch_archive(archive: AnnotationFile, room: Room) -> str:
    """Make a publisher's archive lie in the folder; return what to call the place it came from."""
    path = room.folder / archive.name
    if state(room.folder, archive.name) in ("same", "unknown"):
        return str(path)
    done = download(room.http, archive.urls, path, archive.checksums)
    room.notes.extend(done.warnings)
    record(room.folder, archive.name)
    return done.name


def _note_lack(place: str, files: Sequence[AnnotationFile], room: Room) -> None:
    if files:
        room.notes.append(f"{place} has no {', '.join(file.name for file in files)}")


def _take_single(file: AnnotationFile, room: Room, failed: TransferError | AnnotationError | None) -> None:
    try:
        if not file.urls:
            raise failed or AnnotationError(
                f"{file.name} is not in the publisher's archive, and has no address of its own",
                "Give the file by --annotations, or leave its split out.",
            )
        room.notes.extend(download(room.http, file.urls, room.folder / file.name, file.checksums).warnings)
    except (TransferError, AnnotationError) as error:
        if file.role != "labels":
            room.notes.append(f"{file.name} could not be had: {error.what}")
            return
        if failed is error or isinstance(error, NetworkFailed | AnnotationError):
            raise
        before = "" if failed is None else f"; before that: {failed.what}"
        raise type(error)(error.what.rstrip(".") + before, _ELSEWHERE) from error
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
        taken = _take_located(release, needed, missing, room, expanded(Path(given)))
    for file in missing:
        if file.role == "labels" and file.name not in taken:
            raise AnnotationError(
                f"{file.name} is not in what was given as annotations",
                f"It is needed for the split {file.splits[0]}: put it there, or leave that split out.",
            )
    _note_lack("What was given as annotations", [file for file in missing if file.name not in taken], room)


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
    if located.archive is not None:
        taken |= _take_archive(release, needed, missing, room, located.archive, taken)
    return taken


def _take_archive(
    release: Release,
    needed: Sequence[AnnotationFile],
    missing: Sequence[AnnotationFile],
    room: Room,
    given: Path,
    but: set[str],
) -> set[str]:
    """Take files from a given archive, which is kept too if the publisher has such a one."""
    kept, files = given, needed
    for archive in release.files("archive"):
        kept = room.folder / archive.name
        files = needed if _copy_given(given, archive, room) else missing
    return _take_members(kept, [file for file in files if file.name not in but], room)


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
        taken = _take_members(path, missing, room)
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


def _take_members(
    archive: Path, files: Sequence[AnnotationFile], room: Room, publisher: str | None = None
) -> set[str]:
    """Unpack these files from an archive, check them, and put them into their place; return their names.

    `publisher`: where the archive came from; None: it was given.
    """
    wanted = {file.name: file for file in files}
    if not wanted:
        return set()
    with disk_errors(room.folder):
        room.folder.mkdir(parents=True, exist_ok=True)
    with disk_errors(room.folder), tempfile.TemporaryDirectory(dir=room.folder, prefix=".") as scratch:
        unpacked = unpack(archive, wanted, Path(scratch))
        for name, path in unpacked.items():
            checksums = wanted[name].checksums
            if publisher is None:
                room.notes.extend(differences(path, wanted[name]))
            else:
                found = hash_file(path, {checksum.kind for checksum in checksums})
                room.notes.extend(compare(f"{name} in {publisher}", checksums, found))
        for name, path in unpacked.items():
            _settle(path, room.folder / name)
    return set(unpacked)


def _settle(path: Path, to: Path) -> None:
    """Move a file to its place, unless the same is there already; note what it is."""
    if state(to.parent, to.name) == "same" and sha256(path) == sha256(to):
        return
    with disk_errors(to):
        with path.open("rb+") as file:
            os.fsync(file.fileno())
        path.replace(to)
    record(to.parent, to.name)
