"""The packet index by an mp4's sample tables is the one that FFmpeg's packets give, or it is none."""

import os
import random
from pathlib import Path

import numpy as np
import pytest
from tests.conftest import Movies
from tests.media.coded import KINDS, OTHERS, code

from avakit.errors import AvakitError
from avakit.media.boxes import boxes
from avakit.media.index import PacketIndex, index_packets
from avakit.media.opening import open_container
from avakit.media.sampleindex import sample_index
from avakit.media.streams import picture_stream
from avakit.proof.units import unit_test
from avakit.rehearsal.standard import standard

PLAIN = [name for name, r in standard().items() if r.container == "mp4" and r.index in ("first", "last")]
COLUMNS = ("pts", "dts", "size", "duration", "sync", "corrupt", "shown")
TABLES = (b"stts", b"ctts", b"stss", b"stsz", b"stsc", b"stco", b"elst", b"mdhd", b"tkhd", b"stsd", b"dref")


def both(path: Path, tested: bool = True) -> tuple[PacketIndex | None, PacketIndex | None]:
    """Return the index by the tables, and the one by the packets (None: it is refused)."""
    container = open_container(path)
    try:
        stream = picture_stream(container, path.name)
        whole = unit_test(stream) if tested else None
        mine = sample_index(path, stream, whole)
        try:
            return mine, index_packets(container, stream, path.name, whole)
        except AvakitError:
            return mine, None
    finally:
        container.close()


def same(mine: PacketIndex | None, its: PacketIndex | None) -> None:
    assert mine is not None
    assert its is not None
    for column in COLUMNS:
        here, there = getattr(mine, column), getattr(its, column)
        assert here.dtype == there.dtype
        assert np.array_equal(here, there), column


@pytest.mark.parametrize("name", PLAIN)
def test_it_is_that_of_the_packets(name: str, movies: Movies) -> None:
    same(*both(movies(name)[name].path))


@pytest.mark.parametrize("name", [name for name in standard() if name not in PLAIN])
def test_there_is_none_for_other_containers(name: str, movies: Movies) -> None:
    assert both(movies(name)[name].path)[0] is None


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_that_of_the_packets_of_other_encoders(kind: str, tmp_path: Path) -> None:
    same(*both(code(KINDS[kind], tmp_path / "movie.mp4")))


@pytest.mark.parametrize("kind", OTHERS)
def test_there_is_none_for_what_is_not_plain(kind: str, tmp_path: Path) -> None:
    assert both(code(OTHERS[kind], tmp_path / "movie.mp4"))[0] is None


def test_real_movies() -> None:
    data = os.environ.get("AVAKIT_REAL_DATA")
    if not data:
        pytest.skip("AVAKIT_REAL_DATA is not set")
    for path in (Path(data) / "video").glob("*.mp4"):
        same(*both(path))


def test_any_test_of_packets_will_do(movies: Movies) -> None:
    path = movies("mp4-25")["mp4-25"].path
    with open_container(path) as container:
        stream = picture_stream(container, "movie")
        mine = sample_index(path, stream, lambda data: len(data) % 3 > 0)
        its = index_packets(container, stream, "movie", lambda data: len(data) % 3 > 0)
    same(mine, its)
    assert its.corrupt.any()


def test_packets_of_zeros_are_found(movies: Movies, tmp_path: Path) -> None:
    path = tmp_path / "damaged.mp4"
    data = bytearray(movies("mp4-25")["mp4-25"].path.read_bytes())
    data[20_000:24_000] = bytes(4000)
    path.write_bytes(data)
    mine, its = both(path)
    same(mine, its)
    assert mine is not None
    assert mine.corrupt.any()


def test_a_movie_that_was_cut_off_is_left_to_ffmpeg(movies: Movies, tmp_path: Path) -> None:
    path = tmp_path / "short.mp4"
    data = movies("mp4-23.976")["mp4-23.976"].path.read_bytes()  # its index comes first
    path.write_bytes(data[: len(data) * 2 // 3])
    assert both(path)[0] is None


@pytest.mark.parametrize("seed", range(3))
def test_damaged_tables_are_read_as_ffmpeg_reads_them(seed: int, movies: Movies, tmp_path: Path) -> None:
    source = movies("mp4-25", seconds=20)["mp4-25"].path.read_bytes()
    moov = next(box for box in boxes(source) or () if box.kind == b"moov")
    marks = [at for at in range(moov.content, moov.stop) if source[at : at + 4] in TABLES]
    dice, plain = random.Random(seed), 0
    for number in range(60):
        data, path = bytearray(source), tmp_path / f"{number}.mp4"
        mark = dice.choice(marks)
        if dice.random() < 0.5:
            data[mark + dice.randrange(-4, 40)] = dice.randrange(256)
        else:
            place, value = (
                mark + 4 * dice.randrange(1, 10),
                dice.choice((0, 1, 2, 512, 2**31 - 1, 2**31, 2**32 - 1)),
            )
            data[place : place + 4] = value.to_bytes(4, "big")
        path.write_bytes(data)
        try:
            mine, its = both(path, tested=False)
        except AvakitError:
            continue
        if mine is not None:
            same(mine, its)
            plain += 1
    assert plain > 10
