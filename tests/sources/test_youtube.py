"""yt-dlp's real code against a site on loopback: found, fetched, refused, expired."""

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

pytest.importorskip("yt_dlp", reason="the extra youtube is not installed")

from tests.sources.tube import Tube, TubeIE, tube
from tests.windows.apart import apart
from tests.windows.test_fetch import Here

from avakit.causes import Cause
from avakit.errors import (
    Changed,
    Interrupted,
    LoginNeeded,
    NetworkFailed,
    RateLimited,
    ServerFailed,
    Stalled,
    TransferError,
    Truncated,
    UsageError,
)
from avakit.media.movie import open_movie
from avakit.rehearsal.movies import make
from avakit.rehearsal.numbers import read
from avakit.rehearsal.recipe import Movie
from avakit.rehearsal.standard import standard
from avakit.releases.model import Video
from avakit.sources import youtube
from avakit.sources.access import Access
from avakit.sources.health import OUTAGE, Health
from avakit.sources.offer import Missing, Offer
from avakit.sources.source import parse
from avakit.sources.youtube import YouTube
from avakit.sources.ytdlp import YtDlp
from avakit.transfer.http import Http
from avakit.transfer.reader import Reader
from avakit.windows.apart import fetch_window_apart
from avakit.windows.span import Window
from avakit.windows.whole import Wire

VIDEO = Video("-5KQ66BBWC4", "trainval", "mkv", "0" * 32, ())
OTHER = replace(VIDEO, id="_7oWZq_s_Sk")
WINDOW = Window(Fraction(50), Fraction(80))


@pytest.fixture
def site(http: Http) -> Iterator[Tube]:
    with tube() as made:
        yield made


def source(site: Tube, access: Access, pause: tuple[float, float] = (0.0, 0.0)) -> YouTube:
    return YouTube(
        access, page=lambda video: f"{site.url}/watch/{video}", extractors=[TubeIE], key="Tube", pause=pause
    )


def offered(site: Tube, http: Http) -> Offer:
    found = source(site, Access(http)).find(VIDEO)
    assert isinstance(found, Offer), found
    return found


def refused(found: Offer | Missing) -> Missing:
    assert isinstance(found, Missing)
    assert found.source == "youtube"
    assert "secret" not in found.message
    return found


def whole(reader: Reader) -> bytes:
    return b"".join(reader.read(0, None))


@pytest.fixture
def small(site: Tube, tmp_path: Path) -> bytes:
    """A file of 300,000 bytes is all of the video."""
    data = os.urandom(300_000)
    (tmp_path / "small.mp4").write_bytes(data)
    site.put(VIDEO.id, tmp_path / "small.mp4", None)
    return data


@pytest.mark.parametrize("name", ["mp4-700k", "webm-700k"])
def test_a_window_is_fetched_alone_and_every_picture_is_right(
    name: str, site: Tube, http: Http, movie_folder: Path, tmp_path: Path
) -> None:
    recipe = replace(standard(400)[name], name=f"tube-{name}", sync=50)
    movie = Movie(recipe, movie_folder / f"{recipe.digest}.{recipe.container}")
    if not movie.path.exists():
        make(recipe, movie.path)
    pictures, sound = apart(movie.path, movie_folder / "apart")
    site.put(VIDEO.id, pictures, sound)
    offer = offered(site, http)
    assert (offer.container, offer.md5) == (recipe.container, None)
    assert offer.sound is not None
    window = Window(Fraction(100), Fraction(300))
    out = tmp_path / "x.window"
    wire = Wire(4, http.stop, lambda _: None)
    done = fetch_window_apart(offer.reader, offer.sound, window, tmp_path / "x.part", out, Here(), wire)
    assert (done.note, done.cut.container) == ("", recipe.container)
    assert site.sent < 1.1 * out.stat().st_size
    for second, picture in open_movie(out).pictures([Fraction(n) for n in range(100, 300)]):
        assert read(picture.rgb) == movie.number_at(second)


def test_what_is_asked_and_how(site: Tube, http: Http, small: bytes) -> None:
    reader = offered(site, http).reader
    assert (reader.version.size, reader.ranges, reader.path) == (300_000, True, None)
    assert "secret" not in reader.name
    assert VIDEO.id in reader.name
    assert whole(reader) == small
    assert b"".join(reader.read(100_000, 200_001)) == small[100_000:200_001]
    assert b"".join(reader.read(299_999, 400_000)) == small[-1:]
    assert b"".join(reader.read(300_000, None)) == b""
    assert site.headers[-1]["Range"] == "bytes=299999-299999"
    assert "Mozilla" in site.headers[-1]["User-Agent"]


def test_cookies_are_sent_and_their_file_stays_as_it_is(
    site: Tube, http: Http, small: bytes, tmp_path: Path
) -> None:
    cookies = tmp_path / "cookies.txt"
    text = "# Netscape HTTP Cookie File\n127.0.0.1\tFALSE\t/\tFALSE\t0\tSID\tsecret\n"
    cookies.write_text(text)
    found = source(site, Access(http, cookies=cookies)).find(VIDEO)
    assert isinstance(found, Offer)
    assert site.headers[-1]["Cookie"] == "SID=secret"
    assert cookies.read_text() == text
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cookies.txt", "small.mp4"]
    cookies.write_text("nonsense\n")
    assert refused(source(site, Access(http, cookies=cookies)).find(VIDEO)).cause is Cause.SETUP
    with pytest.raises(UsageError, match="firefox"):
        source(site, Access(http, browser="lynx"))
    none = refused(source(site, Access(http, browser="firefox")).find(VIDEO))
    assert none.cause is Cause.SETUP
    assert "firefox" in none.message


def test_an_address_that_expires_is_asked_for_anew(site: Tube, http: Http, small: bytes) -> None:
    reader = offered(site, http).reader
    site.lasts = 3
    parts = [b"".join(reader.read(at, at + 30_000)) for at in range(0, 300_000, 30_000)]
    assert b"".join(parts) == small
    assert len(site.pages) == 4


def test_an_address_that_is_refused_at_once_is_not_asked_for_for_ever(
    site: Tube, http: Http, small: bytes
) -> None:
    reader = offered(site, http).reader
    site.lasts = 0
    with pytest.raises(LoginNeeded, match="with a new address too"):
        whole(reader)
    assert len(site.pages) == 2
    found = refused(source(site, Access(http)).find(VIDEO))
    assert found.cause is Cause.LOGIN
    assert "403" in found.message


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        ({"statuses": [429]}, RateLimited),
        ({"statuses": [503]}, ServerFailed),
        ({"short": 10_000}, Truncated),
        ({"shifted": 5}, ServerFailed),
        ({"stall": 3600.0}, Stalled),
        ({"trickle": 0.2}, Stalled),
    ],
    ids=str,
)
def test_troubles_of_reading(
    trouble: dict[str, object], error: type[TransferError], site: Tube, http: Http, small: bytes
) -> None:
    reader = offered(site, http).reader
    for name, value in trouble.items():
        setattr(site, name, value)
    began = time.monotonic()
    with pytest.raises(error, match=VIDEO.id) as caught:
        whole(reader)
    assert time.monotonic() - began < 5
    assert "secret" not in str(caught.value)


def test_a_file_that_changed(site: Tube, http: Http, small: bytes, tmp_path: Path) -> None:
    reader = offered(site, http).reader
    (tmp_path / "small.mp4").write_bytes(small[:-1])
    with pytest.raises(Changed):
        whole(reader)


def test_a_file_larger_than_any_movie(
    site: Tube, http: Http, small: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("avakit.transfer.http.LARGEST", len(small) - 1)
    missing = refused(source(site, Access(http)).find(VIDEO))
    assert missing.cause == "server"
    assert "no movie has" in missing.message


def test_a_server_that_went_away(http: Http, site: Tube, small: bytes) -> None:
    reader = offered(site, http).reader._reader  # type: ignore[attr-defined]
    row = reader._extracted.found.formats[0]
    gone = replace(row, url="http://127.0.0.1:1/x")
    reader._extracted.found = replace(reader._extracted.found, formats=(gone,))
    with pytest.raises(NetworkFailed):
        whole(reader)


def test_files_that_do_not_come_for_minutes_keep_nobody_waiting(site: Tube, http: Http, small: bytes) -> None:
    now = [0.0]
    youtube = source(site, Access(http))
    youtube._health = Health(lambda: now[0])
    found = youtube.find(VIDEO)
    assert isinstance(found, Offer)
    site.statuses = [503]
    with pytest.raises(ServerFailed):
        whole(found.reader)
    now[0] = OUTAGE + 1
    assert "now and then" not in refused(youtube.find(OTHER)).message, "one tries it"
    asked = len(site.pages)
    missing = refused(youtube.find(OTHER))
    assert (missing.cause, len(site.pages)) == (Cause.NETWORK, asked)
    assert "now and then" in missing.message


def test_stopping_ends_a_read_that_hangs_at_once(site: Tube, http: Http, small: bytes) -> None:
    reader = offered(site, http).reader
    site.stall = 3600.0
    threading.Timer(0.5, http.stop.set).start()
    began = time.monotonic()
    with pytest.raises(Interrupted):
        whole(reader)
    assert time.monotonic() - began < 2


def test_a_rate_is_kept(site: Tube, small: bytes) -> None:
    with Http(4, rate=200_000) as slow:
        reader = offered(site, slow).reader
        began = time.monotonic()
        assert whole(reader) == small
        assert 1.0 < time.monotonic() - began < 3


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        ("Private video. Sign in if you've been granted access to this video", "private"),
        ("This video has been removed by the uploader", "gone"),
        ("The uploader has not made this video available in your country", "geo"),
        ("Sign in to confirm your age", "age"),
        ("This video is DRM protected", "drm"),
    ],
)
def test_a_refusal_keeps_youtube_s_words(site: Tube, http: Http, said: str, cause: str) -> None:
    site.said[VIDEO.id] = said
    found = refused(source(site, Access(http)).find(VIDEO))
    assert found.cause == cause
    assert said.rstrip(".") in found.message
    assert VIDEO.id in found.message
    assert "report this issue" not in found.message


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        ("Sign in to confirm you’re not a bot", "bot"),
        ("This content isn't available. The current session has been rate-limited by YouTube", "rate_limit"),
    ],
)
def test_after_a_bot_wall_all_of_youtube_rests(
    site: Tube, http: Http, small: bytes, said: str, cause: str
) -> None:
    site.formats[OTHER.id] = site.formats[VIDEO.id]
    site.said[VIDEO.id] = said
    tried = source(site, Access(http))
    assert refused(tried.find(VIDEO)).cause == cause
    found = refused(tried.find(OTHER))
    assert found.cause == cause
    assert OTHER.id in found.message
    assert "not asked any more in this run" in found.message
    assert site.pages == [VIDEO.id]


def test_after_a_429_of_its_files_youtube_rests_too(site: Tube, http: Http, small: bytes) -> None:
    tried = source(site, Access(http))
    found = tried.find(VIDEO)
    assert isinstance(found, Offer)
    site.statuses = [429]
    with pytest.raises(RateLimited) as caught:
        whole(found.reader)
    assert caught.value.wait == 1
    assert refused(tried.find(OTHER)).cause is Cause.RATE_LIMIT


def test_there_is_a_pause_between_two_videos(site: Tube, http: Http, small: bytes) -> None:
    tried = source(site, Access(http), pause=(0.5, 0.6))
    began = time.monotonic()
    for _ in range(3):
        assert isinstance(tried.find(VIDEO), Offer)
    assert 1.0 < time.monotonic() - began < 5
    patient = source(site, Access(http), pause=(3600.0, 3600.0))
    patient.find(VIDEO)
    threading.Timer(0.3, http.stop.set).start()
    with pytest.raises(Interrupted):
        patient.find(VIDEO)


@pytest.mark.parametrize(
    ("more", "cause"),
    [
        ({"live_status": "is_live"}, "format"),
        ({"live_status": "is_upcoming"}, "format"),
        ({"availability": "premium_only"}, "login"),
        ({"id": "another_one"}, "wrong_movie"),
    ],
)
def test_what_is_not_taken(site: Tube, http: Http, small: bytes, more: dict[str, object], cause: str) -> None:
    site.more = more
    assert refused(source(site, Access(http)).find(VIDEO)).cause == cause


def test_formats_that_are_protected_or_unknown(site: Tube, http: Http, small: bytes) -> None:
    row = site.formats[VIDEO.id][0]
    row["has_drm"] = True
    assert refused(source(site, Access(http)).find(VIDEO)).cause is Cause.DRM
    row.update(has_drm=False, protocol="ism")
    assert refused(source(site, Access(http)).find(VIDEO)).cause is Cause.FORMAT


def test_without_a_runtime_that_is_said(
    site: Tube, http: Http, small: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.formats[VIDEO.id][0]["protocol"] = "ism"
    real = YtDlp.extract

    def extract(self: YtDlp, url: str) -> object:
        said = "No supported JavaScript runtime could be found. Only deno is enabled by default"
        return replace(real(self, url), warnings=(said,))

    monkeypatch.setattr(YtDlp, "extract", extract)
    found = refused(source(site, Access(http)).find(VIDEO))
    assert found.cause is Cause.SETUP
    assert "JavaScript" in found.message
    assert "avakit[youtube]" in found.message


def test_what_fails_in_passing_is_tried_again(site: Tube, http: Http, small: bytes) -> None:
    site.statuses = [503, 500]
    assert whole(offered(site, http).reader) == small


def test_sound_that_cannot_be_opened_is_no_failure_yet(
    site: Tube, http: Http, small: bytes, tmp_path: Path
) -> None:
    site.put(VIDEO.id, tmp_path / "small.mp4", tmp_path / "small.mp4")
    site.statuses = [206, *[404] * 9]
    found = source(site, Access(http)).find(VIDEO)
    assert isinstance(found, Offer)
    assert found.sound is not None
    assert found.sound.version.size is None
    with pytest.raises(LoginNeeded):
        whole(found.sound)
    site.statuses = []
    assert whole(found.reader) == small


def test_its_word(http: Http) -> None:
    assert parse("youtube", Access(http)).name == "youtube"
    assert youtube.watch_page("-5KQ66BBWC4") == "https://www.youtube.com/watch?v=-5KQ66BBWC4"


def test_not_installed(http: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(youtube, "installed", lambda: False)
    found = refused(YouTube(Access(http)).find(VIDEO))
    assert found.cause is Cause.SETUP
    assert "pip install 'avakit[youtube]'" in found.message
    with pytest.raises(UsageError):
        YouTube(Access(http)).find(replace(VIDEO, id="../../x"))


def test_the_internet_leads_to_no_address_of_this_network(site: Tube, http: Http, small: bytes) -> None:
    reader = offered(site, http).reader._reader  # type: ignore[attr-defined]
    row = reader._extracted.found.formats[0]
    answer = reader._open(row, 0, 10)
    with pytest.raises(TransferError, match="this machine's network"):
        reader._check(answer, replace(row, url="https://example.com/x"), 0)
    answer.close()
    site.redirect = "file:///etc/passwd"
    with pytest.raises(TransferError):
        whole(reader)


def test_nobody_waits_for_a_site_that_cannot_be_reached(site: Tube, http: Http) -> None:
    asked: list[str] = []

    def page(video: str) -> str:
        asked.append(video)
        return f"http://127.0.0.1:9/watch/{video}"

    unreachable = YouTube(Access(http), page=page, extractors=[TubeIE], key="Tube", pause=(60.0, 60.0))
    began = time.monotonic()
    found = [unreachable.find(replace(VIDEO, id=f"{number:011}")) for number in range(6)]
    assert time.monotonic() - began < 30, "what was not reached needs no pause"
    assert {one.cause for one in found if isinstance(one, Missing)} == {Cause.NETWORK}
    assert len(set(asked)) == 3
    assert isinstance(found[-1], Missing)
    assert "not asked any more" in found[-1].message
