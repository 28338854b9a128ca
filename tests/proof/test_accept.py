"""What counts as a movie that is right: whole, decodable, a picture at every annotated second."""

from fractions import Fraction
from pathlib import Path

import av
import pytest
from tests.conftest import Movies

from avakit.errors import DamagedMovie, MediaError, NoPictures
from avakit.media.movie import open_movie
from avakit.proof.accept import accept

SECONDS = tuple(range(5, 115))


@pytest.mark.parametrize("name", ["mp4-25", "mp4-variable", "mp4-open", "mkv", "webm", "mp4-edit"])
def test_a_good_movie_is_accepted(name: str, movies: Movies) -> None:
    movie = movies(name)[name]
    seen = accept(movie.path, SECONDS, False)
    assert seen.lacking == ()
    assert not seen.short
    shown = [time for number, time in enumerate(movie.times) if number >= movie.recipe.hidden]
    assert seen.pictures == len(shown)
    assert seen.first == min(shown)
    assert abs(seen.end - 120) < 2


def test_a_short_movie_says_what_it_lacks(movies: Movies) -> None:
    seen = accept(movies("mp4-25", seconds=60)["mp4-25"].path, SECONDS, False)
    assert seen.lacking == tuple(range(60, 115))
    assert seen.short
    assert seen.end == 60


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("name", ["mp4-25", "mkv", "webm"])
def test_packets_of_zeros_are_found(name: str, deep: bool, movies: Movies, tmp_path: Path) -> None:
    """Between two sync pictures, so that decoding some of the pictures would not show it."""
    movie = open_movie(movies(name)[name].path)
    data = bytearray(movie.path.read_bytes())
    with av.open(str(movie.path)) as container:
        sizes = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]
    place, size = max(sizes[300:480], key=lambda one: one[1])
    assert place is not None
    if name != "mp4-25":
        place = data.index(bytes(first_bytes(movie.path, place)), place)
    data[place : place + size] = bytes(size)
    path = tmp_path / "damaged"
    path.write_bytes(data)
    with pytest.raises(DamagedMovie):
        accept(path, SECONDS, deep)


def first_bytes(path: Path, place: int) -> bytes:
    with av.open(str(path)) as container:
        return next(bytes(packet) for packet in container.demux(video=0) if packet.pos == place)[:40]


def test_a_hole_in_the_middle_is_no_early_end(movies: Movies, tmp_path: Path) -> None:
    path = tmp_path / "hole.mp4"
    with av.open(str(movies("mp4-25")["mp4-25"].path)) as source, av.open(str(path), "w") as target:
        stream = source.streams.video[0]
        copy = target.add_stream_from_template(stream)
        for packet in source.demux(stream):
            if packet.size and packet.pts is not None:
                second = packet.pts * Fraction(packet.time_base or 1)
                if second < 40 or second >= 60:
                    packet.stream = copy
                    target.mux(packet)
    seen = accept(path, SECONDS, False)
    assert 45 in seen.lacking
    assert 30 not in seen.lacking
    assert not seen.short


@pytest.mark.parametrize(
    "content", [b"", b"\0" * 9999, b"<html>no movie</html>" * 20, b"\0\0\0\x18ftypisom" * 9]
)
def test_what_is_no_movie_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "file.mp4"
    path.write_bytes(content)
    with pytest.raises(MediaError, match=r"file\.mp4"):
        accept(path, SECONDS, False)


def test_sound_alone_is_refused(tmp_path: Path, movies: Movies) -> None:
    path = tmp_path / "sound.mp4"
    with av.open(str(movies("mp4-25")["mp4-25"].path)) as source, av.open(str(path), "w") as target:
        stream = source.streams.audio[0]
        copy = target.add_stream_from_template(stream)
        for packet in source.demux(stream):
            if packet.size:
                packet.stream = copy
                target.mux(packet)
    with pytest.raises(NoPictures):
        accept(path, SECONDS, False)


def test_deep_decodes_every_picture(movies: Movies, tmp_path: Path) -> None:
    """Bytes turned over inside a packet leave its units whole: only decoding shows them."""
    movie = movies("mp4-short-groups")["mp4-short-groups"]
    data = bytearray(movie.path.read_bytes())
    with av.open(str(movie.path)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
        inner = max((p for p in packets[200:400] if not p.is_keyframe), key=lambda p: p.size)
    assert inner.pos is not None
    first = inner.pos + 5
    data[first : first + 20] = b"\xff" * 20
    path = tmp_path / "altered.mp4"
    path.write_bytes(data)
    assert accept(path, SECONDS, False).lacking == ()
    with pytest.raises(DamagedMovie):
        accept(path, SECONDS, True)
