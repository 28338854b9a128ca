"""The store `video`: every number leads to its picture, by the number in it; nothing changes it."""

from __future__ import annotations

import errno
import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from tests.media.numbered import read as number_of
from tests.media.numbered import write_movie

from avakit.errors import DamagedMovie, DiskFull, RootError, UnsupportedMovie
from avakit.media.movie import Movie as Opened
from avakit.media.movie import open_movie
from avakit.media.view import View
from avakit.preparation.gaps import Gaps
from avakit.preparation.making import Finished, Site
from avakit.preparation.piece import run_piece
from avakit.preparation.plan import LEFT_OUT, plan_product
from avakit.preparation.products import Product
from avakit.preparation.reading.video import StoredVideo
from avakit.preparation.store.coding import CODING, Coding, h264
from avakit.preparation.store.folder import settled
from avakit.preparation.store.parquet import read_facts, read_record
from avakit.preparation.store.record import Record
from avakit.preparation.training import VideoStore
from avakit.rehearsal.numbers import label
from avakit.rehearsal.recipe import Movie

Movies = Callable[..., dict[str, Movie]]
RATES = ("mp4-23.976", "mp4-29.97", "mp4-variable", "mkv-variable")
GAPS: tuple[tuple[Gaps, tuple[int, int]], ...] = (("skip", (115, 30)), ("repeat_last", (120, 90)))
KINDS = ("mp4-start", "mp4-late", "mp4-edit", "mkv-start", "mp4-open", "mp4-short-groups", "mkv", "webm")


def grid(first: int, last: int) -> Product:
    return Product("frames", 30, range(30 * first, 30 * last), range(1, 30 * (last - first) + 1), 6)


def store(
    path: Path,
    root: Path,
    product: Product,
    view: View = View(),  # noqa: B008 - frozen
    gaps: Gaps = "error",
    coding: Coding = CODING,
) -> VideoStore:
    movie = open_movie(path)
    plan = plan_product(movie.timeline, product, gaps)
    site = Site("vid", root / "partial" / "frames-vid", root / "frames" / "vid", {"made": "by a test"})
    return VideoStore(site, movie, plan, view, gaps, coding)


def run(making: VideoStore, parts: int = 1, lost: Sequence[int] = ()) -> Finished:
    """Make it, in so many parts; pictures that are `lost` never come."""
    for part in np.array_split(making.open(), parts):
        chore = pickle.loads(pickle.dumps(making.chore(part)))
        if chore is not None:
            work = chore.begin(making.movie, lambda size: None)
            with_pictures = np.setdiff1d(chore.pictures, lost)
            for index, picture in making.movie.at_indices(with_pictures):
                work.take(index, picture)
            work.end()
            work.close()
    finished = making.finish(frozenset(lost))
    settled(making.site.aside)
    return finished


@dataclass(frozen=True)
class Made:
    video: StoredVideo
    record: Record

    def rgb(self, rows: Sequence[int]) -> npt.NDArray[np.uint8]:
        assert self.record.stored is not None
        return self.video.rgb(self.record.stored[list(rows)])


def made(root: Path) -> Made:
    return Made(StoredVideo(root / "frames" / "vid.mp4"), read_record(root / "frames" / "vid.parquet"))


@pytest.mark.parametrize("name", [*RATES, *KINDS])
def test_every_number_leads_to_its_picture(name: str, movies: Movies, tmp_path: Path) -> None:
    movie = movies(name)[name]
    product = grid(41, 45)
    finished = run(store(movie.path, tmp_path, product))
    there = made(tmp_path)
    assert finished.counts["wanted"] == finished.counts["files"] == len(there.record) == 120
    assert finished.bytes == there.video.path.stat().st_size
    for k, pixels in enumerate(there.rgb(range(120))):
        said = label(pixels)
        assert (said.movie, said.number) == (movie.recipe.number, movie.number_at(product.times[k]))
    assert not list((tmp_path / "partial").iterdir())


@pytest.mark.parametrize("name", ["mp4-23.976", "mp4-variable", "mkv-start"])
def test_the_stored_movie_has_the_times_of_the_movie(name: str, movies: Movies, tmp_path: Path) -> None:
    movie = movies(name)[name]
    making = store(movie.path, tmp_path, grid(41, 43))
    run(making)
    there = made(tmp_path)
    stored = open_movie(there.video.path)
    wanted = np.unique(making.plan.indices)
    assert len(stored.timeline) == len(there.video) == len(wanted)
    assert [stored.timeline.seconds(i) for i in range(len(wanted))] == [
        making.movie.timeline.seconds(int(i)) for i in wanted
    ]
    assert stored.timeline.end == making.movie.timeline.seconds(int(wanted[-1]) + 1)
    assert label(stored.frame_at(42).rgb).number == movie.number_at(42)
    for i, picture in stored.at_indices(range(len(wanted))):
        assert np.array_equal(picture.rgb, there.video.rgb([i])[0])


@pytest.mark.parametrize("kind", ["rotated", "ten bits", "full range", "hevc"])
def test_pictures_of_other_kinds(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    times, base = list(range(50)), Fraction(1, 25)
    match kind:
        case "rotated":
            write_movie(path, times, base, rotation=90)
        case "ten bits":
            write_movie(path, times, base, pixel_format="yuv420p10le")
        case "full range":
            write_movie(path, times, base, pixel_format="yuvj420p")
        case _:
            options = {"preset": "ultrafast", "x265-params": "log-level=none"}
            write_movie(path, times, base, codec="libx265", options=options)
    making = store(path, tmp_path, grid(0, 2))
    run(making)
    there = made(tmp_path)
    right = {i: picture.rgb for i, picture in making.movie.at_indices(range(50))}
    for k, pixels in enumerate(there.rgb(range(60))):
        index = int(there.record.picture[k])
        assert index == k * 25 // 30
        assert pixels.shape == right[index].shape
        assert np.abs(right[index].astype(int) - pixels).mean() < 8, "colours are kept"
        assert number_of(np.rot90(pixels, 3) if kind == "rotated" else pixels) == index


def test_pixels_of_another_shape_are_recorded_or_made_square(tmp_path: Path) -> None:
    path = write_movie(
        tmp_path / "a.mp4",
        list(range(25)),
        Fraction(1, 25),
        options={"aspect": "16:9", "preset": "ultrafast"},
    )
    aspect = open_movie(path).facts.sample_aspect
    for view, shape in ((View(size=48), (48, 96)), (View(size=48, square=True), None)):
        run(store(path, tmp_path, grid(0, 1), view))
        facts = open_movie(tmp_path / "frames" / "vid.mp4").facts
        assert facts.sample_aspect == (1 if view.square else aspect)
        if shape is not None:
            assert (facts.height, facts.width) == shape
        assert min(facts.height, facts.width) == 48


@pytest.fixture
def long(movies: Movies) -> Movie:
    return movies("mp4-25")["mp4-25"]


def test_how_the_work_is_cut_changes_no_byte(long: Movie, tmp_path: Path) -> None:
    contents = []
    for parts in (1, 2, 3):
        root = tmp_path / str(parts)
        run(store(long.path, root, grid(20, 40)), parts)
        contents.append([(root / "frames" / f"vid{suffix}").read_bytes() for suffix in (".mp4", ".parquet")])
    assert contents[0] == contents[1] == contents[2]


def test_work_goes_on_where_it_was(long: Movie, tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    run(store(long.path, whole, grid(20, 40)))
    making = store(long.path, tmp_path, grid(20, 40))
    begins = making.open()
    assert len(begins) == 5
    chore = making.chore(begins[1:4])
    assert chore is not None
    run_piece(making.movie, (chore,))
    torn, *_ = sorted(making.site.aside.glob("*.chunk"))
    torn.write_bytes(torn.read_bytes()[:-5])
    again = store(long.path, tmp_path, grid(20, 40))
    assert again.open().tolist() == begins[[0, 1, 4]].tolist()
    run(again, parts=2)
    assert made(tmp_path).video.path.read_bytes() == (whole / "frames" / "vid.mp4").read_bytes()


def test_what_was_begun_otherwise_is_begun_anew(long: Movie, tmp_path: Path) -> None:
    making = store(long.path, tmp_path, grid(20, 24))
    chore = making.chore(making.open())
    assert chore is not None
    run_piece(making.movie, (chore,))
    assert len(making.open()) == 0
    assert making.chore(making.open()) is None
    assert len(replace(making, coding=h264(crf=30)).open()) == 1


def test_pictures_that_are_lost_are_left_out_or_stood_for(long: Movie, tmp_path: Path) -> None:
    lost = [1005, 1006, 1030]
    for gaps, files in GAPS:
        making = store(long.path, tmp_path / gaps, grid(40, 44), gaps=gaps)
        finished = run(making, lost=lost)
        there = made(tmp_path / gaps)
        assert finished.counts == {"wanted": 120, "files": files[0], "pictures": 97, "lacking": 5}
        wanted = np.where(np.isin(making.plan.indices, lost), LEFT_OUT, making.plan.indices)
        for k in range(120):
            row = int(there.record.picture[k])
            assert bool(there.record.lacking[k]) == (wanted[k] == LEFT_OUT)
            if gaps == "skip":
                assert row == wanted[k]
                assert there.record.stored is not None
                assert (there.record.stored[k] == LEFT_OUT) == (row == LEFT_OUT)
            else:
                assert row == {1005: 1004, 1006: 1004, 1030: 1029}.get(int(making.plan.indices[k]), wanted[k])
            if row != LEFT_OUT:
                assert label(there.rgb([k])[0]).number == row


def test_lost_pictures_of_an_earlier_run_stay_lost(long: Movie, tmp_path: Path) -> None:
    making = store(long.path, tmp_path, grid(40, 44), gaps="skip")
    chore = making.chore(making.open())
    assert chore is not None
    work = chore.begin(making.movie, lambda size: None)
    for index, picture in making.movie.at_indices(np.setdiff1d(chore.pictures, [1005])):
        work.take(index, picture)
    work.end()
    assert len(making.open()) == 0
    assert making.finish(frozenset()).counts["files"] == 118


def test_a_movie_of_which_nothing_can_be_decoded_is_said(long: Movie, tmp_path: Path) -> None:
    making = store(long.path, tmp_path, grid(40, 41), gaps="skip")
    with pytest.raises(DamagedMovie, match="has no picture that can be decoded"):
        run(making, lost=making.chore(making.open()).pictures.tolist())  # type: ignore[union-attr]


def test_a_movie_whose_size_changes_becomes_one_of_one_size(tmp_path: Path, long: Movie) -> None:
    """Its pictures come as they are; the encoder knows one size alone."""
    making = store(long.path, tmp_path, grid(40, 41))
    chore = making.chore(making.open())
    assert chore is not None
    work = chore.begin(making.movie, lambda size: None)
    other: Opened = open_movie(write_movie(tmp_path / "a.mp4", list(range(25)), Fraction(1, 25)))
    others = [picture for _, picture in other.at_indices(range(25))]
    for index, picture in making.movie.at_indices(chore.pictures):
        instead = others[index - 1010] if index >= 1010 else picture
        instead.pts = picture.pts
        work.take(index, instead)
    work.end()
    making.finish(frozenset())
    assert made(tmp_path).rgb(range(30)).shape == (30, 96, 160, 3)


def test_a_full_disk_is_said_and_leaves_nothing_in_the_place(
    long: Movie, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    making = store(long.path, tmp_path, grid(40, 41))

    def full(path: Path, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", full)
        with pytest.raises(DiskFull, match="No room left"):
            run(making)
    assert not (tmp_path / "frames").exists()
    run(making)
    assert len(made(tmp_path).record) == 30


def test_a_disk_that_is_full_while_chunks_are_joined_is_said_and_gone_on_from(
    long: Movie, tmp_path: Path
) -> None:
    resource = pytest.importorskip("resource")
    making = store(long.path, tmp_path, grid(20, 40))
    chore = making.chore(making.open())
    assert chore is not None
    run_piece(making.movie, (chore,))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    for most in (100, 20_000):  # at the first bytes, and in the middle
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
        try:
            with pytest.raises(RootError, match=r"joined\.mp4 is larger than its file system allows"):
                making.finish(frozenset())
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not (tmp_path / "frames").exists()
    assert len(making.open()) == 0
    assert making.finish(frozenset()).counts["files"] == 600


def test_numbers_that_the_movie_lacks(long: Movie, tmp_path: Path) -> None:
    """It ends at second 120."""
    for gaps, files in GAPS:
        finished = run(store(long.path, tmp_path / gaps, grid(119, 122), gaps=gaps))
        assert finished.counts == {"wanted": 90, "files": files[1], "pictures": 25, "lacking": 60}
        record = made(tmp_path / gaps).record
        assert record.stored is not None
        last = LEFT_OUT if gaps == "skip" else 24
        assert record.stored[:30].max() == 24
        assert (record.stored[30:] == last).all()


def test_the_record_tells_by_what_it_was_coded(long: Movie, tmp_path: Path) -> None:
    run(store(long.path, tmp_path, grid(40, 41)))
    facts = read_facts(tmp_path / "frames" / "vid.parquet")
    assert facts["made"] == "by a test"
    assert facts["coding"] == CODING.words
    assert "crf=18" in facts["coding"]


def test_groups_are_as_short_as_asked_for(long: Movie, tmp_path: Path) -> None:
    for every in (1, 2, 5, 12):
        run(store(long.path, tmp_path, grid(40, 44), coding=h264(every)))
        sync = np.flatnonzero(open_movie(tmp_path / "frames" / "vid.mp4").index.sync)
        assert sync.tolist() == list(range(0, 100, every))


def test_an_encoder_that_there_is_not_is_said(long: Movie, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedMovie, match="has no encoder libnone"):
        run(store(long.path, tmp_path, grid(40, 41), coding=Coding("libnone", 8)))
