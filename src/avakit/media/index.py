"""The packet index of a picture stream: everything that can be known without decoding."""

from __future__ import annotations  # PyAV's packets are generic for the type checker only

from collections.abc import Callable
from dataclasses import dataclass

import av.error
import numpy as np
import numpy.typing as npt
from av.container import InputContainer
from av.packet import Packet
from av.stream import Discard
from av.video.stream import VideoStream

from avakit.errors import DamagedMovie, NoPictures, UnsupportedMovie
from avakit.media.streams import check_unpacked
from avakit.media.ticks import Ticks, distinct

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class PacketIndex:
    """The packets of a picture stream in the order in which they are stored and decoded.

    Arrays of one length. `pts`: ticks. `dts`: ticks, `NO_DTS` where the file says none. `size`: bytes.
    `duration`: ticks, 0 where unknown. `sync`: decoding can begin here. `shown`: leads to a picture that is
    shown: not cut away by an edit list, not flagged as damaged, not a hidden reference picture, not before
    the first sync picture.
    """

    pts: Ticks
    dts: Ticks
    size: Ticks
    duration: Ticks
    sync: Flags
    corrupt: Flags
    shown: Flags

    def pictures(self) -> Ticks:
        """Return the time stamps of the pictures shown, strictly ascending (ticks)."""
        return distinct(self.pts[self.shown])


NO_DTS = int(np.iinfo(np.int64).min)


Whole = Callable[[memoryview], bool]
"""Whether the bytes of a packet are whole."""


def index_packets(
    container: InputContainer, stream: VideoStream, name: str, whole: Whole | None = None
) -> PacketIndex:
    """Read all packets of the picture stream once, from where the container stands, without decoding them.

    `name` is what to call the file in a message; a packet that `whole` refuses counts as corrupt. A file that
    stops in the middle gives the packets up to there. Raises `UnsupportedMovie` if packets carry no time
    stamps, `NoPictures` if there is none that could be decoded.
    """
    for other in container.streams:
        if other.index != stream.index:
            other.discard = Discard.all
    rows: list[tuple[int, int, int, int, bool, bool, bool]] = []
    hidden = _hidden_test(stream)
    try:
        for packet in container.demux(stream):
            if packet.size == 0:
                continue
            if packet.pts is None:
                raise UnsupportedMovie(
                    f"{name} has pictures without time stamps", "Store it anew as mp4 or mkv, then try again."
                )
            if not rows and stream.codec_context.name == "mpeg4":
                check_unpacked(memoryview(packet), name)
            dts = NO_DTS if packet.dts is None else packet.dts
            corrupt = packet.is_corrupt or not (whole is None or whole(memoryview(packet)))
            unseen = packet.is_discard or corrupt or hidden(packet)
            rows.append(
                (packet.pts, dts, packet.size, packet.duration or 0, packet.is_keyframe, corrupt, not unseen)
            )
    except av.error.FFmpegError as error:
        if not rows:
            raise DamagedMovie(
                f"The pictures of {name} cannot be read ({error.strerror})", "Get it again."
            ) from error
    return _index(rows, name)


def _index(rows: list[tuple[int, int, int, int, bool, bool, bool]], name: str) -> PacketIndex:
    if not rows:
        raise NoPictures(f"The picture stream of {name} holds no picture", "Get it again.")
    pts, dts, size, duration, sync, corrupt, shown = (np.array(column) for column in zip(*rows, strict=True))
    if sync.any():
        first = int(np.argmax(sync))
        shown &= (np.arange(len(pts)) >= first) & (pts >= pts[first])
    if not shown.any():
        raise NoPictures(f"No picture of {name} can be decoded", "Get it again.")
    return PacketIndex(pts, dts, size, duration, sync, corrupt, shown)


def _hidden_test(stream: VideoStream) -> Callable[[Packet[VideoStream]], bool]:
    return _is_hidden_vp8 if stream.codec_context.name in ("vp8", "libvpx") else _never


def _never(packet: Packet[VideoStream]) -> bool:
    return False


def _is_hidden_vp8(packet: Packet[VideoStream]) -> bool:
    """VP8 stores reference pictures that are never shown as packets too (RFC 6386, 9.1: show_frame)."""
    return not memoryview(packet)[0] >> 4 & 1
