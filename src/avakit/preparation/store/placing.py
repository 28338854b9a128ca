"""Where products lie, in which forms, and how one that is finished comes into its place."""

import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from avakit.dataset.products import FILES, beside
from avakit.dataset.root import Root
from avakit.errors import RootError
from avakit.transfer.disk import disk_errors, sync_folder


def check_places(root: Root, names: Iterable[str]) -> None:
    """Raise `RootError` if finished products could not be moved to where these are to lie."""
    making = root.partial if root.partial.exists() else root.state
    for place in map(root.product, names):
        with disk_errors(place):
            there, disk = place.is_dir(), making.stat().st_dev
            if not there and (place.exists() or place.is_symlink()):
                raise RootError(f"{place} cannot be a folder: a file is in its way", "Move it away.")
            if there and place.stat().st_dev != disk:
                raise RootError(
                    f"{place} lies on another disk than {making}, where products are made: "
                    "they could not come into their place at once",
                    "Put the whole data set on that disk, and name it with --root.",
                )


def into_place(made: Path, place: Path, suffix: str = "") -> None:
    """Move a finished folder or file, which is on the disk, to its place; what was there in any form goes.

    A folder that is called as a file would be is another video's: own ids may hold dots. Raises `DiskFull`,
    and `RootError` where one is in the way.
    """
    target = beside(place, suffix)
    if suffix and target.is_dir() and not target.is_symlink():
        raise RootError(
            f"{target} is in the way: another video's id ends as a file's name does",
            "Give that video another id, or use another --store.",
        )
    with disk_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        old = made.with_name(f".{made.name}.old")  # a name that no id leads to
        remove(old)
        with suppress(FileNotFoundError):
            target.replace(old)
        made.replace(target)
        if suffix:
            remove(place)
        for other in FILES:
            if other != suffix and beside(place, other).is_file():
                remove(beside(place, other))
        sync_folder(target.parent)
        remove(old)


def to_disk(path: Path) -> None:
    """Bring a file, or all files of a folder, to the disk."""
    with disk_errors(path):
        if path.is_dir() and hasattr(os, "sync"):
            os.sync()  # one by one takes minutes
            return
        files = (Path(entry.path) for entry in os.scandir(path)) if path.is_dir() else (path,)
        for name in files:
            with name.open("rb+") as file:
                os.fsync(file.fileno())


def remove(path: Path) -> None:
    """Delete a file or a folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
