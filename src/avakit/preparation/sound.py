"""The product audio: the sound of a movie, as samples for a model or as the packets that it came in."""

import wave
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from avakit.errors import DamagedMovie, GapError, MediaError
from avakit.media.opening import open_container
from avakit.media.sound import Span, samples, sound_stream
from avakit.media.ticks import Ticks
from avakit.preparation.making import Finished, Site
from avakit.preparation.plan import Range
from avakit.preparation.store.folder import Workshop
from avakit.preparation.store.placing import into_place, to_disk
from avakit.transfer.disk import disk_errors
from avakit.windows.cut import Cut, cut
from avakit.windows.movie import Piece
from avakit.windows.span import Window

RATE = 16000
"""Samples a second, of one channel."""

_SUFFIXES = {"mp4": ".m4a", "mkv": ".mka", "webm": ".webm"}
_LEAN = Fraction(1, 10)
_EVER = Fraction(10**7)
_MOST = (1 << 32) - 1024  # bytes of samples that a wav can say
_TOLD = 1000


@dataclass(frozen=True, eq=False)
class Sound:
    """The sound of one movie: a wav, sample n of which is that of second span[0] + n / 16,000 of the movie.

    It is silent where the movie has no sound. `span` None: from second 0 until the sound ends. `copied`: the
    packets of the default sound instead, untouched, in a file that says where in the movie it begins.
    """

    site: Site
    path: Path
    span: Span | None
    copied: bool

    def __post_init__(self) -> None:
        """Raise `GapError` if the movie has no sound, or none that can be decoded."""
        container = open_container(self.path)
        try:
            sound_stream(container, self.path.name)
        except MediaError as error:
            raise GapError(error.what, error.advice) from error
        finally:
            container.close()

    @property
    def name(self) -> str:
        """The product."""
        return "audio"

    def open(self) -> Ticks:
        """Begin: no pictures are needed."""
        self._shop.open(self.site.note)
        return np.array([], dtype=np.int64)

    def chore(self, part: Ticks) -> None:
        """Return none: nothing is decoded with the pictures."""

    def finish(self, lost: frozenset[int]) -> Finished:
        """Make the file, and put it into its place."""
        made = self.site.aside / "sound"
        quiet: list[Range] = []
        if self.copied:
            suffix = _SUFFIXES[self._copy(made).container]
        else:
            suffix = ".wav"
            self._write(made, quiet)
        to_disk(made)
        with disk_errors(made):
            size = made.stat().st_size
        into_place(made, self.site.place, suffix)
        self._shop.discard()
        counts = {"wanted": 1, "files": 1, "pictures": 0, "lacking": int(bool(quiet))}
        return Finished(counts, tuple(quiet), size)

    @property
    def _shop(self) -> Workshop:
        return Workshop(self.site.aside, self.site.place)

    def _copy(self, out: Path) -> Cut:
        begin, end = self.span or (Fraction(0), _EVER)
        # The first samples of a codec lean on those before.
        done = cut(self.path, self.path.name, Window(begin - _LEAN, end), out, Piece(sound=True))
        if not isinstance(done, Cut):
            raise DamagedMovie(f"{self.path} ends within its sound", "Get it again.")
        return done

    def _write(self, out: Path, quiet: list[Range]) -> None:
        def told(begin: Fraction, end: Fraction) -> None:
            if len(quiet) < _TOLD:
                quiet.append((begin, end))

        with disk_errors(out), out.open("wb") as file, wave.open(file) as wav:
            wav.setnchannels(1)
            wav.setsampwidth(2)
            wav.setframerate(RATE)
            with closing(samples(self.path, self.span, RATE, told)) as blocks:
                for data in _bytes(blocks):
                    wav.writeframesraw(data)


def _bytes(blocks: Iterator[np.ndarray[tuple[int], np.dtype[np.int16]]]) -> Iterator[bytes]:
    size = 0
    for block in blocks:
        size += 2 * len(block)
        if size > _MOST:
            raise GapError("A wav cannot hold more than 37 hours of sound", "Give --copy.")
        yield block.astype("<i2").tobytes()
