"""What the operating system says of a disk, as errors of avakit."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from avakit.errors import DiskFull, RootError

_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn each `OSError` of the body, which writes to `path`, into `DiskFull` or `RootError`."""
    try:
        yield
    except OSError as error:
        raise disk_error(error, path) from error


def disk_error(error: OSError, path: Path) -> DiskFull | RootError:
    """Return what an `OSError` means for somebody who writes to `path`."""
    reason = error.strerror or str(error) or type(error).__name__
    if error.errno in _FULL:
        return DiskFull(
            f"No room left to write {path} ({reason})",
            "Make room on that disk, or use another --root, then run again: it goes on where it was.",
        )
    if error.errno in _FORBIDDEN:
        return RootError(
            f"{path} cannot be written ({reason})", "Change its permissions, or use another --root."
        )
    if error.errno == errno.EFBIG:
        return RootError(
            f"{path} is larger than its file system allows ({reason})",
            "FAT32 ends at 4 GiB: use a --root on another file system.",
        )
    return RootError(f"{path} cannot be used ({reason})", "Check the disk, or use another --root.")


def expanded(path: Path) -> Path:
    """Return a path with the home that its `~` means; as it is, if there is no such home."""
    try:
        return path.expanduser()
    except RuntimeError:
        return path


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` outlast a power cut, where the system can (Windows cannot open a folder)."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
