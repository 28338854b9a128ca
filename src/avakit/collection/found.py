"""Files that people have, found in folders and matched with videos by their names."""

import os
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from avakit.collection.names import Named, named
from avakit.errors import UsageError
from avakit.transfer.disk import expanded

_MOST = 1_000_000
_OURS = ".avakit"


@dataclass(frozen=True)
class Match:
    """A file that is one video's, and what its name says."""

    path: Path
    named: Named


@dataclass(frozen=True)
class Found:
    """What lies in some folders. `matches`: by video, the largest file first; `ambiguous`: files whose names
    speak of several videos, with these; `unmatched`: files that are no video's; `unread`: folders that could
    not be read.
    """

    matches: Mapping[str, tuple[Match, ...]]
    ambiguous: tuple[tuple[Path, tuple[str, ...]], ...]
    unmatched: tuple[Path, ...]
    unread: tuple[Path, ...]


def find_files(paths: Iterable[Path], known: Container[str], form: str, apart: Iterable[Path]) -> Found:
    """Look through files and folders, and the folders in them, for videos of ids `known`, of the form `form`.

    Links are followed, each folder is read once; the folders `apart` are not, nor those that avakit keeps for
    itself. Raises `UsageError` for a path that is not there, and for more than a million files.
    """
    walk = _Walk(apart)
    matches: dict[str, list[Match]] = {}
    ambiguous: list[tuple[Path, tuple[str, ...]]] = []
    unmatched: list[Path] = []
    for path in walk.files(paths):
        meanings = named(path.name, known, form)
        if len(meanings) == 1:
            matches.setdefault(meanings[0].video, []).append(Match(path, meanings[0]))
        elif meanings:
            ambiguous.append((path, tuple(one.video for one in meanings)))
        else:
            unmatched.append(path)
    by_size = {
        video: tuple(sorted(some, key=lambda match: (-_size(match.path), match.path)))
        for video, some in sorted(matches.items())
    }
    return Found(by_size, tuple(ambiguous), tuple(unmatched), tuple(walk.unread))


class _Walk:
    """Goes through folders, each once, however links lead."""

    def __init__(self, apart: Iterable[Path]) -> None:
        self.unread: list[Path] = []
        self._seen = {_key(path) for path in apart if path.is_dir()}
        self._yielded: set[Path] = set()
        self._count = 0

    def files(self, paths: Iterable[Path]) -> Iterator[Path]:
        """Yield the files, each once; those of a folder in the order of their names."""
        waiting: list[Path] = []
        for given in paths:
            path = expanded(given).absolute()
            if not path.exists():
                raise UsageError(f"There is no {given}", "Give files, or folders that hold some.")
            waiting.append(path)
        waiting.reverse()
        while waiting:
            path = waiting.pop()
            if path.is_dir():
                waiting.extend(reversed(self._entries(path)))
            elif path.is_file() and path not in self._yielded:
                self._yielded.add(path)
                yield path

    def _entries(self, folder: Path) -> list[Path]:
        key = _key(folder)
        if key in self._seen:
            return []
        self._seen.add(key)
        try:
            entries = sorted(path for path in folder.iterdir() if path.name != _OURS)
        except OSError:
            self.unread.append(folder)
            return []
        self._count += len(entries)
        if self._count > _MOST:
            raise UsageError(
                f"There are more than {_MOST:,} files, the last ones in {folder}",
                "Name the folders that hold movies.",
            )
        return entries


def _key(folder: Path) -> tuple[int, int] | str:
    """Return what tells one folder from another, whatever it is called."""
    try:
        facts = folder.stat()
    except OSError:
        return str(folder)
    # Some file systems number nothing.
    return (facts.st_dev, facts.st_ino) if facts.st_ino else os.path.realpath(folder)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
