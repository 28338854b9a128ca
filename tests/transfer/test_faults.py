"""Every way in which a server can fail: each within its bound, the others unhindered, memory flat."""

import inspect
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.transfer.servers import Answer, Scripted, part, say

from avakit.errors import (
    AvakitError,
    Changed,
    NetworkFailed,
    RateLimited,
    ServerFailed,
    Stalled,
    TransferError,
    Truncated,
)
from avakit.rehearsal.faults import (
    Cut,
    Fault,
    Lies,
    NoRanges,
    Redirect,
    Says,
    Stall,
    Status,
    Trickle,
    WrongRange,
)
from avakit.rehearsal.mirror import Mirror
from avakit.transfer.gather import gather
from avakit.transfer.http import Http
from avakit.transfer.kept import Kept

DATA = bytes(range(256)) * 4096
PATH = "/trainval/x.mp4"
HEAD = b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-0/5000\r\n"
Serve = Callable[[Answer], Scripted]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "www" / "trainval").mkdir(parents=True)
    for name in ("x.mp4", "fine.mp4"):
        (tmp_path / "www" / "trainval" / name).write_bytes(DATA)
    return tmp_path / "www"


def fetch(http: Http, url: str, part: Path) -> bytes:
    """Fetch a file as a video is fetched."""
    reader = http.open(url)
    with Kept.open(part, reader.name, reader.version) as kept:
        gather(reader, kept, [(0, kept.size)], connections=3, stop=http.stop, on_bytes=lambda count: None)
        return kept.read(0, kept.size)


def test_half_a_minute_is_the_bound() -> None:
    assert inspect.signature(Http).parameters["stall"].default == 30


@pytest.mark.parametrize(
    ("fault", "kind", "bound"),
    [
        (Says(HEAD, b"X", pause=0.1), Stalled, 8),
        (Says(b"", b"H", pause=0.1), NetworkFailed, 8),
        (Says(HEAD, b"X: " + b"a" * 1000 + b"\r\n"), NetworkFailed, 5),
        (Says(HEAD, b"a" * 1000), NetworkFailed, 5),
        (Says(b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"), NetworkFailed, 8),
        (Says(b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Hint\r\n\r\n", pause=0.1), Stalled, 8),
        (Says(HEAD), NetworkFailed, 5),
        (Says(b"HTTP/1.1 200 OK\r\n"), NetworkFailed, 5),
        (Says(HEAD + b"Content-Le"), NetworkFailed, 5),
        (Says(b"\0\1\xff\r\n\r\n"), NetworkFailed, 5),
        (Says(b"hello"), NetworkFailed, 5),
        (Says(HEAD + b"\0:\0\r\n\r\n"), NetworkFailed, 5),
        (Says(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n"), NetworkFailed, 5),
        (Says(HEAD.replace(b"5000", b"9" * 13) + b"\r\nx"), ServerFailed, 5),
        (Says(HEAD.replace(b"5000", b"9" * 30) + b"\r\nx"), ServerFailed, 5),
        (Says(HEAD.replace(b"5000", b"x\x1b[31m") + b"\r\nx"), ServerFailed, 5),
        (WrongRange(3), ServerFailed, 5),
        (Redirect(PATH), TransferError, 5),
        (Redirect("http://[::1/x"), TransferError, 5),
        (Redirect("file:///etc/passwd"), TransferError, 5),
        (Redirect("evil:\x1b]0;owned\x07"), TransferError, 5),
    ],
)
def test_an_answer_that_is_none(folder: Path, fault: Fault, kind: type[AvakitError], bound: float) -> None:
    with Mirror(folder, faults={PATH: fault}) as mirror, Http(stall=1) as http:
        began = time.monotonic()
        with pytest.raises(kind) as caught:
            http.open(mirror.url + PATH)
        assert time.monotonic() - began < bound
        assert type(caught.value) is kind
        assert mirror.url + PATH in str(caught.value)
        assert str(caught.value).isprintable()
        # Nobody else is the worse for it.
        assert b"".join(http.open(f"{mirror.url}/trainval/fine.mp4").read(0, 100)) == DATA[:100]


@pytest.mark.parametrize(
    ("fault", "kind", "bound"),
    [
        (Stall(1000), Stalled, 8),
        (Trickle(1000, pause=0.2), Stalled, 8),
        (Trickle(0, pause=0.2), Stalled, 8),
        (Cut(1000), NetworkFailed, 8),
        (Lies(100_000), Truncated, 8),
        (NoRanges(after=1), ServerFailed, 8),
        (Status(503), ServerFailed, 8),
        (Status(429), RateLimited, 8),
        (Status(429, retry_after=100_000), RateLimited, 8),
    ],
)
def test_a_body_that_does_not_come(
    folder: Path, tmp_path: Path, fault: Fault, kind: type[AvakitError], bound: float
) -> None:
    with Mirror(folder, faults={PATH: [fault]}) as mirror, Http(stall=0.5) as http:
        began = time.monotonic()
        with pytest.raises(kind) as caught:
            fetch(http, mirror.url + PATH, tmp_path / "x.part")
        assert time.monotonic() - began < bound
        assert type(caught.value) is kind


@pytest.mark.parametrize(
    "fault",
    [
        Stall(100_000, times=1),
        Trickle(100_000, pause=0.2, times=1),
        Cut(200_000),
        NoRanges(times=2, after=2),
        Says(HEAD, times=0),
    ],
)
def test_a_fault_that_passes_costs_nothing_but_time(folder: Path, tmp_path: Path, fault: Fault) -> None:
    with Mirror(folder, faults={PATH: fault}) as mirror, Http(stall=1) as http:
        assert fetch(http, mirror.url + PATH, tmp_path / "x.part") == DATA


def test_a_file_that_is_shorter_than_it_was_said_or_longer(folder: Path, tmp_path: Path) -> None:
    with Mirror(folder, faults={PATH: Lies(-1000)}) as mirror, Http(stall=1) as http:
        assert fetch(http, mirror.url + PATH, tmp_path / "x.part") == DATA[:-1000]
    once = Lies(-1000, times=1)
    with Mirror(folder, faults={PATH: once}) as mirror, Http(stall=1) as http, pytest.raises(Changed):
        fetch(http, mirror.url + PATH, tmp_path / "y.part")


@pytest.mark.parametrize("dated", [False, True])
def test_a_server_that_asks_to_wait_is_obeyed(folder: Path, tmp_path: Path, dated: bool) -> None:
    limit = Status(429, times=1, retry_after=3, dated=dated)
    with Mirror(folder, faults={PATH: limit}) as mirror, Http(stall=1) as http:
        with pytest.raises(RateLimited) as caught:
            http.open(mirror.url + PATH)
        assert 1.9 <= (caught.value.wait or 0) <= 3
        # The whole host rests, and goes on by itself.
        began = time.monotonic()
        assert fetch(http, f"{mirror.url}/trainval/fine.mp4", tmp_path / "x.part") == DATA
        assert 1.5 < time.monotonic() - began < 6


def test_who_does_not_say_how_long_is_left_alone_a_while(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from avakit import causes

    policy = causes.Policy(5, 0.7, "")
    monkeypatch.setitem(causes.POLICIES, causes.Cause.RATE_LIMIT, policy)
    with Mirror(folder, faults={PATH: Status(429)}) as mirror, Http() as http:
        with pytest.raises(RateLimited):
            http.open(mirror.url + PATH)
        began = time.monotonic()
        http.open(f"{mirror.url}/trainval/fine.mp4")
        assert time.monotonic() - began > 0.5


def test_one_server_that_hangs_does_not_hinder_another(folder: Path, tmp_path: Path) -> None:
    ended: list[float] = []
    with (
        Mirror(folder, faults={"*": Stall(0)}) as bad,
        Mirror(folder) as good,
        Http(connections=2, stall=2) as http,
    ):

        def hang() -> None:
            with pytest.raises(Stalled):
                b"".join(http.open(bad.url + PATH).read(0, 1000))
            ended.append(time.monotonic())

        threads = [threading.Thread(target=hang) for _ in range(2)]
        for thread in threads:
            thread.start()
        for count in range(20):
            assert fetch(http, good.url + PATH, tmp_path / f"{count}.part") == DATA
        done = time.monotonic()
        for thread in threads:
            thread.join()
    assert done < min(ended)


def test_an_endless_body_is_given_up(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("avakit.transfer.http.LARGEST", 10_000_000)
    endless = Says(b"HTTP/1.1 200 OK\r\n\r\n", bytes(65536))
    with Mirror(folder, faults={PATH: endless}) as mirror, Http() as http:
        reader = http.open(mirror.url + PATH)
        with pytest.raises(TransferError, match="does not end"):
            for _ in reader.read(0, None):
                pass
        assert sum(map(len, reader.read(5, 1000))) == 995


HOSTILE = """
    import resource, sys, time
    from avakit.errors import TransferError
    from avakit.transfer.http import Http

    def peak():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    base, *paths = sys.argv[1:]
    with Http(stall=1) as http:
        b"".join(http.open(base + "/trainval/fine.mp4").read(0, None))
        before = peak()
        for path in paths:
            for _ in range(3):
                try:
                    came = 0
                    for data in http.open(base + path).read(0, None):
                        came += len(data)
                        if came > 200_000_000:
                            break
                except TransferError as error:
                    pass
    print(peak() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in KiB on Linux alone")
def test_memory_stays_flat_whatever_comes(folder: Path, tmp_path: Path) -> None:
    ok = b"HTTP/1.1 200 OK\r\n"
    faults: dict[str, Fault] = {
        "/body": Says(ok + b"\r\n", bytes(1 << 16)),
        "/chunks": Says(ok + b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + bytes(1 << 16) + b"\r\n"),
        "/headers": Says(ok, b"X: " + b"a" * 60_000 + b"\r\n"),
        "/many": Says(ok, b"".join(b"X%d: a\r\n" % number for number in range(5000))),
        "/line": Says(ok, b"a" * (1 << 16)),
        "/size": Says(HEAD.replace(b"5000", b"9" * 17) + b"Content-Length: 1\r\n\r\nx"),
        "/cookies": Says(ok, b"Set-Cookie: a=%s\r\n" % (b"a" * 3000)),
    }
    for name in faults:
        (folder / name[1:]).touch()
    script = tmp_path / "hostile.py"
    script.write_text(textwrap.dedent(HOSTILE))
    with Mirror(folder, faults=faults) as mirror:
        done = subprocess.run(
            [sys.executable, str(script), mirror.url, *faults], capture_output=True, text=True, timeout=60
        )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 12_000  # KiB


def ipv6() -> Iterator[socket.socket]:
    try:
        yield socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        return


def test_version_6_of_the_address(http: Http) -> None:
    listener = next(ipv6(), None)
    if listener is None:
        pytest.skip("this machine has no IPv6")
    with listener:
        port = listener.getsockname()[1]

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(4096)
                say(connection, "206 P", b"x", content_range="bytes 0-0/9")

        thread = threading.Thread(target=serve)
        thread.start()
        reader = http.open(f"http://[::1]:{port}/x")
        thread.join()
    assert reader.version.size == 9
    assert reader.name == f"http://[::1]:{port}/x"


def test_a_name_with_a_dead_address_before_a_live_one(serve: Serve, http: Http) -> None:
    """`localhost` is ::1 and 127.0.0.1; nobody listens at the first."""
    server = serve(lambda request, line: part(line, request, DATA))
    assert http.open(f"http://localhost:{server.port}/x").version.size == len(DATA)
