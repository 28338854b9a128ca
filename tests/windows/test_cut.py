import hashlib
from fractions import Fraction
from pathlib import Path

import av
import pytest
from tests.conftest import Movies
from tests.windows.blocks import Partial

from avakit.errors import DamagedMovie, MediaError, NoPictures, NotAMovie
from avakit.media.movie import open_movie
from avakit.rehearsal.numbers import read
from avakit.rehearsal.standard import standard
from avakit.windows.cut import Cut, container_for, cut
from avakit.windows.plan import Need, Plan, plan
from avakit.windows.span import Window

WINDOW = Window(Fraction(50), Fraction(80))


def plan_all(blocks: Partial, name: str, window: Window = WINDOW) -> Plan:
    """Fetch what planning asks for, until it says where the window lies."""
    for _ in range(40):
        planned = plan(blocks, name, window)
        if isinstance(planned, Plan):
            return planned
        blocks.fetch(planned.spans)
    raise AssertionError("planning does not end")


def cut_all(blocks: Partial, name: str, planned: Plan, out: Path, window: Window = WINDOW) -> Cut:
    """Fetch what a plan says, and what cutting asks for besides."""
    blocks.fetch(planned.spans)
    for _ in range(10):
        done = cut(blocks, name, window, out)
        if isinstance(done, Cut):
            return done
        blocks.fetch(done.spans)
    raise AssertionError("cutting does not end")


def packets(path: Path) -> dict[Fraction, str]:
    """Return the digest of each picture packet by its time in the file."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.time_base is not None
        return {
            packet.pts * stream.time_base: hashlib.md5(packet).hexdigest()
            for packet in container.demux(stream)
            if packet.size and packet.pts is not None
        }


@pytest.mark.parametrize("name", list(standard()))
def test_a_window_is_the_same_from_parts_as_from_the_whole_and_every_picture_is_right(
    name: str, movies: Movies, tmp_path: Path
) -> None:
    movie = movies(name)[name]
    local = cut(movie.path, name, WINDOW, tmp_path / "local")
    assert isinstance(local, Cut)
    blocks = Partial(movie.path)
    fetched = cut_all(blocks, name, plan_all(blocks, name), tmp_path / "fetched")
    assert fetched == local
    assert (tmp_path / "fetched").read_bytes() == (tmp_path / "local").read_bytes()
    assert local.first <= WINDOW.start
    assert local.last >= WINDOW.end - 1
    stored = open_movie(tmp_path / "local")
    times = [Fraction(50) + Fraction(n, 30) for n in range(0, 900, 7)]
    for second, picture in stored.pictures(times):
        assert read(picture.rgb) == movie.number_at(second)


@pytest.mark.parametrize("name", ["mp4-variable", "mp4-open", "mp4-start", "mkv-start", "webm", "mp4-edit"])
def test_the_packets_stored_are_the_source_s_own(name: str, movies: Movies, tmp_path: Path) -> None:
    movie = movies(name)[name]
    done = cut(movie.path, name, WINDOW, tmp_path / "window")
    assert isinstance(done, Cut)
    source, window = packets(movie.path), packets(tmp_path / "window")
    with av.open(str(tmp_path / "window")) as container:
        origin = next(Fraction(v) for k, v in container.metadata.items() if k.upper() == "AVAKIT_ORIGIN")
    start = open_movie(movie.path).timeline.origin
    moved = {time + origin - start: digest for time, digest in window.items()}
    meant = {time: digest for time, digest in source.items() if min(moved) <= time < WINDOW.end - start}
    assert meant.items() <= moved.items()
    assert moved.items() <= source.items()


@pytest.mark.parametrize("name", ["mp4-25", "mkv", "webm-700k", "mkv-700k", "mp4-23.976"])
def test_a_plan_takes_part_of_a_movie(name: str, movies: Movies) -> None:
    movie = movies(name)[name]
    planned = plan_all(Partial(movie.path), name)
    assert not planned.note
    assert planned.bytes < 0.7 * movie.path.stat().st_size


@pytest.mark.parametrize("name", ["mp4-fragments", "mp4-mfra", "mkv-live", "webm-live"])
def test_a_movie_without_an_index_is_fetched_whole_and_it_is_said(name: str, movies: Movies) -> None:
    movie = movies(name)[name]
    planned = plan_all(Partial(movie.path), name)
    assert planned.bytes == movie.path.stat().st_size
    assert planned.note


def test_a_movie_that_ends_early_gives_what_it_has(movies: Movies, tmp_path: Path) -> None:
    movie = movies("mp4-25", seconds=60)["mp4-25"]
    done = cut(movie.path, "short", WINDOW, tmp_path / "window")
    assert isinstance(done, Cut)
    assert 59 < done.last < 60


def test_a_movie_that_ends_before_the_window_still_gives_its_last_group(
    movies: Movies, tmp_path: Path
) -> None:
    movie = movies("mp4-25", seconds=30)["mp4-25"]
    done = cut(movie.path, "short", WINDOW, tmp_path / "window")
    assert isinstance(done, Cut)
    assert done.last < 30


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"<html>not here</html>" * 9, NotAMovie),
        (b"\0" * 5000, NotAMovie),
        (b"", NotAMovie),
        (b"x", NotAMovie),
    ],
)
def test_what_is_no_movie_is_said_to_be_none(content: bytes, error: type[MediaError], tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    blocks = Partial(path)
    with pytest.raises(error):
        plan_all(blocks, "file")
    with pytest.raises(MediaError):
        cut(path, "file", WINDOW, tmp_path / "out")


@pytest.mark.parametrize("name", ["mp4-25", "mkv", "webm"])
def test_a_movie_that_was_cut_off_is_said_to_be_damaged(name: str, movies: Movies, tmp_path: Path) -> None:
    movie = movies(name)[name]
    path = tmp_path / movie.path.name
    path.write_bytes(movie.path.read_bytes()[: movie.path.stat().st_size * 2 // 3])
    with pytest.raises(DamagedMovie, match="cut off"):
        plan_all(Partial(path), "short")


def test_sound_alone_is_no_movie(sound_alone: Path) -> None:
    with pytest.raises(NoPictures):
        plan_all(Partial(sound_alone), "sound.mp4")


def test_a_need_names_bytes_that_are_not_here(movies: Movies) -> None:
    blocks = Partial(movies("mkv")["mkv"].path)
    while isinstance(needed := plan(blocks, "mkv", WINDOW), Need):
        start, _ = needed.spans[0]
        assert not blocks.read(start, 1)
        blocks.fetch(needed.spans)


def test_each_container_keeps_what_it_can_keep() -> None:
    assert container_for({"mov", "mp4"}, {"h264", "aac"}) == "mp4"
    assert container_for({"mov", "mp4"}, {"h264", "pcm_s16le"}) == "mkv"
    assert container_for({"matroska", "webm"}, {"vp9", "opus"}) == "webm"
    assert container_for({"matroska", "webm"}, {"h264", "aac"}) == "mkv"
    assert container_for({"avi"}, {"mpeg4", "mp3"}) == "mp4"
