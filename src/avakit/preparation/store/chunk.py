"""Some pictures coded in one go, on their way into the stored video."""

import io
import re
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile
from zlib import crc32

import numpy as np
import numpy.typing as npt
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from avakit.errors import RootError
from avakit.media.ticks import Ticks
from avakit.preparation.store.coding import Coding, Looks, encoder, numbered
from avakit.transfer.disk import disk_errors

_NAME = re.compile(r"(\d{6,12})-([0-9a-f]{8})\.chunk", re.ASCII)


@dataclass(frozen=True, eq=False)
class Chunk:
    """Coded pictures that can be decoded without others, in the order in which they are decoded.

    `pts`: their time stamps in ticks of the movie; `sync`: decoding can begin here; `packets`: their bytes;
    `head`: what a decoder has to know before.
    """

    pts: Ticks
    sync: npt.NDArray[np.bool_]
    packets: tuple[bytes, ...]
    head: bytes

    def to_bytes(self) -> bytes:
        """Return all of it as bytes: the same chunk gives the same."""
        file = io.BytesIO()
        sizes = np.array([len(packet) for packet in self.packets], dtype=np.int64)
        data, head = (np.frombuffer(some, np.uint8) for some in (b"".join(self.packets), self.head))
        np.savez(file, pts=self.pts, sync=self.sync, sizes=sizes, data=data, head=head)
        return file.getvalue()


def chunk_of(data: bytes) -> Chunk:
    """Return the chunk that `to_bytes` gave the bytes of. Raises ValueError for others."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as found:
            ends = np.cumsum(found["sizes"])
            body = found["data"].tobytes()
            packets = tuple(
                body[end - size : end]
                for end, size in zip(ends.tolist(), found["sizes"].tolist(), strict=True)
            )
            return Chunk(found["pts"], found["sync"], packets, found["head"].tobytes())
    except (KeyError, EOFError, OSError, BadZipFile) as error:
        raise ValueError("these bytes are no chunk") from error


class ChunkEncoder:
    """Codes the pictures of one chunk."""

    def __init__(self, coding: Coding, looks: Looks) -> None:
        """Open an encoder of its own. Raises `UnsupportedMovie`."""
        self._context = encoder(coding, looks)
        self._pts: list[int] = []
        self._packets: list[Packet[VideoStream]] = []

    def add(self, frame: VideoFrame, pts: int) -> None:
        """Code one more picture, later than those before; `pts`: ticks of the movie."""
        frame = numbered(frame, len(self._pts))
        self._pts.append(pts)
        self._packets += self._context.encode(frame)

    def end(self) -> Chunk:
        """Return the chunk; nothing can be added any more."""
        self._packets += self._context.encode(None)
        stamps = [0 if packet.pts is None else packet.pts for packet in self._packets]
        return Chunk(
            np.array([self._pts[stamp] for stamp in stamps], dtype=np.int64),
            np.array([packet.is_keyframe for packet in self._packets], dtype=np.bool_),
            tuple(bytes(packet) for packet in self._packets),
            bytes(self._context.extradata or b""),
        )


def write_chunk(folder: Path, number: int, chunk: Chunk) -> int:
    """Write a chunk into a folder, and return its bytes on disk. Its name tells whether it is whole."""
    data = chunk.to_bytes()
    path = folder / f"{number:06}-{crc32(data):08x}.chunk"
    with disk_errors(path):
        path.write_bytes(data)
    return len(data)


def whole_chunks(folder: Path) -> dict[int, Path]:
    """Return the chunks in a folder by number, those that are whole; others are deleted."""
    found: dict[int, Path] = {}
    with disk_errors(folder):
        for path in sorted(folder.glob("*.chunk")):
            name = _NAME.fullmatch(path.name)
            if name and crc32(path.read_bytes()) == int(name[2], 16):
                found[int(name[1])] = path
            else:
                path.unlink()
    return found


def read_chunk(path: Path) -> Chunk:
    """Return a chunk that was whole. Raises `RootError` where it is not, after all."""
    with disk_errors(path):
        data = path.read_bytes()
    try:
        return chunk_of(data)
    except ValueError as error:
        raise RootError(f"{path} is damaged", "Delete it, and run avakit prepare again.") from error
