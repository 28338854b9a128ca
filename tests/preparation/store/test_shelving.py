"""Clips in one tar a video: the same files, found by their place, read where they lie."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from tests.preparation.clip.clipping import Job, expected
from webdataset.tariterators import group_by_keys, tar_file_iterator

from avakit.errors import GapError, RootError
from avakit.media.movie import open_movie
from avakit.preparation.reading.pictures import open_pictures
from avakit.preparation.store import parquet, shelving
from avakit.preparation.store.parquet import read_record, write_record
from avakit.preparation.store.record import NONE, Record
from avakit.preparation.store.shelving import Shelf
from avakit.rehearsal import recipe
from avakit.rehearsal.numbers import label

Movies = Callable[..., dict[str, recipe.Movie]]


@pytest.fixture
def found(movies: Movies) -> recipe.Movie:
    return movies("mp4-25")["mp4-25"]


def record_of(job: Job) -> Record:
    return read_record(job.place.with_name("v.parquet"))


@pytest.mark.parametrize("copied", [True, False], ids=["copied", "encoded"])
def test_a_tar_holds_the_files_of_the_folder(copied: bool, found: recipe.Movie, tmp_path: Path) -> None:
    files = Job(found.path, tmp_path / "files", [20, 21, 23], length=1, copied=copied)
    files.make()
    job = Job(found.path, tmp_path, [20, 21, 23], length=1, copied=copied, store="tar")
    finished = job.make()
    tar = job.place.with_name("v.tar")
    assert sorted(path.name for path in tar.parent.iterdir()) == ["v.parquet", "v.tar"]
    data, record, plain = tar.read_bytes(), record_of(job), record_of(files)
    assert finished.bytes == len(data)
    assert record.offset is not None
    assert record.size is not None
    for row, name in enumerate(record.file):
        offset, size = int(record.offset[row]), int(record.size[row])
        assert data[offset : offset + size] == files.bytes()[name]
    assert (plain.offset, plain.size) == (None, None)
    assert record.picture.tolist() == plain.picture.tolist()
    with tar.open("rb") as file:
        members = ({**member, "__url__": "v.tar"} for member in tar_file_iterator(file))
        samples = {f"{sample['__key__']}.mp4": sample["mp4"] for sample in group_by_keys(members)}
    assert samples == files.bytes()


@pytest.mark.parametrize("copied", [True, False], ids=["copied", "encoded"])
def test_clips_in_a_tar_are_read_where_they_lie(
    copied: bool, found: recipe.Movie, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = Job(found.path, tmp_path / "ava", [20, 21, 23], length=1, copied=copied, store="tar")
    job.make()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = sorted(tmp_path.rglob("*"))
    clips = pickle.loads(pickle.dumps(open_pictures(tmp_path / "ava", "clips", "v")))
    for second in (23, 20):
        rows = np.flatnonzero(clips.seconds == second)
        right = [number for _, number in expected(found, second, 1)]
        assert [label(picture).number for picture in clips.take(rows)] == right
    mixed = [0, 60, 30, 0]
    assert [label(picture).number for picture in clips.take(mixed)] == clips.record.picture[mixed].tolist()
    assert sorted(tmp_path.rglob("*")) == before


def test_what_a_tar_lacks_is_told(found: recipe.Movie, tmp_path: Path) -> None:
    job = Job(found.path, tmp_path, [20, 21], length=1, store="tar")
    job.make()
    tar, record = job.place.with_name("v.tar"), record_of(job)
    assert record.offset is not None
    whole, last = tar.read_bytes(), len(record) - 1
    tar.write_bytes(whole[: int(record.offset[last]) + 100])
    clips = open_pictures(tmp_path, "clips", "v")
    assert len(clips.take([0])) == 1
    with pytest.raises(RootError, match=r"v\.tar has no .* record says that v_21\.mp4 lies"):
        clips.take([last])
    tar.write_bytes(whole)
    one_less = replace(record, picture=np.where(np.arange(len(record)) == last, NONE, record.picture))
    write_record(job.place.with_name("v.parquet"), one_less, {})
    with pytest.raises(RootError, match=r"v\.tar, bytes .* has 26 pictures, and its record 25"):
        open_pictures(tmp_path, "clips", "v").take([last - 1])
    tar.unlink()
    with pytest.raises(RootError, match=r"v\.tar is gone"):
        clips.take([0])


def test_a_clip_that_is_not_there_has_no_place(found: recipe.Movie, tmp_path: Path) -> None:
    job = Job(found.path, tmp_path, [20, 300], length=1, store="tar", gaps="skip")  # of 120 s
    assert job.make().counts["files"] == 1
    clips = open_pictures(tmp_path, "clips", "v")
    assert clips.record.offset is not None
    assert clips.record.offset[-1] == NONE
    assert clips.there.tolist() == [True] * (len(clips) - 1) + [False]
    with pytest.raises(GapError, match="at second 300"):
        clips.take([len(clips) - 1])


@pytest.mark.parametrize(
    ("file", "place"), [(shelving, "pack"), (parquet, "write_record"), (shelving, "into_place")]
)
def test_a_kill_while_it_is_packed_costs_nothing(
    file: ModuleType, place: str, found: recipe.Movie, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Job(found.path, tmp_path / "whole", [20, 21], length=1, store="tar")
    whole.make()
    job = Job(found.path, tmp_path / "killed", [20, 21], length=1, store="tar")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(file, place, killed)
        with pytest.raises(KeyboardInterrupt):
            job.make()
    assert not job.place.with_name("v.tar").exists()
    assert len(job.clips().open()) == 0
    job.make()
    for name in ("v.tar", "v.parquet"):
        assert job.place.with_name(name).read_bytes() == whole.place.with_name(name).read_bytes()


def test_folder_and_tar_replace_each_other(found: recipe.Movie, tmp_path: Path) -> None:
    stores: tuple[Shelf, ...] = ("tar", "folder", "tar")
    for store in stores:
        job = Job(found.path, tmp_path, [20], length=1, store=store)
        job.make()
        other = "v.tar" if store == "tar" else "v"
        assert sorted(path.name for path in job.place.parent.iterdir()) == sorted(["v.parquet", other])
        assert (record_of(job).offset is not None) == (store == "tar")
        assert len(open_pictures(tmp_path, "clips", "v").take(range(26))) == 26


def without(job: Job, lost: set[int]) -> None:
    """Encode clips of a movie of which some pictures cannot be decoded."""
    movie = open_movie(job.path)
    clips = job.clips(movie)
    chore = clips.chore(clips.open())
    if chore is None:
        return
    work = chore.begin(movie, lambda size: None)
    for index, picture in movie.at_indices([i for i in chore.pictures.tolist() if i not in lost]):
        work.take(index, picture)
    work.end()
    work.close()


@pytest.mark.parametrize("store", ["folder", "tar"])
def test_a_kill_at_the_end_forgets_no_lost_picture(
    store: str, found: recipe.Movie, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = Job(found.path, tmp_path, [20, 21], length=1, gaps="skip", store=store)  # type: ignore[arg-type]

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    without(job, {495})
    with monkeypatch.context() as patch:
        patch.setattr(parquet, "write_record", killed)
        with pytest.raises(KeyboardInterrupt):
            job.clips().finish(frozenset())
    without(job, {495})
    job.clips().finish(frozenset())
    record = record_of(job)
    assert 495 not in record.picture[record.second == 20]
    clips = open_pictures(tmp_path, "clips", "v")
    assert [label(picture).number for picture in clips.take([8, 0])] == record.picture[[8, 0]].tolist()


def test_clips_without_any_picture_are_refused(found: recipe.Movie, tmp_path: Path) -> None:
    job = Job(found.path, tmp_path, [20], length=1, gaps="skip")
    every = set(range(3000))
    without(job, every)
    with pytest.raises(GapError, match="Not one of 1 clips"):
        job.clips().finish(frozenset())
