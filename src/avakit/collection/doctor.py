"""The verb `doctor`: is this machine ready? Nothing on it is changed."""

import os
from collections.abc import Iterable
from itertools import zip_longest
from pathlib import Path
from threading import Event

from avakit.collection import machine
from avakit.collection.check import Check
from avakit.collection.plan import Plan, plan
from avakit.collection.reach import PATIENCE, clock, reach
from avakit.dataset import settings
from avakit.dataset.root import Root, place
from avakit.dataset.selection import standing
from avakit.dataset.settings import Settings
from avakit.errors import AvakitError
from avakit.releases import catalogue
from avakit.releases.model import Video
from avakit.sources.access import Access
from avakit.sources.source import parse, usual
from avakit.transfer.cookies import unfit
from avakit.transfer.http import Http

_RELEASE = "v2.2"


def doctor(
    *,
    root: str | os.PathLike[str] | None = None,
    sources: Iterable[str] | None = None,
    proxy: str | None = None,
    cookies: str | os.PathLike[str] | None = None,
    cookies_from_browser: str | None = None,
    patience: float = PATIENCE,
) -> tuple[Check, ...]:
    """Look at libraries, proxies, sources, clock, disk, file system and cookies; return what was found.

    Arguments mean what those of `get` mean; None is what the root has, or the default. Sources are asked as
    `get` asks them: `baidu` saves the file that it is asked for into the user's netdisk. `patience`: seconds
    that sources get to answer. Raises `UsageError` for sources that there are not, and `RootError` for a root
    that cannot be read.
    """
    there = Root(place(None if root is None else Path(root), _RELEASE, Path.cwd(), os.environ))
    new = not there.settings.is_file()
    known = Settings.of({"release": _RELEASE}) if new else settings.load(there)
    changes: dict[str, object] = {
        "sources": None
        if sources is None
        else tuple(settings.grounded_source(one, Path.cwd()) for one in sources),
        "proxy": proxy,
        "cookies": None if cookies is None else settings.grounded(os.fspath(cookies), Path.cwd()),
        "cookies_from_browser": cookies_from_browser,
    }
    known = known.adding((), (), **{key: value for key, value in changes.items() if value is not None})
    made, unplanned = _planned(there, new)
    way = (
        None if made is None else made.way("whole" if known.whole or made.way("window") is None else "window")
    )
    file = None if known.cookies is None else Path(known.cookies)
    return (
        machine.libraries(),
        machine.proxy(known.proxy, os.environ),
        *_sources(known, _videos(made), file, patience),
        machine.youtube("youtube" in (known.sources or usual())),
        *machine.cookies(file),
        *unplanned,
        machine.disk(there.path, None if way is None else way.disk, 0 if way is None else way.files),
        machine.file_system(there.path),
    )


def _planned(root: Root, new: bool) -> tuple[Plan | None, tuple[Check, ...]]:
    """Return what is still to be got, if a data set is there that says so."""
    if new:
        return None, ()
    try:
        return plan(root=root.path), ()
    except AvakitError as error:
        return None, (Check("data set", error.what, error.advice or "Mend it."),)


def _videos(made: Plan | None) -> tuple[Video, ...]:
    """Return the videos to ask sources for: in turn one that the data set lacks, which may be gone
    everywhere, and one that it holds; else the release's, else AVA's.
    """
    if made is None:
        return catalogue.release(_RELEASE).videos(["val"])
    lacking = {video.id for video in made.videos}
    held = (video for video in standing(made.release, made.settings) if video.id not in lacking)
    own = tuple(one for pair in zip_longest(made.videos, held) for one in pair if one is not None)
    return own or made.release.videos(made.release.splits) or catalogue.release(_RELEASE).videos(["val"])


def _sources(
    known: Settings, videos: tuple[Video, ...], cookies: Path | None, patience: float
) -> list[Check]:
    """Ask all sources at once. Those that there are not are refused first."""
    stop = Event()
    usable = None if cookies is None or unfit(cookies) is not None else cookies
    with Http(4, known.proxy, cookies=usable, stall=patience, stop=stop) as http:
        access = Access(http, known.proxy, None, usable, known.cookies_from_browser, known.height)
        sources = [parse(word, access) for word in known.sources or usual()]
        checks, skew = reach(sources, videos, stop, patience)
    return [*checks, clock(skew)]
