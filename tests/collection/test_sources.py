"""Forty videos over four sources, of which nearly a third fails in every way there is."""

import os
import random
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import pytest
from tests.collection.site import VAL, Site, lies, zeroed

from avakit.causes import Cause, next_step
from avakit.collection.get import get
from avakit.collection.verdict import telling
from avakit.dataset.ava import Dataset
from avakit.dataset.rows import AttemptRow, State, VideoRow
from avakit.engine.progress import Silent
from avakit.rehearsal.faults import (
    Changes,
    Cut,
    Fault,
    NoLength,
    NoRanges,
    Redirect,
    Says,
    Short,
    Stall,
    Status,
    Trickle,
    WrongRange,
)
from avakit.rehearsal.made import is_made, mark, path_of
from avakit.rehearsal.mirror import Mirror
from avakit.rehearsal.movies import make
from avakit.rehearsal.numbers import label
from avakit.rehearsal.recipe import Movie, Recipe
from avakit.transfer.http import Http

COUNT = 40
STALL = 0.7
# Few pictures a second, so that reading them takes no time.
FULL = (
    Recipe("slow", "1j20qq1JyX4", rate=Fraction(5), sync=20),
    Recipe("slow-first", "9Y_l9NsnYE0", rate=Fraction(6000, 1001), sync=20, index="first"),
    Recipe("slow-mkv", "_7oWZq_s_Sk", "mkv", rate=Fraction(4), sync=20),
)
EARLY = replace(FULL[0], name="slow-early", video="2PpxiG0WU18", seconds=1200)
BRIEF = replace(FULL[0], name="slow-brief", video="55Ihr6uVIDA", seconds=60)
GARBAGE = b"\0\1\2\r\n\r\n"
HALF = b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-0/5000\r\nContent-Le"


@dataclass(frozen=True)
class Copy:
    """A copy of a video at one source: how it is served, what it is (the good movie if not said), and how an
    attempt to get it ends.
    """

    faults: tuple[Fault, ...] = ()
    content: str = ""
    cause: Cause | None = None


GOOD = Copy()
PASSING = [
    Copy((Status(500, times=2),)),
    Copy((Status(503, times=1, retry_after=1),)),
    Copy((Status(429, times=1, retry_after=1),)),
    Copy((Status(429, times=1, retry_after=1, dated=True),)),
    Copy((Says(GARBAGE, times=2),)),
    Copy((Says(HALF, times=2),)),
    Copy((Cut(200_000),)),
    Copy((Short(100, times=3),)),
    Copy((Stall(50_000, times=1),)),
    Copy((Trickle(50_000, times=1),)),
    Copy((WrongRange(3, times=2),)),
    Copy((Changes(3),)),
    Copy((NoRanges(),)),
    Copy((NoRanges(times=1, after=2),)),
    Copy((NoLength(),)),
    Copy((NoRanges(), Cut(600_000, times=2))),
]
FOREVER = [
    Copy((Status(403),), cause=Cause.LOGIN),
    Copy((Status(500),), cause=Cause.SERVER),
    Copy((Status(503, retry_after=100_000),), cause=Cause.SERVER),
    Copy((Status(429),), cause=Cause.RATE_LIMIT),
    Copy((Says(GARBAGE),), cause=Cause.NETWORK),
    Copy((Says(HALF),), cause=Cause.NETWORK),
    Copy((Says(HALF, b"X", pause=0.1),), cause=Cause.TIMEOUT),
    Copy((Redirect("/trainval/round.mp4"),), cause=Cause.NETWORK),
    Copy((Redirect("file:///etc/passwd"),), cause=Cause.NETWORK),
    Copy((Cut(1000),), cause=Cause.NETWORK),
    Copy((Short(100),), cause=Cause.TRUNCATED),
    Copy((Stall(1000),), cause=Cause.TIMEOUT),
    Copy((Trickle(1000),), cause=Cause.TIMEOUT),
    Copy((WrongRange(3),), cause=Cause.SERVER),
    Copy((NoRanges(after=2),), cause=Cause.SERVER),
]
ENDS_EARLY = Copy(content="ends early", cause=Cause.TOO_SHORT)
BAD = [
    Copy(content="a web page", cause=Cause.CORRUPT),
    Copy(content="zeros", cause=Cause.CORRUPT),
    Copy(content="empty", cause=Cause.CORRUPT),
    Copy(content="cut off", cause=Cause.CORRUPT),
    Copy(content="damaged packets", cause=Cause.CORRUPT),
    Copy(content="sound alone", cause=Cause.FORMAT),
    Copy(content="ends before it begins", cause=Cause.TOO_SHORT),
    ENDS_EARLY,
]


class World:
    """Who has what, and what is to come of it."""

    def __init__(self, seed: int) -> None:
        self.copies: list[dict[str, Copy]] = [{} for _ in range(4)]
        self.videos = VAL[:COUNT]
        chance = random.Random(seed)
        ailing = [[*BAD, *(PASSING + FOREVER if source < 3 else [])] for source in range(4)]
        for copies in ailing:
            chance.shuffle(copies)
        for number, video in enumerate(self.videos):
            for source, has in enumerate(self.copies):
                drawn = chance.random()
                if drawn < 0.3 and ailing[source]:
                    has[video] = ailing[source].pop()
                elif drawn < 0.5 and number % 4:  # of every fourth there is no good copy from the start
                    has[video] = GOOD

    def meant(self, video: str) -> list[tuple[int, Cause | None]]:
        """Which sources are asked, in order, and how each attempt ends (None: it gives the whole video)."""
        tried: list[tuple[int, Cause | None]] = []
        for source, copies in enumerate(self.copies):
            tried.append((source, copies[video].cause if video in copies else Cause.NOT_FOUND))
            if tried[-1][1] is None:
                break
        return tried

    def partly(self, video: str) -> bool:
        """Whether some copy that is asked for shows a part of what is wanted."""
        return any(self.copies[source].get(video) is ENDS_EARLY for source, _ in self.meant(video))


def recipe_of(video: str) -> Recipe:
    return FULL[VAL.index(video) % len(FULL)]


@pytest.fixture(scope="module")
def slow(movie_folder: Path) -> dict[str, Movie]:
    """The movies of this test by name, kept between runs."""
    folder = movie_folder / "slow"
    made = {}
    for recipe in (*FULL, EARLY, BRIEF):
        path = path_of(folder, recipe)
        if not is_made(folder, recipe):
            make(recipe, path)
            mark(folder, recipe)
        made[recipe.name] = Movie(recipe, path)
    return made


class Servers:
    """The four sources of one run, with their faults yet to come."""

    def __init__(
        self, world: World, sites: list[Site], folder: Path, contents: dict[str, Path | bytes]
    ) -> None:
        self.faults: list[dict[str, list[Fault]]] = []
        for copies, site in zip(world.copies, [*sites, None], strict=True):
            faults: dict[str, list[Fault]] = {"/trainval/round.mp4": [Redirect("/trainval/round.mp4")]}
            for video, copy in copies.items():
                good = recipe_of(video)
                content = contents[copy.content or good.name]
                container = "mp4" if copy.content else good.container
                if site is None:
                    (folder / f"{video}.{container}").write_bytes(
                        content if isinstance(content, bytes) else content.read_bytes()
                    )
                else:
                    path = site.put(video, content, container)
                    faults[path] = list(copy.faults)
            self.faults.append(faults)
        self.sites, self.folder = sites, folder

    @contextmanager
    def open(self) -> Iterator[list[str]]:
        """Serve, and give the words of the sources in order."""
        with ExitStack() as stack:
            words = []
            for site, faults in zip(self.sites, self.faults, strict=False):
                mirror = stack.enter_context(Mirror(site.folder, faults=dict(faults)))
                words.append(f"mirror={mirror.url}/")
            yield [*words, f"folder={self.folder}"]


@pytest.fixture
def _soon_stalled(monkeypatch: pytest.MonkeyPatch) -> None:
    defaults = Http.__init__.__kwdefaults__
    assert defaults is not None
    assert defaults["stall"] == 30
    monkeypatch.setitem(defaults, "stall", STALL)


@pytest.mark.usefixtures("_soon_stalled")
def test_every_video_that_any_source_has_is_there(
    slow: dict[str, Movie], sound_alone: Path, tmp_path: Path
) -> None:
    world = World(seed=11)
    sites = [Site(tmp_path / f"site{number}") for number in range(3)]
    folder = tmp_path / "folder"
    folder.mkdir()
    plain = slow["slow"].path
    contents: dict[str, Path | bytes] = {
        **{name: movie.path for name, movie in slow.items()},
        "a web page": b"<html><body>Sign in</body></html>" * 40,
        "zeros": bytes(300_000),
        "empty": b"",
        "cut off": plain.read_bytes()[: plain.stat().st_size * 2 // 3],
        "damaged packets": zeroed(plain, 0.5, 0.52),
        "sound alone": sound_alone,
        "ends before it begins": slow["slow-brief"].path,
        ENDS_EARLY.content: slow["slow-early"].path,
    }
    servers = Servers(world, sites, folder, contents)
    ledgers = []
    for run in ("one", "two"):
        with servers.open() as words, go(tmp_path / run, sites[0], world, words) as ava:
            ledgers.append(but_for_times(ava, words))
            if run == "one":
                check(world, ava, words, slow)
    assert ledgers[0] == ledgers[1]
    left = lies(tmp_path / "one" / ".avakit" / "partial")
    assert {name.rpartition(".")[2] for name in left} <= {"part", "map"}
    # Just the causes that are named are taken up again.
    with servers.open() as words:
        root = tmp_path / "one"
        before = get(root=root, confirm=lambda cost: False)
        tried = len(before.ledger.attempts())
        rows = before.ledger.videos().values()
        named = [row for row in rows if row.cause in (Cause.NETWORK, Cause.TIMEOUT)]
        before.close()
        assert named
        with get(root=root, sources=words[3:], retry=[Cause.NETWORK, Cause.TIMEOUT]) as ava:
            assert len(ava.ledger.attempts()) == tried + len(named)


def go(root: Path, site: Site, world: World, words: list[str]) -> Dataset:
    return get(
        "v2.2", root=root, videos=world.videos, sources=words, annotations=site.labels, jobs=3, connections=4
    )


def check(world: World, ava: Dataset, words: list[str], slow: dict[str, Movie]) -> None:
    for video, row in ava.ledger.videos().items():
        meant = world.meant(video)
        attempts = ava.ledger.attempts(video)
        said = [(words.index(one.source), one.cause) for one in attempts]
        assert said == meant, (video, [one.message for one in attempts])
        told = [AttemptRow(video, words[source], 0, 0, 0, cause) for source, cause in meant]
        if meant[-1][1] is None:
            assert (row.state, row.source, row.cause) == (State.HAVE, words[meant[-1][0]], None)
            right_by_number(ava, video, slow[recipe_of(video).name])
        elif world.partly(video):
            assert (row.state, row.cause) == (State.PARTIAL, Cause.TOO_SHORT)
        else:
            assert (row.state, row.cause) == (State.MISSING, telling(told).cause)
            assert row.cause is not None
            assert row.next_step == next_step(row.cause)
            assert video in (row.message or "")
            assert str(ava.root.path) not in (row.message or "")


def right_by_number(ava: Dataset, video: str, movie: Movie) -> None:
    window = ava.videos[video].window
    for second in (902, 1333, 1798):
        shown = label(window.frame_at(second).rgb)
        assert shown.number == movie.number_at(second), (video, second)


Attempts = list[tuple[str | None, Cause | None, str | None]]


def but_for_times(ava: Dataset, words: list[str]) -> tuple[dict[str, VideoRow], dict[str, Attempts]]:
    """The ledger without times, and without what hangs on the hour: a mirror's port, and how many bytes
    came before a failure.
    """

    def plain(text: str | None) -> str | None:
        for number, word in enumerate(words):
            text = text and text.replace(word.partition("=")[2].rstrip("/"), f"source {number}")
        return text and re.sub(r"\b\d+ bytes\b", "…", text)

    rows = {
        video: replace(row, at=0.0, source=plain(row.source), message=plain(row.message))
        for video, row in ava.ledger.videos().items()
    }
    attempts = {
        video: [(plain(one.source), one.cause, plain(one.message)) for one in ava.ledger.attempts(video)]
        for video in rows
    }
    return rows, attempts


def test_a_body_without_end_ends_and_leaves_nothing(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("avakit.transfer.http.LARGEST", 3_000_000)
    path = site.put(VAL[0], b"x")
    endless = Says(b"HTTP/1.1 200 OK\r\n\r\n", bytes(1 << 16))
    root = tmp_path / "ava"
    with Mirror(site.folder, faults={path: endless}) as mirror:
        sources = [f"mirror={mirror.url}"]
        with get("v2.2", root=root, videos=VAL[:1], sources=sources, annotations=site.labels) as ava:
            row = ava.ledger.videos()[VAL[0]]
    assert row.cause is Cause.NETWORK
    assert "does not end" in (row.message or "")
    assert not lies(root / ".avakit" / "partial")


class Heard(Silent):
    """Remembers what is said."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def say(self, line: str) -> None:
        self.lines.append(line)


@pytest.mark.skipif(os.name == "nt", reason="files there have no modes")
def test_cookies_that_others_can_read_are_spoken_of_once(site: Site, tmp_path: Path) -> None:
    jar, folder = tmp_path / "cookies.txt", tmp_path / "empty"
    folder.mkdir()
    jar.write_text("# Netscape HTTP Cookie File\n")
    for mode, count in ((0o644, 1), (0o600, 0)):
        jar.chmod(mode)
        heard = Heard()
        sources = [f"folder={folder}"]
        get(
            "v2.2", root=tmp_path / "ava", videos=VAL[:2], sources=sources, annotations=site.labels,
            cookies=jar, progress=heard,
        ).close()  # fmt: skip
        assert sum("Others can read the cookies" in line for line in heard.lines) == count
