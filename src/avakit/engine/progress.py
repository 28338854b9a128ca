"""How far a long run is, told to people on stderr: a live bar, plain lines now and then, or nothing."""

import itertools
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, TextIO

from rich.filesize import decimal

if TYPE_CHECKING:
    from rich.progress import TaskID


class Progress(Protocol):
    """What a run tells. A context manager; all methods may be called from any thread."""

    def expect(self, videos: int, size: int | None = None) -> None:
        """Tell how much there is to do: videos, and bytes where they are known."""

    def came(self, size: int) -> None:
        """Tell that so many more bytes came."""

    def done(self, video: str, problem: str | None = None) -> None:
        """Tell that a video is settled, and what is wrong with it, if anything is."""

    def say(self, line: str) -> None:
        """Tell a line of text."""

    def __enter__(self) -> Self:
        """Begin."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End."""


def progress(quiet: bool = False) -> "Silent | Bar | Lines":
    """Return the progress that fits: silent if asked for, a bar on a terminal, else lines."""
    stream: TextIO | None = sys.stderr  # None in programs without a console
    if quiet or stream is None:
        return Silent()
    return Bar(stream) if stream.isatty() else Lines(stream)


class Silent:
    """Tells nothing."""

    def expect(self, videos: int, size: int | None = None) -> None:
        """Tell nothing."""

    def came(self, size: int) -> None:
        """Tell nothing."""

    def done(self, video: str, problem: str | None = None) -> None:
        """Tell nothing."""

    def say(self, line: str) -> None:
        """Tell nothing."""

    def __enter__(self) -> Self:
        """Return the progress itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End."""


class Lines(Silent):
    """Tells problems as they come, and how far the run is every `every` seconds and at its end."""

    def __init__(
        self, stream: TextIO, every: float = 15.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Write to `stream`; `clock` gives seconds."""
        self._stream = stream
        self._every = every
        self._clock = clock
        self._lock = threading.Lock()
        self._videos, self._size = 0, None
        self._settled, self._came = 0, 0
        self._begun = self._told = clock()

    _size: int | None

    def expect(self, videos: int, size: int | None = None) -> None:
        """Take note, and begin to count time."""
        with self._lock:
            self._videos, self._size = videos, size
            self._begun = self._told = self._clock()

    def came(self, size: int) -> None:
        """Take note, and write a line if it is time."""
        with self._lock:
            self._came += size
            self._tell_now_and_then()

    def done(self, video: str, problem: str | None = None) -> None:
        """Write what is wrong, and how far the run is if it is time."""
        with self._lock:
            self._settled += 1
            if problem is not None:
                self._write(f"{video}: {problem}")
            self._tell_now_and_then()

    def say(self, line: str) -> None:
        """Write the line."""
        with self._lock:
            self._write(line)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write how far the run came."""
        with self._lock:
            if self._videos:
                self._write(self._line())

    def _tell_now_and_then(self) -> None:
        if self._clock() - self._told >= self._every:
            self._told = self._clock()
            self._write(self._line())

    def _line(self) -> str:
        passed = self._clock() - self._begun
        speed = self._came / passed if passed > 0 else 0.0
        parts = [f"{self._settled} of {self._videos} videos"]
        if self._size:
            parts.append(f"{decimal(self._came)} of {decimal(max(self._size, self._came))}")
        elif self._came:
            parts.append(decimal(self._came))
        if speed >= 1:
            parts.append(f"{decimal(int(speed))}/s")
        if self._size and speed >= 1 and self._settled < self._videos:
            parts.append(f"{duration(max(0, self._size - self._came) / speed)} left")
        return ", ".join(parts)

    def _write(self, line: str) -> None:
        with suppress(OSError, ValueError):  # nobody reads any more: no reason to stop the run
            print(line, file=self._stream, flush=True)


class Bar(Silent):
    """Tells by one live line: videos, bytes, speed, time left. Other lines appear above it."""

    _task: "TaskID | None" = None

    def __init__(self, stream: TextIO) -> None:
        """Draw on `stream`, a terminal."""
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            TextColumn,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )
        from rich.progress import Progress as Live

        self._lock = threading.Lock()
        self._settled = self._videos = 0
        self._live = Live(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(compact=True),
            console=Console(file=stream, highlight=False),
            transient=False,
        )

    def expect(self, videos: int, size: int | None = None) -> None:
        """Begin the bar, or begin it anew."""
        with self._lock:
            self._videos, self._settled = videos, 0
            if self._task is not None:
                self._live.remove_task(self._task)
            self._task = self._live.add_task(self._title(), total=size)

    def came(self, size: int) -> None:
        """Move the bar."""
        with self._lock:
            if self._task is None:
                return
            self._live.advance(self._task, size)
            task = self._live.tasks[0]
            if task.total is not None and task.completed > task.total:  # the estimate was too low
                self._live.update(self._task, total=task.completed)

    def done(self, video: str, problem: str | None = None) -> None:
        """Count the video, and write what is wrong above the bar."""
        if problem is not None:
            self.say(f"{video}: {problem}")
        with self._lock:
            self._settled += 1
            if self._task is not None:
                self._live.update(self._task, description=self._title())

    def say(self, line: str) -> None:
        """Write the line above the bar."""
        with suppress(OSError, ValueError):  # the terminal is gone: no reason to stop the run
            self._live.console.print(line, markup=False, soft_wrap=True)

    def __enter__(self) -> Self:
        """Show the bar."""
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the bar as it is."""
        with suppress(OSError, ValueError):
            self._live.stop()

    def _title(self) -> str:
        return f"{self._settled}/{self._videos} videos"


def duration(seconds: float) -> str:
    """Return seconds for people, in the two largest units: `2 h 10 min`."""
    whole = round(seconds)
    units = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))
    for (large, length), (small, part) in itertools.pairwise(units):
        if whole >= length:
            rest = whole % length // part
            return f"{whole // length} {large}" + (f" {rest} {small}" if rest else "")
    return f"{whole} s"
