"""The members of a zip, read so that memory stays small whatever the zip says of itself."""

import os
import stat
import zipfile
from collections.abc import Iterator
from functools import partial
from io import FileIO

from avakit.annotations.inflating import TooMuch
from avakit.annotations.members import CHUNK, MOST_MEMBERS, Member

# zipfile reads the list of members in one go. Ten thousand names of official length need a quarter of this.
_LARGEST_LIST = 4 << 20


class Zip(FileIO):
    """A file that refuses to be read by large parts. Raises TooMuch from `read` for those."""

    def read(self, size: int | None = -1) -> bytes:
        """Return the next bytes."""
        if size is None or size < 0:
            size = os.fstat(self.fileno()).st_size - self.tell()
        if size > _LARGEST_LIST:
            raise TooMuch(f"has more than {MOST_MEMBERS:,} members")
        return super().read(max(size, 0))


def zip_members(file: zipfile.ZipFile) -> Iterator[Member]:
    """Yield the members of an opened zip."""
    for entry in file.infolist():
        # `filename` ends at the first NUL.
        yield Member(entry.orig_filename, entry.file_size, _kind(entry), partial(_chunks, file, entry))


def _kind(entry: zipfile.ZipInfo) -> str:
    if entry.is_dir():
        return "folder"
    form = stat.S_IFMT(entry.external_attr >> 16)
    if form == stat.S_IFLNK:
        return "link"
    if form not in (0, stat.S_IFREG):
        return "device"
    return "encrypted" if entry.flag_bits & 1 else "file"


def _chunks(file: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    # zipfile unpacks what is packed in other ways without a bound on memory.
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise zipfile.BadZipFile("it is packed in another way than AVA's archives are")
    with file.open(entry) as source:
        while chunk := source.read(CHUNK):
            yield chunk
