"""Tars made here, good and bad."""

import io
import tarfile
from collections.abc import Iterable
from pathlib import Path

Entry = tuple[str, bytes | tarfile.TarInfo]
PACKINGS = ("", "gz", "bz2", "xz")


def write_tar(
    path: Path, entries: Iterable[Entry], packing: str = "gz", form: int = tarfile.PAX_FORMAT
) -> Path:
    """Write a tar of these entries: a name with its content, or an entry that is no file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, f"w:{packing}", format=form) as file:  # type: ignore[call-overload]
        for name, what in entries:
            entry = what if isinstance(what, tarfile.TarInfo) else tarfile.TarInfo(name)
            data = what if isinstance(what, bytes) else b""
            entry.name, entry.size = name, len(data)
            file.addfile(entry, io.BytesIO(data))
    return path


def entry_of(kind: bytes, target: str = "/etc/passwd") -> tarfile.TarInfo:
    """Return a link, a device, a pipe …"""
    entry = tarfile.TarInfo()
    entry.type, entry.linkname = kind, target
    return entry
