import os
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
    Interrupted,
    LoginNeeded,
    NetworkFailed,
    NotFound,
    RateLimited,
    ServerFailed,
    Stalled,
    TransferError,
    Truncated,
    UsageError,
)
from avakit.transfer.http import USER_AGENT, Http
from avakit.transfer.reader import Reader

Serve = Callable[[Answer], Scripted]
DATA = bytes(range(256)) * 4096


def whole(stream: Iterator[bytes]) -> bytes:
    return b"".join(stream)


def test_a_real_server(real: Nginx, http: Http, noise: bytes) -> None:
    (real.www / "m.mp4").write_bytes(noise)
    reader: Reader = http.open(f"{real.url}/m.mp4")
    assert reader.version.size == len(noise)
    assert reader.version.etag
    assert reader.version.modified
    assert reader.ranges
    assert reader.path is None
    assert reader.name == f"{real.url}/m.mp4"
    assert whole(reader.read(0, None)) == noise
    assert whole(reader.read(1_000_001, 2_000_003)) == noise[1_000_001:2_000_003]
    assert whole(reader.read(len(noise) - 5, len(noise) + 99)) == noise[-5:]
    assert whole(reader.read(9, 9)) == b""
    with pytest.raises(NotFound, match="404"):
        http.open(f"{real.url}/none.mp4")


def test_an_empty_file(real: Nginx, http: Http) -> None:
    (real.www / "empty.mp4").write_bytes(b"")
    reader = http.open(f"{real.url}/empty.mp4")
    assert reader.version.size == 0
    assert whole(reader.read(0, None)) == b""


def test_ranges_past_4_gib(real: Nginx, http: Http) -> None:
    place = 5 * 2**30
    with (real.www / "huge.mp4").open("wb") as file:
        file.seek(place)
        file.write(b"here")
    reader = http.open(f"{real.url}/huge.mp4")
    assert reader.version.size == place + 4
    assert whole(reader.read(place - 2, place + 4)) == b"\0\0here"
    (real.www / "huge.mp4").unlink()


def test_a_file_that_changes_between_requests(real: Nginx, http: Http) -> None:
    path = real.www / "changing.mp4"
    path.write_bytes(DATA)
    reader = http.open(f"{real.url}/changing.mp4")
    path.write_bytes(DATA[::-1])
    os.utime(path, (1, 1))
    with pytest.raises(Changed):
        whole(reader.read(10, 20))


def test_one_connection_serves_many_requests(serve: Serve, http: Http) -> None:
    ports = set()

    def answer(request: Request, connection: socket.socket) -> bool:
        ports.add(connection.getpeername())
        return part(connection, request, DATA)

    server = serve(answer)
    reader = http.open(f"{server.url}/x?key=1")
    for start in range(0, 500_000, 100_000):
        assert whole(reader.read(start, start + 70_000)) == DATA[start : start + 70_000]
    assert len(ports) == 1
    first, second = server.requests[:2]
    assert first.headers["range"] == "bytes=0-0"
    assert first.headers["user-agent"] == USER_AGENT
    assert first.headers["accept-encoding"] == "identity"
    assert "if-range" not in first.headers
    assert second.headers["if-range"] == '"one"'
    assert second.path == "/x?key=1"


def test_a_weak_etag_is_no_validator(serve: Serve, http: Http) -> None:
    server = serve(lambda request, line: part(line, request, DATA, etag='W/"1"', last_modified="then"))
    whole(http.open(server.url).read(0, 10))
    assert server.requests[1].headers["if-range"] == "then"


def test_a_server_without_ranges(serve: Serve, http: Http) -> None:
    server = serve(lambda request, line: say(line, "200 OK", DATA))
    reader = http.open(server.url)
    assert not reader.ranges
    assert reader.version.size == len(DATA)
    assert whole(reader.read(100_000, 200_000)) == DATA[100_000:200_000]
    assert "range" not in server.requests[1].headers


def test_a_server_that_says_no_length(serve: Serve, http: Http) -> None:
    server = serve(lambda request, line: say(line, "200 OK", DATA, content_length=None) and False)
    reader = http.open(server.url)
    assert reader.version.size is None
    assert whole(reader.read(0, None)) == DATA
    assert whole(reader.read(5, 10)) == DATA[5:10]
    with pytest.raises(Truncated):
        whole(reader.read(5, len(DATA) + 1))


@pytest.mark.parametrize(
    ("then", "kind"),
    [
        (lambda r, c: say(c, "200 OK", DATA), Changed),
        (lambda r, c: say(c, "206 P", b"x" * 10, content_range="bytes 10-19/999"), Changed),
        (lambda r, c: say(c, "206 P", b"x" * 10, content_range=f"bytes 11-20/{len(DATA)}"), ServerFailed),
        (lambda r, c: say(c, "206 P", b"x" * 10), ServerFailed),
        (lambda r, c: part(c, r, DATA, etag='"two"'), Changed),
        (
            lambda r, c: (
                say(c, "206 P", b"x", content_length=10, content_range=f"bytes 10-19/{len(DATA)}") and 0
            ),
            Truncated,
        ),
        (lambda r, c: say(c, "206 P", b"x", content_range=f"bytes 10-10/{len(DATA)}"), Truncated),
        (lambda r, c: say(c, "404 No"), NotFound),
        (lambda r, c: say(c, "416 No"), Changed),
        (lambda r, c: None, NetworkFailed),
        (lambda r, c: c.sendall(b"nonsense\r\n\r\n"), NetworkFailed),
        (lambda r, c: part(c, r, DATA, content_encoding="gzip"), TransferError),
    ],
)
def test_answers_that_are_wrong(serve: Serve, http: Http, then: Answer, kind: type[AvakitError]) -> None:
    server = serve(
        lambda request, line: (part if request.number == 0 else lambda c, r, _: then(r, c))(
            line, request, DATA
        )
    )
    reader = http.open(f"{server.url}/x.mp4")
    with pytest.raises(kind) as caught:
        whole(reader.read(10, 20))
    assert type(caught.value) is kind
    assert f"{server.url}/x.mp4" in str(caught.value)


@pytest.mark.parametrize(
    ("status", "kind", "wait"),
    [
        ("429 Slow", RateLimited, 3),
        ("503 Busy", ServerFailed, 3),
        ("401 Who", LoginNeeded, 0),
        ("403 No", LoginNeeded, 0),
    ],
)
def test_refusals(serve: Serve, http: Http, status: str, kind: type[TransferError], wait: int) -> None:
    server = serve(lambda request, line: say(line, status, retry_after=3))
    with pytest.raises(kind) as caught:
        http.open(server.url)
    assert getattr(caught.value, "wait", 0) == wait
    host = server.url.removeprefix("http://")
    assert http.governor.enter(host, 0) == (wait == 0)


@pytest.mark.parametrize("trickle", [b"", b"x"])
def test_a_body_that_stalls(serve: Serve, http: Http, trickle: bytes) -> None:
    ended = threading.Event()

    def answer(request: Request, line: socket.socket) -> bool:
        if request.number == 0:
            return part(line, request, DATA)
        say(line, "206 P", DATA[:5000], content_length=9000, content_range=f"bytes 0-8999/{len(DATA)}")
        while not ended.wait(0.2):
            line.sendall(trickle)
        return False

    reader = http.open(serve(answer).url)
    began = time.monotonic()
    got: list[bytes] = []
    with pytest.raises(Stalled, match="1 seconds"):
        got.extend(reader.read(0, 9000))
    ended.set()
    assert b"".join(got).startswith(DATA[:5000])
    assert time.monotonic() - began < 4


def test_a_slow_reader_is_no_stall(real: Nginx, http: Http) -> None:
    (real.www / "slow.mp4").write_bytes(DATA * 8)
    stream = http.open(f"{real.url}/slow.mp4").read(0, None)
    first = next(data for data in stream if data)
    time.sleep(1.5)
    assert first + whole(stream) == DATA * 8


def test_stopping_ends_within_a_second(serve: Serve) -> None:
    stop = threading.Event()
    with Http(stop=stop) as http:
        server = serve(lambda request, line: time.sleep(1.5))
        threading.Timer(0.2, stop.set).start()
        began = time.monotonic()
        with pytest.raises(Interrupted):
            http.open(server.url)
        assert time.monotonic() - began < 1.2


def test_closing_the_iterator_frees_the_place(real: Nginx) -> None:
    (real.www / "c.mp4").write_bytes(DATA * 20)
    with Http(connections=1) as http:
        reader = http.open(f"{real.url}/c.mp4")
        for _ in range(3):
            stream = reader.read(0, None)
            next(stream)
            stream.close()
        assert whole(reader.read(0, 5)) == DATA[:5]


def test_redirects_are_followed_once(serve: Serve, http: Http) -> None:
    def answer(request: Request, line: socket.socket) -> bool:
        if request.path == "/old":
            return say(line, "302 Found", b"moved", location="/new")
        return part(line, request, DATA)

    server = serve(answer)
    reader = http.open(f"{server.url}/old")
    assert whole(reader.read(0, 9)) == DATA[:9]
    assert [request.path for request in server.requests] == ["/old", "/new", "/new"]
    assert reader.name == f"{server.url}/old"


def test_an_expired_redirect_is_asked_for_anew(serve: Serve, http: Http) -> None:
    def answer(request: Request, line: socket.socket) -> bool:
        if request.path == "/old":
            return say(line, "307 Go", location=f"/signed{request.number}")
        if request.path == "/signed0" and request.number > 1:
            return say(line, "403 Expired")
        return part(line, request, DATA)

    reader = http.open(f"{serve(answer).url}/old")
    assert whole(reader.read(0, 9)) == DATA[:9]
    assert whole(reader.read(9, 19)) == DATA[9:19]


def test_a_loop_and_a_file_are_not_followed(serve: Serve, http: Http) -> None:
    server = serve(lambda request, line: say(line, "302 F", location="/again"))
    with pytest.raises(TransferError, match="more than 10 times"):
        http.open(server.url)
    assert len(server.requests) == 11
    server = serve(lambda request, line: say(line, "302 F", location="file:///etc/passwd"))
    with pytest.raises(TransferError, match="neither http nor https"):
        http.open(server.url)


def test_the_internet_does_not_lead_home(serve: Serve, http: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    home = serve(lambda request, line: part(line, request, DATA))
    front = serve(lambda request, line: say(line, "302 F", location=f"{home.url}/secret"))
    assert http.open(front.url).version.size == len(DATA)
    # The first address counts as one of the internet, the second one as what it is.
    monkeypatch.setattr("avakit.transfer.wire.Wire._on_the_internet", lambda self, exchange: True)
    asked = len(home.requests)
    with pytest.raises(TransferError, match=r"127\.0\.0\.1.*not followed"):
        http.open(front.url)
    # A name that stands for such an address: it is refused where the connection is made.
    monkeypatch.setattr("avakit.transfer.wire.is_closed", lambda host: False)
    with pytest.raises(TransferError, match=r"127\.0\.0\.1.*not followed"):
        http.open(front.url)
    assert len(home.requests) == asked


def test_credentials_go_to_their_server_only(serve: Serve, http: Http) -> None:
    other = serve(lambda request, line: part(line, request, DATA))

    def answer(request: Request, line: socket.socket) -> bool:
        if request.headers.get("authorization") != "Basic bWU6c2VjcmV0":
            return say(line, "401 Who")
        return say(line, "302 F", location=f"{other.url}/x")

    server = serve(answer)
    url = server.url.replace("//", "//me:secret@")
    reader = http.open(url)
    assert "authorization" not in other.requests[0].headers
    assert "secret" not in reader.name
    with pytest.raises(LoginNeeded):
        http.open(server.url)
    with pytest.raises(LoginNeeded) as caught:
        http.open(server.url.replace("//", "//me:wr0ng@") + "?token=wr0ng")
    assert "wr0ng" not in str(caught.value) + repr(caught.value)


def test_netrc(serve: Serve, http: Http, tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret\n")
    server = serve(lambda request, line: part(line, request, DATA))
    http.open(server.url)
    assert server.requests[0].headers["authorization"] == "Basic bWU6c2VjcmV0"


def test_cookies(serve: Serve, tmp_path: Path) -> None:
    file = tmp_path / "cookies.txt"
    file.write_text("# Netscape HTTP Cookie File\n127.0.0.1\tFALSE\t/\tFALSE\t0\tsession\tabc\n")
    server = serve(lambda request, line: part(line, request, DATA))
    with Http(cookies=file) as http:
        http.open(server.url)
    assert server.requests[0].headers["cookie"] == "session=abc"
    with pytest.raises(UsageError):
        Http(cookies=tmp_path / "none")


def test_a_proxy(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = serve(lambda request, line: part(line, request, DATA))
    with Http(proxy=proxy.url.replace("//", "//me:secret@")) as http:
        assert http.open("http://ava.invalid/x.mp4").version.size == len(DATA)
    assert proxy.requests[0].path == "http://ava.invalid/x.mp4"
    assert proxy.requests[0].headers["proxy-authorization"] == "Basic bWU6c2VjcmV0"
    monkeypatch.setenv("http_proxy", proxy.url)
    with Http() as http:
        assert http.open("http://other.invalid/x.mp4").ranges


@pytest.mark.parametrize("scheme", ["http", "socks5h"])
def test_a_proxy_that_is_not_there(scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with (
        Http(proxy=f"{scheme}://me:secret@127.0.0.1:{port}") as http,
        pytest.raises(NetworkFailed, match="proxy") as caught,
    ):
        http.open("http://ava.invalid/x.mp4")
    assert "secret" not in str(caught.value)


def test_a_proxy_that_refuses_the_tunnel(serve: Serve) -> None:
    proxy = serve(lambda request, line: say(line, "407 Who"))
    with Http(proxy=proxy.url) as http, pytest.raises(LoginNeeded, match="proxy"):
        http.open("https://ava.invalid/x.mp4")
    proxy = serve(lambda request, line: say(line, "502 Bad"))
    with Http(proxy=proxy.url) as http, pytest.raises(NetworkFailed, match="proxy"):
        http.open("https://ava.invalid/x.mp4")


def test_nobody_listens(http: Http) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with pytest.raises(NetworkFailed, match=f"No connection to http://127.0.0.1:{port}/x"):
        http.open(f"http://127.0.0.1:{port}/x")
    with pytest.raises(NetworkFailed, match="not known"):
        http.open("http://no-such-host.invalid/x")


def test_an_encrypted_connection_to_a_plain_server(real: Nginx, http: Http) -> None:
    with pytest.raises(NetworkFailed, match="encrypted"):
        http.open(real.url.replace("http:", "https:"))


def test_the_rate_holds_for_all_connections(real: Nginx) -> None:
    (real.www / "rate.mp4").write_bytes(DATA)
    with Http(rate=400_000) as http:
        reader = http.open(f"{real.url}/rate.mp4")
        began = time.monotonic()
        threads = [threading.Thread(target=lambda: whole(reader.read(0, 200_000))) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert 0.7 < time.monotonic() - began < 3


@pytest.mark.parametrize(
    "wrong",
    [
        {"connections": 0},
        {"rate": 0},
        *({"proxy": f"{place}"} for place in ("ftp://me:secret@host", "host:99999", "http://h:0", "h:x")),
    ],
)
def test_wrong_settings(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError) as caught:
        Http(**wrong)  # type: ignore[arg-type]
    assert "secret" not in str(caught.value)
