"""Every picture of every clip is the right one and comes at its time, by the number read from it."""

from __future__ import annotations

import errno
import random
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from tests.media import numbered
from tests.preparation.clipping import Job, lasts, shown

from avakit.errors import DiskFull, GapError
from avakit.media.movie import open_movie
from avakit.media.view import View
from avakit.preparation import clip_file
from avakit.preparation.clip_edits import end_at, is_whole
from avakit.preparation.piece import run_piece
from avakit.preparation.record import NONE, read_facts, read_record
from avakit.rehearsal.numbers import label
from avakit.rehearsal.recipe import Movie
from avakit.rehearsal.standard import standard

Movies = Callable[..., dict[str, Movie]]
KINDS = [name for name in standard() if not name.endswith("-700k")]
ENCODED = [
    "mp4-23.976", "mp4-variable", "mp4-start", "mp4-late", "mp4-edit", "mp4-open",
    "mkv-start", "mkv-variable", "mkv-silent", "webm",
]  # fmt: skip
SECONDS = (12, 13, Fraction(29, 2))


def number(frame: av.VideoFrame) -> int:
    return label(np.asarray(frame.to_ndarray(format="gray8"), np.uint8)).number


def drawn(frame: av.VideoFrame) -> int:
    """The number of a picture of `numbered`, whatever its size."""
    rgb = np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
    return numbered.read(rgb[:: frame.height // numbered.HEIGHT, :: frame.width // numbered.WIDTH])


def expected(movie: Movie, second: Fraction | int, length: Fraction | int) -> list[tuple[Fraction, int]]:
    begin, end = Fraction(second) - Fraction(length) / 2, Fraction(second) + Fraction(length) / 2
    first = movie.number_at(begin)
    after = (n for n in range(first + 1, movie.pictures))
    rest = []
    for n in after:
        if movie.time_of(n) >= end - movie.rounding:
            break
        rest.append((movie.time_of(n) - begin, n))
    return [(Fraction(0), first), *rest]


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


def test_the_same_bytes_in_however_many_parts(movies: Movies, tmp_path: Path) -> None:
    movie = movies("mp4-23.976")["mp4-23.976"]
    seconds = list(range(20, 30))
    one, more = (Job(movie.path, tmp_path / name, seconds) for name in ("one", "more"))
    one.make()
    more.make(parts=4)
    assert one.bytes() == more.bytes()


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


@pytest.mark.parametrize("gaps", ["skip", "repeat_last"])
def test_without_pictures_that_cannot_be_decoded(gaps: str, movies: Movies, tmp_path: Path) -> None:
    found = movies("mp4-25")["mp4-25"]
    job = Job(found.path, tmp_path, [20, 21, 23], length=1, gaps=gaps)
    movie = open_movie(found.path)
    clips = job.clips(movie)
    chore = clips.chore(clips.open())
    assert chore is not None
    lost = {487, 495, *range(562, 588)}  # the first of 20, one more of it, all of 23
    work = chore.begin(movie, lambda size: None)
    for index, picture in movie.at_indices([i for i in chore.pictures.tolist() if i not in lost]):
        work.take(index, picture)
    work.end()
    work.close()
    finished = job.clips(movie).finish(frozenset())  # another process, after a kill: it does not know of them
    assert sorted(path.name for path in job.place.iterdir()) == ["v_20.mp4", "v_21.mp4"]
    seen = shown(job.file(20), number)
    right = [one for one in expected(found, 20, 1) if one[1] not in lost]
    if gaps == "repeat_last":
        right[0] = (Fraction(0), right[0][1])
    assert seen == right
    assert finished.counts == {"wanted": 3, "files": 2, "pictures": 24 + 26 - 1, "lacking": 2}
    assert finished.lacking == ((Fraction(20), Fraction(20)), (Fraction(23), Fraction(23)))
    record = read_record(tmp_path / "clips" / "v.parquet")
    assert record.lacking.tolist() == [True] * 24 + [False] * 26 + [True]
    assert record.picture[-1] == NONE


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


def onset(path: Path, after: float) -> Fraction:
    """When the first beep after a second of the clip is heard, in seconds of the clip."""
    with av.open(str(path)) as clip:
        stream = clip.streams.audio[0]
        assert stream.time_base is not None
        for frame in clip.decode(stream):
            begin = Fraction(frame.pts or 0) * stream.time_base
            values = frame.to_ndarray().reshape(-1).astype(float)
            loud = np.flatnonzero(np.abs(values) > 0.08)
            for at in loud.tolist():
                second = begin + Fraction(at, frame.sample_rate)
                if second > after:
                    return second
    raise AssertionError("nothing is heard")


@pytest.mark.parametrize("copied", [True, False], ids=["copied", "encoded"])
@pytest.mark.parametrize("name", ["mp4-23.976", "mp4-start", "mp4-late", "mkv", "webm", "mp4-fragments"])
def test_the_sound_of_a_clip_is_at_its_second(
    name: str, copied: bool, movies: Movies, tmp_path: Path
) -> None:
    job = Job(movies(name)[name].path, tmp_path, [30, 31], copied=copied)
    job.make()
    for second in (30, 31):
        for beep in (0.5, 1.5, 2.5):
            assert abs(float(onset(job.file(second), beep - 0.4)) - beep) < 0.001


def test_a_sound_that_no_mp4_holds_is_encoded(tmp_path: Path) -> None:
    path = tmp_path / "m.mkv"
    wave = np.zeros(6 * 48000, np.int16)
    for second in range(6):
        wave[second * 48000 : second * 48000 + 4800] = 9000 * np.sin(
            np.arange(4800) / 48000 * 2 * np.pi * 800
        )
    with av.open(str(path), "w") as out:
        pictures = out.add_stream("libx264", rate=25)
        assert isinstance(pictures, av.video.stream.VideoStream)
        pictures.width, pictures.height = numbered.WIDTH, numbered.HEIGHT
        sound = out.add_stream("pcm_s16le", rate=48000, layout="mono")
        assert isinstance(sound, av.audio.stream.AudioStream)
        for k in range(150):
            frame = av.VideoFrame.from_ndarray(numbered.draw(k), format="rgb24")
            frame.pts, frame.time_base = k, Fraction(1, 25)
            out.mux(pictures.encode(frame))
            piece = av.AudioFrame.from_ndarray(
                wave[1920 * k : 1920 * (k + 1)].reshape(1, -1), format="s16", layout="mono"
            )
            piece.sample_rate, piece.pts, piece.time_base = 48000, 1920 * k, Fraction(1, 48000)
            out.mux(sound.encode(piece))
        out.mux(pictures.encode(None))
    for copied in (False, True):
        job = Job(path, tmp_path / str(copied), [2, 3], copied=copied)
        job.make()
        assert abs(float(onset(job.file(3), 0.2)) - 0.5) < 0.001


def test_size_and_square_pixels(movies: Movies, tmp_path: Path) -> None:
    found = movies("mp4-25")["mp4-25"]  # 160×96
    job = Job(found.path, tmp_path, [20], length=1, view=View(size=48))
    job.make()
    with av.open(str(job.file(20))) as clip:
        stream = clip.streams.video[0]
        assert (stream.width, stream.height) == (80, 48)
        frames = list(clip.decode(stream))
        assert len(frames) == 26
        syncs = [k for k, frame in enumerate(frames) if frame.key_frame]
        assert syncs[0] == 0
        assert max(np.diff([*syncs, len(frames)])) <= 12


def test_a_movie_whose_size_changes(tmp_path: Path) -> None:
    parts = []
    for k, width in enumerate((numbered.WIDTH, 2 * numbered.WIDTH)):
        path = tmp_path / f"{k}.ts"
        with av.open(str(path), "w") as out:
            stream = out.add_stream("libx264", rate=25, options={"preset": "ultrafast", "g": "12"})
            assert isinstance(stream, av.video.stream.VideoStream)
            stream.width, stream.height = width, width // 2
            for n in range(50 * k, 50 * (k + 1)):
                frame = av.VideoFrame.from_ndarray(numbered.draw(n), format="rgb24").reformat(
                    width, width // 2
                )
                frame.pts, frame.time_base = n, Fraction(1, 25)
                out.mux(stream.encode(frame))
            out.mux(stream.encode(None))
        parts.append(path.read_bytes())
    path = tmp_path / "both.ts"
    path.write_bytes(b"".join(parts))
    lost = 48  # where the parts meet, FFmpeg's demuxer swallows one
    job = Job(path, tmp_path, [1, 2, 3], length=Fraction(3, 2))
    job.make()
    sizes = []
    for second in (1, 2, 3):
        with av.open(str(job.file(second))) as clip:
            frames = list(clip.decode(video=0))
        sizes.append({frame.width for frame in frames})
        numbers = [drawn(frame) for frame in frames]
        assert numbers == [n for n in range(numbers[0], numbers[-1] + 1) if n != lost]
    assert sizes == [{192}, {192}, {384}]


def test_a_turned_movie_is_upright(tmp_path: Path) -> None:
    path = numbered.write_movie(
        tmp_path / "m.mp4",
        list(range(75)),
        Fraction(1, 25),
        options={"preset": "ultrafast", "g": "12"},
        rotation=90,
    )
    job = Job(path, tmp_path / "encoded", [1], length=1)
    job.make()
    movie, clip = open_movie(path), open_movie(job.file(1))
    ours, theirs = clip.frame_at(Fraction(1, 2)).rgb, movie.frame_at(1).rgb
    assert ours.shape == theirs.shape == (numbered.WIDTH, numbered.HEIGHT, 3)
    assert np.abs(ours.astype(int) - theirs).mean() < 4
    kept = Job(path, tmp_path / "copied", [1], length=1, copied=True)
    kept.make()
    assert np.array_equal(open_movie(kept.file(1)).frame_at(Fraction(1, 2)).rgb, theirs)


@pytest.mark.parametrize(
    ("pixel_format", "parameters"),
    [
        ("yuv420p", "colormatrix=bt709:colorprim=bt709:transfer=bt709"),
        ("yuvj420p", "colormatrix=bt709:range=pc"),
        ("yuv420p10le", ""),
        ("yuv444p", ""),
    ],
)
def test_colours_and_the_shape_of_pixels_stay(pixel_format: str, parameters: str, tmp_path: Path) -> None:
    path = tmp_path / "m.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25, options={"x264-params": parameters, "crf": "10"})
        assert isinstance(stream, av.video.stream.VideoStream)
        stream.width, stream.height, stream.pix_fmt = numbered.WIDTH, numbered.HEIGHT, pixel_format
        stream.codec_context.sample_aspect_ratio = Fraction(4, 3)
        for n in range(50):
            frame = av.VideoFrame.from_ndarray(numbered.draw(n), format="rgb24").reformat(format=pixel_format)
            frame.pts, frame.time_base = n, Fraction(1, 25)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    job = Job(path, tmp_path / "clips", [1], length=1)
    job.make()
    movie, clip = open_movie(path), open_movie(job.file(1))
    assert clip.facts.sample_aspect == Fraction(4, 3)
    assert clip.facts.colour_space == movie.facts.colour_space
    difference = clip.frame_at(Fraction(1, 2)).rgb.astype(int) - movie.frame_at(1).rgb
    assert np.abs(difference).mean() < 4
    assert abs(difference.mean()) < 1
    square = Job(path, tmp_path / "square", [1], length=1, view=View(square=True))
    square.make()
    facts = open_movie(square.file(1)).facts
    assert (facts.width, facts.height, facts.sample_aspect) == (256, 96, Fraction(1))


def test_odd_and_tiny_pictures(tmp_path: Path) -> None:
    for width, height in ((161, 97), (2, 2), (1, 1)):
        path = tmp_path / f"{width}.mkv"
        with av.open(str(path), "w") as out:
            stream = out.add_stream("ffv1", rate=25)
            assert isinstance(stream, av.video.stream.VideoStream)
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv444p"
            for k in range(50):
                frame = av.VideoFrame(width, height, "yuv444p")
                frame.pts, frame.time_base = k, Fraction(1, 25)
                out.mux(stream.encode(frame))
            out.mux(stream.encode(None))
        job = Job(path, tmp_path / str(width), [1], length=1)
        job.make()
        with av.open(str(job.file(1))) as clip:
            assert len(list(clip.decode(video=0))) == 26


def test_a_full_disk_is_said_and_leaves_nothing_half(
    movies: Movies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, length: Fraction) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(clip_file, "end_at", full)
    job = Job(movies("mp4-25")["mp4-25"].path, tmp_path, [20])
    with pytest.raises(DiskFull):
        job.make()
    assert [path.name for path in (tmp_path / "aside").iterdir()] == ["recipe.json"]
    assert not job.place.exists()


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
    run_piece(open_movie(job.path), (chore,), tolerant=False)
    assert clips.finish(frozenset()).counts["files"] == 2
