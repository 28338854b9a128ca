"""Each kind of movie, decoded by plain PyAV: the number in the picture is the one that its facts say."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from avakit.rehearsal.movies import Movie, Recipe, make
from avakit.rehearsal.numbers import Label, label
from avakit.rehearsal.standard import make_all, standard

SHORT = 13  # seconds: more than one group of each kind, the last one cut short
SECONDS = (0, 1, 11, 12)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("movies")


@pytest.fixture(scope="module", params=sorted(name for name in standard() if "700k" not in name))
def movie(request: pytest.FixtureRequest, folder: Path) -> Movie:
    recipe = standard(SHORT)[request.param]
    return make(recipe, folder / recipe.file_name)


def origin(path: Path) -> Fraction:
    """The earliest stream's start; a negative one counts as 0."""
    with av.open(str(path)) as container:
        starts = [Fraction(stream.start_time or 0) * (stream.time_base or 1) for stream in container.streams]
    return max(min(starts), Fraction(0))


def shown(path: Path, second: int | None = None) -> Iterator[tuple[Fraction, Label]]:
    """Movie time and label of pictures as a decoder gives them, all or those about a second."""
    begin = origin(path)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.time_base is not None
        if second is not None and container.format.name.startswith(("mov", "matroska")):
            container.seek(max(int((second - 1 + begin) / stream.time_base), 0), stream=stream)
        for frame in container.decode(stream):
            assert frame.pts is not None
            seconds = frame.pts * stream.time_base - begin
            if second is not None and seconds > second + 1:
                return
            yield seconds, label(frame.to_ndarray(format="gray").astype(np.uint8))


def test_every_picture_has_its_number_at_its_time(movie: Movie) -> None:
    pictures = list(shown(movie.path))
    hidden = movie.recipe.hidden
    assert [seen.number for _, seen in pictures] == list(range(hidden, movie.pictures))
    assert {seen.movie for _, seen in pictures} == {movie.recipe.number}
    assert [seconds for seconds, _ in pictures] == list(movie.times[hidden:])


def test_after_a_seek_too(movie: Movie) -> None:
    for second in SECONDS:
        before = [seen.number for seconds, seen in shown(movie.path, second) if seconds <= second]
        if not before:  # the pictures begin later than the sound
            assert movie.time_of(0) > second
            continue
        assert before[-1] == movie.number_at(second)


def test_the_facts_agree_with_the_packets(movie: Movie) -> None:
    begin = origin(movie.path)
    with av.open(str(movie.path)) as container:
        stream = container.streams.video[0]
        packets = [packet for packet in container.demux(stream) if packet.pts is not None and packet.size]
        stamps = sorted(packet.pts * packet.time_base - begin for packet in packets)  # type: ignore[operator]
        sounds = len(container.streams.audio)
    assert stamps == list(movie.times)
    assert sounds == movie.recipe.sound
    syncs = [index for index, packet in enumerate(packets) if packet.is_keyframe]
    assert max(np.diff(syncs), default=0) <= movie.recipe.sync + 2  # leading pictures may come between


def test_thirty_five_minutes(tmp_path: Path) -> None:
    recipe = standard()["mp4-23.976"]
    movie = make(recipe, tmp_path / recipe.file_name)
    assert movie.path.stat().st_size < 6e6
    assert movie.pictures == 50350
    for second in (902, 1350, 1798):
        numbers = [seen.number for seconds, seen in shown(movie.path, second) if seconds <= second]
        assert numbers[-1] == movie.number_at(second) == int(second * recipe.rate)  # type: ignore[operator]


@pytest.mark.parametrize("name", ["mp4-700k", "webm-700k"])
def test_bit_rate(tmp_path: Path, name: str) -> None:
    recipe = replace(standard(12)[name], sound=False)
    movie = make(recipe, tmp_path / recipe.file_name)
    assert 0.9 < movie.path.stat().st_size * 8 / 12 / 700e3 < 1.1
    numbers = [seen.number for seconds, seen in shown(movie.path, 11) if seconds <= 11]
    assert numbers[-1] == movie.number_at(11)


def test_time_before_the_first_picture() -> None:
    late = Movie(standard()["mp4-late"], Path("unread"))
    assert (late.number_at(0), late.time_of(0), late.number_at(Fraction(14, 25))) == (0, Fraction(12, 25), 2)
    edit = Movie(standard()["mp4-edit"], Path("unread"))
    assert (edit.number_at(0), edit.time_of(0)) == (37, Fraction(-37, 25))


def test_matroska_rounds_and_says_so() -> None:
    movie = Movie(Recipe("film", "_7oWZq_s_Sk", "mkv", rate=Fraction(24000, 1001)), Path("unread"))
    assert movie.time_of(2) == Fraction(83, 1000)  # 83.4 ms
    assert movie.number_at(Fraction(2 * 1001, 24000)) == 2
    assert movie.number_at(Fraction(825, 10000)) == 2
    assert movie.number_at(Fraction(825, 10000), tolerance=0) == 1


def test_the_set_has_ids_of_its_own_and_numbers_that_tell_them_apart() -> None:
    ids = {recipe.video for recipe in standard().values()}
    assert len(ids) == len({recipe.number for recipe in standard().values()}) == len(standard())
    assert {video[0] for video in ids} >= {"-", "_"}


def test_contradictions_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.mkv"
    with pytest.raises(ValueError, match="edit lists"):
        make(Recipe("x", "1j20qq1JyX4", "mkv", hidden=3), path)
    with pytest.raises(ValueError, match="open groups"):
        make(Recipe("x", "1j20qq1JyX4", "webm", open_groups=True), path)
    with pytest.raises(ValueError, match="whole ticks"):
        make(Recipe("x", "1j20qq1JyX4", start=Fraction(1, 7)), path)
    assert not list(tmp_path.iterdir())


def test_a_set_is_made_once(tmp_path: Path) -> None:
    names = ["mp4-25", "mkv"]
    made = make_all(tmp_path, names, seconds=2, processes=1)
    assert {name: movie.path.name for name, movie in made.items()} == {
        "mp4-25": "1j20qq1JyX4.mp4",
        "mkv": "_7oWZq_s_Sk.mkv",
    }
    stamps = {name: movie.path.stat().st_mtime_ns for name, movie in made.items()}
    again = make_all(tmp_path, names, seconds=2)
    assert {name: movie.path.stat().st_mtime_ns for name, movie in again.items()} == stamps
    longer = make_all(tmp_path, names, seconds=3)  # another recipe; two of them: in processes
    assert all(movie.path.stat().st_mtime_ns != stamps[name] for name, movie in longer.items())
