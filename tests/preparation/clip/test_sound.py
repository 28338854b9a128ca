"""The sound of a clip is where its pictures are."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from tests.media import numbered
from tests.preparation.clip.clipping import Job, onset

from avakit.rehearsal.recipe import Movie

Movies = Callable[..., dict[str, Movie]]


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
