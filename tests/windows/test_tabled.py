"""A window of a plain mp4, written by its sample tables: the same packets as FFmpeg copies one by one."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from tests.conftest import Movies
from tests.media.coded import KINDS, code
from tests.windows.blocks import Partial

from avakit.errors import DamagedMovie, DiskFull, MediaError
from avakit.media.boxes import Read, reading
from avakit.media.movie import open_movie
from avakit.media.origin import origin_of
from avakit.proof.accept import accept
from avakit.rehearsal.standard import standard
from avakit.windows import cut as cutting
from avakit.windows import mp4, tabled
from avakit.windows.content import pass_over
from avakit.windows.cut import Cut, cut
from avakit.windows.movie import ALL, Piece
from avakit.windows.plan import Need, plan
from avakit.windows.span import Window

WINDOW = Window(Fraction(50), Fraction(80))
PLAIN = [
    name
    for name, recipe in standard().items()
    if recipe.container == "mp4" and recipe.index in ("first", "last")
]
OTHERS = [name for name in standard() if name not in PLAIN]


@dataclass(frozen=True)
class Packet:
    stream: str
    pts: Fraction
    dts: Fraction
    duration: Fraction
    sync: bool
    content: bytes


def packets(path: Path, kind: str) -> list[Packet]:
    """Return the packets of a stream, their times in seconds of the movie."""
    with av.open(str(path)) as container:
        origin = origin_of(container, str(path))
        found = []
        for packet in container.demux(**{kind: 0}) if getattr(container.streams, kind) else ():
            if packet.size:
                base = Fraction(packet.time_base)
                assert packet.pts is not None
                assert packet.dts is not None
                found.append(
                    Packet(
                        kind,
                        packet.pts * base + origin,
                        packet.dts * base + origin,
                        (packet.duration or 0) * base,
                        packet.is_keyframe,
                        bytes(packet),
                    )
                )
    return found


def one_by_one(
    source: Path, window: Window, out: Path, monkeypatch: pytest.MonkeyPatch, piece: Piece = ALL
) -> Cut:
    with monkeypatch.context() as patch:
        patch.setattr(cutting, "_by_tables", lambda *_: None)
        done = cut(source, "movie", window, out, piece)
    assert isinstance(done, Cut)
    return done


def both(
    source: Path, window: Window, folder: Path, monkeypatch: pytest.MonkeyPatch, piece: Piece = ALL
) -> None:
    """Cut a window in both ways and compare them; the tables must be what it was cut by."""
    written: list[object] = []
    real = tabled.write

    def noted(*given: Any) -> tabled.Tabled | tabled.Hole | None:
        written.append(done := real(*given))
        return done

    with monkeypatch.context() as patch:
        patch.setattr(tabled, "write", noted)
        done = cut(source, "movie", window, folder / "tabled", piece)
    assert isinstance(written[-1], tabled.Tabled)
    assert done == one_by_one(source, window, folder / "copied", monkeypatch, piece)
    alike(folder / "tabled", folder / "copied")


def alike(one: Path, other: Path) -> None:
    assert_same(packets(one, "video"), packets(other, "video"))
    mine, its = packets(one, "audio"), packets(other, "audio")
    # FFmpeg says in whole milliseconds when a stream begins that does so after the pictures.
    assert [p.content for p in mine] == [p.content for p in its]
    assert all(abs(a.pts - b.pts) <= Fraction(1, 1000) for a, b in zip(mine, its, strict=True))
    with av.open(str(one)) as first, av.open(str(other)) as second:
        assert first.metadata == second.metadata
        assert len(first.streams) == len(second.streams)
        for here, there in zip(first.streams, second.streams, strict=True):
            assert here.codec_context.name == there.codec_context.name
            assert here.codec_context.extradata == there.codec_context.extradata
            assert here.disposition == there.disposition
    if packets(one, "video"):
        a, b = open_movie(one), open_movie(other)
        assert a.facts == b.facts
        assert (a.timeline.origin, a.timeline.tolerance, a.timeline.end) == (
            b.timeline.origin,
            b.timeline.tolerance,
            b.timeline.end,
        )


def assert_same(mine: list[Packet], its: list[Packet]) -> None:
    assert len(mine) == len(its)
    for here, there in zip(mine, its, strict=True):
        assert astuple(here) == astuple(there)


@pytest.mark.parametrize("name", PLAIN)
def test_the_packets_are_those_that_are_copied_one_by_one(
    name: str, movies: Movies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both(movies(name)[name].path, WINDOW, tmp_path, monkeypatch)


@pytest.mark.parametrize("span", [(0, 3), (0, 500), (117, 119), (119, 130), (13, 14)])
@pytest.mark.parametrize("name", ["mp4-edit", "mp4-variable", "mp4-open", "mp4-late"])
def test_so_they_are_at_both_ends(
    name: str, span: tuple[int, int], movies: Movies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = Window(*map(Fraction, span))
    source = movies(name)[name].path
    copied = one_by_one(source, window, tmp_path / "copied", monkeypatch)
    assert cut(source, "movie", window, tmp_path / "tabled") == copied
    alike(tmp_path / "tabled", tmp_path / "copied")


@pytest.mark.parametrize("name", ["mp4-25", "mp4-open"])
def test_a_window_of_a_window(
    name: str, movies: Movies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut(movies(name)[name].path, "movie", WINDOW, tmp_path / "first")
    both(tmp_path / "first", Window(Fraction(60), Fraction(70)), tmp_path, monkeypatch, Piece(Fraction(30)))


@pytest.mark.parametrize("kind", KINDS)
def test_so_they_are_of_other_encoders(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    both(
        code(KINDS[kind], tmp_path / "movie.mp4"), Window(Fraction(3, 2), Fraction(3)), tmp_path, monkeypatch
    )


def remuxed(source: Path, out: Path, kinds: str, form: str = "mp4") -> Path:
    """Write a movie anew with these of its streams: v and a, each as often as it is named."""
    with av.open(str(source)) as movie, av.open(str(out), "w", format=form) as target:
        streams = {"v": movie.streams.video[0], "a": movie.streams.audio[0]}
        packets: dict[str, list[Any]] = {"v": [], "a": []}
        for packet in movie.demux(*streams.values()):
            packets[packet.stream.type[0]] += [packet] if packet.size else []
        copies = [target.add_stream_from_template(streams[kind]) for kind in kinds]
        for kind, copy in zip(kinds, copies, strict=True):
            for packet in packets[kind]:
                packet.stream = copy
                target.mux_one(packet)
    return out


@pytest.mark.parametrize("kinds", ["v", "av", "vav", "vaa", "aav"])
def test_so_they_are_among_any_streams(
    kinds: str, movies: Movies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One behind the other in the file, not side by side."""
    source = remuxed(movies("mp4-25")["mp4-25"].path, tmp_path / "movie.mp4", kinds)
    both(source, WINDOW, tmp_path, monkeypatch)


def test_so_is_sound_alone(movies: Movies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = remuxed(movies("mp4-25")["mp4-25"].path, tmp_path / "sound.mp4", "a")
    both(source, WINDOW, tmp_path, monkeypatch, Piece(apart=True, sound=True))


def test_quicktime_is_left_to_ffmpeg(movies: Movies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = remuxed(movies("mp4-25")["mp4-25"].path, tmp_path / "movie.mov", "va", "mov")
    cut(source, "movie", WINDOW, tmp_path / "out")
    one_by_one(source, WINDOW, tmp_path / "copied", monkeypatch)
    assert (tmp_path / "out").read_bytes() == (tmp_path / "copied").read_bytes()


def test_a_wrong_table_of_sync_pictures_is_not_handed_on(
    movies: Movies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = bytearray(movies("mp4-25")["mp4-25"].path.read_bytes())
    table = data.index(b"stss") + 12
    data[table + 4 * 7 : table + 4 * 8] = (1700).to_bytes(4, "big")  # instead of 1751
    (tmp_path / "movie.mp4").write_bytes(data)
    done = cut(tmp_path / "movie.mp4", "movie", WINDOW, tmp_path / "out")
    assert done == one_by_one(tmp_path / "movie.mp4", WINDOW, tmp_path / "copied", monkeypatch)
    assert (tmp_path / "out").read_bytes() == (tmp_path / "copied").read_bytes()


def test_a_plan_by_the_tables_is_that_by_the_index(movies: Movies, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PLAIN:
        path = movies(name)[name].path
        planned = []
        for tables in (True, False):
            with monkeypatch.context() as patch:
                if not tables:
                    patch.setattr(mp4, "aligned", lambda *_: None)
                blocks = Partial(path)
                blocks.fetch(((0, blocks.size),))
                planned.append(plan(blocks, name, WINDOW))
        assert planned[0] == planned[1]


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_not_plain_is_left_to_ffmpeg(
    name: str, movies: Movies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = movies(name)[name].path
    done = cut(source, "movie", WINDOW, tmp_path / "out")
    assert done == one_by_one(source, WINDOW, tmp_path / "copied", monkeypatch)
    assert (tmp_path / "out").read_bytes() == (tmp_path / "copied").read_bytes()


def test_what_is_written_otherwise_than_meant_is_copied_one_by_one(
    movies: Movies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that gives back other bytes than it was given."""
    source = movies("mp4-25")["mp4-25"].path
    meant = one_by_one(source, WINDOW, tmp_path / "copied", monkeypatch)
    passes: list[object] = []

    def torn(*given: Any) -> object:
        passes.append(given)
        if len(given) < 3:
            return pass_over(*given)
        return pass_over(given[0], given[1], lambda data: given[2](data[:-1] + b"\0"))

    monkeypatch.setattr(tabled, "pass_over", torn)
    assert cut(source, "movie", WINDOW, tmp_path / "out") == meant
    assert len(passes) == 2
    assert (tmp_path / "out").read_bytes() == (tmp_path / "copied").read_bytes()


def test_what_is_missing_is_asked_for(movies: Movies, tmp_path: Path) -> None:
    movie = movies("mp4-700k")["mp4-700k"]
    whole = Partial(movie.path)
    assert isinstance(done := cut(movie.path, "movie", WINDOW, tmp_path / "local"), Cut)
    for _ in range(200):
        found = cut(whole, "movie", WINDOW, tmp_path / "fetched")
        if isinstance(found, Cut):
            break
        assert isinstance(found, Need)
        start, _ = found.spans[0]
        assert not whole.read(start, 1)
        whole.fetch(((start, start + 1),))
    assert found == done
    assert (tmp_path / "fetched").read_bytes() == (tmp_path / "local").read_bytes()
    assert whole.held < whole.size


@pytest.mark.parametrize("lost", [1, 30, 100, 1000, 5000, 20_000])
def test_of_a_file_that_was_cut_off_no_second_is_taken(lost: int, movies: Movies, tmp_path: Path) -> None:
    cut(movies("mp4-25")["mp4-25"].path, "movie", WINDOW, tmp_path / "out")
    data = (tmp_path / "out").read_bytes()
    (tmp_path / "short").write_bytes(data[:-lost])
    seconds = tuple(range(52, 79))
    assert accept(tmp_path / "out", seconds, False).lacking == ()
    try:
        lacking = accept(tmp_path / "short", seconds, False).lacking
    except MediaError:
        return
    assert lacking == seconds


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no disk that is always full")
def test_a_full_disk_is_said_to_be_full(movies: Movies, tmp_path: Path) -> None:
    (tmp_path / "out").symlink_to("/dev/full")
    with pytest.raises(DiskFull):
        cut(movies("mp4-25")["mp4-25"].path, "movie", WINDOW, tmp_path / "out")


def test_a_source_that_cannot_be_read_on_is_damaged(
    movies: Movies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = movies("mp4-700k")["mp4-700k"].path

    @contextmanager
    def broken(path: Path) -> Iterator[Read]:
        with reading(path) as read:

            def torn(start: int, count: int) -> bytes:
                if path == source and start > 2_000_000:
                    raise OSError(errno.EIO, "Input/output error")
                return read(start, count)

            yield torn

    monkeypatch.setattr(tabled, "reading", broken)
    with pytest.raises(DamagedMovie, match="cannot be read on"):
        cut(source, "movie", WINDOW, tmp_path / "out")


@pytest.mark.parametrize("origin", ["9" * 40 + "/1", "-" + "9" * 40 + "/1", "1/" + "9" * 40])
def test_an_origin_beyond_all_measure_does_no_harm(origin: str, movies: Movies, tmp_path: Path) -> None:
    with (
        av.open(str(movies("mp4-25")["mp4-25"].path)) as movie,
        av.open(
            str(tmp_path / "movie.mp4"), "w", container_options={"movflags": "use_metadata_tags"}
        ) as target,
    ):
        target.metadata["AVAKIT_ORIGIN"] = origin
        copy = target.add_stream_from_template(movie.streams.video[0])
        for packet in movie.demux(video=0):
            if packet.size:
                packet.stream = copy
                target.mux_one(packet)
    try:
        done = cut(tmp_path / "movie.mp4", "movie", WINDOW, tmp_path / "out")
    except MediaError:
        return
    assert isinstance(done, Cut)
    assert open_movie(tmp_path / "out").timeline.origin == done.first


def test_the_same_window_is_the_same_bytes(movies: Movies, tmp_path: Path) -> None:
    source = movies("mp4-23.976")["mp4-23.976"].path
    for name in ("one", "other"):
        cut(source, "movie", WINDOW, tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()
