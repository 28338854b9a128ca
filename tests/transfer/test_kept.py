import itertools
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avakit.errors import DiskFull, RootError
from avakit.transfer.blocks import Blocks
from avakit.transfer.fragments import Fragments
from avakit.transfer.kept import Kept, map_of
from avakit.transfer.ranges import BLOCK
from avakit.transfer.reader import Version

SIZE = 10 * BLOCK + 777
DATA = random.Random(1).randbytes(SIZE)
VERSION = Version(SIZE, '"a"', "Sun, 22 Nov 2026 10:00:00 GMT")


def begin(folder: Path, version: Version = VERSION, name: str = "http://host/x.mp4") -> Kept:
    return Kept.open(folder / "x.mp4.part", name, version)


def test_what_is_written_is_read_until_the_first_gap(tmp_path: Path) -> None:
    with begin(tmp_path) as kept:
        assert kept.write(0, DATA[: 2 * BLOCK + 5]) == 2 * BLOCK
        assert kept.write(4 * BLOCK, DATA[4 * BLOCK : 6 * BLOCK]) == 2 * BLOCK
        assert kept.read(7, SIZE) == DATA[7 : 2 * BLOCK]
        assert kept.read(2 * BLOCK, 10) == b""
        assert kept.read(4 * BLOCK + 1, 10) == DATA[4 * BLOCK + 1 : 4 * BLOCK + 11]
        assert kept.missing(0, SIZE) == [(2 * BLOCK, 4 * BLOCK), (6 * BLOCK, SIZE)]
        assert kept.missing(2 * BLOCK + 3, 2 * BLOCK + 4) == [(2 * BLOCK, 3 * BLOCK)]
        assert kept.has(0, 2 * BLOCK)
        assert not kept.has(0, 2 * BLOCK + 1)
        assert kept.held == 4 * BLOCK
        assert not kept.complete()
        assert kept.complete(4 * BLOCK, 6 * BLOCK)
        assert kept.read(SIZE, 5) == b""


def test_the_last_block_is_short(tmp_path: Path) -> None:
    with begin(tmp_path) as kept:
        assert kept.write(10 * BLOCK, DATA[10 * BLOCK :]) == 777
        assert kept.has(10 * BLOCK, SIZE + 999)
        assert kept.read(10 * BLOCK, 9999) == DATA[10 * BLOCK :]
        with pytest.raises(ValueError, match="do not lie"):
            kept.write(SIZE - 1, b"ab")


def test_a_block_is_put_together_from_two_streams(tmp_path: Path) -> None:
    with begin(tmp_path) as kept:
        assert kept.write(BLOCK + 100, DATA[BLOCK + 100 : 2 * BLOCK]) == 0
        assert kept.write(0, DATA[: BLOCK + 40]) == BLOCK
        assert kept.write(BLOCK + 40, DATA[BLOCK + 40 : BLOCK + 120]) == BLOCK
        assert kept.read(0, SIZE) == DATA[: 2 * BLOCK]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, SIZE - 1), st.integers(1, 4 * BLOCK)), max_size=25))
def test_any_order_of_writing_gives_the_same_file(writes: list[tuple[int, int]]) -> None:
    blocks = Blocks(SIZE)
    fragments = Fragments(blocks)
    found: dict[int, bytes] = {}
    came: set[int] = set()
    for start, length in writes:
        came.update(range(start, min(SIZE, start + length)))
        for first, run in fragments.add(start, memoryview(DATA[start : start + length])):
            for offset in range(0, len(run), BLOCK):
                block = first + offset // BLOCK
                assert block not in found
                found[block] = bytes(run[offset : offset + BLOCK])
                blocks.add(block)
    for block in range(blocks.count):
        span = range(block * BLOCK, block * BLOCK + blocks.length(block))
        assert (block in found) == came.issuperset(span)
        if block in found:
            assert found[block] == DATA[span.start : span.stop]


def test_it_goes_on_and_checks_every_block(tmp_path: Path) -> None:
    with begin(tmp_path) as kept:
        kept.write(0, DATA)
        assert kept.complete()
        assert not kept.restarted
    with (tmp_path / "x.mp4.part").open("rb+") as file:
        file.seek(3 * BLOCK + 5)
        file.write(b"torn")
    with map_of(tmp_path / "x.mp4.part").open("rb+") as file:
        file.seek(4096 + 5 * 8)
        file.write(bytes(8))
    with begin(tmp_path) as kept:
        assert not kept.restarted
        assert kept.missing(0, SIZE) == [(3 * BLOCK, 4 * BLOCK), (5 * BLOCK, 6 * BLOCK)]


def test_a_cut_file_and_a_cut_map_lose_what_was_cut(tmp_path: Path) -> None:
    with begin(tmp_path) as kept:
        kept.write(0, DATA)
    os.truncate(tmp_path / "x.mp4.part", 2 * BLOCK + 1)
    with begin(tmp_path) as kept:
        assert kept.missing(0, SIZE) == [(2 * BLOCK, SIZE)]
        kept.write(0, DATA)
    os.truncate(tmp_path / "x.mp4.map", 4096 + 8 * 4 + 3)
    with begin(tmp_path) as kept:
        assert kept.missing(0, SIZE) == [(4 * BLOCK, SIZE)]


@pytest.mark.parametrize(
    "other",
    [
        Version(SIZE, '"b"', VERSION.modified),
        Version(SIZE - 1, '"a"', VERSION.modified),
        Version(SIZE, '"a"', "x"),
    ],
)
def test_another_version_begins_anew(tmp_path: Path, other: Version) -> None:
    with begin(tmp_path) as kept:
        kept.write(0, DATA)
    with begin(tmp_path, other) as kept:
        assert kept.restarted
        assert kept.held == 0
    assert (tmp_path / "x.mp4.part").stat().st_size == 0


def test_without_validators_the_name_decides(tmp_path: Path) -> None:
    bare = Version(SIZE)
    with begin(tmp_path, bare) as kept:
        kept.write(0, DATA)
    with begin(tmp_path, bare) as kept:
        assert kept.complete()
    with begin(tmp_path, bare, "http://other/x.mp4") as kept:
        assert kept.restarted


def test_a_torn_header_begins_anew(tmp_path: Path) -> None:
    with begin(tmp_path) as kept:
        kept.write(0, DATA)
    with map_of(tmp_path / "x.mp4.part").open("rb+") as file:
        file.seek(30)
        file.write(b"###")
    with pytest.raises(RootError):
        Kept.view(tmp_path / "x.mp4.part")
    with begin(tmp_path) as kept:
        assert kept.restarted
        assert kept.held == 0


def test_a_view_sees_the_blocks_of_its_opening(tmp_path: Path) -> None:
    with begin(tmp_path, name="n" * 9000) as kept:
        kept.write(0, DATA[: 2 * BLOCK])
        with Kept.view(kept.part) as view:
            kept.write(2 * BLOCK, DATA[2 * BLOCK :])
            assert view.held == 2 * BLOCK
            assert view.size == SIZE
            assert view.version == VERSION
            assert view.read(0, SIZE) == DATA[: 2 * BLOCK]
        with Kept.view(kept.part) as view:
            assert view.complete()
    with pytest.raises(RootError):
        Kept.view(tmp_path / "none.part")


def test_closing_and_discarding(tmp_path: Path) -> None:
    kept = begin(tmp_path / "deep" / "er")
    kept.close()
    assert kept.write(0, DATA) == 0
    kept.discard()
    assert list((tmp_path / "deep" / "er").iterdir()) == []
    with pytest.raises(ValueError, match="unknown size"):
        begin(tmp_path, Version(None))


def test_an_empty_file_is_complete(tmp_path: Path) -> None:
    with begin(tmp_path, Version(0)) as kept:
        assert kept.complete()
        assert kept.missing(0, 0) == []
        assert kept.write(0, b"") == 0


def test_a_full_disk_claims_nothing(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full")
    (tmp_path / "x.mp4.part").symlink_to("/dev/full")
    map_of(tmp_path / "x.mp4.part").write_bytes(b"")
    with pytest.raises((DiskFull, RootError)):
        begin(tmp_path).write(0, DATA)


def test_many_threads(tmp_path: Path) -> None:
    with begin(tmp_path) as kept:

        def stream(start: int, stop: int) -> None:
            for at in range(start, stop, 5000):
                kept.write(at, DATA[at : min(stop, at + 5000)])

        cuts = [0, 99_999, 200_001, 333_333, SIZE]
        pairs = itertools.pairwise(cuts)
        threads = [threading.Thread(target=stream, args=pair) for pair in pairs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert kept.read(0, SIZE) == DATA


WRITER = """
import random, sys
from pathlib import Path
from avakit.transfer.kept import Kept
from avakit.transfer.reader import Version
size = 64 * 2**20 + 5
kept = Kept.open(Path(sys.argv[1]), "x", Version(size, '"v"'))
data = random.Random(3).randbytes(2**20)
first = kept.missing(0, size)
at = first[0][0] if first else size
print(at, flush=True)
while at < size:
    part = data[at % 2**20 : at % 2**20 + 50_000][: size - at]
    kept.write(at, part)
    at += len(part)
    sys.stdout.write(f"{at}\\n")
    sys.stdout.flush()
"""


def test_killed_at_any_time_it_loses_at_most_one_block(tmp_path: Path) -> None:
    part = tmp_path / "x.part"
    data = random.Random(3).randbytes(2**20)
    version = Version(64 * 2**20 + 5, '"v"')
    chance = random.Random(5)
    for _ in range(6):
        child = subprocess.Popen([sys.executable, "-c", WRITER, str(part)], stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        lines = [child.stdout.readline()]
        time.sleep(chance.uniform(0.0, 0.05))
        child.send_signal(signal.SIGKILL)
        rest = child.stdout.read()
        child.wait()
        child.stdout.close()
        lines += [line for line in rest.splitlines(keepends=True) if line.endswith("\n")]
        written = int(lines[-1])
        with Kept.open(part, "x", version) as kept:
            assert not kept.restarted
            assert kept.held >= written - BLOCK
            for block in range(0, kept.held, BLOCK):
                found = kept.read(block, 10)
                assert found
                assert found == data[block % 2**20 :][: len(found)]
