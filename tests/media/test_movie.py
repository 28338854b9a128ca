"""Every picture is the right one, by the number read from it."""

from __future__ import annotations

import random
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from tests.media.numbered import read, write_movie

from avakit.errors import DamagedMovie, NoPictures, NotAMovie
from avakit.media.movie import Movie, open_movie
from avakit.media.runs import plan_runs

COUNT = 90
OPEN = "open-gop=1:b-pyramid=normal:scenecut=0:b-adapt=0"
X264 = {"preset": "veryfast", "g": "24", "bf": "3"}
RATES = {
    "24000/1001": ([i * 1001 for i in range(COUNT)], Fraction(1, 24000)),
    "25": (list(range(COUNT)), Fraction(1, 25)),
    "variable": (list(np.cumsum(random.Random(7).choices(range(10, 70), k=COUNT))), Fraction(1, 1000)),
    "late start": ([1400 + i * 33 for i in range(COUNT)], Fraction(1, 1000)),
}
KINDS: dict[str, tuple[str, str, dict[str, str]]] = {
    "mp4": (".mp4", "libx264", X264),
    "mkv": (".mkv", "libx264", X264),
    "mp4, open groups": (".mp4", "libx264", {**X264, "x264-params": OPEN}),
    "mkv, open groups": (".mkv", "libx264", {**X264, "x264-params": OPEN}),
    "hevc, open groups": (
        ".mp4",
        "libx265",
        {"preset": "ultrafast", "x265-params": "open-gop=1:keyint=24:bframes=3:log-level=none"},
    ),
    "vp8, hidden pictures": (
        ".webm",
        "libvpx",
        {
            "g": "48",
            "auto-alt-ref": "1",
            "lag-in-frames": "16",
            "deadline": "good",
            "cpu-used": "5",
            "b": "300k",
        },
    ),
    "vp9": (".webm", "libvpx-vp9", {"g": "48", "deadline": "realtime", "cpu-used": "8", "b": "1M"}),
    "mpeg4": (".mp4", "mpeg4", {"g": "24", "bf": "2", "b": "2M"}),
}
CASES = [("25", kind) for kind in KINDS] + [
    (rate, kind) for rate in RATES for kind in ("mp4", "mkv") if rate != "25"
]


@pytest.fixture(params=CASES, ids=[" ".join(case) for case in CASES], scope="module")
def movie(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Movie:
    rate, kind = request.param
    suffix, codec, options = KINDS[kind]
    times, base = RATES[rate]
    path = tmp_path_factory.mktemp("movies") / f"-numbered{suffix}"
    return open_movie(write_movie(path, times, base, codec=codec, options=options))


def test_the_timeline_has_every_picture(movie: Movie) -> None:
    assert len(movie.timeline) == COUNT
    assert movie.timeline.seconds(0) == 0
    assert movie.timeline.end > movie.timeline.seconds(COUNT - 1)


def test_one_pass_gives_every_picture(movie: Movie) -> None:
    assert [(i, read(picture.rgb)) for i, picture in movie.at_indices(range(COUNT))] == [
        (i, i) for i in range(COUNT)
    ]


@pytest.mark.parametrize("step", [5, 31])
def test_a_sparse_pass_gives_the_same_pictures(movie: Movie, step: int) -> None:
    """Whole groups are left out, non-reference pictures are not decoded: the pixels must not tell."""
    full = {i: picture.rgb for i, picture in movie.at_indices(range(COUNT))}
    for first in range(0, step, max(1, step // 2)):
        wanted = list(range(first, COUNT, step))
        found = list(movie.at_indices(wanted))
        assert [i for i, _ in found] == wanted
        assert all(np.array_equal(picture.rgb, full[i]) for i, picture in found)


def test_any_second_alone(movie: Movie) -> None:
    for i in (0, 23, 24, 25, 70, COUNT - 1):
        picture = movie.frame_at(movie.timeline.seconds(i))
        assert (read(picture.rgb), picture.seconds) == (i, movie.timeline.seconds(i))
        assert read(movie.frame_at(float(movie.timeline.seconds(i))).rgb) == i


def test_seconds_of_a_pass_come_with_their_pictures(movie: Movie) -> None:
    line = movie.timeline
    times = [
        line.seconds(60),
        line.seconds(3),
        line.seconds(60) + Fraction(1, 10**6),
        Fraction(-1),
        Fraction(1000),
    ]
    found = [(t, read(picture.rgb)) for t, picture in movie.pictures(times)]
    assert found == [
        (Fraction(-1), 0),
        (times[1], 3),
        (times[0], 60),
        (times[2], 60),
        (Fraction(1000), COUNT - 1),
    ]


def test_runs_leave_out_groups_only_where_it_pays(movie: Movie) -> None:
    both = movie.timeline.pts[[0, COUNT - 1]]
    runs = plan_runs(movie.index, both)
    assert len(runs) == 2
    assert sum(run.stop - run.start + 1 for run in runs) < COUNT
    assert len(plan_runs(movie.index, movie.timeline.pts)) == 1


def test_an_edit_list_cuts_pictures_away(tmp_path: Path) -> None:
    path = write_movie(tmp_path / "a.mp4", list(range(-10, 90)), Fraction(1, 25), options=X264)
    movie = open_movie(path)
    first = read(movie.frame_at(0).rgb)
    got = [read(picture.rgb) for _, picture in movie.at_indices(range(len(movie.timeline)))]
    assert got == list(range(first, first + len(got)))
    assert got[-1] == 99
    assert read(movie.frame_at(Fraction(1)).rgb) == first + 25


def test_a_window_says_where_it_lies_in_the_movie(tmp_path: Path) -> None:
    tags = {"AVAKIT_ORIGIN": "2702701/3000", "AVAKIT_TOLERANCE": "1/2000"}
    for name, options in (("a.mp4", {"movflags": "use_metadata_tags"}), ("a.mkv", {})):
        path = write_movie(
            tmp_path / name, list(range(50)), Fraction(1, 25), metadata=tags, container_options=options
        )
        movie = open_movie(path)
        assert movie.timeline.origin == Fraction(2702701, 3000)
        assert movie.timeline.tolerance == Fraction(1, 2000)
        assert read(movie.frame_at(Fraction(2702701, 3000) + 1).rgb) == 25


def test_a_tag_that_is_no_fraction_is_said(tmp_path: Path) -> None:
    path = write_movie(tmp_path / "a.mkv", [0, 1], Fraction(1, 25), metadata={"AVAKIT_ORIGIN": "1/0"})
    with pytest.raises(DamagedMovie, match=r"AVAKIT_ORIGIN='1/0'"):
        open_movie(path)


def damage(path: Path, first: float, length: int) -> Path:
    data = bytearray(path.read_bytes())
    at = int(len(data) * first)
    data[at : at + length] = random.Random(3).randbytes(length)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("kind", ["mp4", "vp9", "mkv"])
def test_damage_is_an_error_with_its_second_or_is_passed_over(tmp_path: Path, kind: str) -> None:
    suffix, codec, options = KINDS[kind]
    path = write_movie(
        tmp_path / f"a{suffix}", list(range(COUNT)), Fraction(1, 25), codec=codec, options=options
    )
    movie = open_movie(path)
    damage(path, 0.4, 6000)
    with pytest.raises(DamagedMovie, match=r"a\.\w+ cannot be decoded at second \d+\.\d+"):
        list(movie.at_indices(range(COUNT)))
    told: list[DamagedMovie] = []
    good = [i for i, picture in movie.at_indices(range(COUNT), told.append) if picture.rgb.size]
    assert told
    assert good[0] == 0
    assert good[-1] == COUNT - 1
    assert len(good) > COUNT // 3


def test_files_that_are_no_movies_are_said(tmp_path: Path) -> None:
    with pytest.raises(NotAMovie, match="is not there"):
        open_movie(tmp_path / "none.mp4")
    empty = tmp_path / "empty.mp4"
    empty.touch()
    with pytest.raises(NotAMovie, match="is empty"):
        open_movie(empty)
    with pytest.raises(NotAMovie, match="is a folder"):
        open_movie(tmp_path)
    text = tmp_path / "page.mp4"
    text.write_text("<html>404</html>" * 100)
    with pytest.raises(NotAMovie, match=r"page\.mp4 cannot be read as a movie"):
        open_movie(text)
    playlist = tmp_path / "list.mp4"
    playlist.write_text(f"#EXTM3U\n#EXTINF:10,\n{empty}\n#EXT-X-ENDLIST\n")
    with pytest.raises(NotAMovie):
        open_movie(playlist)


def test_a_movie_cut_off_is_read_up_to_there(tmp_path: Path) -> None:
    path = write_movie(tmp_path / "a.mkv", list(range(COUNT)), Fraction(1, 25), options=X264)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    movie = open_movie(path)
    assert 20 < len(movie.timeline) < COUNT - 20
    assert movie.timeline.gap(Fraction(COUNT - 1, 25))
    got = [i for i, _ in movie.at_indices(range(len(movie.timeline) - 4))]
    assert got == list(range(len(movie.timeline) - 4))


def test_sound_alone_has_no_pictures(tmp_path: Path) -> None:
    import av

    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("aac", rate=16000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 16000
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    with pytest.raises(NoPictures, match=r"sound\.mp4 has no picture stream"):
        open_movie(path)


def test_tags_that_are_no_unicode_do_no_harm(tmp_path: Path) -> None:
    path = write_movie(tmp_path / "a.mkv", [0, 1], Fraction(1, 25), metadata={"title": "A\u00e9Z"})
    path.write_bytes(path.read_bytes().replace("A\u00e9Z".encode(), b"A\xe9\xe9Z"))
    assert read(open_movie(path).frame_at(Fraction(1, 25)).rgb) == 1
