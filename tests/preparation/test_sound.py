"""The sound of a window: a wav whose samples are at their seconds, or the packets as they came."""

from __future__ import annotations

import wave
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from tests.media.test_sound import loud, onsets, write_sound

from avakit.errors import DiskFull, GapError
from avakit.media.sound import Span, samples
from avakit.preparation.making import Finished, Site
from avakit.preparation.sound import RATE, Sound
from avakit.rehearsal.recipe import Movie

Movies = Callable[..., dict[str, Movie]]
SPAN = (Fraction(41, 2), Fraction(119, 4))


def sound(path: Path, root: Path, span: Span | None = SPAN, *, copied: bool = False) -> Sound:
    return Sound(Site("a.b", root / "aside", root / "audio" / "a.b", {"recipe": "1"}), path, span, copied)


def make(path: Path, root: Path, span: Span | None = SPAN, *, copied: bool = False) -> tuple[Finished, Path]:
    making = sound(path, root, span, copied=copied)
    assert len(making.open()) == 0
    finished = making.finish(frozenset())
    (file,) = (root / "audio").iterdir()
    assert not (root / "aside").exists()
    assert finished.bytes == file.stat().st_size
    return finished, file


def read(file: Path) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    with wave.open(str(file)) as wav:
        assert (wav.getnchannels(), wav.getframerate(), wav.getsampwidth()) == (1, RATE, 2)
        return np.frombuffer(wav.readframes(wav.getnframes()), np.int16)


@pytest.mark.parametrize("name", ["mp4-25", "mp4-start", "mp4-late", "mp4-fragments", "mkv-start", "webm"])
def test_samples_and_packets_are_at_their_seconds(name: str, movies: Movies, tmp_path: Path) -> None:
    path = movies(name)[name].path
    finished, file = make(path, tmp_path / "wav")
    assert file.name == "a.b.wav"
    assert finished.counts == {"wanted": 1, "files": 1, "pictures": 0, "lacking": 0}
    heard = read(file)
    assert len(heard) == (SPAN[1] - SPAN[0]) * RATE
    assert all(abs(miss) < 1 for miss in onsets(heard, 20.5, 29))
    _, kept = make(path, tmp_path / "kept", copied=True)
    assert kept.name == f"a.b{ {'mp4': '.m4a', 'mkv': '.mka', 'webm': '.webm'}[path.suffix[1:]] }"
    again = np.concatenate(list(samples(kept, SPAN)))
    assert len(again) == len(heard)
    assert all(abs(miss) < 1 for miss in onsets(again, 20.5, 29))
    if path.suffix == ".mp4":
        assert np.array_equal(again, heard)


def test_without_a_span_it_is_all_of_it(movies: Movies, tmp_path: Path) -> None:
    path = movies("mp4-25")["mp4-25"].path
    _, file = make(path, tmp_path / "wav", None)
    assert abs(len(read(file)) / RATE - 120) < 0.1
    _, kept = make(path, tmp_path / "kept", None, copied=True)
    assert np.array_equal(np.concatenate(list(samples(kept, None))), read(file))


def test_silence_is_told(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "m.mkv", [(0, loud(RATE)), (3 * RATE, loud(RATE))])
    finished, file = make(path, tmp_path, (Fraction(0), Fraction(5)))
    assert finished.counts["lacking"] == 1
    assert [(float(begin), float(end)) for begin, end in finished.lacking] == [(1, 3), (4, 5)]
    assert np.flatnonzero(read(file)).tolist() == [*range(RATE), *range(3 * RATE, 4 * RATE)]


def test_a_movie_without_sound_is_refused(movies: Movies, tmp_path: Path) -> None:
    with pytest.raises(GapError, match="has no sound"):
        sound(movies("mkv-silent")["mkv-silent"].path, tmp_path)


def test_another_form_takes_the_place_of_the_one_before(movies: Movies, tmp_path: Path) -> None:
    path = movies("mp4-25")["mp4-25"].path
    make(path, tmp_path)
    assert make(path, tmp_path, copied=True)[1].suffix == ".m4a"
    assert make(path, tmp_path)[1].suffix == ".wav"


def test_a_kill_leaves_nothing_half(movies: Movies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = movies("mp4-25")["mp4-25"].path

    def killed(file: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("avakit.preparation.sound.to_disk", killed)
        with pytest.raises(KeyboardInterrupt):
            make(path, tmp_path)
    assert not (tmp_path / "audio").exists()
    make(path, tmp_path)


def test_a_full_disk_is_said(movies: Movies, tmp_path: Path) -> None:
    making = sound(movies("mp4-25")["mp4-25"].path, tmp_path)
    making.open()
    (tmp_path / "aside" / "sound").symlink_to("/dev/full")
    with pytest.raises(DiskFull):
        making.finish(frozenset())
