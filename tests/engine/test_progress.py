import io
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from avakit.engine.progress import Bar, Lines, Progress, Silent, duration, progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Gone(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError


def go(progress: Progress) -> None:
    with progress, ThreadPoolExecutor(4) as threads:
        progress.expect(20, 2_000_000)
        list(threads.map(progress.came, [100_000] * 20))
        list(threads.map(progress.done, [f"video{i}" for i in range(20)]))
        progress.say("a line [of] text")


def test_nothing_is_told_where_that_is_asked_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = progress(quiet=True)
    assert isinstance(chosen, Silent)
    go(chosen)
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr(sys, "stderr", None)
    go(progress())


def test_lines_come_now_and_then_and_problems_at_once() -> None:
    now = [0.0]
    stream = io.StringIO()
    with Lines(stream, every=10, clock=lambda: now[0]) as told:
        told.expect(3, 4_000_000)
        now[0] = 5
        told.came(1_000_000)
        assert stream.getvalue() == ""
        now[0] = 10
        told.came(1_000_000)
        told.came(0)
        assert stream.getvalue() == "0 of 3 videos, 2.0 MB of 4.0 MB, 200.0 kB/s, 10 s left\n"
        told.done("a")
        told.done("b", "It is gone.")
        told.came(3_000_000)
        told.done("c")
    last = "3 of 3 videos, 5.0 MB of 5.0 MB, 500.0 kB/s"
    assert stream.getvalue().splitlines()[1:] == ["b: It is gone.", last]


def test_lines_do_without_sizes() -> None:
    stream = io.StringIO()
    with Lines(stream, clock=lambda: 0.0) as told:
        told.expect(1)
        told.done("a")
    assert stream.getvalue() == "1 of 1 videos\n"


def test_the_bar_shows_videos_and_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    chosen = progress()
    assert isinstance(chosen, Bar)
    go(chosen)
    shown = stream.getvalue()
    assert "20/20 videos" in shown
    assert "2.0/2.0 MB" in shown
    assert "a line [of] text" in shown


def test_the_bar_bears_a_low_estimate_and_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    stream = Terminal()
    with Bar(stream) as told:
        told.came(1)
        told.expect(1, 10)
        told.came(2_000_000)
        told.done("a", "It is short.")
        told.expect(5)
        told.came(5)
    assert "a: It is short." in stream.getvalue()
    assert "0/5 videos" in stream.getvalue()


def test_a_reader_that_went_away_stops_no_run() -> None:
    go(Lines(Gone(), every=0))


def test_durations() -> None:
    assert [duration(s) for s in (0, 59, 60, 61, 3600, 7860, 90000)] == [
        "0 s",
        "59 s",
        "1 min",
        "1 min 1 s",
        "1 h",
        "2 h 11 min",
        "1 d 1 h",
    ]
