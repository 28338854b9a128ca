"""Official-looking files of labels, made here: small, and of videos that the releases have."""

import random
import zipfile
from pathlib import Path

from avakit.annotations.table import Built, build
from avakit.releases.catalogue import release
from avakit.releases.model import AnnotationFile


def lines(split: str, count: int, *, name: str = "v2.2", seed: int = 0) -> list[str]:
    """Return so many rows of a split, no two alike, without line ends, in the form of the release."""
    chance = random.Random(seed)
    videos = [video.id for video in release(name).videos([split])]
    seconds = release(name).seconds
    rows: dict[str, None] = {}
    while len(rows) < count:
        x = sorted(chance.sample(range(1001), 2))
        y = sorted(chance.sample(range(1001), 2))
        box = ",".join(f"{edge / 1000:.3f}" for edge in (x[0], y[0], x[1], y[1]))
        row = f"{chance.choice(videos)},{chance.choice(seconds):04d},{box},{chance.randint(1, 80)}"
        rows[f"{row},{chance.randint(0, 99)}" if release(name).person_ids else row] = None
    return list(rows)


def content(split: str, count: int = 50, *, name: str = "v2.2") -> bytes:
    """Return a csv of so many rows."""
    return ("\n".join(lines(split, count, name=name)) + "\n").encode()


def write_zip(path: Path, members: dict[str, bytes]) -> Path:
    """Write a zip with these members."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for member, data in members.items():
            file.writestr(member, data)
    return path


def good(count: int = 20) -> list[str]:
    """Return rows of v2.2's val split."""
    return lines("val", count)


def joined(rows: list[str]) -> bytes:
    """Return a csv of these rows."""
    return ("\n".join(rows) + "\n").encode()


def files(name: str, *paths: Path) -> list[tuple[AnnotationFile, Path]]:
    """Return paths with the official files that they are called like."""
    by_name = {file.name: file for file in release(name).annotation_files}
    return [(by_name[path.name], path) for path in paths]


def built(tmp_path: Path, data: bytes, *, name: str = "v2.2", file: str = "ava_val_v2.2.csv") -> Built:
    """Write a csv and make `annotations.parquet` of it, both in `tmp_path`."""
    (tmp_path / file).write_bytes(data)
    return build(release(name), files(name, tmp_path / file), tmp_path / "annotations.parquet")
