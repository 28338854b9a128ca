"""How pictures are read from each store: files in a folder, members of a tar, a movie."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import simplejpeg

from avakit.errors import RootError, UsageError
from avakit.media.ticks import Ticks
from avakit.preparation.reading.video import StoredVideo
from avakit.preparation.store.tar import TarPictures

Pixels = npt.NDArray[np.uint8]
"""uint8 of shape (pictures, height, width, 3), or (height, width, 3) of one."""

_LARGEST = 1 << 30  # bytes of a file that is read
_MOST_PIXELS = 1 << 27


class Store(Protocol):
    """Where the pictures of a product lie. Rows are those of its record, and have a picture.

    Every method raises `RootError` for what is gone or damaged.
    """

    def rgb(self, rows: Sequence[int]) -> Pixels:
        """Return the pictures of rows, in this order. Raises `UsageError` if they are of several sizes."""

    def close(self) -> None:
        """Close what is open; it opens again when it is read."""


class Bytes(Protocol):
    """Where JPEG files lie."""

    def read(self, row: int) -> bytes:
        """Return the file of a row."""

    def name(self, row: int) -> str:
        """Return what to call it in a sentence."""

    def close(self) -> None:
        """Close what is open."""


class Folder:
    """One file a row. `names`: of each row, ASCII."""

    def __init__(self, path: Path, names: npt.NDArray[np.bytes_]) -> None:
        """Name the folder."""
        self._path = path
        self._names = names

    def read(self, row: int) -> bytes:
        """Return the file of a row."""
        path = self.name(row)
        try:
            with open(path, "rb") as file:  # noqa: PTH123 - many a second: no Path for each
                data = file.read(_LARGEST + 1)
        except OSError as error:
            raise RootError(
                f"{path} cannot be read ({error.strerror})", "Run avakit prepare: it makes what is gone."
            ) from error
        return data

    def name(self, row: int) -> str:
        """Return the path of a row's file."""
        return f"{self._path}/{self._names[row].decode()}"

    def close(self) -> None:
        """Do nothing: nothing stays open."""


class Shard:
    """One member of a tar a row. `offsets`, `sizes`: of each row's bytes in the tar."""

    def __init__(self, path: Path, offsets: Ticks, sizes: Ticks) -> None:
        """Name the tar."""
        self._tar = TarPictures(path)
        self._offsets = offsets
        self._sizes = sizes

    def read(self, row: int) -> bytes:
        """Return the member of a row."""
        return self._tar.read(int(self._offsets[row]), int(self._sizes[row]))

    def name(self, row: int) -> str:
        """Return the tar and where in it the member lies."""
        return f"{self._tar.path}, at {int(self._offsets[row])},"

    def close(self) -> None:
        """Close the tar."""
        self._tar.close()


class Jpegs:
    """Pictures as JPEG files. `same`: rows of one value here show the same, and are decoded once."""

    def __init__(self, files: Bytes, same: Ticks) -> None:
        """Read from these files."""
        self.files = files
        self._same = same

    def jpeg(self, row: int) -> bytes:
        """Return the file of a row, which has the beginning and the end of a JPEG."""
        data = self.files.read(row)
        if len(data) > _LARGEST or not (data.startswith(b"\xff\xd8") and data.endswith(b"\xff\xd9")):
            raise self._damaged(row, "it does not begin and end as one")
        return data

    def rgb(self, rows: Sequence[int]) -> Pixels:
        """Return the pictures of rows, in this order."""
        found: Pixels | None = None
        first: dict[int, int] = {}
        for at, row in enumerate(rows):
            before = first.setdefault(int(self._same[row]), at)
            if found is not None and before < at:
                found[at] = found[before]
                continue
            data = self.jpeg(row)
            height, width = self._shape(row, data)
            if found is None:
                found = np.empty((len(rows), height, width, 3), np.uint8)
            elif found.shape[1:3] != (height, width):
                raise UsageError("These pictures are not all of one size", "Ask for them one by one.")
            self._decode(row, data, found[at])
        return np.empty((0, 0, 0, 3), np.uint8) if found is None else found

    def close(self) -> None:
        """Close what is open."""
        self.files.close()

    def _shape(self, row: int, data: bytes) -> tuple[int, int]:
        try:
            height, width, *_ = simplejpeg.decode_jpeg_header(data)
        except ValueError as error:
            raise self._damaged(row, str(error)) from error
        if height * width > _MOST_PIXELS:
            raise self._damaged(row, f"it says that it has {width} by {height} pixels")
        return height, width

    def _decode(self, row: int, data: bytes, into: Pixels) -> None:
        try:
            simplejpeg.decode_jpeg(data, "RGB", buffer=into)
        except ValueError as error:
            raise self._damaged(row, str(error)) from error

    def _damaged(self, row: int, why: str) -> RootError:
        return RootError(
            f"{self.files.name(row)} is no JPEG that can be decoded ({why[:100]})",
            "Copy it anew, or delete it and run avakit prepare.",
        )


class Recoded:
    """Pictures in one movie, coded anew. `stored`: the number in it of each row's picture."""

    def __init__(self, path: Path, stored: Ticks) -> None:
        """Name the movie."""
        self._video = StoredVideo(path)
        self._stored = stored

    def rgb(self, rows: Sequence[int]) -> Pixels:
        """Return the pictures of rows, in this order."""
        wanted = self._stored[np.asarray(rows, dtype=np.int64)]
        if len(wanted) and wanted.max() >= len(self._video):
            raise RootError(
                f"{self._video.path} has {len(self._video)} pictures, and its record names number "
                f"{wanted.max()}",
                "Copy both anew, or delete it and run avakit prepare.",
            )
        return self._video.rgb(wanted)

    def close(self) -> None:
        """Close the movie."""
        self._video.close()
