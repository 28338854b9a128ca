"""The first `avakit.toml` of data of one's own, written after a look at what lies in its folder."""

import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import tomlkit

from avakit.annotations.dialect import look
from avakit.annotations.judging import split_named
from avakit.annotations.labelmap import read_label_map
from avakit.dataset.root import Root
from avakit.errors import AnnotationError, UsageError
from avakit.releases import catalogue
from avakit.releases.model import SAFE_ID
from avakit.sources.containers import ALL
from avakit.transfer.disk import disk_errors

_MOST_FILES = 10_000
_LABELS = (".csv", ".tsv", ".txt")
_LINES = {
    "actions": "video,second,x1,y1,x2,y2,action,person",
    "speaker": "video,second,x1,y1,x2,y2,label,face",
    "speech": "video,start,stop,label",
}
_NO_ID = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass
class Found:
    """What lies in a folder, by paths seen from it: csv files of labels and lists of excluded seconds by
    split, label maps, and how many movies each folder holds. `kind`: of the labels. `unsound`: label maps
    that cannot be read.
    """

    kind: str = "actions"
    labels: dict[str, list[str]] = field(default_factory=dict)
    excluded: dict[str, str] = field(default_factory=dict)
    classes: list[str] = field(default_factory=list)
    unsound: list[str] = field(default_factory=list)
    movies: Counter[str] = field(default_factory=Counter)


def write(folder: Path) -> tuple[Path, Found]:
    """Write `avakit.toml` into a folder, and return its path and what was found there.

    Raises `UsageError` if there is one already, `RootError` or `DiskFull` if it cannot be written.
    """
    root = Root(folder.absolute())
    with disk_errors(root.path):
        root.path.mkdir(parents=True, exist_ok=True)
        found = look_around(root.path)
        try:
            with root.settings.open("x", encoding="utf-8", newline="\n") as file:
                file.write(text(_name(root.path), found))
        except FileExistsError as error:
            raise UsageError(
                f"{root.settings} is there already", "Edit it, or give --root another folder."
            ) from error
    return root.settings, found


def look_around(folder: Path) -> Found:
    """Return what lies in a folder and in its folders: at most 10,000 files are looked at."""
    found = Found()
    for path in islice(_files(folder), _MOST_FILES):
        seen = path.relative_to(folder)
        if path.suffix[1:].lower() in ALL and re.fullmatch(SAFE_ID, path.stem):
            found.movies[seen.parent.as_posix()] += 1
        elif path.suffix.lower() == ".pbtxt" or path.suffix.lower() in _LABELS:
            _sort_in(path, seen.as_posix(), found)
    if found.kind != "actions":
        found.excluded, found.classes, found.unsound = {}, [], []
    if found.labels and (general := found.excluded.pop("all", None)) is not None:
        found.excluded = dict.fromkeys(found.labels, general) | found.excluded
    found.excluded = {split: file for split, file in found.excluded.items() if split in found.labels}
    return found


def text(name: str, found: Found) -> str:
    """Return the settings, with a line on each that could be set. Pure."""
    movies = found.movies.most_common(1)[0][0] if found.movies else "videos"
    labels = found.labels or {"train": ["train.csv"]}
    lines = [
        "# Data of one's own, in AVA's format. `avakit lint` checks its labels, `avakit get` takes it in.",
        f"release = {_toml(name)}",
        f"sources = [{_toml(f'folder={movies}')}]  # the movies: <id>.{{{','.join(ALL)}}}",
        "",
        "[custom]",
        f"title = {_toml(name)}",
        f"kind = {_toml(found.kind)}  # of the labels: actions, speaker or speech",
        *(_of_actions(found) if found.kind == "actions" else ()),
        "# window = [0, 10]  # the seconds of each movie that matter. Left out: all of it",
        "# seconds = { first = 0, last = 9, step = 1 }  # the annotated ones. Left out: those in the labels",
        "# frames = { rate = 30, first = 0 }  # their grid. Left out: 30 a second, from the window's start",
        "",
        "[custom.labels]  # a csv for each split, or a list: " + _LINES[found.kind],
        *(
            f"{split} = {_toml(files[0]) if len(files) == 1 else _list(files)}"
            for split, files in labels.items()
        ),
    ]
    if found.excluded:
        lines += ["", "[custom.excluded]  # seconds that the evaluation leaves out"]
        lines += [f"{split} = {_toml(file)}" for split, file in found.excluded.items()]
    return "\n".join(lines) + "\n"


def _of_actions(found: Found) -> list[str]:
    classes = found.classes[0] if found.classes else "classes.pbtxt"
    line = _or_not("classes", _toml(classes), bool(found.classes))
    return [f"{line}  # pbtxt, or csv with id,name,group. Left out: AVA's 80"]


def described(found: Found) -> list[str]:
    """Return what was found, for people."""
    movies = sum(found.movies.values())
    lines = [f"  {split}: {', '.join(files)}" for split, files in found.labels.items()]
    if not lines:
        lines = ["  No csv of labels was found: write its name under [custom.labels]."]
    lines += [f"  excluded seconds of {split}: {file}" for split, file in found.excluded.items()]
    if found.kind == "actions":
        lines.append(f"  classes: {found.classes[0]}" if found.classes else "  classes: AVA's 80")
    lines += [f"  {file} is no sound label map: avakit lint says why" for file in found.unsound]
    if movies:
        place, count = found.movies.most_common(1)[0]
        lines.append(f"  movies: {count} in {'this folder' if place == '.' else place}")
        if count < movies:
            lines.append(
                f"  {movies - count} more in other folders: only one of them can be a source at a time"
            )
    else:
        lines.append("  No movies were found: say under sources where they are.")
    return lines


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files in a folder and in the folders in it, by name; not those of avakit itself."""
    for place, folders, files in os.walk(folder):
        depth = len(Path(place).relative_to(folder).parts)
        folders[:] = [] if depth >= 2 else sorted(one for one in folders if not one.startswith("."))
        yield from (Path(place) / name for name in sorted(files))


def _sort_in(path: Path, seen: str, found: Found) -> None:
    """Tell what a file of text is, and note it."""
    try:
        dialect = look(path)
    except AnnotationError:
        _note_classes(path, seen, found)
        return
    split = split_named(path.stem) or "all"
    if dialect.width == 2 and "exclu" in path.stem.lower():
        found.excluded[split] = seen
    elif not found.labels or dialect.kind == found.kind:
        found.kind = dialect.kind
        found.labels.setdefault(split, []).append(seen)


def _note_classes(path: Path, seen: str, found: Found) -> None:
    try:
        read_label_map(path)
    except AnnotationError:
        if path.suffix.lower() == ".pbtxt":
            found.unsound.append(seen)
        return
    # The official archive has the 60 evaluated classes in a file of their own besides all 80.
    found.classes.insert(len(found.classes) if "activitynet" in seen else 0, seen)


def _name(folder: Path) -> str:
    name = _NO_ID.sub("-", folder.name).strip("-")[:40] or "mine"
    return f"my-{name}" if name in catalogue.names() else name


def _or_not(key: str, value: str, is_set: bool) -> str:
    return f"{'' if is_set else '# '}{key} = {value}"


def _toml(value: str) -> str:
    return tomlkit.item(value).as_string()


def _list(values: Sequence[str]) -> str:
    return f"[{', '.join(map(_toml, values))}]"
