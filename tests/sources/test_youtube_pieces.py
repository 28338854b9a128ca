"""Formats that come in pieces, by yt-dlp's real code: right by number, or refused."""

import os
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

pytest.importorskip("yt_dlp", reason="the extra youtube is not installed")
if shutil.which("ffmpeg") is None:
    pytest.skip("ffmpeg, which makes the pieces, is not installed", allow_module_level=True)

import av
from tests.conftest import Movies
from tests.sources.segments import fragments, play_list
from tests.sources.tube import Tube, TubeIE, tube
from tests.windows.test_fetch import Here

from avakit import causes
from avakit.causes import Cause
from avakit.errors import (
    Changed,
    DamagedMovie,
    Interrupted,
    LoginNeeded,
    RateLimited,
    ServerFailed,
    Stalled,
    TransferError,
    Truncated,
)
from avakit.media.movie import open_movie
from avakit.rehearsal.numbers import read
from avakit.rehearsal.recipe import Movie
from avakit.releases.model import Video
from avakit.sources import ytdlp_pieces, ytdlp_stream
from avakit.sources.access import Access
from avakit.sources.offer import Missing, Offer
from avakit.sources.youtube import YouTube
from avakit.transfer.http import Http
from avakit.windows.apart import fetch_whole_apart, fetch_window_apart
from avakit.windows.fetch import fetch_window
from avakit.windows.span import Window
from avakit.windows.whole import Wire, fetch_whole

VIDEO = Video("-5KQ66BBWC4", "trainval", "mkv", "0" * 32, ())
WINDOW = Window(Fraction(40), Fraction(60))
LIST: dict[str, object] = {"format_id": "h", "list": "list.m3u8", "acodec": "mp4a"}


@pytest.fixture
def site(http: Http, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Tube]:
    monkeypatch.chdir(tmp_path)
    with tube() as made:
        yield made


@pytest.fixture
def folder(movie_folder: Path) -> Path:
    return movie_folder / "pieces"


def found(site: Tube, http: Http) -> Offer | Missing:
    page = f"{site.url}/watch/"
    source = YouTube(
        Access(http), page=lambda video: page + video, extractors=[TubeIE], key="Tube", pause=(0.0, 0.0)
    )
    return source.find(VIDEO)


def offered(site: Tube, http: Http) -> Offer:
    offer = found(site, http)
    assert isinstance(offer, Offer), offer
    assert not offer.reader.ranges
    assert "secret" not in offer.reader.name
    return offer


@pytest.fixture
def listed(site: Tube, movies: Movies, folder: Path, tmp_path: Path) -> Path:
    """A play list of MPEG-TS is all of the video; returns where a copy of it lies."""
    where = shutil.copytree(play_list(movies("mp4-25")["mp4-25"].path, folder, "mpegts"), tmp_path / "pieces")
    site.put_pieces(VIDEO.id, LIST, folder=where)
    return where


@pytest.fixture
def few(site: Tube, tmp_path: Path) -> bytes:
    """A list of ten fragments, no movie, is all of the video."""
    where = tmp_path / "fragments"
    where.mkdir()
    names = [f"{n:02}" for n in range(10)]
    data = {name: os.urandom(30_000) for name in names}
    for name in names:
        (where / name).write_bytes(data[name])
    site.put_pieces(VIDEO.id, {"format_id": "d", "names": names}, folder=where)
    return b"".join(data.values())


def wrong(file: Path, movie: Movie, first: int, last: int) -> list[Fraction]:
    """Return the seconds of which the picture is another."""
    asked = [Fraction(n) + part for n in range(first, last) for part in (Fraction(0), Fraction(1, 100))]
    shown = list(open_movie(file).pictures(asked))
    assert [second for second, _ in shown] == asked
    return [second for second, picture in shown if read(picture.rgb) != movie.number_at(second)]


@pytest.mark.parametrize(
    ("name", "kind"),
    [("mp4-25", "mpegts"), ("mp4-25", "fmp4"), ("mp4-29.97", "mpegts"), ("mkv-silent", "mpegts")],
)
def test_every_picture_of_a_play_list_is_right(
    name: str, kind: str, site: Tube, http: Http, movies: Movies, folder: Path, tmp_path: Path
) -> None:
    movie = movies(name)[name]
    site.put_pieces(VIDEO.id, LIST, folder=play_list(movie.path, folder, kind))
    offer = offered(site, http)
    assert (offer.container, offer.sound, offer.md5) == ("mp4", None, None)
    part, out = tmp_path / "x.part", tmp_path / "x.window"
    done = fetch_window(offer.reader, WINDOW, part, out, Here(), Wire(4, http.stop, lambda _: None))
    assert "no parts of files" in done.note
    assert wrong(out, movie, 40, 60) == []
    assert wrong(part, movie, 0, 10) + wrong(part, movie, 110, 120) == []
    with av.open(str(out)) as container:
        assert len(container.streams) == 1 + movie.recipe.sound


def test_sound_of_a_play_list_keeps_its_packets_and_its_place(
    site: Tube, http: Http, movies: Movies, folder: Path, tmp_path: Path
) -> None:
    movie = movies("mp4-29.97")["mp4-29.97"]
    site.put_pieces(VIDEO.id, LIST, folder=play_list(movie.path, folder, "mpegts"))
    part = tmp_path / "x.part"
    fetch_whole(offered(site, http).reader, part, Wire(1, http.stop, lambda _: None), None)
    packets = []
    for path in (movie.path, part):
        with av.open(str(path)) as container:
            demuxed = container.demux(container.streams.audio[0])
            packets.append([(one.pts, bytes(one)) for one in demuxed if one.size])
    assert packets[0] == packets[1]


def test_pictures_and_sound_in_lists_of_fragments(
    site: Tube, http: Http, movies: Movies, folder: Path, tmp_path: Path
) -> None:
    movie = movies("mp4-25")["mp4-25"]
    where, seen, heard = fragments(movie.path, folder)
    site.put_pieces(
        VIDEO.id,
        {"format_id": "v", "names": seen, "acodec": "none"},
        {"format_id": "a", "names": heard, "vcodec": "none", "acodec": "mp4a", "ext": "m4a"},
        LIST,
        folder=where,
    )
    offer = offered(site, http)
    assert offer.sound is not None
    part, out, whole = tmp_path / "x.part", tmp_path / "x.window", tmp_path / "x.whole"
    wire = Wire(4, http.stop, lambda _: None)
    done = fetch_window_apart(offer.reader, offer.sound, WINDOW, part, out, Here(), wire)
    assert "without its sound" not in done.note
    assert wrong(out, movie, 40, 60) == []
    assert fetch_whole_apart(offer.reader, offer.sound, part, whole, Here(), wire) == ("mp4", "")
    assert wrong(whole, movie, 0, 10) + wrong(whole, movie, 110, 120) == []


def test_bytes_of_fragments_are_handed_on_as_they_are(site: Tube, http: Http, few: bytes) -> None:
    site.statuses = [503, 500]
    assert b"".join(offered(site, http).reader.read(0, None)) == few
    assert site.asked == ["00", "00", *(f"{n:02}" for n in range(10))]
    assert "Mozilla" in site.headers[-1]["User-Agent"]


def test_addresses_that_expire_are_asked_for_anew_and_the_pieces_go_on(
    site: Tube, http: Http, few: bytes
) -> None:
    reader = offered(site, http).reader
    site.lasts = 4
    assert b"".join(reader.read(0, None)) == few
    assert len(site.pages) == 3
    assert site.asked == ["00", "01", "02", "03", "04", "04", "05", "06", "07", "08", "08", "09"]


def test_a_play_list_that_expires_goes_on_too(
    site: Tube, http: Http, movies: Movies, folder: Path, tmp_path: Path
) -> None:
    movie = movies("mp4-25")["mp4-25"]
    site.put_pieces(VIDEO.id, LIST, folder=play_list(movie.path, folder, "fmp4"))
    reader = offered(site, http).reader
    site.lasts = 8
    fetch_whole(reader, tmp_path / "x", Wire(1, http.stop, lambda _: None), None)
    assert wrong(tmp_path / "x", movie, 80, 100) + wrong(tmp_path / "x", movie, 115, 120) == []
    assert len(site.pages) > 1


def test_what_is_refused_with_a_new_address_too(site: Tube, http: Http, few: bytes, listed: Path) -> None:
    site.lasts = 0
    refused = found(site, http)
    assert isinstance(refused, Missing)
    assert refused.cause is Cause.LOGIN
    site.lasts = 1
    reader = offered(site, http).reader
    with pytest.raises(LoginNeeded, match="with a new address too"):
        list(reader.read(0, None))


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        ({"statuses": [429] * 9}, RateLimited),
        ({"statuses": [503] * 9}, ServerFailed),
        ({"short": 10_000}, Truncated),
        ({"stall": 3600.0}, Stalled),
        ({"trickle": 0.2}, Stalled),
    ],
    ids=str,
)
def test_troubles_of_reading(
    trouble: dict[str, object], error: type[TransferError], site: Tube, http: Http, few: bytes
) -> None:
    reader = offered(site, http).reader
    causes.POLICIES[Cause.RATE_LIMIT] = causes.Policy(1, 0.01, "")
    for name, value in trouble.items():
        setattr(site, name, value)
    began = time.monotonic()
    with pytest.raises(error, match=VIDEO.id) as caught:
        list(reader.read(0, None))
    assert time.monotonic() - began < 6
    assert "secret" not in str(caught.value)


def test_after_a_429_youtube_rests(site: Tube, http: Http, few: bytes) -> None:
    page = f"{site.url}/watch/"
    source = YouTube(Access(http), page=lambda video: page + video, extractors=[TubeIE], key="Tube")
    offer = source.find(VIDEO)
    assert isinstance(offer, Offer)
    site.statuses = [429]
    assert b"".join(offer.reader.read(0, None)) == few
    rests = source.find(replace(VIDEO, id="_7oWZq_s_Sk"))
    assert isinstance(rests, Missing)
    assert rests.cause is Cause.RATE_LIMIT


@pytest.mark.parametrize("movie", [True, False])
def test_stopping_ends_a_read_at_once_and_leaves_nothing(
    movie: bool, site: Tube, http: Http, few: bytes, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    if movie:
        request.getfixturevalue("listed")
    before, threads = sorted(tmp_path.rglob("*")), _threads()
    reader = offered(site, http).reader
    site.stall = 3600.0
    threading.Timer(0.5, http.stop.set).start()
    began = time.monotonic()
    with pytest.raises(Interrupted):
        fetch_whole(reader, tmp_path / "x.part", Wire(1, http.stop, lambda _: None), None)
    assert time.monotonic() - began < 2
    assert sorted(tmp_path.rglob("*")) == before
    site.ending.set()
    assert ended(threads)


def ended(before: set[threading.Thread]) -> bool:
    """Return whether the threads that were not there `before` end within some seconds."""
    until = time.monotonic() + 5
    while (running := _threads() - before) and time.monotonic() < until:
        time.sleep(0.05)
    return not running


def _threads() -> set[threading.Thread]:
    return {one for one in threading.enumerate() if one.name in ("avakit-pieces", "avakit-remux")}


def test_who_stops_reading_ends_the_walk(site: Tube, http: Http, listed: Path) -> None:
    threads = _threads()
    read = offered(site, http).reader.read(0, None)
    assert any(next(read) for _ in range(100))
    read.close()  # type: ignore[attr-defined]
    assert ended(threads)


def test_a_rate_is_kept(site: Tube, few: bytes) -> None:
    with Http(4, rate=200_000) as slow:
        reader = offered(site, slow).reader
        began = time.monotonic()
        assert b"".join(reader.read(0, None)) == few
        assert 1.0 < time.monotonic() - began < 10


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("#EXT-X-DISCONTINUITY", "not all of one movie"),
        ('#EXT-X-KEY:METHOD=AES-128,URI="http://127.0.0.1:1/key"', "encrypted"),
        ("#EXT-X-STREAM-INF:BANDWIDTH=1", "one of play lists"),
    ],
)
def test_play_lists_that_are_not_taken(line: str, said: str, site: Tube, http: Http, listed: Path) -> None:
    file = listed / "list.m3u8"
    file.write_text(file.read_text().replace("#EXTINF", f"{line}\n#EXTINF", 3))
    refused = found(site, http)
    assert isinstance(refused, Missing)
    assert refused.cause is Cause.FORMAT
    assert said in refused.message
    assert "secret" not in refused.message


def test_a_piece_that_is_lost_or_out_of_place_is_no_hole(site: Tube, http: Http, listed: Path) -> None:
    reader = offered(site, http).reader
    pieces = sorted(listed.glob("*.ts"), key=lambda one: int(one.stem.removeprefix("list")))
    kept = pieces[5].read_bytes()
    pieces[5].write_bytes(pieces[1].read_bytes())
    with pytest.raises(DamagedMovie, match="clock jumps"):
        list(reader.read(0, None))
    pieces[5].write_bytes(kept)
    first = pieces[0].read_bytes()
    pieces[0].write_bytes(os.urandom(len(first)))
    with pytest.raises(DamagedMovie, match=r"they show 11\d\.\d s where their list names 120\.0 s"):
        list(reader.read(0, None))
    pieces[0].write_bytes(os.urandom(len(kept)))
    for one in pieces[1:]:
        one.write_bytes(b"nonsense" * 100)
    with pytest.raises(DamagedMovie, match="cannot be read as a movie"):
        list(reader.read(0, None))
    file = listed / "list.m3u8"
    file.write_text(file.read_text().replace("#EXTINF", "#EXTINF:1,\nlist0.ts\n#EXTINF", 1))
    with pytest.raises(Changed):
        list(reader.read(0, None))


def test_pieces_lead_to_no_address_of_this_network(
    site: Tube, http: Http, few: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = offered(site, http).reader
    with monkeypatch.context() as patched:
        patched.setattr(ytdlp_stream, "is_inward", lambda url, first: True)
        with pytest.raises(TransferError, match="this machine's network"):
            list(reader.read(0, None))
    site.redirect = "file:///etc/passwd"
    with pytest.raises(TransferError):
        list(reader.read(0, None))


def test_a_yt_dlp_that_is_other_inside(
    site: Tube, http: Http, few: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ytdlp_pieces, "_HOOKS", ("_hook_of_next_year",))
    with pytest.raises(TransferError, match="pip install -U"):
        list(offered(site, http).reader.read(0, None))


def test_files_come_before_pieces(site: Tube, http: Http, few: bytes, tmp_path: Path) -> None:
    (tmp_path / "small.mp4").write_bytes(few)
    rows = site.formats[VIDEO.id]
    site.put(VIDEO.id, tmp_path / "small.mp4", None, height=144)
    site.formats[VIDEO.id] += rows
    offer = found(site, http)
    assert isinstance(offer, Offer)
    assert offer.reader.ranges
