"""Pictures and sound from two files become one, at the movie's own seconds."""

import hashlib
import threading
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from tests.conftest import Movies
from tests.windows.apart import apart
from tests.windows.test_fetch import Here

from avakit import causes
from avakit.errors import Interrupted, NotFound
from avakit.media.movie import open_movie
from avakit.rehearsal.faults import Cut, Fault, Status
from avakit.rehearsal.mirror import Mirror
from avakit.rehearsal.numbers import read
from avakit.rehearsal.recipe import Movie
from avakit.transfer.http import Http
from avakit.transfer.reader import Reader
from avakit.windows.apart import fetch_whole_apart, fetch_window_apart, sound_part
from avakit.windows.fetch import Fetched
from avakit.windows.span import Window
from avakit.windows.whole import Wire

WINDOW = Window(Fraction(50), Fraction(80))
KINDS = ["mp4-25", "mp4-23.976", "mp4-late", "mp4-edit", "mp4-open", "mp4-variable", "webm"]


@pytest.fixture
def http(monkeypatch: pytest.MonkeyPatch) -> Http:
    for cause, policy in causes.POLICIES.items():
        monkeypatch.setitem(causes.POLICIES, cause, causes.Policy(policy.tries, 0.01, policy.next_step))
    monkeypatch.setenv("no_proxy", "*")
    return Http(4, stall=2)


class Site:
    """Both files of a movie on a mirror; `faults` by a part of the file's name."""

    def __init__(self, movie: Movie, folder: Path, http: Http, faults: dict[str, Sequence[Fault]]) -> None:
        self.pictures, self.sound = apart(movie.path, folder / "apart")
        self.mirror = Mirror(folder / "apart", faults={f"*{kind}*": some for kind, some in faults.items()})
        self.http, self.out = http, folder / "x.window"
        self.part = folder / "x.part"
        self.stop = threading.Event()

    def readers(self) -> tuple[Reader, Reader]:
        return tuple(self.http.open(f"{self.mirror.url}/{one.name}") for one in (self.pictures, self.sound))  # type: ignore[return-value]

    def wire(self) -> Wire:
        return Wire(4, self.stop, lambda _: None)

    def fetch(self, window: Window = WINDOW) -> Fetched:
        with self.mirror:
            return fetch_window_apart(*self.readers(), window, self.part, self.out, Here(), self.wire())

    def whole(self) -> tuple[str | None, str]:
        with self.mirror:
            return fetch_whole_apart(*self.readers(), self.part, self.out, Here(), self.wire())


def right(file: Path, movie: Movie, times: Sequence[Fraction]) -> None:
    for second, picture in open_movie(file).pictures(times):
        assert read(picture.rgb) == movie.number_at(second), second


def packets(file: Path, kind: str) -> dict[str, Fraction]:
    """When each packet of pictures or sound is shown, on the file's own clock, by what it holds."""
    found: dict[str, Fraction] = {}
    with av.open(str(file)) as container:
        for packet in container.demux():
            if packet.size and packet.stream.type == kind:
                assert packet.pts is not None
                found[hashlib.md5(packet).hexdigest()] = packet.pts * Fraction(packet.time_base)
    return found


TIMES = [Fraction(50) + Fraction(n, 30) for n in range(0, 880, 7)]


@pytest.mark.parametrize("name", KINDS)
def test_a_window_of_both(name: str, movies: Movies, tmp_path: Path, http: Http) -> None:
    movie = movies(name)[name]
    site = Site(movie, tmp_path, http, {})
    fetched = site.fetch()
    assert fetched.note == ""
    assert fetched.cut.container == movie.recipe.container
    right(site.out, movie, TIMES)
    origin = open_movie(site.out).timeline.origin
    heard, source = packets(site.out, "audio"), packets(site.sound, "audio")
    assert heard.keys() <= source.keys()
    assert min(heard.values()) + origin >= fetched.cut.first
    assert max(heard.values()) + origin >= 79.9
    once = [digest for digest in heard if list(source).count(digest) == 1]
    assert once
    seen = packets(site.out, "video")
    assert seen.keys() <= packets(site.pictures, "video").keys()
    assert not list(tmp_path.glob("*.seen"))
    assert not list(tmp_path.glob("*.heard"))


def test_the_sound_keeps_its_seconds(movies: Movies, tmp_path: Path, http: Http) -> None:
    """A beep at each whole second: the loudest samples of the window lie there."""
    site = Site(movies("mp4-23.976")["mp4-23.976"], tmp_path, http, {})
    site.fetch()
    origin = open_movie(site.out).timeline.origin
    with av.open(str(site.out)) as container:
        stream = container.streams.audio[0]
        loud = []
        for frame in container.decode(stream):
            assert frame.pts is not None
            assert frame.time_base is not None
            samples = np.abs(frame.to_ndarray()).mean(axis=0)
            begin = frame.pts * frame.time_base + origin
            loud += [float(begin) + at / frame.sample_rate for at in (samples > 0.1).nonzero()[0][:1]]
    beginnings = [one for one in loud if 51 < one < 79 and not any(0 < one - other < 0.5 for other in loud)]
    assert len(beginnings) > 20
    # The rehearsal's beeps lie in AAC, which is late by what its coder puts before them: the same every time.
    late = [one % 1 for one in beginnings]
    assert max(late) - min(late) < 0.01
    assert max(late) < 0.1


@pytest.mark.parametrize("name", ["mp4-23.976", "mp4-late", "webm"])
def test_a_whole_movie_of_both(name: str, movies: Movies, tmp_path: Path, http: Http) -> None:
    movie = movies(name)[name]
    site = Site(movie, tmp_path, http, {})
    assert site.whole() == (movie.recipe.container, "")
    right(site.out, movie, [Fraction(n) for n in range(1, 119, 5)])
    assert packets(site.out, "audio").keys() == packets(site.sound, "audio").keys()
    assert packets(site.out, "video").keys() == packets(site.pictures, "video").keys()


@pytest.mark.parametrize("fault", [Status(503), Cut(10), Status(403)])
def test_pictures_outlive_their_sound(fault: Fault, movies: Movies, tmp_path: Path, http: Http) -> None:
    movie = movies("mp4-25")["mp4-25"]
    site = Site(movie, tmp_path, http, {})
    with site.mirror:
        readers = site.readers()
        site.mirror._faults = [("*sound*", fault)]
        fetched = fetch_window_apart(*readers, WINDOW, site.part, site.out, Here(), site.wire())
        assert "without its sound" in fetched.note
        assert site.sound.name in fetched.note
        right(site.out, movie, TIMES)
        container, note = fetch_whole_apart(*readers, site.part, site.out, Here(), site.wire())
    assert container is None
    assert "without its sound" in note
    right(site.out, movie, TIMES)


def test_pictures_that_cannot_be_had_are_an_error(movies: Movies, tmp_path: Path, http: Http) -> None:
    site = Site(movies("mp4-25")["mp4-25"], tmp_path, http, {})
    with site.mirror:
        readers = site.readers()
        site.mirror._faults = [("*pictures*", Status(404))]
        with pytest.raises(NotFound):
            fetch_window_apart(*readers, WINDOW, site.part, site.out, Here(), site.wire())
    assert not site.out.exists()
    site.mirror._faults = []
    with site.mirror:
        readers = site.readers()
        site.stop.set()
        with pytest.raises(Interrupted):
            fetch_window_apart(*readers, WINDOW, site.part, site.out, Here(), site.wire())


def test_sound_that_has_no_place_beside_the_pictures(movies: Movies, tmp_path: Path, http: Http) -> None:
    """What is no sound at all, and pictures where sound should be."""
    site = Site(movies("mp4-25")["mp4-25"], tmp_path, http, {})
    site.sound.write_bytes(b"<html>" * 1000)
    assert "without its sound" in site.fetch().note
    site.sound.write_bytes(site.pictures.read_bytes())
    assert "without its sound" in site.fetch().note
    assert sound_part(Path("x/ab.part")) == Path("x/ab.sound.part")
