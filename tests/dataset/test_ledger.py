import gc
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from avakit.causes import Cause
from avakit.dataset import schema
from avakit.dataset.ledger import Ledger
from avakit.dataset.rows import AttemptRow, Kind, ProductRow, State, VideoRow
from avakit.errors import DiskFull, RootError
from avakit.transfer.reader import Version

FULL = VideoRow(
    id="-5KQ66BBWC4",
    split="val",
    state=State.PARTIAL,
    source="cvdf",
    container="mkv",
    kind=Kind.WINDOW,
    path="windows/-5KQ66BBWC4.mkv",
    bytes=1 << 40,
    cause=Cause.TOO_SHORT,
    message="It ends at second 1700.",
    next_step="Give another --source.",
    origin=Fraction(-1001, 24000),
    version=Version(123, '"etag"', "yesterday"),
    window=(Fraction(895), Fraction(18061, 10)),
    at=5.5,
)
TRIED = AttemptRow("-5KQ66BBWC4", "cvdf", 1.5, 0.25, 77, Cause.TRUNCATED, "It stops at byte 77.")
MADE = ProductRow(
    video="-5KQ66BBWC4",
    product="keyframes",
    recipe={"quality": 90, "size": None},
    versions={"avakit": "0.1.0", "av": "18.1.0"},
    counts={"files": 897},
    gaps=[[902, 903]],
    fingerprint="abc",
    bytes=1000,
    have=False,
    message="no",
    at=2.0,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


def test_rows_come_back_as_they_were_given(path: Path) -> None:
    with Ledger.write(path) as ledger:
        ledger.put(FULL, TRIED)
        ledger.put_product(MADE)
        assert ledger.video(FULL.id) == FULL
        assert ledger.video("absent") is None
    with Ledger.read(path) as ledger:
        assert ledger.videos() == {FULL.id: FULL}
        assert ledger.attempts() == ledger.attempts(FULL.id) == [TRIED]
        assert ledger.attempts("absent") == []
        assert ledger.products() == ledger.products("keyframes") == [MADE]
        assert ledger.products("frames") == []
        assert ledger.product(FULL.id, "keyframes") == MADE
        assert ledger.product(FULL.id, "frames") is None


def test_asking_keeps_what_is_known(path: Path) -> None:
    with Ledger.write(path) as ledger:
        ledger.put(FULL)
        before = time.time()
        ledger.ask([(FULL.id, "val"), ("_abcdefghij", "train")])
        rows = ledger.videos()
        assert rows[FULL.id] == FULL
        assert rows["_abcdefghij"].state is State.ASKED
        assert rows["_abcdefghij"].at >= before


def test_a_product_can_be_forgotten(path: Path) -> None:
    with Ledger.write(path) as ledger:
        ledger.put_product(MADE)
        ledger.drop_product(MADE.video, MADE.product)
        assert ledger.products() == []
        ledger.attempted(TRIED)
        assert ledger.attempts() == [TRIED]


def test_a_row_and_its_attempt_are_written_both_or_neither(path: Path) -> None:
    with Ledger.write(path) as ledger:
        bad = AttemptRow("x", "cvdf", 0.0, 0.0, "many")  # type: ignore[arg-type]
        with pytest.raises(sqlite3.IntegrityError):
            ledger.put(FULL, bad)
        assert ledger.videos() == {}
        ledger.put(FULL)
        assert ledger.videos() == {FULL.id: FULL}


def test_it_is_read_while_it_is_written(path: Path) -> None:
    stop = threading.Event()
    with Ledger.write(path) as writer, Ledger.read(path) as reader:

        def write() -> None:
            for i in range(10_000):
                if stop.is_set():
                    return
                writer.put(VideoRow(f"{i:011d}", "val", State.HAVE), TRIED)

        thread = threading.Thread(target=write)
        thread.start()
        seen = 0
        try:
            while seen < 30:
                count = len(reader.videos())
                assert count >= seen
                seen = count
        finally:
            stop.set()
            thread.join()


def test_a_killed_writer_leaves_all_that_was_written(path: Path) -> None:
    script = (
        "import sys, time\nfrom pathlib import Path\nfrom avakit.dataset.ledger import Ledger\n"
        "ledger = Ledger.write(Path(sys.argv[1]))\nledger.ask([('_abcdefghij', 'val')])\n"
        "print('done', flush=True)\ntime.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script, path], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "done\n"
    process.kill()
    process.communicate()
    with Ledger.read(path) as ledger:
        assert list(ledger.videos()) == ["_abcdefghij"]


def test_read_only_media_are_read_by_a_copy(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Ledger.write(path) as writer:
        writer.put(FULL)
        disc = tmp_path / "disc"  # the log not yet merged, nothing may be made beside it
        disc.mkdir()
        for suffix in ("", "-wal"):
            shutil.copyfile(f"{path}{suffix}", f"{disc / path.name}{suffix}")
    really = schema.check

    def check(connection: sqlite3.Connection, name: str) -> int:
        (_, _, file), *_ = connection.execute("PRAGMA database_list")
        if Path(file).parent == disc:
            raise sqlite3.OperationalError("unable to open database file")
        return really(connection, name)

    monkeypatch.setattr(schema, "check", check)
    with Ledger.read(disc / path.name) as ledger:
        assert ledger.videos() == {FULL.id: FULL}
    assert sorted(file.name for file in disc.iterdir()) == ["ledger.sqlite", "ledger.sqlite-wal"]


def test_an_absent_ledger_is_told(path: Path) -> None:
    with pytest.raises(RootError, match=r"no ledger at .*avakit get"):
        Ledger.read(path)


@pytest.mark.parametrize(
    "content", [b"this is no database at all, not even nearly" * 100, b"SQLite format 3\0"]
)
def test_a_damaged_ledger_is_told(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    for opened in (Ledger.read, Ledger.write):
        with pytest.raises(RootError, match="damaged"):
            opened(path)


def test_a_ledger_damaged_inside_is_told(path: Path) -> None:
    with Ledger.write(path) as ledger:
        ledger.put(FULL)
        for i in range(500):
            ledger.attempted(AttemptRow(f"{i}", "cvdf", 0.0, 0.0, 0, None, "x" * 100))
    data = bytearray(path.read_bytes())
    data[8192:] = os.urandom(len(data) - 8192)
    path.write_bytes(data)
    with pytest.raises(RootError, match=r"ledger .* damaged"), Ledger.read(path) as ledger:
        ledger.attempts()


def test_a_row_that_makes_no_sense_is_told(path: Path) -> None:
    with Ledger.write(path) as ledger:
        ledger.put(FULL)
    connection = sqlite3.connect(path)
    connection.execute("UPDATE videos SET cause = 'witchcraft'")
    connection.commit()
    connection.close()
    with Ledger.read(path) as ledger, pytest.raises(RootError, match="damaged: 'witchcraft'"):
        ledger.videos()


def test_a_newer_ledger_is_told(path: Path) -> None:
    Ledger.write(path).close()
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    connection.close()
    for opened in (Ledger.read, Ledger.write):
        with pytest.raises(RootError, match=r"newer avakit.*Upgrade"):
            opened(path)


def test_an_older_ledger_is_brought_up_to_date(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Ledger.write(path) as ledger:
        ledger.put(FULL)
    step = "ALTER TABLE videos ADD COLUMN note TEXT;"
    monkeypatch.setattr(schema, "_STEPS", (*schema._STEPS, step))
    monkeypatch.setattr(schema, "VERSION", schema.VERSION + 1)
    with pytest.raises(RootError, match=r"older avakit.*avakit get"):
        Ledger.read(path)
    for _ in range(2):
        with Ledger.write(path) as ledger:
            assert ledger.videos() == {FULL.id: FULL}
    Ledger.read(path).close()


def test_a_step_that_fails_leaves_the_ledger_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Ledger.write(path) as ledger:
        ledger.put(FULL)
    monkeypatch.setattr(
        schema, "_STEPS", (*schema._STEPS, "ALTER TABLE videos ADD COLUMN note TEXT; nonsense;")
    )
    monkeypatch.setattr(schema, "VERSION", schema.VERSION + 1)
    with pytest.raises(RootError):
        Ledger.write(path)
    monkeypatch.undo()
    with Ledger.write(path) as ledger:
        assert ledger.videos() == {FULL.id: FULL}


def test_a_full_disk_is_told(path: Path) -> None:
    with Ledger.write(path) as ledger:
        pages = ledger._connection.execute("PRAGMA page_count").fetchone()[0]
        ledger._connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(DiskFull, match=r"no room .*Make room"):
            ledger.put_product(replace(MADE, message="x" * 1_000_000))
        assert ledger.products() == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_reads_by_its_own_connection(path: Path) -> None:
    script = (
        "import os, sys\nfrom pathlib import Path\nfrom avakit.dataset.ledger import Ledger\n"
        "Ledger.write(Path(sys.argv[1])).ask([('_abcdefghij', 'val')])\n"
        "reader = Ledger.read(Path(sys.argv[1]))\nreader.videos()\n"
        "child = os.fork()\nassert list(reader.videos()) == ['_abcdefghij']\n"
        "if child == 0:\n    os._exit(0)\nassert os.waitpid(child, 0)[1] == 0\n"
    )
    subprocess.run([sys.executable, "-c", script, path], check=True, timeout=60)


def test_a_ledger_that_nobody_closes_is_closed_with_it(path: Path) -> None:
    """Python 3.13 warns of what is not, and warnings are errors here."""
    ledger = Ledger.write(path)
    ledger.put(FULL)
    beside = path.with_name(f"{path.name}-wal")
    assert beside.exists()
    del ledger
    gc.collect()
    assert not beside.exists()
