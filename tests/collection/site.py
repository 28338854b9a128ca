"""A mirror's folder in which few movies lie under many ids, and what a test asks of a run over it."""

from collections.abc import Iterable
from pathlib import Path

from tests.collection.labels import write_labels

from avakit.releases import catalogue

VAL = tuple(video.id for video in catalogue.release("v2.2").splits["val"].videos if video.md5 is None)
"""Ids of v2.2's val split whose MD5 nobody knows, so that any movie may stand for them."""


class Site:
    """`folder` is what a mirror serves; `labels` are those of all of `VAL`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "site"
        (self.folder / "trainval").mkdir(parents=True)
        self.labels = write_labels(folder / "labels", VAL)

    def put(self, video: str, content: Path | bytes, container: str = "mp4") -> str:
        """Let a video be there; return its path as faults name it."""
        data = content if isinstance(content, bytes) else content.read_bytes()
        place = self.folder / "trainval" / f"{video}.{container}"
        place.write_bytes(data)
        return f"/trainval/{place.name}"


def lies(folder: Path) -> set[str]:
    """Return the names in a folder, none if it is not there."""
    return {path.name for path in folder.iterdir()} if folder.is_dir() else set()


def zeroed(movie: Path, first: float, last: float) -> bytes:
    """Return a movie of which the bytes between two shares of its length are zeros."""
    data = bytearray(movie.read_bytes())
    start, stop = int(first * len(data)), int(last * len(data))
    data[start:stop] = bytes(stop - start)
    return bytes(data)


def paths(videos: Iterable[str]) -> list[str]:
    """Return where a mirror has these videos."""
    return [f"/trainval/{video}.mp4" for video in videos]


def odd(*_: object) -> None:
    """Fail as nobody thought of."""
    raise ValueError("an odd movie")
