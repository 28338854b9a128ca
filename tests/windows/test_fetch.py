"""Fetching a window over a wire that fails in every way."""

import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

import pytest
from tests.conftest import Movies

from avakit import causes
from avakit.engine.worker import Worker
from avakit.errors import (
    Changed,
    DamagedMovie,
    Interrupted,
    NetworkFailed,
    NotAMovie,
    Stalled,
    Truncated,
    WrongBytes,
)
from avakit.rehearsal.faults import Changes, Cut, Fault, NoLength, NoRanges, Short, Stall
from avakit.rehearsal.mirror import Mirror
from avakit.transfer.again import again
from avakit.transfer.http import Http
from avakit.transfer.local import FileReader
from avakit.windows.fetch import Fetched, fetch_window
from avakit.windows.span import Window
from avakit.windows.whole import Wire, fetch_whole, md5_of

R = TypeVar("R")
WINDOW = Window(Fraction(50), Fraction(80))
NAME = "mp4-25"


class Here:
    """Calls in this very process: what a child process adds is tested with it."""

    def call(
        self,
        function: Callable[..., R],
        *arguments: object,
        timeout: float | None,
        about: str = "",
        on_progress: Callable[[object], None] | None = None,
    ) -> R:
        return function(*arguments, *([] if on_progress is None else [on_progress]))


class Run:
    """One movie on a mirror with faults, and a place for what comes of it."""

    def __init__(self, folder: Path, movie: Path, mirror: Mirror, stall: float) -> None:
        self.part, self.out, self.movie, self.mirror = folder / "x.part", folder / "x.window", movie, mirror
        self.stop = threading.Event()
        self.came = 0
        self.http = Http(4, stall=stall, stop=self.stop)

    def wire(self) -> Wire:
        def came(count: int) -> None:
            self.came += count

        return Wire(4, self.stop, came)

    def fetch(self, md5: str | None = None) -> Fetched:
        reader = again(lambda: self.http.open(f"{self.mirror.url}/{self.movie.name}"), self.stop)
        return fetch_window(reader, WINDOW, self.part, self.out, Here(), self.wire(), md5)

    def whole(self, md5: str | None = None) -> None:
        reader = again(lambda: self.http.open(f"{self.mirror.url}/{self.movie.name}"), self.stop)
        fetch_whole(reader, self.part, self.wire(), md5)


Make = Callable[..., Run]


@pytest.fixture
def run(movies: Movies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    for variable in list(os.environ):
        if variable.lower().endswith("_proxy"):
            monkeypatch.delenv(variable)
    for cause, policy in causes.POLICIES.items():
        monkeypatch.setitem(causes.POLICIES, cause, causes.Policy(policy.tries, 0.01, policy.next_step))
    mirrors: list[Mirror] = []

    def make(*faults: Fault, name: str = NAME, stall: float = 5, rate: float | None = None) -> Run:
        movie = movies(name)[name].path
        mirror = Mirror(movie.parent, faults={"*": faults}, rate=rate)
        mirrors.append(mirror.__enter__())
        return Run(tmp_path, movie, mirror, stall)

    yield make
    for mirror in mirrors:
        mirror.__exit__(None, None, None)


@pytest.fixture(scope="module")
def expected(movies: Movies, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """The MD5 of the window of a movie that lies on this machine."""

    def of(name: str) -> str:
        out = tmp_path_factory.mktemp("local") / "out"
        reader = FileReader(movies(name)[name].path)
        fetch_window(reader, WINDOW, out, out, Here(), Wire(1, threading.Event(), lambda _: None))
        return md5_of(out)

    return of


@pytest.mark.parametrize("name", [NAME, "mkv", "webm", "mp4-fragments", "mkv-live"])
def test_a_window_is_the_same_from_afar(name: str, run: Make, expected: Callable[[str], str]) -> None:
    afar = run(name=name)
    fetched = afar.fetch()
    assert md5_of(afar.out) == expected(name)
    assert bool(fetched.note) == (name in ("mp4-fragments", "mkv-live"))
    assert afar.came <= afar.movie.stat().st_size


@pytest.mark.parametrize(
    "faults",
    [
        [Cut(100_000)],
        [Cut(10_000, times=4)],
        [Short(50, times=3)],
        [Stall(5000, times=2)],
        [NoRanges()],
        [NoLength()],
        [NoRanges(), Cut(50_000, times=2)],
        [NoRanges(), Short(50, times=2)],
        [NoRanges(), Stall(5000, times=2)],
    ],
    ids=str,
)
def test_what_passes_leaves_no_trace(
    faults: Sequence[Fault], run: Make, expected: Callable[[str], str]
) -> None:
    afar = run(*faults, stall=0.5)
    afar.fetch()
    assert md5_of(afar.out) == expected(NAME)


@pytest.mark.parametrize(
    ("faults", "error"),
    [
        ([Cut(1000)], NetworkFailed),
        ([Stall(1000)], Stalled),
        ([NoRanges(), Cut(1000)], NetworkFailed),
        ([NoRanges(), Short(10)], Truncated),
        ([NoRanges(), Stall(1000)], Stalled),
    ],
    ids=str,
)
def test_what_does_not_pass_is_an_error_that_names_the_file(
    faults: Sequence[Fault], error: type[Exception], run: Make
) -> None:
    afar = run(*faults, stall=0.3)
    began = time.monotonic()
    with pytest.raises(error, match=afar.movie.name):
        afar.fetch()
    assert time.monotonic() - began < 20


def test_a_file_that_changes_is_never_mixed(run: Make, expected: Callable[[str], str]) -> None:
    for faults in ([Changes(1)], [Changes(1), NoRanges()]):
        afar = run(*faults)
        with pytest.raises(Changed, match=afar.movie.name):
            afar.fetch()
        afar.fetch()
        assert md5_of(afar.out) == expected(NAME)


def test_what_came_is_kept_for_the_next_time(run: Make, expected: Callable[[str], str]) -> None:
    afar = run(Cut(70_000, times=3))
    afar.whole(md5_of(afar.movie))
    assert md5_of(afar.part) == md5_of(afar.movie)
    assert afar.came == afar.movie.stat().st_size
    afar.fetch()
    assert md5_of(afar.out) == expected(NAME)
    assert afar.came == afar.movie.stat().st_size, "nothing is fetched that is there"


def test_all_of_a_movie_must_have_its_md5_and_a_part_cannot(run: Make) -> None:
    good = hashlib.md5(run().movie.read_bytes()).hexdigest()
    for faults in ([], [NoRanges()]):
        afar = run(*faults)
        afar.whole(good)
        with pytest.raises(WrongBytes, match=afar.movie.name):
            afar.whole("0" * 32)
        assert not afar.part.exists()
        assert not afar.part.with_suffix(".map").exists()
    with pytest.raises(WrongBytes):
        run(NoRanges()).fetch("0" * 32)
    run(name="mp4-700k").fetch("0" * 32)


def test_a_stop_ends_it_within_a_second_and_keeps_what_came(run: Make) -> None:
    afar = run(rate=60_000.0)
    threading.Timer(1.0, afar.stop.set).start()
    began = time.monotonic()
    with pytest.raises(Interrupted):
        afar.fetch()
    assert time.monotonic() - began < 3
    assert afar.part.with_suffix(".map").exists()


def test_a_broken_wire_ends_the_child_process_that_waits_for_it(run: Make) -> None:
    afar = run(Cut(70_000, times=2), Stall(40_000), name="mp4-700k", stall=0.5)
    with Worker(afar.stop) as worker:
        reader = again(lambda: afar.http.open(f"{afar.mirror.url}/{afar.movie.name}"), afar.stop)
        with pytest.raises(Stalled):
            fetch_window(reader, WINDOW, afar.part, afar.out, worker, afar.wire())
        assert worker.call(len, "the next call", timeout=20) == 13


def test_what_is_no_movie_is_known_by_its_first_bytes(run: Make, tmp_path: Path) -> None:
    (tmp_path / "page.mp4").write_bytes(b"<html>" * 300_000)
    with Mirror(tmp_path) as mirror, Http(2) as http:
        wire = Wire(2, threading.Event(), lambda _: None)
        with pytest.raises(NotAMovie, match=r"page\.mp4"):
            fetch_window(
                http.open(f"{mirror.url}/page.mp4"), WINDOW, tmp_path / "p.part", tmp_path / "o", Here(), wire
            )
        assert mirror.sent() < 600_000


def test_packets_that_cannot_be_stored_are_this_movie_s_fault(movies: Movies, tmp_path: Path) -> None:
    """Time stamps that run backwards are refused by FFmpeg's own muxer."""
    source = movies("webm")["webm"].path.read_bytes()
    broken = tmp_path / "broken.webm"
    # Every cluster of the middle says that it begins at the very same time.
    data, place, stamp = bytearray(source), 0, None
    while (place := data.find(b"\x1f\x43\xb6\x75", place + 1)) > 0:
        at = data.find(b"\xe7", place, place + 20)
        length = data[at + 1] & 0x7F
        if place > len(data) // 3:
            stamp = stamp or bytes(data[at + 2 : at + 2 + length])
            if len(stamp) == length:
                data[at + 2 : at + 2 + length] = stamp
    broken.write_bytes(data)
    wire = Wire(1, threading.Event(), lambda _: None)
    with pytest.raises(DamagedMovie, match="cannot be stored"):
        fetch_window(FileReader(broken), WINDOW, tmp_path / "p", tmp_path / "o", Here(), wire)
