"""Every sample is at its second, by beeps and steps at known ones; what is missing is silent, and told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest
from tests.media.numbered import write_movie

from avakit.errors import GapError, NotAMovie, UnsupportedMovie
from avakit.media.sound import samples, sound_blocks
from avakit.rehearsal.recipe import Movie

Movies = Callable[..., dict[str, Movie]]
RATE = 16000
Wave = npt.NDArray[np.int16]


def all_of(
    path: Path, span: tuple[float, float] | None, rate: int = RATE
) -> tuple[Wave, list[tuple[float, float]]]:
    """The samples of a span, and the stretches that are told to be silent."""
    quiet: list[tuple[float, float]] = []
    exact = None if span is None else (Fraction(span[0]), Fraction(span[1]))
    blocks = list(samples(path, exact, rate, lambda begin, end: quiet.append((float(begin), float(end)))))
    assert all(len(block) <= 1 << 16 for block in blocks)
    return np.concatenate([np.empty(0, np.int16), *blocks]), quiet


def write_sound(
    path: Path,
    pieces: Sequence[tuple[int, Wave]],
    rate: int = RATE,
    codec: str = "pcm_s16le",
    layout: str = "mono",
) -> Path:
    """Write a sound whose pieces (count, channels) begin at so many samples."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=rate, layout=layout)
        assert isinstance(stream, av.audio.stream.AudioStream)
        for pts, piece in pieces:
            frame = av.AudioFrame.from_ndarray(piece.reshape(1, -1), format="s16", layout=layout)
            frame.sample_rate, frame.pts, frame.time_base = rate, pts, Fraction(1, rate)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def loud(count: int, value: int = 8000) -> Wave:
    return np.full(count, value, np.int16)


def onsets(wave: Wave, begin: float, until: int, level: int = 2500) -> list[float]:
    """By how many milliseconds the beep of each whole second but the first misses it."""
    found = []
    for second in range(int(begin) + 1, until):
        place = int((second - begin) * RATE)
        near = np.abs(wave[place - 800 : place + 800].astype(np.int32))
        found.append((int(np.flatnonzero(near > level)[0]) - 800) / RATE * 1000)
    return found


KINDS = [
    "mp4-25", "mp4-start", "mp4-late", "mp4-edit", "mp4-sidx", "mp4-fragments",
    "mkv", "mkv-start", "mkv-live", "webm", "webm-live",
]  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
def test_a_beep_is_heard_at_its_second(name: str, movies: Movies) -> None:
    path = movies(name)[name].path
    for begin, end in ((0.0, 12.0), (60.5, 66.25)):
        wave, quiet = all_of(path, (begin, end))
        assert len(wave) == (end - begin) * RATE
        assert all(-0.6 < miss < 0.7 for miss in onsets(wave, begin, int(end))), onsets(wave, begin, int(end))
        assert quiet == []


def test_a_span_says_exactly_how_many_samples(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "tone.mkv", [(0, loud(RATE))])
    assert len(all_of(path, (0.25, 0.25))[0]) == 0
    assert len(all_of(path, (0.5, 0.50001))[0]) == 1
    assert len(all_of(path, None)[0]) == RATE
    assert len(all_of(path, None, 8000)[0]) == 8000


def test_where_the_movie_has_no_sound_it_is_silent(tmp_path: Path) -> None:
    path = write_sound(
        tmp_path / "late.mkv", [(0, loud(RATE)), (3 * RATE, loud(RATE)), (5 * RATE, loud(800))]
    )
    wave, quiet = all_of(path, (0, 7))
    expected = np.zeros(7 * RATE, np.int16)
    expected[:RATE] = expected[3 * RATE : 4 * RATE] = expected[5 * RATE : 5 * RATE + 800] = 8000
    assert np.array_equal(wave, expected)
    assert quiet == [(1, 3), (4, 5), (5.05, 7)]


@pytest.mark.parametrize("later", [2, 10 * 365 * 24 * 3600])
def test_a_hole_beyond_the_end_of_a_span_ends_with_it(later: int, tmp_path: Path) -> None:
    path = write_sound(tmp_path / "hole.mkv", [(0, loud(RATE)), (later * RATE, loud(RATE))])
    exact, count = (Fraction(1, 2), Fraction(3, 2)), 0
    for block in samples(path, exact):
        count += len(block)
        assert count <= RATE
    assert count == RATE
    assert all_of(path, (0.5, 1.5))[1] == [(1, 1.5)]
    assert all_of(path, (1.25, 1.75))[1] == [(1.25, 1.75)]


def test_a_sound_that_begins_within_the_span(tmp_path: Path) -> None:
    path = write_movie(
        tmp_path / "pictures.mkv",
        [k * 40 for k in range(100)],
        Fraction(1, 1000),
        metadata={"AVAKIT_ORIGIN": "10/1"},
    )
    with pytest.raises(GapError, match="has no sound"):
        next(samples(path, (Fraction(10), Fraction(12))))
    path = write_sound(tmp_path / "late.mkv", [(2 * RATE, loud(RATE))])
    # The earliest stream is where a movie begins, and there is no other here.
    assert all_of(path, (0, 1))[1] == []


def test_sound_before_the_span_is_trimmed(tmp_path: Path) -> None:
    ramp = np.arange(2 * RATE, dtype=np.int16)
    path = write_sound(tmp_path / "ramp.mkv", [(k, ramp[k : k + 1600]) for k in range(0, 2 * RATE, 1600)])
    wave, _ = all_of(path, (1.25, 1.75))
    assert np.array_equal(wave, ramp[RATE + RATE // 4 : RATE + 3 * RATE // 4])


def test_sound_that_overlaps_is_cut(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "twice.mkv", [(0, loud(RATE, 1000)), (RATE // 2, loud(RATE, 2000))])
    wave, quiet = all_of(path, (0, 1.5))
    assert (wave[:RATE] == 1000).all()
    assert (wave[RATE:] == 2000).all()
    assert quiet == []


def test_time_stamps_that_are_a_little_off_are_no_holes(tmp_path: Path) -> None:
    pieces = [(k * 1000 + (k % 3) * 30, loud(1000)) for k in range(48)]  # up to 4 ms
    wave, quiet = all_of(write_sound(tmp_path / "jitter.mkv", pieces), (0, 3))
    assert (wave == 8000).all()
    assert quiet == []


def test_damage_in_the_middle_is_silent_and_told(tmp_path: Path) -> None:
    noise = np.random.default_rng(5).integers(-9000, 9000, 4 * RATE).astype(np.int16)
    path = write_sound(tmp_path / "whole.mkv", [(0, noise)], codec="flac")
    with av.open(str(path)) as movie:
        packets = [bytes(packet) for packet in movie.demux() if packet.size]
    hurt = packets[len(packets) // 2]
    path.write_bytes(path.read_bytes().replace(hurt, bytes(len(hurt))))
    wave, quiet = all_of(path, (0, 4))
    assert len(quiet) == 1
    begin, end = (round(second * RATE) for second in quiet[0])
    assert not wave[begin:end].any()
    assert np.array_equal(wave[:begin], noise[:begin])
    assert np.corrcoef(wave[end:], noise[end : len(wave)])[0, 1] > 0.99  # Matroska rounds to a millisecond


def test_a_rate_that_changes_in_the_middle(tmp_path: Path) -> None:
    """As where two broadcasts meet; each second is still in its place."""
    parts = []
    for k, rate in enumerate((16000, 32000)):
        beep = np.zeros(4 * rate, np.int16)
        beep[2 * rate : 2 * rate + rate // 10] = 9000 * np.sin(np.arange(rate // 10) / rate * 2 * np.pi * 500)
        shift = 4 * k * rate
        pieces = [(shift + at, beep[at : at + 1024]) for at in range(0, 4 * rate, 1024)]
        parts.append(write_sound(tmp_path / f"{k}.ts", pieces, rate, "aac").read_bytes())
    path = tmp_path / "both.ts"
    path.write_bytes(b"".join(parts))
    wave, _ = all_of(path, (0, 7.5))
    # The first broadcast's clock begins with the 1,024 samples that its encoder puts before the sound.
    assert abs(first_beep(wave, 2 + 1024 / 16000)) < 1
    assert abs(first_beep(wave, 6)) < 1


def first_beep(wave: Wave, second: float) -> float:
    place = int(second * RATE)
    near = np.abs(wave[place - 3200 : place + 3200].astype(np.int32))
    return (int(np.flatnonzero(near > 3000)[0]) - 3200) / RATE * 1000


@pytest.mark.parametrize("codec", ["pcm_s16le", "flac"])
def test_a_sound_of_one_sample(codec: str, tmp_path: Path) -> None:
    path = write_sound(tmp_path / "one.mkv", [(0, loud(1))], codec=codec)
    wave, quiet = all_of(path, (0, 1))
    assert wave[0] == 8000
    assert not wave[1:].any()
    assert quiet == [(1 / RATE, 1)]


def test_hours_of_silence_take_no_memory(tmp_path: Path) -> None:
    hour = 3600 * RATE
    path = write_sound(tmp_path / "long.mkv", [(0, loud(RATE)), (3 * hour, loud(RATE))])
    total = heard = 0
    for block in samples(path, (Fraction(0), Fraction(4 * 3600))):
        assert len(block) <= 1 << 16
        total += len(block)
        heard += int(block.any())
    assert total == 4 * hour
    assert heard <= 4


def test_channels_are_mixed_down_to_their_mean(tmp_path: Path) -> None:
    stereo = np.stack([loud(RATE, 6000), loud(RATE, 2000)], axis=1)
    path = write_sound(tmp_path / "stereo.mkv", [(0, stereo)], layout="stereo")
    assert (abs(all_of(path, (0, 1))[0].astype(int) - 4000) <= 1).all()
    blocks = np.concatenate(list(sound_blocks(path, (Fraction(0), Fraction(1)), RATE, "stereo")))
    assert np.array_equal(blocks, stereo)


def test_a_file_of_sound_alone(sound_alone: Path) -> None:
    assert len(all_of(sound_alone, (0, 2))[0]) == 2 * RATE


def test_what_cannot_be_had_is_said(tmp_path: Path, movies: Movies) -> None:
    with pytest.raises(GapError, match="has no sound"):
        all_of(movies("mkv-silent")["mkv-silent"].path, (0, 1))
    with pytest.raises(NotAMovie):
        all_of(tmp_path / "none.mkv", (0, 1))
    path = write_sound(tmp_path / "slow.mkv", [(0, loud(500))], rate=500)
    with pytest.raises(UnsupportedMovie, match="500 samples a second"):
        all_of(path, (0, 1))
