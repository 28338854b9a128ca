"""Putting a finished movie into its place: whole, or not at all."""

import os
import shutil
from contextlib import suppress
from pathlib import Path

from avakit.sources.containers import ALL
from avakit.transfer.disk import disk_errors, sync_folder


def publish(file: Path, folder: Path, video: str, container: str) -> Path:
    """Move an accepted file to `folder/<video>.<container>` and return that path.

    It is on the disk before it has its name; an older file of the video under another extension goes.
    Raises `DiskFull`, `RootError`.
    """
    place = folder / f"{video}.{container}"
    with disk_errors(place):
        folder.mkdir(exist_ok=True)
        _settle(file)
        file.replace(place)
        sync_folder(folder)
        for other in ALL:
            if other != container:
                (folder / f"{video}.{other}").unlink(missing_ok=True)
    return place


def _settle(file: Path) -> None:
    """Write a file out to the disk. It may be one of the user's, linked, that nobody may write to."""
    if os.name == "nt":  # which asks for the right to write
        with suppress(PermissionError), file.open("rb+") as handle:
            os.fsync(handle.fileno())
        return
    with file.open("rb") as handle:
        os.fsync(handle.fileno())


def link_or_copy(file: Path, place: Path) -> None:
    """Make `place` the same file as `file`, or a copy where links cannot be made. `file` is never altered."""
    with disk_errors(place):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        with suppress(OSError):
            place.hardlink_to(file.resolve())
            return
        shutil.copyfile(file, place)


def lying(folder: Path, video: str) -> Path | None:
    """Return the file of a video in a folder, if there is one."""
    places = (folder / f"{video}.{container}" for container in ALL)
    return next((place for place in places if place.is_file()), None)
