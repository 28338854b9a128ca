"""Runs of decoded sound, brought to one rate and one layout of channels by libswresample."""

from collections.abc import Iterator
from fractions import Fraction

import av.error
import numpy as np
import numpy.typing as npt
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler

from avakit.errors import UnsupportedMovie

Samples = npt.NDArray[np.int16]
"""Samples as int16, of shape (count, channels)."""

Placed = tuple[int, Samples]
"""Samples, and the place of the first, in samples from a span's begin."""

Decoded = tuple[Fraction | None, AudioFrame]
"""A frame and its movie second, None where it has no time stamp."""

SLACK = Fraction(4, 1000)
"""By how many seconds a time stamp may differ from where the sound before it ended, to count as rounded."""

_RATES = range(1000, 768_001)
_LONGEST_FRAME = 60  # seconds


def resampled(
    frames: Iterator[Decoded],
    begin: Fraction,
    rate: int,
    layout: str,
    name: str,
) -> Iterator[Placed]:
    """Yield (place in samples of the span, samples), a run without holes at a time through one resampler."""
    run: _Run | None = None
    at = begin
    for second, frame in frames:
        if run is None or not run.goes_on(second, frame):
            if run is not None:
                yield from run.flush()
                at = run.end
            run = _Run(at if second is None else second, frame, begin, rate, layout, name)
        yield from run.take(frame)
    if run is not None:
        yield from run.flush()


class _Run:
    """Sound without holes, of one rate and layout, on its way through a resampler of its own."""

    def __init__(
        self, start: Fraction, frame: AudioFrame, begin: Fraction, rate: int, layout: str, name: str
    ) -> None:
        self._start = start
        self._like = _shape(frame)
        self._taken = 0
        self._name = name
        if frame.sample_rate not in _RATES:
            raise self._unsupported(f"{frame.sample_rate} samples a second")
        self._resampler = AudioResampler(format="s16", layout=layout, rate=rate)
        self._channels = 1 if layout == "mono" else 2
        self._place = round((start - begin) * rate)
        self._last = self._place

    @property
    def end(self) -> Fraction:
        """The movie second at which what was taken ends."""
        return self._start + Fraction(self._taken, self._like[0])

    def goes_on(self, second: Fraction | None, frame: AudioFrame) -> bool:
        """Return whether a frame joins on to what was taken."""
        return _shape(frame) == self._like and (second is None or abs(second - self.end) <= SLACK)

    def take(self, frame: AudioFrame) -> Iterator[Placed]:
        """Yield what has become whole with one more frame."""
        if frame.samples > _LONGEST_FRAME * frame.sample_rate:
            raise self._unsupported(f"{frame.samples} samples in one piece")
        self._taken += frame.samples
        frame.pts = None
        yield from self._out(frame)

    def flush(self) -> Iterator[Placed]:
        """Yield the rest."""
        yield from self._out(None)

    def _out(self, frame: AudioFrame | None) -> Iterator[Placed]:
        try:
            out = self._resampler.resample(frame)
        except (av.error.FFmpegError, ValueError) as error:
            raise self._unsupported(f"{self._like[2]}, {self._like[1]}") from error
        for piece in out:
            if piece is not None and piece.samples:
                block = np.asarray(piece.to_ndarray(), dtype=np.int16).reshape(-1, self._channels)
                yield self._last, block
                self._last += len(block)

    def _unsupported(self, what: str) -> UnsupportedMovie:
        return UnsupportedMovie(f"The sound of {self._name} cannot be resampled ({what})")


def _shape(frame: AudioFrame) -> tuple[int, str, str]:
    return frame.sample_rate, frame.format.name, frame.layout.name
