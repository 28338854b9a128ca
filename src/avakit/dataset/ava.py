"""A data set on disk, opened: what `avakit.open` gives."""

import os
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from avakit.dataset.ledger import Ledger
from avakit.dataset.release import release_of
from avakit.dataset.root import Root, find
from avakit.dataset.rows import Kind, State, VideoRow
from avakit.dataset.settings import Settings, load
from avakit.errors import RootError, UsageError
from avakit.releases.model import Release

if TYPE_CHECKING:
    from avakit.annotations.asking import Annotations
    from avakit.media.movie import Movie

_OPEN_MOVIES = 8  # indices of packets kept in memory; the files themselves are open only while they are read


def open_dataset(path: str | os.PathLike[str] | None = None) -> "Dataset":
    """Open the data set in a folder; None: AVAKIT_ROOT, or the one around the folder one stands in.

    Raises `RootError` if there is none, or if what avakit keeps there is damaged; `UsageError` if its
    `avakit.toml` makes no sense.
    """
    root = find(None if path is None else Path(path), Path.cwd(), os.environ)
    settings = load(root)
    return Dataset(root, settings, release_of(root, settings))


class Dataset:
    """A data set, open for reading, while `get` or `prepare` may go on. A context manager; can be pickled.

    `root`: where everything lies; `settings`: what was asked for; `release`: what AVA is.
    """

    def __init__(self, root: Root, settings: Settings, release: Release) -> None:
        """Use `open_dataset`, which reads these from disk."""
        self.root = root
        self.settings = settings
        self.release = release
        self._movies: OrderedDict[Path, Movie] = OrderedDict()

    def __reduce__(self) -> tuple[Callable[[Path], "Dataset"], tuple[Path]]:
        """Travel to another process as the folder's name."""
        return open_dataset, (self.root.path,)

    @cached_property
    def ledger(self) -> Ledger:
        """Every attempt and every product, to read. Raises `RootError` if it is absent or damaged."""
        return Ledger.read(self.root.ledger)

    @cached_property
    def annotations(self) -> "Annotations":
        """The labels. Raises `RootError` if they were not fetched yet."""
        from avakit.annotations.asking import Annotations

        table = self.root.table
        if not table.is_file():
            raise RootError(f"{self.root.path} has no labels yet", "Run avakit get: it fetches them first.")
        return Annotations(table)

    @property
    def videos(self) -> Mapping[str, "VideoEntry"]:
        """Every video that was asked for, by id, as it stands now."""
        return _Videos(self)

    def movie(self, path: Path) -> "Movie":
        """Return a movie file of this data set, opened; the few used last are kept.

        Raises the kinds of `MediaError` that tell what is wrong with the file.
        """
        from avakit.media.movie import open_movie

        movie = self._movies.pop(path, None) or open_movie(path)
        self._movies[path] = movie
        while len(self._movies) > _OPEN_MOVIES:
            self._movies.popitem(last=False)
        return movie

    def close(self) -> None:
        """Close the ledger and forget the movies."""
        self._movies.clear()
        for opened in ("ledger", "annotations"):
            resource = self.__dict__.pop(opened, None)
            if hasattr(resource, "close"):
                resource.close()

    def __enter__(self) -> Self:
        """Return the data set itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the data set."""
        self.close()


@dataclass(frozen=True)
class VideoEntry:
    """One video of a data set, as it stood when it was asked for. `row`: all that the ledger knows of it."""

    row: VideoRow
    _dataset: Dataset = field(repr=False, compare=False)

    @property
    def id(self) -> str:
        """Its id."""
        return self.row.id

    @property
    def split(self) -> str:
        """Its split in this release."""
        return self.row.split

    @property
    def state(self) -> State:
        """Whether it is here."""
        return self.row.state

    @property
    def path(self) -> Path | None:
        """Its file, window or whole movie; None if it has none."""
        return None if self.row.path is None else self._dataset.root.path / self.row.path

    @property
    def window(self) -> "Movie":
        """The annotated part (or the whole movie, if that is what is here), whose seconds are those of the
        labels.

        Raises `RootError` if it is not there, saying why, or the kinds of `MediaError`.
        """
        path = self.path
        if path is None:
            why = self.row.message or "It was not fetched yet."
            raise RootError(
                f"There is no window of {self.id}. {why}", self.row.next_step or "Run avakit get."
            )
        if not path.is_file():
            what = "whole movie" if self.row.kind is Kind.WHOLE else "window"
            raise RootError(
                f"The {what} of {self.id} is gone from {path}", "Run avakit get: it fetches it again."
            )
        return self._dataset.movie(path)


class _Videos(Mapping[str, VideoEntry]):
    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset

    def __getitem__(self, video: str) -> VideoEntry:
        row = self._dataset.ledger.video(video)
        if row is None:
            raise _NoSuchVideo(
                f"{video!a} was not asked for in {self._dataset.root.path}",
                "avakit status lists those that were.",
            )
        return VideoEntry(row, self._dataset)

    def __iter__(self) -> Iterator[str]:
        return iter(self._dataset.ledger.videos())

    def __len__(self) -> int:
        return len(self._dataset.ledger.videos())


class _NoSuchVideo(UsageError, KeyError):
    __str__ = UsageError.__str__
