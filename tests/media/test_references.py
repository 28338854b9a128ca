"""A picture that others refer to and that is not there: told, with all that it hurts, and nothing else is."""

from __future__ import annotations

from collections.abc import Set
from fractions import Fraction
from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.media.numbered import read, write_movie
from tests.media.test_movie import KINDS, OPEN, X264

from avakit.errors import DamagedMovie
from avakit.media.movie import open_movie
from avakit.media.references import References

COUNT = 90
STREAMS: dict[str, tuple[str, dict[str, str]]] = {
    "plain": (".mp4", X264),
    "mkv": (".mkv", X264),
    "start codes": (".ts", X264),
    "open groups": (".mp4", {**X264, "x264-params": OPEN}),
    "no B": (".mp4", {**X264, "bf": "0"}),
    "fields": (".mp4", {**X264, "flags": "+ildct+ilme"}),
    "many references": (
        ".mp4",
        {**X264, "refs": "16", "bf": "8", "x264-params": "b-pyramid=strict:b-adapt=0"},
    ),
    "intra refresh": (".mp4", {**X264, "x264-params": "intra-refresh=1", "bf": "0"}),
    "baseline": (".mp4", {"preset": "ultrafast", "profile": "baseline", "g": "200"}),
    "slices": (".ts", {**X264, "x264-params": "slices=4:aud=1"}),
    "scaling lists": (".mp4", {**X264, "x264-params": "cqm=jvt"}),
}  # fmt: skip


def packets_of(path: Path) -> tuple[bytes, list[bytes]]:
    with av.open(str(path)) as movie:
        stream = movie.streams.video[0]
        return stream.codec_context.extradata or b"", [bytes(p) for p in movie.demux(stream) if p.size]


@pytest.mark.parametrize("form", list(STREAMS))
def test_a_whole_stream_lacks_nothing(form: str, tmp_path: Path) -> None:
    suffix, options = STREAMS[form]
    path = write_movie(tmp_path / f"a{suffix}", list(range(COUNT)), Fraction(1, 25), options=options)
    head, packets = packets_of(path)
    follow = References(head)
    assert [follow.lacks(packet) for packet in packets] == [False] * COUNT
    referred = [follow.is_referred_to(packet) for packet in packets]
    assert sum(referred) >= COUNT // 4
    assert all(referred) == (form in ("no B", "intra refresh", "baseline"))
    for lost in (17, 41, 42, 60):
        follow = References(head)
        found = [follow.lacks(packet) for i, packet in enumerate(packets) if i != lost]
        told = [i for i, lacks in enumerate(found) if lacks is not False]
        assert bool(told) == referred[lost], (lost, told)
        assert not told or lost <= told[0] <= lost + 8


def without(path: Path, out: Path, lost: Set[int]) -> Path:
    with av.open(str(path)) as movie, av.open(str(out), "w") as target:
        stream = movie.streams.video[0]
        copy = target.add_stream_from_template(stream)
        for i, packet in enumerate(packet for packet in movie.demux(stream) if packet.size):
            if i not in lost:
                packet.stream = copy
                target.mux_one(packet)
    return out


@pytest.mark.parametrize("first", [True, False])
def test_a_slice_is_read_by_the_set_that_it_names(first: bool, tmp_path: Path) -> None:
    """A head may hold another sequence, whose numbers are of another length."""
    path = write_movie(tmp_path / "a.mp4", list(range(COUNT)), Fraction(1, 25), options=X264)
    head, packets = packets_of(path)
    size = 2 + int.from_bytes(head[6:8], "big")
    own, rest = head[6 : 6 + size], head[6 + size :]
    # Baseline, id 1, frame_num of 16 bits (minus 4 is 12: 0001101), order 2, one reference, 4 by 4 blocks.
    bits = f"{66:08b}{0:08b}{30:08b}010000110101101000010000100110011"
    sequence = b"\x67" + int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")
    other = len(sequence).to_bytes(2, "big") + sequence
    both = other + own if first else own + other
    follow = References(head[:5] + b"\xe2" + both + rest)
    assert [follow.lacks(packet) for packet in packets] == [False] * COUNT
    follow = References(head[:5] + b"\xe2" + both + rest)
    assert any(follow.lacks(packet) for i, packet in enumerate(packets) if i not in (41, 42, 43, 44))


@pytest.mark.parametrize("kind", ["mp4", "mp4, open groups", "hevc, open groups"])
@pytest.mark.parametrize("lost", [{29}, {30, 31, 32, 33, 34}, {70, 71}, set()], ids=str)
def test_every_picture_that_comes_is_the_right_one(kind: str, lost: set[int], tmp_path: Path) -> None:
    suffix, codec, options = KINDS[kind]
    whole = write_movie(
        tmp_path / f"a{suffix}", list(range(COUNT)), Fraction(1, 25), codec=codec, options=options
    )
    movie = open_movie(without(whole, tmp_path / f"b{suffix}", lost))
    count = len(movie.timeline)
    assert count == COUNT - len(lost)
    told: list[DamagedMovie] = []
    found = {i: read(picture.rgb) for i, picture in movie.at_indices(range(count), told.append)}
    start = movie.timeline.seconds(0)
    assert all(number == (movie.timeline.seconds(i) - start) * 25 for i, number in found.items())
    assert len(told) + len(found) == count
    assert len(found) > COUNT // 2
    assert told or len(lost) < 5
    some = {i: read(picture.rgb) for i, picture in movie.at_indices(range(0, count, 7), told.append)}
    assert some == {i: found[i] for i in range(0, count, 7) if i in found}


def test_a_sync_picture_that_is_lost(tmp_path: Path) -> None:
    """Numbers are counted anew after it, as they are where a picture asks for it: a hole in time decides."""
    options = {**X264, "g": "20", "bf": "0"}
    whole = write_movie(tmp_path / "a.mp4", list(range(COUNT)), Fraction(1, 25), options=options)
    movie = open_movie(without(whole, tmp_path / "b.mp4", {40}))
    told: list[DamagedMovie] = []
    numbers = [read(picture.rgb) for _, picture in movie.at_indices(range(COUNT - 1), told.append)]
    assert numbers == [*range(40), *range(60, COUNT)]
    assert len(told) == 19
    assert "refers to" in str(told[0])


@pytest.mark.parametrize("suffix", [".mp4", ".ts"])
def test_a_movie_that_is_refreshed_bit_by_bit_is_read_at_random(suffix: str, tmp_path: Path) -> None:
    """Where decoding begins, its pictures are not right at once: it begins earlier."""
    options = {"preset": "veryfast", "x264-params": "intra-refresh=1:keyint=20"}
    path = write_movie(tmp_path / f"a{suffix}", list(range(COUNT)), Fraction(1, 25), options=options)
    movie = open_movie(path)
    assert movie.index.sync.sum() > 3
    for i in range(1, COUNT, 8):
        assert [read(picture.rgb) for _, picture in movie.at_indices([i])] == [i]
    head, packets = packets_of(path)
    counts = [References(head).recovers_after(packet) for packet in packets]
    assert [count > 0 for count in counts][1:] == movie.index.sync.tolist()[1:]


def test_a_stream_that_begins_between_sync_pictures(tmp_path: Path) -> None:
    whole = write_movie(tmp_path / "a.mp4", list(range(COUNT)), Fraction(1, 25), options=X264)
    movie = open_movie(without(whole, tmp_path / "b.mp4", {0, 1, 2}))
    numbers = [read(picture.rgb) for _, picture in movie.at_indices(range(len(movie.timeline)))]
    assert numbers == list(range(24, COUNT))


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_any_bytes_do_no_harm(head: bytes, packet: bytes) -> None:
    follow = References(head)
    assert follow.lacks(packet) in (True, False, None)
    assert follow.is_referred_to(packet) in (True, False)
    assert follow.recovers_after(packet) >= 0


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_any_sequence_and_slice_do_no_harm(sequence: bytes, piece: bytes) -> None:
    follow = References(b"\0\0\0\1\x67" + sequence)
    for unit in (b"\0\0\1\x65", b"\0\0\1\x41", b"\0\0\1\x67"):
        assert follow.lacks(unit + piece) in (True, False, None)
    assert follow.recovers_after(b"\0\0\1\x06" + piece) >= 0
