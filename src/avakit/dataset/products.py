"""Whether a product is still there as it was made: a folder of files, or one file a video."""

import os
from pathlib import Path

from avakit.dataset.root import Root
from avakit.dataset.rows import ProductRow
from avakit.transfer.disk import disk_errors

FILES = (".tar", ".mp4", ".wav", ".m4a", ".mka", ".mkv", ".webm", ".ogg")
"""The suffixes of products that are one file a video."""

RECORD = ".parquet"
"""The suffix of the record beside a product."""

_WITHOUT_RECORD = ("audio",)


def beside(place: Path, suffix: str) -> Path:
    """Return the path of a product's file; `place` is its folder's. (Ids may hold dots: none is replaced.)"""
    return place.with_name(place.name + suffix)


def problem_of(root: Root, row: ProductRow, *, sizes: bool = False) -> str | None:
    """Return what is wrong with a product that was made, None if nothing is.

    Its files are counted, with `sizes` those alone that have something in them; of a product that is one file
    the size is compared. The record beside it has to be there too. Raises `RootError` where the folder cannot
    be read.
    """
    place = root.product(row.product) / row.video
    with disk_errors(place.parent):
        return _problem_of(place, row, sizes=sizes)


def _problem_of(place: Path, row: ProductRow, *, sizes: bool) -> str | None:
    if row.product not in _WITHOUT_RECORD and not beside(place, RECORD).is_file():
        return "Its record is gone" if _is_there(place) else "It is gone"
    if place.is_dir():
        files = _count(place, sizes=sizes)
        made = row.counts.get("files")
        return None if files == made else f"{files} files are there, and {made} were made"
    for suffix in FILES:
        file = beside(place, suffix)
        if file.is_file():
            size = file.stat().st_size
            return None if size == row.bytes else f"{file.name} has {size} bytes, not {row.bytes}"
    return "It is gone"


def _is_there(place: Path) -> bool:
    return place.is_dir() or any(beside(place, suffix).is_file() for suffix in FILES)


def _count(folder: Path, *, sizes: bool) -> int:
    with os.scandir(folder) as entries:
        return sum(1 for entry in entries if not sizes or (entry.is_file() and entry.stat().st_size))
