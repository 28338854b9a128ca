"""One avakit at a time works in a root: a lock of the operating system, which dies with its holder."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from avakit.dataset.root import Root
from avakit.errors import RootBusy, RootError
from avakit.transfer.disk import disk_error

# The lock lies on a byte far behind the holder's number, so that the number can be read meanwhile (Windows
# refuses reading what is locked).
_BYTE = 1 << 30


@contextmanager
def hold(root: Root) -> Iterator[None]:
    """Hold the lock of a root while the block runs.

    Raises `RootBusy` if another process, or this one, holds it; `RootError` if it cannot be written.
    Child processes do not inherit it, and no cleaning up is needed after a sudden death.
    """
    try:
        descriptor = os.open(root.lock, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise disk_error(error, root.lock) from error
    _descriptors.add(descriptor)
    try:
        if not _lock(descriptor, root):
            raise _busy(root, os.read(descriptor, 20))
        with suppress(OSError):  # a full disk: the number is a courtesy, the lock is held without it
            os.ftruncate(descriptor, 0)
            os.write(descriptor, str(os.getpid()).encode())
        yield
    finally:
        _descriptors.discard(descriptor)
        os.close(descriptor)


_descriptors: set[int] = set()


def _forget() -> None:
    # A forked child shares the lock for as long as it keeps the descriptor.
    for descriptor in _descriptors:
        with suppress(OSError):
            os.close(descriptor)
    _descriptors.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def _busy(root: Root, holder: bytes) -> RootBusy:
    who = f" (process {holder.decode()})" if holder.isdigit() else ""
    return RootBusy(f"Another avakit{who} works in {root.path}", "Wait until it is done, or end it.")


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int, root: Root) -> bool:
        os.lseek(descriptor, _BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)
        return True

else:
    import fcntl

    def _lock(descriptor: int, root: Root) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            return False
        except OSError as error:
            raise RootError(
                f"The file system of {root.path} has no locks: {error.strerror}",
                "Give --root a folder on another one.",
            ) from error
        return True
