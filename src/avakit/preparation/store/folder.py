"""The store `folder`: one file a number, made aside, in place at once or not at all."""

import json
import os
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from avakit.preparation.store.placing import into_place, remove, to_disk
from avakit.transfer.disk import disk_error, disk_errors

_NOTE = "recipe.json"
_BEGIN, _END = b"\xff\xd8", b"\xff\xd9"


class Workshop:
    """The folder in which the files of one product of one video are made, and from which they move.

    `aside`: made and removed here, so that work can go on where it was; `place`: the finished folder. Every
    method raises `DiskFull` or `RootError`.
    """

    def __init__(self, aside: Path, place: Path) -> None:
        """Name the two folders; nothing is touched yet."""
        self.aside = aside
        self.place = place
        self._text = str(aside)

    def open(self, recipe: Mapping[str, object]) -> set[str]:
        """Begin, or go on, and return the names of the files that are whole already.

        What was begun by another recipe is removed first.
        """
        with disk_errors(self.aside):
            self._take_back(_text(recipe))
            if _note(self.aside) != _text(recipe):
                remove(self.aside)
                self.aside.mkdir(parents=True)
                (self.aside / _NOTE).write_text(_text(recipe), "utf-8")
            return {entry.name for entry in os.scandir(self.aside) if _is_whole(entry)}

    def write(self, name: str, jpeg: bytes) -> None:
        """Write a file. One that is cut short is told by its end, so none needs a name of its own before."""
        path = os.path.join(self._text, name)  # noqa: PTH118 - called for each picture, and a Path takes longer
        try:
            with open(path, "wb") as file:  # noqa: PTH123
                file.write(jpeg)
        except OSError as error:
            raise disk_error(error, Path(path)) from error

    def link(self, source: Path, name: str) -> None:
        """Make a file the same as another one, or a copy where links cannot be made (or no more of them)."""
        path = self.aside / name
        with disk_errors(path):
            path.unlink(missing_ok=True)
            with suppress(OSError):
                path.hardlink_to(source)
                return
            shutil.copyfile(source, path)

    def spoil(self) -> None:
        """Say that from now on files may show another picture than planned: work cannot go on here later."""
        with disk_errors(self.aside):
            (self.aside / _NOTE).unlink()

    def keep(self, names: Iterable[str]) -> int:
        """Keep exactly the files `names`; return the bytes that they take, a file of several names once."""
        with disk_errors(self.aside):
            return self._keep_only(set(names))

    def finish(self) -> None:
        """Move the finished folder to its place, on disk before it is there. What was there goes.

        By what it was made stays noted until `settled`: a call that is killed before the ledger knows of the
        product finds it again.
        """
        to_disk(self.aside)
        with disk_errors(self.aside), suppress(FileNotFoundError):
            (self.aside / _NOTE).replace(_placed(self.aside))
        into_place(self.aside, self.place)

    def discard(self) -> None:
        """Remove the folder: the product is in its place in another form, and quickly made again."""
        with disk_errors(self.aside):
            remove(self.aside)

    def _take_back(self, text: str) -> None:
        """Take a finished folder out of its place again, if by this recipe, and nobody came to know of it."""
        placed = _placed(self.aside)
        if not placed.exists():
            return
        if placed.read_bytes() == text.encode():
            if not self.aside.exists() and self.place.is_dir() and not self.place.is_symlink():
                self.place.replace(self.aside)
            if self.aside.is_dir() and _note(self.aside) is None:
                placed.replace(self.aside / _NOTE)
        placed.unlink(missing_ok=True)

    def _keep_only(self, names: set[str]) -> int:
        sizes: dict[tuple[int, int], int] = {}
        for entry in os.scandir(self.aside):
            if entry.name in names:
                # Not the entry's own stat: on Windows it knows no file number, so links would count twice.
                stat = os.stat(entry.path)  # noqa: PTH116 - called for each picture, and a Path takes longer
                sizes[stat.st_dev, stat.st_ino] = stat.st_size
                names.remove(entry.name)
            elif entry.name != _NOTE:
                Path(entry.path).unlink()
        if names:
            raise FileNotFoundError(None, f"{len(names)} files have vanished", str(self.aside))
        return sum(sizes.values())


def aside_of(partial: Path, product: str, video: str) -> Path:
    """Return the folder in which a product of a video is made."""
    return partial / f"{product}-{video}"


def settled(aside: Path) -> None:
    """Remove what is left of the making of a product which the ledger knows of now.

    Raises `DiskFull` or `RootError`.
    """
    known(aside)
    with disk_errors(aside):
        remove(aside)


def known(aside: Path) -> None:
    """Remove the mark of a product in its place which the ledger knows of: a kill may have come between.

    Raises `DiskFull` or `RootError`.
    """
    with disk_errors(aside):
        _placed(aside).unlink(missing_ok=True)


def _placed(aside: Path) -> Path:
    # A name that no other video's folder can have: an id may end with anything, and none begins with a dot.
    return aside.with_name(f".{aside.name}.placed")


def _is_whole(entry: "os.DirEntry[str]") -> bool:
    if entry.name == _NOTE:
        return False
    with Path(entry.path).open("rb") as file:
        begin = file.read(2)
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - 2, 0))
        return begin == _BEGIN and file.read(2) == _END


def _note(folder: Path) -> str | None:
    try:
        return (folder / _NOTE).read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError, UnicodeDecodeError):
        return None


def _text(recipe: Mapping[str, object]) -> str:
    return json.dumps(recipe, sort_keys=True)
