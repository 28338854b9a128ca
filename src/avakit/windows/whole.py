"""Fetching whole movies: asked for, or where no part of one can be had."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event

from avakit.errors import Truncated, WrongBytes
from avakit.transfer.again import again, interrupted
from avakit.transfer.checksums import hash_file
from avakit.transfer.disk import disk_errors
from avakit.transfer.gather import gather
from avakit.transfer.kept import Kept
from avakit.transfer.reader import Reader


@dataclass(frozen=True)
class Wire:
    """How bytes are fetched: connections at once, what ends it, and who hears of bytes that arrive."""

    connections: int
    stop: Event
    on_bytes: Callable[[int], None]


def fetch_whole(reader: Reader, part: Path, wire: Wire, md5: str | None) -> None:
    """Fetch a whole movie into `part`, going on with what is there. Raises `WrongBytes` (MD5)."""
    if reader.ranges and reader.version.size is not None:
        with Kept.open(part, reader.name, reader.version) as kept:
            gather(
                reader,
                kept,
                [(0, kept.size)],
                connections=wire.connections,
                stop=wire.stop,
                on_bytes=wire.on_bytes,
            )
    else:
        stream_whole(reader, part, wire)
    check_md5(reader, part, md5)


def stream_whole(reader: Reader, part: Path, wire: Wire) -> None:
    """Write all that a reader gives to `part`. What breaks, or a run that is killed, begins it anew."""
    try:
        again(partial(_stream_once, reader, part, wire), wire.stop)
    except BaseException:
        forget(part)  # nobody goes on with it, and it may be all that the disk holds
        raise


def _stream_once(reader: Reader, part: Path, wire: Wire) -> None:
    forget(part)
    with disk_errors(part):
        part.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            for data in reader.read(0, None):
                if wire.stop.is_set():
                    raise interrupted()
                file.write(data)
                wire.on_bytes(len(data))
    size = reader.version.size
    if size is not None and part.stat().st_size != size:
        raise Truncated(f"{reader.name} gave {part.stat().st_size} bytes of {size}", "Run again.")


def forget(part: Path) -> None:
    """Delete the bytes in flight of one file."""
    with disk_errors(part):
        part.unlink(missing_ok=True)
        part.with_suffix(".map").unlink(missing_ok=True)


def md5_of(path: Path) -> str:
    """Return the MD5 of a file, in hexadecimal."""
    return hash_file(path, ["md5"])["md5"]


def check_md5(reader: Reader, part: Path, md5: str | None) -> None:
    """Raise `WrongBytes`, and forget the file, if the MD5 of a whole movie is another (None: not known)."""
    found = md5_of(part) if md5 else None
    if found != md5:
        forget(part)
        raise WrongBytes(
            f"{reader.name} came whole, but its MD5 is {found} and not {md5}", "Give another --source for it."
        )
