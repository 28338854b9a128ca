"""Fetching a window: plan by what is here, fetch what is missing, until its packets can be stored."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Protocol, TypeVar

from avakit.errors import DamagedMovie
from avakit.transfer.again import interrupted
from avakit.transfer.gather import gather
from avakit.transfer.kept import Kept
from avakit.transfer.ranges import MIB, Span, total
from avakit.transfer.reader import Reader
from avakit.windows.cut import Cut, cut
from avakit.windows.movie import ALL, Piece
from avakit.windows.plan import AHEAD, Need, Plan, opening, plan, whole
from avakit.windows.span import Window
from avakit.windows.sparse import Arriving
from avakit.windows.whole import Wire, check_md5, stream_whole

R = TypeVar("R")

_PLANNING_LIMIT = 64 * MIB
_CUTTING_LIMIT = 0.3
_WIDEST_STEP = 4 * MIB
_PATIENCE = 600.0


class Caller(Protocol):
    """Where FFmpeg runs: a child process that may crash without harm."""

    def call(
        self,
        function: Callable[..., R],
        *arguments: object,
        timeout: float | None,
        about: str = "",
        on_progress: Callable[[object], None] | None = None,
    ) -> R:
        """Return what the function returns there; raise what it raises, or what `on_progress` does."""


@dataclass(frozen=True)
class Fetched:
    """A window on disk, not yet accepted: what was cut, and a note where it could not be had in the usual
    way.
    """

    cut: Cut
    note: str = ""


def fetch_window(
    reader: Reader,
    window: Window,
    part: Path,
    out: Path,
    worker: Caller,
    wire: Wire,
    md5: str | None = None,
    piece: Piece = ALL,
) -> Fetched:
    """Write a window of the movie that `reader` reads to `out`; return what it is.

    Bytes in flight are kept in `part`, so that a killed run goes on with them; they stay there until the
    caller has accepted the window and calls `forget(part)`. A movie on this machine is cut where it lies.
    `md5`: of the whole movie, checked where all of it had to be fetched. `piece`: what the file is of its
    movie. Raises the errors of transfer and media, and `Interrupted`.
    """
    if reader.path is not None:
        return Fetched(_cut_file(reader.path, reader.name, window, out, worker, piece))
    if not reader.ranges or reader.version.size is None:
        stream_whole(reader, part, wire)
        check_md5(reader, part, md5)
        note = "its server gives no parts of files, so all of it was fetched"
        return Fetched(_cut_file(part, reader.name, window, out, worker, piece), note)
    with Kept.open(part, reader.name, reader.version) as kept:
        flight = _Flight(reader, window, kept, worker, wire, piece)
        done, planned = flight.cut(flight.plan(), out)
        complete = kept.complete()
    if complete:
        check_md5(reader, part, md5)
    note = f"fetched from its beginning on, not in parts: {planned.note}" if planned.note else ""
    return Fetched(done, note)


def ready() -> None:
    """Do nothing: with the first call a child process starts, and imports what it needs."""


def plan_part(part: Path, name: str, window: Window, piece: Piece) -> Need | Plan:
    """Plan by the blocks that are kept in `part`. For a child process."""
    with Kept.view(part) as kept:
        return plan(kept, name, window, piece)


def cut_part(
    part: Path,
    name: str,
    window: Window,
    coming: tuple[Span, ...],
    out: Path,
    piece: Piece,
    report: Callable[[None], None],
) -> Cut | Need:
    """Cut a window out of the blocks of `part`, waiting for those of `coming`. For a child process."""
    with Kept.view(part) as kept:
        return cut(Arriving(kept, coming, lambda: report(None)), name, window, out, piece)


def _cut_file(path: Path, name: str, window: Window, out: Path, worker: Caller, piece: Piece) -> Cut:
    """Cut a window out of a movie on this machine."""
    done = worker.call(cut, path, name, window, out, piece, timeout=_PATIENCE, about=f"cutting {name}")
    if isinstance(done, Need):
        raise DamagedMovie(f"{name} ends where its index says that there is more", "Give another --source.")
    return done


class _Flight:
    """One movie being fetched in parts."""

    def __init__(
        self, reader: Reader, window: Window, kept: Kept, worker: Caller, wire: Wire, piece: Piece
    ) -> None:
        self._reader = reader
        self._window = window
        self._kept = kept
        self._worker = worker
        self._wire = wire
        self._piece = piece
        self._reached = 0
        self._step = 0
        self._spent = 0

    def plan(self) -> Plan:
        """Return where the window lies, fetching what is needed to know it."""
        with ThreadPoolExecutor(1, thread_name_prefix="avakit-start") as pool:
            # The child process starts while the index is fetched, which needs no FFmpeg.
            started = pool.submit(self._call, ready)
            planned: Plan | None = self._planned(lambda: opening(self._kept, self._reader.name))
            started.result()
        return self._planned(self._plan_once) if planned is None else planned

    def _planned(self, ask: Callable[[], Need | R]) -> Plan | R:
        """Ask, and fetch what is needed, until nothing more is."""
        while isinstance(found := ask(), Need):
            self._spent += total(found.spans)
            if self._spent > _PLANNING_LIMIT:
                return whole(self._kept, "finding the place in it would have cost as much")
            self._fetch(self._widened(found), self._wire.stop, least=AHEAD)
        return found

    def _plan_once(self) -> Need | Plan:
        part, name = self._kept.part, self._reader.name
        return self._call(plan_part, part, name, self._window, self._piece, about=f"planning {name}")

    def _call(self, function: Callable[..., R], *arguments: object, about: str = "starting") -> R:
        return self._worker.call(function, *arguments, timeout=_PATIENCE, about=about)

    def cut(self, planned: Plan, out: Path) -> tuple[Cut, Plan]:
        """Fetch what a plan asks for and cut it as it comes; ask for more where its container keeps things
        elsewhere.
        """
        spare = round(planned.bytes * _CUTTING_LIMIT) + 4 * MIB
        coming = planned.spans
        while isinstance(done := self._cut_coming(coming, out), Need):
            spare -= total(done.spans)
            if spare < 0 and not planned.note:
                planned = whole(self._kept, "its parts lie far apart")
                coming = planned.spans
            else:
                coming = self._widened(done)
        return done, planned

    def _cut_coming(self, coming: tuple[Span, ...], out: Path) -> Cut | Need:
        """Fetch bytes, while a child process cuts what has come."""
        ended = Event()
        with ThreadPoolExecutor(1, thread_name_prefix="avakit-fetch") as pool:
            fetching = pool.submit(self._fetch, coming, ended)

            def beat(_: object) -> None:
                if self._wire.stop.is_set():
                    raise interrupted()
                if fetching.done():
                    fetching.result()

            try:
                return self._worker.call(
                    cut_part,
                    self._kept.part,
                    self._reader.name,
                    self._window,
                    coming,
                    out,
                    self._piece,
                    timeout=_PATIENCE,
                    about=f"cutting {self._reader.name}",
                    on_progress=beat,
                )
            finally:
                ended.set()

    def _widened(self, need: Need) -> tuple[Span, ...]:
        """Ask for twice as much each time that one need begins where the last one ended."""
        start, stop = need.spans[0]
        self._step = min(2 * self._step, _WIDEST_STEP) if start == self._reached else stop - start
        self._reached = stop if need.index else min(max(stop, start + self._step), self._kept.size)
        return (start, self._reached), *need.spans[1:]

    def _fetch(self, spans: tuple[Span, ...], stop: Event, least: int = MIB) -> None:
        wire = self._wire
        gather(
            self._reader,
            self._kept,
            spans,
            connections=wire.connections,
            stop=stop,
            on_bytes=wire.on_bytes,
            least=least,
        )
