"""Pictures out of a stored video, any of them, at random: only the groups that hold them are decoded."""

from __future__ import annotations  # PyAV's contexts are generic for the type checker only

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import av.error
import numpy as np
import numpy.typing as npt
from av.codec.context import CodecContext
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from avakit.errors import DamagedMovie, UnsupportedMovie, UsageError
from avakit.media.conversion import Converter
from avakit.media.opening import open_container
from avakit.media.streams import picture_stream
from avakit.media.ticks import Ticks
from avakit.media.tracks import tracks_of
from avakit.transfer.disk import disk_errors
from avakit.transfer.positional import PositionalFile

_ADVICE = "Copy it anew, or delete it and run avakit prepare."
_MOST_PIXELS = 1 << 27
_LARGEST_GROUP = 1 << 30  # bytes
_SKIPPING = "h264"
_DECODERS = 8

Counts = npt.NDArray[np.int32]


class StoredVideo:
    """A movie of the store `video`, opened when it is first read, and kept open.

    Can be pickled, and used after a fork; by one thread at a time.
    """

    def __init__(self, path: Path) -> None:
        """Name the file; nothing is touched yet."""
        self.path = path
        self._open: _Open | None = None

    def __reduce__(self) -> tuple[type[StoredVideo], tuple[Path]]:
        """Travel to another process as the file's name."""
        return StoredVideo, (self.path,)

    def __len__(self) -> int:
        """Return how many pictures are stored. Raises as `rgb` does."""
        return len(self._opened().index.pos)

    def rgb(self, stored: Sequence[int] | Ticks) -> npt.NDArray[np.uint8]:
        """Return pictures by their numbers in the file (from 0, in the order of showing), in any order.

        uint8 of shape (n, height, width, 3). Raises `UsageError` for a number that there is not,
        `MediaError` if the file is not what was stored, `RootError` if it cannot be read.
        """
        video = self._opened()
        wanted = np.asarray(stored, dtype=np.int64)
        count = len(video.index.pos)
        if wanted.ndim != 1 or (len(wanted) and not 0 <= wanted.min() <= wanted.max() < count):
            raise UsageError(f"{self.path} has pictures 0 to {count - 1}, and others were asked for")
        out = np.empty((len(wanted), video.height, video.width, 3), np.uint8)
        with disk_errors(self.path):
            for number, pixels in video.pictures(np.unique(wanted)):
                for place in np.flatnonzero(wanted == number):
                    out[place] = pixels
        return out

    def close(self) -> None:
        """Close the file; it opens again when it is read."""
        if self._open is not None:
            self._open.file.close()
            self._open = None

    def __del__(self) -> None:
        """Close the file: a number alone holds it."""
        self.close()

    def _opened(self) -> _Open:
        if self._open is None:
            with disk_errors(self.path):
                self._open = _Open(self.path)
        return self._open


@dataclass(frozen=True, eq=False)
class _Index:
    """`pos`, `size`: of the packets as they are decoded, in bytes; `begins`: where each group begins among
    them, and the end; `order`: for each picture, as they are shown, its packet.
    """

    pos: Ticks
    size: Counts
    begins: Ticks
    order: Counts


class _Decoders(threading.local):
    """The decoders of a thread, by codec and head: videos that are coded alike share one.

    So a data set of hundreds of videos holds one, not hundreds.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, bytes], VideoCodecContext] = OrderedDict()
        self.converter = Converter()

    def get(self, codec: str, head: bytes) -> VideoCodecContext:
        """Return a decoder that waits for a sync picture."""
        key = codec, head
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = _decoder(codec, head)
            if len(self._kept) > _DECODERS:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        found.flush_buffers()
        return found

    def drop(self, codec: str, head: bytes) -> None:
        """Forget a decoder: what is damaged may have told it anything."""
        self._kept.pop((codec, head), None)


_decoders = _Decoders()


class _Open:
    """An open file: its index and its decoder."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with closing(open_container(path)) as container:
            stream = picture_stream(container, str(path))
            context = stream.codec_context
            self.width, self.height, number = context.width, context.height, stream.id
            self._codec, self._head = context.name, bytes(context.extradata or b"")
        if self.width * self.height > _MOST_PIXELS:
            raise UnsupportedMovie(f"{path} has pictures of {self.width} × {self.height} pixels", _ADVICE)
        self.file = PositionalFile(path, writable=False)
        try:
            self.index = self._index(number)
        except BaseException:
            self.file.close()
            raise
        self._skips = self._codec == _SKIPPING

    def pictures(self, wanted: Ticks) -> Iterator[tuple[int, npt.NDArray[np.uint8]]]:
        """Yield (number, pixels) of these pictures, ascending, each once: a group after the other."""
        begins = self.index.begins
        groups = np.searchsorted(begins, wanted, side="right") - 1
        for group in np.unique(groups).tolist():
            yield from self._group(int(begins[group]), int(begins[group + 1]), wanted[groups == group])

    def _group(self, begin: int, end: int, wanted: Ticks) -> Iterator[tuple[int, npt.NDArray[np.uint8]]]:
        places = (self.index.order[wanted] - begin).tolist()
        numbers = dict(zip(places, wanted.tolist(), strict=True))
        packets = self._packets(begin, begin + max(places) + 1)
        try:
            for frame in self._decoded(packets, numbers):
                number = numbers.pop(-1 if frame.pts is None else frame.pts, None)
                if number is not None:
                    yield number, self._pixels(frame, number)
        except av.error.FFmpegError as error:
            raise self._damaged(int(wanted[0]), error.strerror) from error
        if numbers:
            raise self._damaged(min(numbers.values()), "the decoder gave no picture")

    def _packets(self, begin: int, stop: int) -> list[bytes]:
        pos, size = self.index.pos[begin:stop], self.index.size[begin:stop]
        start, end = int(pos.min()), int((pos + size).max())
        if end - start > _LARGEST_GROUP:
            raise self._damaged(begin, "a group is too large")
        data = self.file.read(start, end - start)
        if len(data) < end - start:
            raise self._damaged(begin, "the file ends before")
        return [data[a : a + count] for a, count in zip((pos - start).tolist(), size.tolist(), strict=True)]

    def _decoded(self, packets: list[bytes], numbers: dict[int, int]) -> Iterator[VideoFrame]:
        decoder = _decoders.get(self._codec, self._head)
        for place, data in enumerate(packets):
            packet = Packet(data)
            packet.pts = place
            if self._skips:
                decoder.skip_frame = "DEFAULT" if place in numbers else "NONREF"
            yield from decoder.decode(packet)
        yield from decoder.decode(None)

    def _pixels(self, frame: VideoFrame, number: int) -> npt.NDArray[np.uint8]:
        if frame.is_corrupt or (frame.width, frame.height) != (self.width, self.height):
            raise self._damaged(number, "the decoder had to guess parts of it")
        plane = _decoders.converter.convert(frame, "rgb24").planes[0]
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(self.height, plane.line_size)
        return rows[:, : self.width * 3].reshape(self.height, self.width, 3)

    def _index(self, number: int) -> _Index:
        size = self.file.size
        track = (tracks_of(self.file.read, size) or {}).get(number)
        samples = None if track is None else track.samples
        if samples is None or not samples.sync[0]:
            raise self._strange("its tables are others than avakit writes")
        if int((samples.pos + samples.size).max()) > size:
            raise self._strange("it ends too early")
        order = np.argsort(samples.dts + samples.offset, kind="stable")
        begins = np.append(np.flatnonzero(samples.sync), len(samples))
        # A group is closed if its sync picture is shown first, and its last before the next group's.
        firsts, lasts = begins[:-1], begins[1:] - 1
        if np.any(order[firsts] != firsts) or np.any(np.maximum.accumulate(order)[lasts] != lasts):
            raise self._strange("its groups are open")
        return _Index(samples.pos, samples.size.astype(np.int32), begins, order.astype(np.int32))

    def _strange(self, why: str) -> DamagedMovie:
        return DamagedMovie(f"{self._path} is no stored video ({why})", _ADVICE)

    def _damaged(self, number: int, why: str | None) -> DamagedMovie:
        _decoders.drop(self._codec, self._head)
        return DamagedMovie(f"Picture {number} of {self._path} cannot be decoded ({why})", _ADVICE)


def _decoder(codec: str, head: bytes) -> VideoCodecContext:
    context = CodecContext.create(codec, "r")
    if not isinstance(context, VideoCodecContext):
        raise TypeError(f"{codec} codes no pictures")
    context.extradata, context.thread_count = head, 1
    return context
