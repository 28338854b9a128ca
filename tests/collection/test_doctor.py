"""Is this machine ready? Sources up, down, slow or empty; full disks; wrong clocks."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from threading import Event

import pytest
from tests.collection.site import VAL, Site

from avakit.causes import Cause
from avakit.collection import machine
from avakit.collection.adopt import adopt
from avakit.collection.check import Check
from avakit.collection.doctor import doctor
from avakit.collection.reach import clock, reach
from avakit.dataset.ledger import Ledger
from avakit.dataset.root import create
from avakit.dataset.rows import Kind, State, VideoRow
from avakit.dataset.settings import Settings, save
from avakit.errors import UsageError
from avakit.rehearsal.faults import Status
from avakit.rehearsal.mirror import Mirror
from avakit.releases import catalogue
from avakit.releases.model import Video
from avakit.sources.folder import Folder
from avakit.sources.offer import Missing, Offer
from avakit.transfer.http import Http


def checks(**options: object) -> dict[str, Check]:
    return {check.name.partition("=")[0]: check for check in doctor(**options)}  # type: ignore[arg-type]


@pytest.fixture
def first() -> str:
    """The video that sources are asked for."""
    return catalogue.release("v2.2").videos(["val"])[0].id


def test_all_is_well(site: Site, tmp_path: Path, first: str) -> None:
    container = catalogue.release("v2.2").video(first).container or "mp4"
    site.put(first, os.urandom(6_000_000), container)
    with Mirror(site.folder) as mirror:
        found = checks(
            root=tmp_path / "ava", sources=[f"mirror={mirror.url}", f"folder={site.folder}"], patience=8
        )
        assert all(check.ok for check in found.values()), found
        assert mirror.sent() <= 4 * 2**20 + 2**20
    assert "/s by one connection" in found["source mirror"].found
    assert found["clock"].found == "right"
    assert " av " in found["libraries"].found
    assert not (tmp_path / "ava").exists()


def test_a_mirror_that_is_down_empty_or_closed(site: Site, tmp_path: Path) -> None:
    with Mirror(site.folder) as gone:
        url = gone.url
    with Mirror(site.folder) as empty, Mirror(site.folder, faults={"*": Status(401)}) as closed:
        words = [f"mirror={place}" for place in (url, empty.url, closed.url)]
        down, bare, shut = (
            check for check in doctor(root=tmp_path, sources=words, patience=8) if "mirror" in check.name
        )
    assert "No connection" in down.found
    assert "none of 3 videos" in bare.found
    assert shut.todo is not None
    assert "401" in shut.found
    assert [down.ok, bare.ok, shut.ok] == [False] * 3


def test_what_hangs_is_waited_for_as_long_as_was_said(site: Site, tmp_path: Path, first: str) -> None:
    site.put(first, os.urandom(3_000_000), catalogue.release("v2.2").video(first).container or "mp4")
    with Mirror(site.folder, delay=60) as mute, Mirror(site.folder, rate=50_000) as slow:
        began = time.monotonic()
        words = [f"mirror={mute.url}", f"mirror={slow.url}", f"folder={site.folder}"]
        found = [
            check for check in doctor(root=tmp_path, sources=words, patience=1.5) if "source" in check.name
        ]
        assert time.monotonic() - began < 5
    silent, trickling, there = found
    assert silent.todo is not None
    assert "nothing within" in silent.found
    assert trickling.ok
    assert "kB/s" in trickling.found
    assert there.ok


class Stuck:
    """A source whose thread nothing ends, as a folder on a server that is gone."""

    name = "folder=/gone"

    def __init__(self, until: Event) -> None:
        self._until = until

    def find(self, video: Video) -> Offer | Missing:
        self._until.wait(30)
        raise ValueError("odd")


def test_what_cannot_be_stopped_is_left_behind(site: Site) -> None:
    site.put(VAL[0], b"movie")
    until = Event()
    began = time.monotonic()
    videos = [catalogue.release("v2.2").video(VAL[0])]
    try:
        found, skew = reach([Stuck(until), Folder(site.folder)], videos, Event(), patience=0.3)
    finally:
        until.set()
    assert time.monotonic() - began < 5
    assert [check.ok for check in found] == [False, True]
    assert skew is None


class Says:
    """A source that says one thing of every video."""

    def __init__(self, cause: Cause) -> None:
        self.name = "youtube"
        self._cause = cause

    def find(self, video: Video) -> Offer | Missing:
        return Missing(self.name, self._cause, f"youtube does not give {video.id}: it said so.")


def test_who_speaks_of_a_video_alone_is_there() -> None:
    videos = [catalogue.release("v2.2").video(VAL[0])]
    for cause, ok in ((Cause.GONE, True), (Cause.PRIVATE, True), (Cause.BOT, False), (Cause.SETUP, False)):
        (found,), _ = reach([Says(cause)], videos, Event(), patience=5)
        assert (found.ok, "it said so" in found.found) == (ok, True), cause


def test_clocks() -> None:
    assert clock(None).ok
    assert clock(-1.5).found == "right"
    assert clock(200).ok
    late, early = clock(3600), clock(-3600)
    assert (late.ok, early.ok) == (False, False)
    assert ("behind" in late.found, "ahead" in early.found) == (True, True)


def test_a_server_s_clock_is_seen(site: Site) -> None:
    path = site.put(VAL[0], b"movie")
    with Mirror(site.folder) as mirror, Http(1) as http:
        assert http.open(f"{mirror.url}{path}").date.endswith("GMT")


def test_room_for_what_is_still_to_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("avakit.collection.machine.room", lambda path: (10**10, 1000))
    assert machine.disk(tmp_path, 10**9, 10).ok
    assert not machine.disk(tmp_path, 10**11, 10).ok
    few = machine.disk(tmp_path, 10**9, 1001)
    assert few.todo is not None
    assert "inodes" in few.todo
    monkeypatch.setattr("avakit.collection.machine.room", lambda path: (None, None))
    assert machine.disk(tmp_path, 1, 1).ok


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MiB, full."""
    place = tmp_path / "small"
    place.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=1m,nr_inodes=20", "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(words, capture_output=True).returncode:
        pytest.skip("a file system can be mounted by root alone")
    try:
        (place / "full").write_bytes(bytes(1 << 20))
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk(small: Path, site: Site) -> None:
    found = checks(root=small / "ava", sources=[f"folder={site.folder}"])
    assert found["disk"].todo is not None
    assert "Make room" in found["disk"].todo
    for count in range(30):
        try:
            (small / str(count)).touch()
        except OSError:
            break
    full = machine.file_system(small)
    assert full.todo is not None
    assert "No room left" in full.found


def test_a_data_set_says_what_is_still_to_come(site: Site, tmp_path: Path) -> None:
    root = create(tmp_path / "ava")
    save(root, Settings.of({"release": "v2.2", "splits": ["val"], "sources": [f"folder={site.folder}"]}))
    site.put(VAL[3], b"movie")
    found = checks(root=root.path)
    assert "64 files are still to come" in found["disk"].found
    assert found["source folder"].ok  # which is asked for all of them
    root.settings.write_text('release = "v2.2"\nsources = ["nonsense"]\n')
    with pytest.raises(UsageError):
        doctor(root=root.path)


def test_a_source_is_well_that_lacks_what_nobody_has(site: Site, tmp_path: Path) -> None:
    root = create(tmp_path / "ava")
    with Mirror(site.folder) as mirror:
        asked = {"release": "v2.2", "videos": VAL[:5], "sources": [f"mirror={mirror.url}"]}
        save(root, Settings.of(asked))
        with Ledger.write(root.ledger) as ledger:
            ledger.ask((video, "val") for video in VAL[:5])
            site.put(VAL[4], b"movie", "mp4")
            (root.path / "windows").mkdir(exist_ok=True)
            (root.path / "windows" / f"{VAL[4]}.mp4").write_bytes(b"movie")
            window = (Fraction(895), Fraction(1806))
            here = f"windows/{VAL[4]}.mp4"
            ledger.put(
                VideoRow(VAL[4], "val", State.HAVE, kind=Kind.WINDOW, path=here, bytes=5, window=window), None
            )
        assert checks(root=root.path)["source mirror"].ok


def test_data_of_one_s_own_is_asked_for_by_its_own_ids(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("talk.1,33,0.1,0.1,0.5,0.5,12,0\n")
    (tmp_path / "avakit.toml").write_text(
        'release = "mine"\nsources = ["folder=movies"]\n[custom.labels]\ntrain = "train.csv"\n'
    )
    (tmp_path / "movies").mkdir()
    (tmp_path / "movies" / "talk.1.mp4").write_bytes(b"movie")
    adopt([tmp_path / "movies"], root=tmp_path)  # which reads the labels
    assert checks(root=tmp_path)["source folder"].ok


@pytest.mark.skipif(os.name == "nt", reason="rights are of POSIX")
def test_cookies(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "cookies.txt"
    words = {"root": tmp_path, "sources": [f"folder={site.folder}"], "cookies": file}
    assert "There is no file" in checks(**words)["cookies"].found
    file.write_text("{}")
    assert "no file of cookies" in checks(**words)["cookies"].found
    file.write_text("# Netscape HTTP Cookie File\n")
    file.chmod(0o644)
    assert "chmod 600" in (checks(**words)["cookies"].todo or "")
    file.chmod(0o600)
    assert checks(**words)["cookies"].ok


def test_proxies_are_shown_without_their_passwords() -> None:
    environ = {"http_proxy": "http://me:secret@proxy:3128/", "NO_PROXY": "localhost"}
    found = machine.proxy(None, environ).found
    assert found == "http_proxy=http://proxy:3128/, no_proxy=localhost"
    assert machine.proxy(None, {}).found == "none"
    assert "capitals" in machine.proxy(None, {"HTTP_PROXY": "http://x"}).found
    assert "secret" not in machine.proxy("socks5://me:secret@host:1", environ).found


def test_the_runtime_of_youtube(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("avakit.collection.machine.sysconfig.get_path", lambda name: str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("avakit.collection.machine.version", lambda name: "2026.10.26")
    none = machine.youtube(wanted=True)
    assert "no runtime" in none.found
    assert "avakit[youtube]" in (none.todo or "")
    assert machine.youtube(wanted=False).ok
    if os.name == "nt":
        return
    program = tmp_path / "node"
    for said, ok in (("v20.1.0", False), ("v22.3.1", True)):
        program.write_text(f"#!/bin/sh\necho {said}\n")
        program.chmod(0o755)
        assert machine.youtube(wanted=True).ok is ok
    program.write_text("#!/bin/sh\nexit 1\n")
    assert not machine.youtube(wanted=True).ok
