"""Bring the official files of labels into a folder, as they came: from publishers, or from what is given."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from avakit.annotations.sums import record, state
from avakit.annotations.taking import Room, differences, take_given, take_published
from avakit.releases.model import AnnotationFile, Release
from avakit.transfer.http import Http


@dataclass(frozen=True)
class Obtained:
    """`files`: those for `table.build` and where they lie, of all splits that are there. `notes`: what to
    tell.
    """

    files: tuple[tuple[AnnotationFile, Path], ...]
    notes: tuple[str, ...]


def obtain(release: Release, splits: Iterable[str], folder: Path, given: str | None, http: Http) -> Obtained:
    """Make the official files that these splits need lie in `folder`, and return all of the release that do.

    `given`: a folder (searched, and its folders), a zip, a csv, or the URL of any of these; None: the
    publishers. What is there and unchanged is not fetched again; splits without labels need nothing. What
    is given is copied, never altered. A publisher's file must have the known checksum where enough copies
    agree on it; for a given one, a difference is a note. Raises AnnotationError for absent or unusable
    files, WrongBytes and the other kinds of TransferError, UsageError for a `given` that is nothing of that
    kind.
    """
    needed = _needed(release, release.check_splits(splits))
    notes: list[str] = []
    missing = [file for file in needed if not _is_there(folder, file, notes)]
    if not any(file.role == "labels" for file in missing):
        missing = []
    if given is not None and needed:
        take_given(release, needed, missing, Room(folder, http, notes), given)
    elif missing:
        take_published(release, missing, Room(folder, http, notes))
    present = [(file, folder / file.name) for file in _needed(release, release.splits)]
    return Obtained(tuple((file, path) for file, path in present if path.is_file()), tuple(notes))


def _needed(release: Release, splits: Iterable[str]) -> list[AnnotationFile]:
    """Return the files with the labels of these splits, and the excluded seconds if those are not known."""
    labels = [file for split in splits for file in release.files("labels", [split])]
    if release.excluded is not None or not labels:
        return labels
    return [*labels, *release.files("excluded", {split for file in labels for split in file.splits})]


def _is_there(folder: Path, file: AnnotationFile, notes: list[str]) -> bool:
    found = state(folder, file.name)
    if found == "unknown":
        # Somebody put it there by hand: it is taken as given.
        notes.extend(differences(folder / file.name, file))
        record(folder, file.name)
    elif found == "changed":
        notes.append(f"{folder / file.name} was changed since it came, and is replaced")
    return found in ("same", "unknown")
