"""What the demo did: told to people while it happens and at its end, and as a document."""

import shlex
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.filesize import decimal

if TYPE_CHECKING:
    from rich.console import Console

    from avakit.engine.progress import Progress


@dataclass(frozen=True)
class Step:
    """What was done: the command that does it for a user (None: a matter of the rehearsal), and how long it
    took, in seconds.
    """

    title: str
    command: str | None
    seconds: float


@dataclass(frozen=True)
class Read:
    """How many of a product's files there are, and in how many the frame number was read and found right."""

    product: str
    files: int
    right: int


@dataclass(frozen=True)
class Disk:
    """Bytes on disk: of the windows, keyframes and frames, and of the frames if no picture were shared."""

    windows: int
    keyframes: int
    frames: int
    frames_unshared: int


@dataclass(frozen=True)
class Account:
    """What the demo came to.

    `fetched`, `whole`: bytes that came over the wire, and of the whole movies; `minutes`: of a movie's
    annotated part, and of all of it.
    """

    folder: Path
    data: Path
    sheet: Path
    videos: tuple[str, ...]
    fetched: int
    whole: int
    minutes: tuple[int, int]
    read: tuple[Read, ...]
    disk: Disk
    steps: tuple[Step, ...]

    @property
    def seconds(self) -> float:
        """How long all of it took."""
        return sum(step.seconds for step in self.steps)


class Story:
    """Tells what happens, as it happens, on a console; keeps the steps with their times."""

    def __init__(self, console: "Console") -> None:
        """Tell on `console`."""
        self._console = console
        self.steps: list[Step] = []

    @contextmanager
    def step(
        self, title: str, words: Sequence[str] | None = None, *, waiting: bool = False
    ) -> Iterator[None]:
        """Name what the body does, and time it. `words`: the command that a user would type for it;
        `waiting`: the body shows no progress of its own.
        """
        command = None if words is None else shlex.join(words)
        self._line(f"\n{len(self.steps) + 1}  {title}", "bold")
        if command is not None:
            self._line(f"   $ {command}", "cyan")
        began = time.monotonic()
        if waiting:
            with self._console.status("working ..."):
                yield
        else:
            yield
        self.steps.append(Step(title, command, time.monotonic() - began))

    def say(self, line: str) -> None:
        """Tell what came of a step."""
        self._line(f"   {line}")

    def table(self, rows: Sequence[tuple[str, str]]) -> None:
        """Tell lines with a heading each; one without a heading goes on with the line before."""
        wide = max(len(heading) for heading, _ in rows) + 3
        for heading, line in rows:
            if line:
                self._console.print(f"{heading:<{wide}}", style="bold", end="", highlight=False, markup=False)
            self._line(line)

    def _line(self, line: str, style: str | None = None) -> None:
        self._console.print(line, style=style, markup=False, highlight=False, soft_wrap=True)


class Noted:
    """Progress that is passed on, but for what is said: that is kept in `notes`."""

    def __init__(self, shown: "Progress", size: int) -> None:
        """Pass on to `shown`; `size`: how many bytes to expect, which is known better here."""
        self._shown = shown
        self._size = size
        self.notes: list[str] = []

    def expect(self, videos: int, size: int | None = None) -> None:
        """Pass it on, with the size that is known."""
        self._shown.expect(videos, self._size)

    def came(self, size: int) -> None:
        """Pass it on."""
        self._shown.came(size)

    def done(self, video: str, problem: str | None = None) -> None:
        """Pass it on."""
        self._shown.done(video, problem)

    def say(self, line: str) -> None:
        """Keep the line."""
        self.notes.append(line)

    def __enter__(self) -> Self:
        """Begin."""
        self._shown.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End."""
        self._shown.__exit__(kind, error, trace)


def summary(account: Account) -> list[tuple[str, str]]:
    """Return the account as lines for people, each with its heading."""
    disk, counts = account.disk, {read.product: read for read in account.read}
    keyframes, frames = counts["keyframes"], counts["frames"]
    shares = ", ".join(f"{step.seconds:.0f}" for step in account.steps)
    rows = [
        *_fetched(account),
        ("Pictures", f"{keyframes.files:,} keyframes of both movies, {frames.files:,} frames of one"),
        (
            "Proven",
            f"{keyframes.right:,} keyframes, all of them, and {frames.right:,} frames carry the number of",
        ),
        ("", "the picture that is on screen at their second"),
        ("Disk", f"{decimal(disk.windows)} of windows, {decimal(disk.keyframes)} of keyframes,"),
        ("", f"{decimal(disk.frames)} of frames: one that comes twice is stored once"),
        ("", f"The common recipe: {decimal(account.whole)} of movies, a re-encoded cut of each,"),
        ("", f"and {decimal(disk.frames_unshared)} of frames, each a file of its own"),
        ("Time", f"{account.seconds:.0f} s; by steps {shares}"),
        ("", ""),
        ("Look at", str(account.sheet)),
        ("Data set", str(account.data)),
    ]
    return [*rows, *(("" if place else "Next", line) for place, line in enumerate(following(account)))]


def _fetched(account: Account) -> list[tuple[str, str]]:
    if not account.fetched:
        return [("Fetched", "nothing: both windows are here from the run before")]
    part, length = account.minutes
    came, whole = decimal(account.fetched), decimal(account.whole)
    return [
        ("Fetched", f"{came}: {part} of {length} minutes. The whole movies have {whole}, which is not"),
        ("", "much more: in these two, all that is lively happens in the annotated part"),
    ]


def following(account: Account) -> list[str]:
    """Return what to type next."""
    return [
        shlex.join(["avakit", "status", "--root", str(account.data)]),
        "avakit releases v2.2",
        "avakit get v2.2 --split val",
    ]


def document(account: Account) -> dict[str, object]:
    """Return the account as `demo --json` prints it."""
    disk = account.disk
    return {
        "folder": str(account.folder),
        "data": str(account.data),
        "contact_sheet": str(account.sheet),
        "videos": list(account.videos),
        "fetched_bytes": account.fetched,
        "whole_bytes": account.whole,
        "products": [
            {"product": read.product, "files": read.files, "numbers_right": read.right}
            for read in account.read
        ],
        "disk": {
            "windows": disk.windows,
            "keyframes": disk.keyframes,
            "frames": disk.frames,
            "frames_unshared": disk.frames_unshared,
        },
        "steps": [
            {"title": step.title, "command": step.command, "seconds": round(step.seconds, 3)}
            for step in account.steps
        ],
        "seconds": round(account.seconds, 3),
        "next": following(account),
    }
