import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.transfer.servers import Answer, Nginx, Request, Scripted, part, say

from avakit.errors import (
    AvakitError,
    Changed,
    DiskFull,
    Interrupted,
    NetworkFailed,
    NotFound,
    ServerFailed,
    Truncated,
)
from avakit.transfer.gather import gather, plan
from avakit.transfer.http import Http
from avakit.transfer.kept import Kept
from avakit.transfer.local import FileReader
from avakit.transfer.ranges import BLOCK, MIB, Span, total
from avakit.transfer.reader import Reader, Version

Serve = Callable[[Answer], Scripted]


def begin(folder: Path, version: Version) -> Kept:
    return Kept.open(folder / "x.part", "x", version)


def collect(reader: Reader, kept: Kept, spans: list[Span], **options: object) -> int:
    came: list[int] = []
    settings = {"connections": 4, "stop": threading.Event(), "on_bytes": came.append, **options}
    try:
        gather(reader, kept, spans, **settings)  # type: ignore[arg-type]
    finally:
        assert sum(came) <= kept.held
    return sum(came)


@pytest.mark.parametrize("connections", [1, 8])
def test_a_whole_file(real: Nginx, http: Http, tmp_path: Path, noise: bytes, connections: int) -> None:
    (real.www / f"g{connections}.mp4").write_bytes(noise)
    reader = http.open(f"{real.url}/g{connections}.mp4")
    with begin(tmp_path, reader.version) as kept:
        assert collect(reader, kept, [(0, len(noise))], connections=connections) == len(noise)
        assert kept.read(0, len(noise)) == noise
        assert collect(reader, kept, [(0, len(noise))]) == 0


def test_only_what_is_missing(tmp_path: Path, noise: bytes) -> None:
    (tmp_path / "m").write_bytes(noise)
    reader = FileReader(tmp_path / "m")
    with begin(tmp_path, reader.version) as kept:
        assert collect(reader, kept, [(BLOCK + 5, BLOCK + 6), (MIB, MIB + 1)]) == 2 * BLOCK
        assert kept.missing(0, 2 * MIB) == [(0, BLOCK), (2 * BLOCK, MIB), (MIB + BLOCK, 2 * MIB)]
        # The kept block between is asked for again, rather than making two requests.
        assert plan(kept, [(0, 3 * BLOCK)], 1) == [(0, 3 * BLOCK)]
        assert collect(reader, kept, [(0, 3 * BLOCK)]) == 2 * BLOCK


def test_the_plan_employs_all_connections(tmp_path: Path) -> None:
    with begin(tmp_path, Version(97 * MIB)) as kept:
        for connections in (1, 8, 200):
            parts = plan(kept, [(0, 97 * MIB)], connections)
            assert 24 <= len(parts) <= 97
            assert len(parts) >= min(connections, 97 - 7)
            assert total(parts) == 97 * MIB
        assert len(plan(kept, [(0, 8 * MIB)], 8)) in (7, 8)
        assert plan(kept, [(5 * MIB, 5 * MIB + 1)], 8, ranges=False) == [(0, 5 * MIB + BLOCK)]


def test_a_server_without_ranges(serve: Serve, http: Http, tmp_path: Path, noise: bytes) -> None:
    server = serve(lambda request, line: say(line, "200 OK", noise))
    reader = http.open(server.url)
    with begin(tmp_path, reader.version) as kept:
        collect(reader, kept, [(MIB, MIB + 5)])
        assert kept.read(0, len(noise)) == noise[: MIB + BLOCK]


def unreliable(data: bytes) -> tuple[Answer, list[Span]]:
    """Refuse each part twice, then give at most 300 kB of it."""
    spans: list[Span] = []

    def answer(request: Request, line: socket.socket) -> bool:
        start, stop = request.span
        spans.append((start, stop))
        asked = [begin for begin, _ in spans].count(start)
        if request.number and asked <= 2:
            return say(line, "500 Oh" if asked == 1 else "503 Busy", retry_after=0)
        if stop - start > 300_000:
            fields = {
                "content_length": stop - start,
                "content_range": f"bytes {start}-{stop - 1}/{len(data)}",
            }
            say(line, "206 P", data[start : start + 300_000], etag='"one"', **fields)
            return False
        return part(line, request, data)

    return answer, spans


@pytest.mark.parametrize("connections", [1, 3])
def test_failures_that_pass(serve: Serve, http: Http, tmp_path: Path, noise: bytes, connections: int) -> None:
    answer, spans = unreliable(noise)
    reader = http.open(serve(answer).url)
    with begin(tmp_path, reader.version) as kept:
        assert collect(reader, kept, [(0, len(noise))], connections=connections) == len(noise)
        assert kept.read(0, len(noise)) == noise
    # Goes on within a piece, at a block: not from where the piece began.
    assert len({start for start, _ in spans}) > 4
    assert all(start % BLOCK == 0 for start, _ in spans)


def test_an_answer_that_always_breaks_after_a_block_comes_to_its_end(
    serve: Serve, http: Http, tmp_path: Path, noise: bytes
) -> None:
    def answer(request: Request, line: socket.socket) -> bool:
        start, stop = request.span
        fields = {"content_length": stop - start, "content_range": f"bytes {start}-{stop - 1}/{len(noise)}"}
        say(line, "206 P", noise[start : min(stop, start + BLOCK + 9)], etag='"one"', **fields)
        return False

    reader = http.open(serve(answer).url)
    with begin(tmp_path, reader.version) as kept:
        collect(reader, kept, [(0, MIB)], connections=1)
        assert kept.read(0, MIB) == noise[:MIB]


@pytest.mark.parametrize(
    ("status", "kind", "tries"),
    [("404 No", NotFound, 1), ("500 Oh", ServerFailed, 5), ("416 No", Changed, 1)],
)
def test_final_errors(
    serve: Serve, http: Http, tmp_path: Path, noise: bytes, status: str, kind: type[AvakitError], tries: int
) -> None:
    server = serve(lambda r, line: part(line, r, noise) if r.number == 0 else say(line, status))
    reader = http.open(server.url)
    with begin(tmp_path, reader.version) as kept, pytest.raises(kind):
        collect(reader, kept, [(0, MIB)], connections=1)
    assert len(server.requests) == 1 + tries


def test_the_first_final_error_stops_the_others(
    serve: Serve, http: Http, tmp_path: Path, noise: bytes
) -> None:
    def answer(request: Request, line: socket.socket) -> bool:
        if request.number == 0:
            return part(line, request, noise)
        if request.span[0] == 0:
            return say(line, "404 No")
        time.sleep(2)
        return False

    reader = http.open(serve(answer).url)
    began = time.monotonic()
    with begin(tmp_path, reader.version) as kept, pytest.raises(NotFound):
        collect(reader, kept, [(0, len(noise))])
    assert time.monotonic() - began < 1.5


def test_another_version_is_not_mixed_in(tmp_path: Path, noise: bytes) -> None:
    (tmp_path / "m").write_bytes(noise)
    with begin(tmp_path, Version(len(noise), '"other"')) as kept, pytest.raises(Changed):
        collect(FileReader(tmp_path / "m"), kept, [(0, MIB)])


def test_stop_ends_within_a_second(serve: Serve, http: Http, tmp_path: Path, noise: bytes) -> None:
    def answer(request: Request, line: socket.socket) -> bool:
        if request.number == 0:
            return part(line, request, noise)
        start, stop = request.span
        say(line, "206 P", noise[start : start + BLOCK], content_length=stop - start, etag='"one"',
            content_range=f"bytes {start}-{stop - 1}/{len(noise)}")  # fmt: skip
        time.sleep(2)
        return False

    reader = http.open(serve(answer).url)
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    began = time.monotonic()
    with begin(tmp_path, reader.version) as kept:
        with pytest.raises(Interrupted):
            collect(reader, kept, [(0, len(noise))], stop=stop, connections=2)
        assert time.monotonic() - began < 1.3
        assert kept.held >= BLOCK
        with pytest.raises(Interrupted):
            collect(reader, kept, [(0, len(noise))], stop=stop)


class Hanging(FileReader):
    """Gives a little, then nothing: a reader that does not come back."""

    def read(self, start: int, stop: int | None) -> Iterator[bytes]:
        yield b"x" * 100
        time.sleep(2.5)
        yield b"y" * BLOCK


def test_a_reader_that_hangs_is_left_behind(tmp_path: Path) -> None:
    (tmp_path / "m").write_bytes(bytes(MIB))
    reader = Hanging(tmp_path / "m")
    stop = threading.Event()
    threading.Timer(0.1, stop.set).start()
    began = time.monotonic()
    with begin(tmp_path, reader.version) as kept:
        with pytest.raises(Interrupted):
            collect(reader, kept, [(0, MIB)], stop=stop)
        assert time.monotonic() - began < 2
        assert kept.held == 0


def test_errors_that_are_no_transfers_come_out(
    tmp_path: Path, noise: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "m").write_bytes(noise)
    reader = FileReader(tmp_path / "m")

    def full(start: int, data: bytes) -> int:
        raise DiskFull("full")

    with begin(tmp_path, reader.version) as kept:
        monkeypatch.setattr(kept, "write", full)
        with pytest.raises(DiskFull):
            collect(reader, kept, [(0, MIB)])


class Short(FileReader):
    """Says nothing when it ends too early."""

    def read(self, start: int, stop: int | None) -> Iterator[bytes]:
        yield from ()


def test_a_reader_that_gives_nothing_fails(tmp_path: Path, noise: bytes) -> None:
    (tmp_path / "m").write_bytes(noise)
    with begin(tmp_path, Short(tmp_path / "m").version) as kept, pytest.raises(Truncated):
        collect(Short(tmp_path / "m"), kept, [(0, MIB)])


def test_the_network_goes_away(serve: Serve, http: Http, tmp_path: Path, noise: bytes) -> None:
    server = serve(lambda request, line: part(line, request, noise) and False)
    reader = http.open(server.url)
    server.close()
    with begin(tmp_path, reader.version) as kept, pytest.raises(NetworkFailed):
        collect(reader, kept, [(0, len(noise))])
