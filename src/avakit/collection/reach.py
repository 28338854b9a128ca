"""Whether sources can be reached, and how fast: all asked at once, none waited for long."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from threading import Event, Thread

from rich.filesize import decimal

from avakit.causes import Cause, cause_of, next_step
from avakit.collection.check import Check
from avakit.errors import AvakitError, Interrupted
from avakit.releases.model import Video
from avakit.sources.health import Watched
from avakit.sources.offer import Missing
from avakit.sources.source import Source
from avakit.transfer.http import HttpReader
from avakit.transfer.ranges import MIB
from avakit.transfer.reader import Reader

PATIENCE = 10.0
"""Seconds after which a source that has not answered counts as out of reach."""

_GRACE = 2.0
_MOST = 4 * MIB
_LONG_ENOUGH = 3.0
_FEW = 3
_MANY = {"folder": None, "listing": None, "inria": None, "baidu": None, "youtube": 1}
"""How many videos a source is asked for: all where that costs no more than one does; one where it is slow."""

_SKEW = 300.0


@dataclass
class _Asked:
    """What one thread learnt so far. `check`: None until it is through; `skew`: by how many seconds the
    server's clock goes after this machine's.
    """

    name: str
    check: Check | None = None
    count: int = 0
    took: float = 0.0
    skew: float | None = None
    began: float = field(default_factory=time.monotonic)


def reach(
    sources: Sequence[Source], videos: Sequence[Video], stop: Event, patience: float = PATIENCE
) -> tuple[tuple[Check, ...], float | None]:
    """Ask each source for a video and read its first bytes, at most 4 MiB.

    `stop` ends what their `Http` does; it is set when time is up. `videos`: those to ask for. Returns what
    was found of each source, and by how many seconds a server's clock goes after this machine's (None: no
    server said). Raises nothing of theirs.
    """
    asked = [_Asked(source.name) for source in sources]
    threads = [
        # Daemons: a folder on a server that is gone may hold its thread for ever.
        Thread(target=_ask, args=(one, source, videos), name=f"reach-{one.name}", daemon=True)
        for one, source in zip(asked, sources, strict=True)
    ]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + patience
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    stop.set()
    deadline = time.monotonic() + _GRACE
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    skew = next((one.skew for one in asked if one.skew is not None), None)
    return tuple(one.check or _late(one, patience) for one in asked), skew


def clock(skew: float | None) -> Check:
    """Look whether this machine's clock is that of the others, on which trust in servers hangs."""
    if skew is None:
        return Check("clock", "no server said what time it is")
    found = "right" if abs(skew) < 2 else f"{abs(skew):.0f} s {'behind' if skew > 0 else 'ahead'}"
    if abs(skew) <= _SKEW:
        return Check("clock", found)
    return Check(
        "clock", found, "Set this machine's clock: certificates and signatures fail with a wrong one."
    )


def _ask(asked: _Asked, source: Source, videos: Sequence[Video]) -> None:
    try:
        asked.check = _answer(asked, source, videos)
    except Interrupted:
        asked.check = None
    except AvakitError as error:
        asked.check = _check(asked, error.what, error.advice or "Check it.")
    except Exception as error:  # noqa: BLE001 - one source must not hide what the others say
        asked.check = _check(asked, f"{type(error).__name__}: {error}", "Please report this.")


# What a source says of one video, and not of itself.
_OF_THE_VIDEO = frozenset({Cause.NOT_FOUND, Cause.GONE, Cause.PRIVATE, Cause.GEO, Cause.AGE, Cause.DRM})


def _answer(asked: _Asked, source: Source, videos: Sequence[Video]) -> Check:
    """Ask for one video after another until one is there, or it is no use."""
    some = videos[: _MANY.get(asked.name.partition("=")[0], _FEW)]
    missing: Missing | None = None
    for video in some:
        began = time.monotonic()
        found = source.find(video)
        if not isinstance(found, Missing):
            asked.took = time.monotonic() - began
            _see_clock(asked, found.reader)
            return _read(asked, found.reader)
        missing = found
        if found.cause not in _OF_THE_VIDEO:
            break
    if missing is None:
        return _check(asked, "nothing was asked for")
    if missing.cause is Cause.NOT_FOUND:
        said = f"answers, and has none of {len(some)} videos that it was asked for: {missing.message}"
        return _check(asked, said, "Check its address, or what lies there; or leave it out.")
    if missing.cause in _OF_THE_VIDEO:
        return _check(asked, f"answers: {missing.message}")
    return _check(asked, missing.message, next_step(missing.cause))


def _read(asked: _Asked, reader: Reader) -> Check:
    """Read the beginning of a file, and tell how fast it came."""
    asked.began = time.monotonic()
    size = reader.version.size
    try:
        for data in reader.read(0, _MOST if size is None else min(size, _MOST)):
            asked.count += len(data)
            if time.monotonic() - asked.began > _LONG_ENOUGH:
                break
    except Interrupted:
        if not asked.count:
            raise
    except AvakitError as error:
        return _check(asked, str(error), next_step(cause_of(error)))
    return _check(asked, _speed(asked))


def _speed(asked: _Asked) -> str:
    speed = asked.count / max(1e-6, time.monotonic() - asked.began)
    return f"answers in {asked.took:.2f} s, gives {decimal(round(speed))}/s by one connection"


def _see_clock(asked: _Asked, reader: Reader) -> None:
    if isinstance(reader, HttpReader | Watched) and reader.date:
        try:
            there = parsedate_to_datetime(reader.date)
        except ValueError:
            return
        aware = there if there.tzinfo is not None else there.replace(tzinfo=UTC)
        asked.skew = (aware - datetime.now(UTC)).total_seconds()


def _check(asked: _Asked, found: str, todo: str | None = None) -> Check:
    return Check(f"source {asked.name}", found, todo)


def _late(asked: _Asked, patience: float) -> Check:
    return _check(
        asked, f"gave nothing within {patience:.0f} s", "Check the network and --proxy, or try another."
    )
