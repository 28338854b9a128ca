"""Forty videos over sources of four kinds, of which nearly a third fails in every way there is."""

import os
import random
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import pytest
from tests.collection.places import PASSWORD, USER, Front, Listing, put
from tests.collection.site import VAL, Site, lies, zeroed
from tests.sources.stores import Moto, moto

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
from avakit.transfer import objects
from avakit.transfer.http import Http

COUNT = 40
STALL = 1.0
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


# A bucket's marks and lengths are its own; without ranges it cannot be read, and a body that ends too early
# is to obstore a connection that broke.
OF_A_BUCKET = [
    *(copy for copy in PASSING if copy.faults[0] not in (Changes(3), NoLength(), NoRanges())),
    *(copy for copy in FOREVER if copy.faults != (Short(100),)),
    Copy((Short(100),), cause=Cause.NETWORK),
    Copy((NoRanges(),), cause=Cause.SERVER),
]
ABSENT = [Copy(content=word, cause=Cause.NOT_FOUND) for word in ("a link to nothing", "a folder")]


class World:
    """Who has what, and what is to come of it: a mirror, a listing, a bucket, a folder."""

    def __init__(self, seed: int) -> None:
        self.copies: list[dict[str, Copy]] = [{} for _ in range(4)]
        self.videos = VAL[:COUNT]
        chance = random.Random(seed)
        web = BAD + PASSING + FOREVER  # the mirror and the listing share it: each fault is somewhere
        ailing = [web, web, BAD + OF_A_BUCKET, BAD + ABSENT]
        for copies in ailing[1:]:
            chance.shuffle(copies)
        for number, video in enumerate(self.videos):
            for source, has in enumerate(self.copies):
                if chance.random() < 0.3 and ailing[source]:
                    has[video] = ailing[source].pop()
            # A good copy lies behind the bad ones, so that each of these is met; every fourth video has none.
            behind = [source for source in range(4) if not any(video in has for has in self.copies[source:])]
            if behind and number % 4:
                self.copies[chance.choice(behind)][video] = GOOD

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

    def __init__(self, world: World, place: Path, store: Moto, contents: dict[str, Path | bytes]) -> None:
        self.sites = [Site(place / "mirror"), Site(place / "listing")]
        self.folder = place / "folder"
        self.folder.mkdir()
        self.store = store
        self.faults: list[dict[str, list[Fault]]] = []
        put(store.url, "/four", b"")
        for source, copies in enumerate(world.copies):
            faults: dict[str, list[Fault]] = {"*/round.mp4": [Redirect("/trainval/round.mp4")]}
            for video, copy in copies.items():
                good = recipe_of(video)
                container = "mp4" if copy.content else good.container
                name = f"{video}.{container}"
                if copy in ABSENT:
                    self._absent(self.folder / name, copy.content)
                else:
                    path = self._put(source, name, contents[copy.content or good.name])
                    faults[path] = list(copy.faults)
            self.faults.append(faults)

    def _put(self, source: int, name: str, content: Path | bytes) -> str:
        """Let a file be at a source; return its path there, as faults name it."""
        if source < 2:
            video, _, container = name.partition(".")
            return self.sites[source].put(video, content, container)
        data = content if isinstance(content, bytes) else content.read_bytes()
        path = f"/four/ava/trainval/{name}"
        if source == 2:
            put(self.store.url, path, data)
        else:
            (self.folder / name).write_bytes(data)
        return path

    def _absent(self, place: Path, what: str) -> None:
        if what == "a folder":
            place.mkdir()
        else:
            place.symlink_to(self.folder / "nothing")

    @contextmanager
    def open(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
        """Serve, and give the words of the sources in order."""
        with ExitStack() as stack:
            mirror = stack.enter_context(Mirror(self.sites[0].folder, faults=dict(self.faults[0])))
            listing = stack.enter_context(Listing(self.sites[1].folder, faults=dict(self.faults[1])))
            front = stack.enter_context(Front(self.store.url, dict(self.faults[2])))
            account = {**self.store.account, "AWS_ENDPOINT_URL": front.url}
            for name, value in {**account, "AVAKIT_USER": USER, "AVAKIT_PASSWORD": PASSWORD}.items():
                monkeypatch.setenv(name, value)
            bucket = "bucket=s3://four/ava"
            yield [f"mirror={mirror.url}/", f"listing={listing.url}/", bucket, f"folder={self.folder}"]


@pytest.fixture
def _soon_stalled(monkeypatch: pytest.MonkeyPatch) -> None:
    defaults = Http.__init__.__kwdefaults__
    assert defaults is not None
    assert defaults["stall"] == 30
    monkeypatch.setitem(defaults, "stall", STALL)
    monkeypatch.setitem(objects.Bucket.__init__.__kwdefaults__ or {}, "stall", STALL)


@pytest.mark.usefixtures("_soon_stalled")
def test_every_video_that_any_source_has_is_there(
    slow: dict[str, Movie], sound_alone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(seed=315)  # of which each source has its share, and nearly every fault is met
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
    ledgers = []
    with moto(tmp_path) as store:
        servers = Servers(world, tmp_path, store, contents)
        for run in ("one", "two"):
            with (
                servers.open(monkeypatch) as words,
                go(tmp_path / run, servers.sites[0], world, words) as ava,
            ):
                ledgers.append(but_for_times(ava, words))
                if run == "one":
                    check(world, ava, words, slow)
    for one, two in zip(*(sorted(told.items()) for told in ledgers), strict=True):
        assert one == two
    left = lies(tmp_path / "one" / ".avakit" / "partial")
    assert {name.rpartition(".")[2] for name in left} <= {"part", "map"}
    # Just the causes that are named are taken up again.
    root, taken_up = tmp_path / "one", (Cause.NETWORK, Cause.TIMEOUT)
    before = get(root=root, confirm=lambda cost: False)
    tried = len(before.ledger.attempts())
    named = [row for row in before.ledger.videos().values() if row.cause in taken_up]
    before.close()
    assert named
    with get(root=root, sources=[f"folder={servers.folder}"], retry=taken_up) as ava:
        assert len(ava.ledger.attempts()) == tried + len(named)
    assert PASSWORD not in "".join(
        path.read_text("latin-1") for path in root.glob(".avakit/**/*") if path.is_file()
    )


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


def but_for_times(ava: Dataset, words: list[str]) -> dict[str, tuple[VideoRow, Attempts]]:
    """What the ledger says of each video without times, and without what hangs on the hour: a mirror's port,
    and how many bytes came, if any, before a failure.
    """

    def plain(text: str | None) -> str | None:
        for number, word in enumerate(words):
            text = text and text.replace(word.partition("=")[2].rstrip("/"), f"source {number}")
        return text and re.sub(r"\b\d+ bytes\b|(?<=gave )nothing\b", "…", text)

    def told(video: str, row: VideoRow) -> tuple[VideoRow, Attempts]:
        attempts = ava.ledger.attempts(video)
        known = replace(row, at=0.0, source=plain(row.source), message=plain(row.message))
        return known, [(plain(one.source), one.cause, plain(one.message)) for one in attempts]

    return {video: told(video, row) for video, row in ava.ledger.videos().items()}


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
