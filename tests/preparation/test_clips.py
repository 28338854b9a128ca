"""Every picture of every clip is the right one and comes at its time, by the number read from it."""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from tests.media import numbered
from tests.preparation.clip.clipping import Job, drawn, expected, lasts, number, onset, shown

from avakit.errors import GapError
from avakit.media.movie import open_movie
from avakit.preparation.clip import file as clip_file
from avakit.preparation.clip.edits import end_at, is_whole
from avakit.preparation.piece import run_piece
from avakit.preparation.store.parquet import read_facts, read_record
from avakit.rehearsal.recipe import Movie
from avakit.rehearsal.standard import standard

Movies = Callable[..., dict[str, Movie]]
KINDS = [name for name in standard() if not name.endswith("-700k")]
ENCODED = [
    "mp4-23.976", "mp4-variable", "mp4-start", "mp4-late", "mp4-edit", "mp4-open",
    "mkv-start", "mkv-variable", "mkv-silent", "webm",
]  # fmt: skip
SECONDS = (12, 13, Fraction(29, 2))


@pytest.mark.parametrize("name", ENCODED)
def test_encoded_clips_are_exact(name: str, movies: Movies, tmp_path: Path) -> None:
    movie = movies(name)[name]
    job = Job(movie.path, tmp_path, SECONDS, length=2)
    finished = job.make(parts=2)
    for second in SECONDS:
        assert shown(job.file(second), number) == expected(movie, second, 2)
        assert lasts(job.file(second)) == 2
    assert finished.counts["wanted"] == finished.counts["files"] == len(SECONDS)
    assert finished.counts["lacking"] == 0
    assert not (tmp_path / "aside").exists()


@pytest.mark.parametrize("name", KINDS)
def test_copied_clips_are_exact(name: str, movies: Movies, tmp_path: Path) -> None:
    movie = movies(name)[name]
    job = Job(movie.path, tmp_path, SECONDS, length=2, copied=True)
    assert len(job.clips().open()) == 0
    job.make()
    for second in SECONDS:
        right = expected(movie, second, 2)
        assert shown(job.file(second), number) == right
        assert len(open_movie(job.file(second)).timeline) == len(right)


OPEN = "open-gop=1:b-pyramid=normal:scenecut=0:b-adapt=0"
X264 = {"preset": "veryfast", "g": "24", "bf": "3"}
HEVC = "open-gop=1:keyint=24:bframes=3:log-level=none"
CODECS: dict[str, tuple[str, str, dict[str, str]]] = {
    "h264, open groups, mkv": (".mkv", "libx264", {**X264, "x264-params": OPEN}),
    "hevc, open groups": (".mp4", "libx265", {"preset": "ultrafast", "x265-params": HEVC}),
    "av1": (".mkv", "libsvtav1", {"preset": "12", "g": "24", "svtav1-params": "log-level=0"}),
    "vp9": (".webm", "libvpx-vp9", {"g": "24", "deadline": "realtime", "cpu-used": "8", "b": "1M"}),
    "mpeg4": (".mp4", "mpeg4", {"g": "24", "bf": "2", "b": "2M"}),
    "mpeg2": (".mkv", "mpeg2video", {"g": "12", "bf": "2", "b": "4M"}),
    "h264, transport stream": (".ts", "libx264", X264),
    "mpeg4, avi": (".avi", "mpeg4", {"g": "12", "bf": "0", "b": "2M"}),
}


@pytest.mark.parametrize("copied", [True, False], ids=["copied", "encoded"])
@pytest.mark.parametrize("codec", CODECS)
def test_any_codec(codec: str, copied: bool, tmp_path: Path) -> None:
    suffix, encoder, options = CODECS[codec]
    if encoder not in av.codecs_available:
        pytest.skip(f"no {encoder}")
    path = tmp_path / f"m{suffix}"
    numbered.write_movie(path, list(range(120)), Fraction(1, 25), codec=encoder, options=options)
    job = Job(path, tmp_path, [1, 2, 3], length=1, copied=copied)
    job.make()
    for second in (1, 2, 3):
        first = second * 25 - 13
        right = [(Fraction(0), first)] + [(Fraction(40 * k + 20, 1000), first + 1 + k) for k in range(25)]
        assert shown(job.file(second), drawn) == right


def test_a_codec_that_no_mp4_holds_is_not_copied(tmp_path: Path) -> None:
    times = [40 * k for k in range(50)]
    path = numbered.write_movie(tmp_path / "m.webm", times, Fraction(1, 1000), codec="libvpx", options={})
    with pytest.raises(GapError, match="cannot hold vp8"):
        Job(path, tmp_path, [1], copied=True).clips()
    Job(path, tmp_path, [1], length=1).make()


def test_a_copy_that_would_carry_minutes_is_refused(movies: Movies, tmp_path: Path) -> None:
    path = numbered.write_movie(
        tmp_path / "m.mp4", list(range(120)), Fraction(1), options={"preset": "ultrafast", "g": "1000"}
    )
    with pytest.raises(GapError, match="would need 89 s"):
        Job(path, tmp_path, [90], length=1, copied=True).clips()


@pytest.mark.parametrize("copied", [True, False], ids=["copied", "encoded"])
def test_after_a_kill_it_goes_on(
    copied: bool, movies: Movies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    movie = movies("mp4-25")["mp4-25"]
    seconds = list(range(20, 26))
    whole = Job(movie.path, tmp_path / "whole", seconds, copied=copied)
    whole.make()
    killed = Job(movie.path, tmp_path / "killed", seconds, copied=copied)
    left = [3]

    def dying(path: Path, length: Fraction) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        end_at(path, length)

    with monkeypatch.context() as patch:
        patch.setattr(clip_file, "end_at", dying)
        with pytest.raises(KeyboardInterrupt):
            killed.make()
    aside = tmp_path / "killed" / "aside"
    assert len(list(aside.glob("*.mp4"))) == 3
    (aside / "v_22.mp4").write_bytes((aside / "v_22.mp4").read_bytes()[:-9])  # as a power cut may leave it
    if not copied:
        assert len(killed.clips().open()) == 4
    killed.make()
    assert killed.bytes() == whole.bytes()
    assert not killed.place.with_name("aside").exists()


def test_the_record_says_what_each_clip_shows(movies: Movies, tmp_path: Path) -> None:
    found = movies("mkv")["mkv"]
    job = Job(found.path, tmp_path, [20, 21], length=2)
    finished = job.make()
    record = read_record(tmp_path / "clips" / "v.parquet")
    for second in (20, 21):
        rows = record.file == f"v_{second}.mp4"
        right = [n for _, n in expected(found, second, 2)]
        assert record.picture[rows].tolist() == right
        assert np.allclose(record.time[rows], [float(found.time_of(n)) for n in right], atol=1e-9)
        assert set(record.second[rows]) == {second}
    assert not record.lacking.any()
    assert read_facts(tmp_path / "clips" / "v.parquet")["time_base"] == "1/1000"
    assert finished.bytes == sum(len(data) for data in job.bytes().values())


def test_at_the_end_of_a_movie_a_clip_is_shorter_and_says_so(movies: Movies, tmp_path: Path) -> None:
    found = movies("mp4-25")["mp4-25"]  # 120 s
    for copied in (False, True):
        job = Job(found.path, tmp_path / str(copied), [118, 119], length=4, copied=copied)
        finished = job.make()
        assert finished.counts["lacking"] == 1
        assert finished.lacking == ((Fraction(119), Fraction(119)),)
        assert shown(job.file(119), number) == expected(found, 119, 4)
        assert lasts(job.file(119)) == 3


def test_at_the_begin_of_a_movie_a_clip_keeps_its_clock(movies: Movies, tmp_path: Path) -> None:
    found = movies("mp4-25")["mp4-25"]
    for copied in (False, True):
        job = Job(found.path, tmp_path / str(copied), [1], length=5, copied=copied)
        job.make()
        right = [
            (second + Fraction(3, 2), n) for second, n in expected(found, Fraction(7, 4), Fraction(7, 2))
        ]
        assert shown(job.file(1), number) == right
        assert abs(onset(job.file(1), 2) - Fraction(5, 2)) < Fraction(1, 1000)  # of second 1


def test_a_half_file_is_told_from_a_whole_one(movies: Movies, tmp_path: Path) -> None:
    job = Job(movies("mp4-25")["mp4-25"].path, tmp_path, [20], length=1)
    job.make()
    data, half = job.file(20).read_bytes(), tmp_path / "half.mp4"
    assert is_whole(job.file(20))
    for length in [0, 1, 7, 8, 40, len(data) - 1, *random.Random(3).sample(range(len(data)), 40)]:
        half.write_bytes(data[:length])
        assert not is_whole(half)
    half.write_bytes(data[:-100] + bytes(100))
    assert is_whole(half)  # only its boxes are looked at
    half.write_bytes(bytes(len(data)))
    assert not is_whole(half)


def test_chores_travel_between_processes(movies: Movies, tmp_path: Path) -> None:
    import pickle

    job = Job(movies("mp4-25")["mp4-25"].path, tmp_path, [20, 21], length=1)
    clips = pickle.loads(pickle.dumps(job.clips()))
    chore = pickle.loads(pickle.dumps(clips.chore(clips.open())))
    run_piece(open_movie(job.path), (chore,))
    assert clips.finish(frozenset()).counts["files"] == 2
