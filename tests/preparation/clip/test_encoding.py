"""Encoded clips: of any size, turn and colour, and without pictures that are lost."""

from __future__ import annotations

import errno
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from tests.media import numbered
from tests.preparation.clip.clipping import Job, drawn, expected, number, shown

from avakit.errors import DiskFull
from avakit.media.movie import open_movie
from avakit.media.view import View
from avakit.preparation.clip import file as clip_file
from avakit.preparation.store.parquet import read_record
from avakit.preparation.store.record import NONE
from avakit.rehearsal.recipe import Movie

Movies = Callable[..., dict[str, Movie]]


def test_the_same_bytes_in_however_many_parts(movies: Movies, tmp_path: Path) -> None:
    movie = movies("mp4-23.976")["mp4-23.976"]
    seconds = list(range(20, 30))
    one, more = (Job(movie.path, tmp_path / name, seconds) for name in ("one", "more"))
    one.make()
    more.make(parts=4)
    assert one.bytes() == more.bytes()


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
