"""What each way of having a data set costs, before anything starts: bytes, hours, files. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from avakit.collection.choice import WINDOW_SHARE
from avakit.dataset.rows import Kind, State, VideoRow
from avakit.releases.model import Release

PICTURE = 61_000
"""Bytes of a JPEG of quality 90, in the mean of AVA's movies: 48.5 kB, which the frames of its 299 trainval
movies take as FFmpeg's `-q:v 1` writes them (392 GB, README of video-long-term-feature-banks), times 1.27, by
which quality 90 was larger on the same pictures.
"""

SPEEDS = (1_000_000, 5_000_000, 20_000_000)
"""Bytes a second that hours are told for where none are given."""

PRODUCTS = (None, "keyframes", "frames")
_ENOUGH = 5


@dataclass(frozen=True)
class Figures:
    """Bytes of one video's whole movie and of its window (0: not known), and of one picture. `from_root`: the
    movies' are the mean of those that are here, and not of the release.
    """

    whole: int
    window: int
    picture: int
    from_root: bool = False


@dataclass(frozen=True)
class Left:
    """What is still to be made of one way: videos to be fetched, and files of each product to be made; a
    product is absent if nobody can tell how many.
    """

    videos: int
    files: dict[str, int]


@dataclass(frozen=True)
class Way:
    """One way of having a data set, and what it still costs.

    `movies`: `window` or `whole`; `product`: keyframes, frames or None; `download`, `disk`: bytes, None if
    not known; `files`: how many more on disk. Frames are counted as if each were a file of its own: of a
    movie of fewer than 30 pictures a second, those that come twice are links.
    """

    movies: str
    product: str | None
    videos: int
    download: int | None
    disk: int | None
    files: int

    def hours(self, speed: int) -> float | None:
        """Return how long the download takes at so many bytes a second."""
        return None if self.download is None else self.download / speed / 3600


def figures(release: Release, rows: Iterable[VideoRow]) -> Figures:
    """Return the means to reckon with: of the movies that are here, once there are five of a kind."""
    whole, window = release.mean_bytes, round(release.mean_bytes * WINDOW_SHARE)
    have = [row for row in rows if row.state is State.HAVE and row.path is not None and row.bytes]
    sizes = {kind: [row.bytes for row in have if row.kind is kind] for kind in Kind}
    seen = {kind: round(fmean(some)) for kind, some in sizes.items() if len(some) >= _ENOUGH}
    return Figures(seen.get(Kind.WHOLE, whole), seen.get(Kind.WINDOW, window), PICTURE, bool(seen))


def ways(left: dict[str, Left], known: Figures, products: Sequence[str | None] = PRODUCTS) -> tuple[Way, ...]:
    """Return every way with its cost. `left`: by `window` and `whole`, as far as there are such."""
    return tuple(
        _way(movies, product, some, known)
        for movies, some in left.items()
        for product in products
        if product is None or product in some.files
    )


def _way(movies: str, product: str | None, left: Left, known: Figures) -> Way:
    each = known.whole if movies == "whole" else known.window
    download = left.videos * each if each or not left.videos else None
    pictures = 0 if product is None else left.files[product]
    disk = None if download is None else download + pictures * known.picture
    return Way(movies, product, left.videos, download, disk, left.videos + pictures)
