"""What can go wrong while products are made: each ends in a sentence, and goes on once it is mended."""

from __future__ import annotations

import os
import random
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import simplejpeg
from tests.annotations.tables import action
from tests.media.numbered import HEIGHT, WIDTH, draw, read, write_movie
from tests.preparation.roots import command, given, number, own, wrong

from avakit.dataset import lock
from avakit.dataset.ava import Dataset
from avakit.dataset.ledger import Ledger
from avakit.dataset.products import problem_of
from avakit.dataset.rows import ProductRow
from avakit.engine.worker import Worker
from avakit.errors import DiskFull, RootBusy, RootError
from avakit.preparation import course
from avakit.preparation.outcome import Outcome
from avakit.preparation.prepare import prepare
from avakit.preparation.store.parquet import read_record
from avakit.proof.verify import verify
from avakit.rehearsal.recipe import Movie

Movies = Callable[..., dict[str, Movie]]
A, B = "1j20qq1JyX4", "_7oWZq_s_Sk"
linux = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")


def made(ava: Dataset, *products: str, **options: object) -> dict[str, Outcome]:
    return {one.product: one for one in prepare(ava, products, **options)}  # type: ignore[arg-type]


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let workers do their calls in this process, where crashes are not what is tested: it is quicker."""

    def call(self: Worker, function: Callable[..., object], *arguments: object, **options: object) -> object:
        told: list[object] = []
        return function(*arguments, told.append) if options.get("on_progress") else function(*arguments)

    monkeypatch.setattr(Worker, "call", call)


# Movies that are damaged, or odd


@pytest.fixture(scope="module")
def damaged(movies: Movies, tmp_path_factory: pytest.TempPathFactory) -> tuple[Movie, Path]:
    """A movie of which some bytes in the middle are others."""
    movie = movies("mp4-700k", seconds=60)["mp4-700k"]
    data = bytearray(movie.path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 60_000] = random.Random(1).randbytes(60_000)
    path = tmp_path_factory.mktemp("damaged") / "damaged.mp4"
    path.write_bytes(data)
    return movie, path


@pytest.mark.usefixtures("here")
def test_damage_refuses_where_nothing_may_be_missing(damaged: tuple[Movie, Path], tmp_path: Path) -> None:
    ava = given(tmp_path / "ava", {A: damaged[1]}, range(24, 37))
    outcomes = made(ava, "keyframes", "frames", "clips", jobs=2)
    assert {one.state for one in outcomes.values()} == {"refused"}
    for product, one in outcomes.items():
        assert f" {product} show what cannot be decoded: second " in (one.message or "")
        with Ledger.read(ava.root.ledger) as ledger:
            row = ledger.product(A, product)
        assert row is not None
        assert (row.have, row.message) == (False, one.message)
        assert not (ava.root.path / product / A).exists()
    assert not list(ava.root.partial.iterdir())


@pytest.mark.usefixtures("here")
def test_damage_takes_nothing_of_what_was_there(damaged: tuple[Movie, Path], tmp_path: Path) -> None:
    movie, path = damaged
    ava = given(tmp_path / "ava", {A: movie.path}, range(24, 37))
    assert made(ava, "keyframes", jobs=1)["keyframes"].state == "made"
    before = known(ava)
    (ava.root.windows / f"{A}.mp4").write_bytes(path.read_bytes())
    assert made(ava, "keyframes", jobs=1)["keyframes"].state == "refused"
    assert known(ava) == before
    assert before is not None
    assert before.have
    assert problem_of(ava.root, before) is None


def known(ava: Dataset) -> ProductRow | None:
    with Ledger.read(ava.root.ledger) as ledger:
        return ledger.product(A, "keyframes")


@pytest.mark.usefixtures("here")
def test_damage_refuses_only_what_would_show_it(tmp_path: Path) -> None:
    """Of a group of ten pictures in the middle of second 4 none can be decoded."""
    path = write_movie(
        tmp_path / "a.mp4", range(250), Fraction(1, 25), options={"preset": "ultrafast", "g": "10"}
    )
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        times = [(packet.pos, packet.size, packet.pts) for packet in container.demux(stream) if packet.size]
        ticks = float(stream.time_base or 0)
    data = bytearray(path.read_bytes())
    for pos, size, pts in times:
        if pos is not None and pts is not None and 4.5 < pts * ticks < 4.75:
            data[pos + 4 : pos + size] = bytes(size - 4)
    path.write_bytes(data)
    ava = given(tmp_path / "ava", {A: path}, range(9), [action(A, 1, (0, 0, 1, 1), 12, 1)])
    for _ in range(2):
        outcomes = made(ava, "keyframes", "frames", "clips", jobs=2, seconds=1)
        assert [one.there for one in outcomes.values()] == [True, False, True]
    assert "frames show what cannot be decoded: second 4." in (outcomes["frames"].message or "")


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("gaps", ["skip", "repeat_last"])
def test_damage_is_told_by_the_second(gaps: str, damaged: tuple[Movie, Path], tmp_path: Path) -> None:
    movie, path = damaged
    ava = given(tmp_path / "ava", {A: path}, range(24, 37))
    outcomes = made(ava, "keyframes", "frames", "clips", jobs=2, gaps=gaps, seconds=1)
    assert {one.state for one in outcomes.values()} == {"made"}, outcomes
    frames = outcomes["frames"]
    assert frames.lacking
    assert any("cannot be decoded at second" in line for line in frames.damage)
    with Ledger.read(ava.root.ledger) as ledger:
        row = ledger.product(A, "frames")
    assert row is not None
    assert isinstance(row.gaps, dict)
    assert row.gaps["seconds"] == [list(stretch) for stretch in frames.lacking]
    record = read_record(ava.root.path / "frames" / f"{A}.parquet")
    hit = {float(second) for second, lacks in zip(record.second, record.lacking, strict=True) if lacks}
    within = [
        float(second)
        for second in record.second
        if any(first <= second <= last for first, last in frames.lacking)
    ]
    assert sorted(hit) == within
    assert row.counts["lacking"] == len(hit) > 0
    folder = ava.root.path / "frames" / A
    there = {
        str(name): Fraction(24) + Fraction(int(n) - 1, 30)
        for name, n, lacks in zip(record.file, record.number, record.lacking, strict=True)
        if not lacks
    }
    assert wrong(movie, folder, there) == []
    names = {path.name for path in folder.iterdir()}
    if gaps == "skip":
        assert names == set(there)
    else:
        assert names == {str(name) for name in record.file}
        for name, picture in zip(record.file, record.picture, strict=True):
            assert number(movie, (folder / str(name)).read_bytes()) == picture
    assert [finding.problem for finding in verify(ava) if finding.what in outcomes] == [None] * 3


@pytest.mark.usefixtures("here")
def test_a_movie_of_which_nothing_can_be_decoded_is_refused(movies: Movies, tmp_path: Path) -> None:
    """Its index is sound, its packets are not: no policy makes products of nothing."""
    movie = movies("mp4-25", seconds=20)["mp4-25"]
    data = bytearray(movie.path.read_bytes())
    with av.open(str(movie.path)) as container:
        spans = [(p.pos, p.size) for p in container.demux(container.streams.video[0]) if p.size and p.pos]
    for pos, size in spans:
        data[pos + 4 : pos + size] = bytes(size - 4)
    path = tmp_path / "a.mp4"
    path.write_bytes(data)
    ava = given(tmp_path / "ava", {A: path}, range(2, 18))
    for gaps in ("skip", "repeat_last"):
        outcomes = made(ava, "keyframes", "frames", "clips", gaps=gaps)
        assert {name: one.state for name, one in outcomes.items()} == dict.fromkeys(outcomes, "refused")
        assert all("can be decoded" in (one.message or "") for one in outcomes.values()), outcomes
    (frames,) = made(ava, "frames", gaps="skip", store="video").values()
    assert frames.state == "refused"


@pytest.mark.usefixtures("here")
def test_a_file_of_sound_alone_is_refused(sound_alone: Path, tmp_path: Path) -> None:
    ava = given(tmp_path / "ava", {A: sound_alone}, range(1, 4))
    outcomes = made(ava, "keyframes", "clips")
    assert all("has no picture stream" in (one.message or "") for one in outcomes.values()), outcomes


@pytest.mark.usefixtures("here")
def test_one_pixel(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("ffv1", rate=25)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 1, 1, "yuv444p"
        for n in range(100):
            frame = av.VideoFrame.from_ndarray(np.full((1, 1, 3), n * 2, np.uint8), format="rgb24")
            frame.pts, frame.time_base = n, Fraction(1, 25)
            out.mux(stream.encode(frame.reformat(format="yuv444p")))
        out.mux(stream.encode(None))
    ava = given(tmp_path / "ava", {A: path}, range(1, 4))
    outcomes = made(ava, "keyframes", "frames", "clips", "crops", "tracks", seconds=1, margin=0)
    assert {one.state for one in outcomes.values()} == {"made"}, outcomes
    picture = simplejpeg.decode_jpeg((ava.root.path / "keyframes" / A / f"{A}_0002.jpg").read_bytes())
    assert picture.shape == (1, 1, 3)
    assert abs(int(picture[0, 0, 0]) - 100) < 4


@pytest.mark.usefixtures("here")
def test_a_movie_beyond_all_measure_is_refused(tmp_path: Path) -> None:
    path = write_movie(
        tmp_path / "a.mov", [0, 1], Fraction(1, 25), codec="prores_ks", pixel_format="yuv422p10le", options={}
    )
    data = path.read_bytes()
    path.write_bytes(data.replace(struct.pack(">HH", WIDTH, HEIGHT), struct.pack(">HH", 20_000, 20_000)))
    (one,) = made(given(tmp_path / "ava", {A: path}, range(1)), "keyframes").values()
    assert "announces pictures of 20000 × 20000 pixels" in (one.message or "")


@pytest.mark.usefixtures("here")
def test_a_size_that_changes_in_the_middle(tmp_path: Path) -> None:
    path = tmp_path / "a.ts"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for part, (width, height) in enumerate([(WIDTH, HEIGHT), (WIDTH + 64, HEIGHT + 22)]):
            encoder = av.CodecContext.create("libx264", "w")
            assert isinstance(encoder, av.VideoCodecContext)
            encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
            encoder.time_base, encoder.options = Fraction(1, 25), {"preset": "ultrafast"}
            packets = []
            for n in range(50 * part, 50 * part + 50):
                frame = av.VideoFrame.from_ndarray(draw(n, width, height), format="rgb24")
                frame.pts, frame.time_base = n, Fraction(1, 25)
                packets += encoder.encode(frame.reformat(format="yuv420p"))
            for packet in [*packets, *encoder.encode(None)]:
                packet.stream = stream
                out.mux_one(packet)
    ava = given(tmp_path / "ava", {A: path}, range(1, 4))
    outcomes = made(ava, "keyframes", "frames", "clips", "crops", "tracks", margin=0, seconds=1)
    assert {one.state for one in outcomes.values()} == {"made"}, outcomes
    for product, name in (("keyframes", "0001"), ("crops", "0001_0001"), ("keyframes", "0003")):
        jpeg = (ava.root.path / product / A / f"{A}_{name}.jpg").read_bytes()
        picture = simplejpeg.decode_jpeg(jpeg)
        assert picture.shape[:2] == ((HEIGHT, WIDTH) if "1" in name else (HEIGHT + 22, WIDTH + 64))
        assert read(picture) == (25 if "1" in name else 75)
    (frames,) = made(ava, "frames", store="video").values()
    assert frames.state == "made", frames


# Processes that crash, hang, or are stopped


def children(parent: int | None = None) -> list[int]:
    """The processes of a run that read movies."""
    found = []
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                state = Path(entry.path, "stat").read_text().rpartition(")")[2].split()
                line = Path(entry.path, "cmdline").read_bytes()
            except OSError:
                continue
            if int(state[1]) == (parent or os.getpid()) and b"child.py" in line:
                found.append(int(entry.name))
    return found


@contextmanager
def meanwhile(ava: Dataset, number: signal.Signals, video: str = A, least: int = 20) -> Iterator[None]:
    """Send a signal to the child processes once some pictures of a video are there."""
    over = threading.Event()
    folder = ava.root.partial / f"frames-{video}"

    def send() -> None:
        while not over.wait(0.002):
            if folder.is_dir() and sum(1 for _ in folder.glob("*.jpg")) >= least:
                for child in children():
                    os.kill(child, number)
                return

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.fixture
def two(movies: Movies, tmp_path: Path) -> Dataset:
    """A data set of two movies."""
    some = movies("mp4-700k", "mkv", seconds=60)
    return given(tmp_path / "ava", {A: some["mp4-700k"].path, B: some["mkv"].path}, range(2, 52))


@linux
def test_a_decoder_that_crashes_hurts_its_movie_alone(two: Dataset) -> None:
    with meanwhile(two, signal.SIGSEGV):
        outcomes = prepare(two, ["frames", "keyframes"], jobs=1)
    by_video = {one.video: one for one in outcomes}
    assert by_video[A].state == "refused"
    assert f"The process preparing {A} crashed (SIGSEGV)" in (by_video[A].message or "")
    assert by_video[B].state == "made"
    begun = {path.name: path.stat().st_ino for path in (two.root.partial / f"frames-{A}").glob("*.jpg")}
    assert len(begun) >= 20
    assert {one.state for one in prepare(two, ["frames", "keyframes"])} == {"made", "kept"}
    folder = two.root.path / "frames" / A
    whole = [name for name, inode in begun.items() if (folder / name).stat().st_ino == inode]
    assert len(whole) >= len(begun) - 2, "what was whole is kept"


@linux
def test_a_decoder_that_hangs_is_ended(two: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(course, "_SILENCE", 8.0)
    with meanwhile(two, signal.SIGSTOP):
        outcomes = prepare(two, ["frames"], jobs=1)
    by_video = {one.video: one for one in outcomes}
    assert "gave no sign of life for 8 seconds" in (by_video[A].message or "")
    assert by_video[B].state == "made"
    assert children() == []


@linux
def test_ctrl_c_keeps_what_is_there(movies: Movies, tmp_path: Path) -> None:
    movie = movies("mp4-700k", seconds=60)["mp4-700k"]
    root = tmp_path / "ava"
    own(root, {"room": movie.path}, range(2, 52)).close()
    folder = root / ".avakit" / "partial" / "frames-room"
    words = command("prepare", "frames", "--root", str(root), "--quality=99", "--jobs=1")
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as running:
        deadline = time.monotonic() + 60
        while not (folder.is_dir() and len(list(folder.glob("*.jpg"))) > 20):
            assert running.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.005)
        busy = children(running.pid)
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "Run the same command again" in said
    assert "Traceback" not in said
    assert not any(Path(f"/proc/{child}").exists() for child in busy)
    assert len(list(folder.glob("*.jpg"))) > 20


def test_one_at_a_time(two: Dataset) -> None:
    with lock.hold(two.root), pytest.raises(RootBusy, match="Another avakit"):
        prepare(two, ["keyframes"])


# Disks


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own, where that may be had."""
    place = tmp_path / "disk"
    place.mkdir()
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root can make a disk")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(place)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("no disk can be made here")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def remount(disk: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", str(disk)], check=True)


@pytest.mark.parametrize("store", ["folder", "tar", "video"])
def test_a_full_disk_is_said_and_gone_on_from(store: str, disk: Path, movies: Movies) -> None:
    movie = movies("mp4-700k", seconds=60)["mp4-700k"]
    ava = given(disk / "ava", {A: movie.path}, range(2, 52))
    filler = disk / "filler"
    room = 3_000_000 if store != "video" else 1_500_000
    stat = os.statvfs(disk)
    filler.write_bytes(bytes(stat.f_bavail * stat.f_frsize - room))
    with pytest.raises(DiskFull, match=r"No room left to write .*run again: it goes on where it was"):
        prepare(ava, ["frames"], store=store, jobs=2)
    begun = {
        path.name: path.stat().st_ino
        for path in (ava.root.partial / f"frames-{A}").iterdir()
        if path.suffix in (".jpg", ".chunk")
    }
    assert begun
    remount(disk, "size=200m")
    filler.unlink()
    assert [one.state for one in prepare(ava, ["frames"], store=store, jobs=2)] == ["made"]
    if store == "folder":
        folder = ava.root.path / "frames" / A
        same = [name for name, inode in begun.items() if (folder / name).stat().st_ino == inode]
        assert len(same) >= len(begun) - 2
        assert (
            wrong(movie, folder, {f"{A}_{n:06}.jpg": 2 + Fraction(n - 1, 30) for n in (1, 700, 1400)}) == []
        )
    assert [finding.problem for finding in verify(ava)] == [None, None]


def test_a_disk_without_write_rights_is_said(disk: Path, movies: Movies) -> None:
    ava = given(disk / "ava", {A: movies("mp4-25", seconds=20)["mp4-25"].path}, range(2, 18))
    remount(disk, "ro")
    with pytest.raises(RootError, match=r"cannot be written .*Change its permissions"):
        prepare(ava, ["keyframes"])


@pytest.fixture
def one(movies: Movies, tmp_path: Path) -> Dataset:
    return given(tmp_path / "ava", {A: movies("mp4-25", seconds=20)["mp4-25"].path}, range(2, 18))


@pytest.mark.usefixtures("here")
def test_a_product_may_lie_elsewhere_on_the_same_disk(one: Dataset, tmp_path: Path) -> None:
    (tmp_path / "large").mkdir()
    (one.root.path / "keyframes").symlink_to(tmp_path / "large")
    assert [outcome.state for outcome in prepare(one, ["keyframes"])] == ["made"]
    assert len(list((tmp_path / "large" / A).iterdir())) == 16
    assert [outcome.state for outcome in prepare(one, ["keyframes"])] == ["kept"]
    assert [outcome.state for outcome in prepare(one, ["keyframes"], store="tar")] == ["made"]
    assert sorted(path.name for path in (tmp_path / "large").iterdir()) == [f"{A}.parquet", f"{A}.tar"]


def test_a_product_on_another_disk_is_said_before_anything_is_made(one: Dataset, disk: Path) -> None:
    (one.root.path / "keyframes").symlink_to(disk)
    with pytest.raises(RootError, match=r"keyframes lies on another disk than .*--root"):
        prepare(one, ["keyframes"])
    assert not list(one.root.partial.iterdir())


def test_a_file_in_the_way_is_said_before_anything_is_made(one: Dataset) -> None:
    (one.root.path / "keyframes").write_text("not a folder")
    with pytest.raises(RootError, match="keyframes cannot be a folder: a file is in its way"):
        prepare(one, ["keyframes"])
    assert not list(one.root.partial.iterdir())


@pytest.mark.usefixtures("here")
def test_what_is_in_a_videos_place_goes(one: Dataset, tmp_path: Path) -> None:
    """A file, or a link to a folder of somebody else's, is replaced; what it leads to stays."""
    (one.root.path / "keyframes").mkdir()
    (one.root.path / "frames").mkdir()
    others = tmp_path / "others"
    others.mkdir()
    (others / "mine.txt").write_text("mine")
    (one.root.path / "keyframes" / A).write_text("a file")
    (one.root.path / "frames" / A).symlink_to(others)
    assert [outcome.state for outcome in prepare(one, ["keyframes", "frames"])] == ["made", "made"]
    assert (others / "mine.txt").read_text() == "mine"
    assert not (one.root.path / "frames" / A).is_symlink()


@pytest.mark.usefixtures("here")
def test_a_window_stays_while_a_product_of_it_is_refused(one: Dataset) -> None:
    window = one.root.windows / f"{A}.mp4"
    wide = Dataset(one.root, one.settings, replace(one.release, seconds=tuple(range(2, 30))))
    outcomes = {o.product: o.state for o in prepare(wide, ["keyframes", "frames"], drop_windows=True)}
    assert outcomes == {"keyframes": "refused", "frames": "made"}
    assert window.exists()
    again = prepare(wide, ["keyframes", "frames"], drop_windows=True, gaps="skip")
    assert [o.state for o in again] == ["made", "made"]
    assert not window.exists()
