"""What is wanted of each video: pure."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Self

from avakit.dataset.root import Root
from avakit.dataset.settings import Settings
from avakit.releases.model import Release, Second
from avakit.windows.span import Window


@dataclass(frozen=True)
class Request:
    """What is wanted of one video.

    `seconds`: the annotated ones, which a movie must show; `window`: the part that is fetched; `whole`: all
    of it instead.
    """

    root: Root
    seconds: tuple[Second, ...]
    window: Window
    whole: bool


@dataclass(frozen=True)
class Wish:
    """What is wanted of all videos of a release: `whole` movies, or their annotated part. `window`: start and
    end in movie seconds, if not those of the release.
    """

    root: Root
    release: Release
    window: tuple[Fraction, Fraction] | None = None
    whole: bool = False

    @classmethod
    def by(cls, root: Root, release: Release, settings: Settings) -> Self:
        """Return what the settings of a root ask for."""
        return cls(root, release, settings.window, settings.whole)

    @property
    def windowed(self) -> bool:
        """Whether a part of each movie is enough: for some data of one's own, only all of it is."""
        return (self.window or self.release.window) is not None

    def of(self, video: str) -> Request:
        """Return what is wanted of one video. A clip has a window of its own."""
        window = self.release.window_of(video)
        if self.window is not None and not self.release.is_clip(video):
            window = self.window
        span = Window(*(window or (Fraction(0), Fraction(1))))
        return Request(self.root, self.release.seconds_of(video), span, self.whole or window is None)
