import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.transfer.servers import Answer, Request, Scripted, say

from avakit.errors import TransferError, UsageError
from avakit.transfer.cookies import open_to_others, unfit
from avakit.transfer.http import Http


@pytest.mark.skipif(os.name == "nt", reason="files there have no modes")
@pytest.mark.parametrize(("mode", "said"), [(0o600, False), (0o400, False), (0o640, True), (0o604, True)])
def test_a_file_that_others_can_read_is_spoken_of(mode: int, said: bool, tmp_path: Path) -> None:
    file = tmp_path / "cookies.txt"
    file.write_text("secret")
    file.chmod(mode)
    sentence = open_to_others(file)
    assert (sentence is not None) == said
    if sentence is not None:
        assert str(file) in sentence
        assert "chmod 600" in sentence
        assert "secret" not in sentence


def test_no_file_is_not_spoken_of(tmp_path: Path) -> None:
    assert open_to_others(tmp_path / "none") is None


COOKIE = "127.0.0.1\tFALSE\t/\tFALSE\t0\tsession\tabc"


@pytest.mark.parametrize(
    "text",
    [
        "", "\n# Netscape HTTP Cookie File\n", COOKIE, f"#HttpOnly_{COOKIE}", f"words\r\n{COOKIE}\r\n",
        COOKIE.removesuffix("\tabc"), "Set-Cookie: session=abc", f"\N{BYTE ORDER MARK}{COOKIE}",
    ],
)  # fmt: skip
def test_files_of_cookies(text: str, tmp_path: Path) -> None:
    file = tmp_path / "cookies.txt"
    file.write_text(text, encoding="utf-8")
    assert unfit(file) is None


@pytest.mark.parametrize(
    "data",
    [
        b'[{"domain": ".youtube.com",\t"name": "a"}]', b"session=abc; other=def\n", COOKIE.encode("utf-16"),
        b"\0\0\0\x20ftypisom" + bytes(100), b"\x1aE\xdf\xa3" + bytes(range(256)) * 20, b"\xff" * 3_000_000,
    ],
)  # fmt: skip
def test_other_files_are_refused_and_not_shown(data: bytes, tmp_path: Path) -> None:
    file = tmp_path / "movie.mkv"
    file.write_bytes(data)
    with pytest.raises(UsageError, match="no file of cookies") as caught:
        Http(cookies=file)
    assert "abc" not in str(caught.value)


@pytest.mark.skipif(os.name == "nt", reason="pipes have no names in folders there")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "cookies"
    os.mkfifo(pipe)
    writer = os.open(pipe, os.O_RDWR)  # without one, opening it to read would wait for ever
    try:
        os.write(writer, COOKIE.encode())
        os.set_blocking(writer, False)
        assert unfit(pipe) == f"{pipe} is no file of cookies in Netscape's format"
        assert os.read(writer, 100) == COOKIE.encode()
    finally:
        os.close(writer)


def test_a_jar_is_one_for_all_connections(serve: Callable[[Answer], Scripted], tmp_path: Path) -> None:
    file = tmp_path / "cookies.txt"
    lines = ["127.0.0.1\tFALSE\t/\tFALSE\t0\tsession\tabc", ".example.org\tTRUE\t/\tFALSE\t0\tother\tdef"]
    file.write_text("# Netscape HTTP Cookie File\n" + "\n".join(lines) + "\n")
    before = file.read_bytes()

    def answer(request: Request, line: socket.socket) -> bool:
        fields = {"set_cookie": "session=new"} if request.number == 0 else {}
        return say(line, "200 OK", b"x", **fields) and False

    server = serve(answer)
    with Http(cookies=file) as http:
        assert http.jar is not None
        assert http.jar.has("127.0.0.1", "session")
        assert http.jar.has("www.example.org", "other")
        assert not http.jar.has("badexample.org", "other")
        assert http.call(f"{server.url}/a", form=b"a=b") == b"x"
        for _ in range(3):
            http.open(f"{server.url}/b", {"User-Agent": "me"})
        http.open(server.url.replace("127.0.0.1", "localhost"))
    sent = [request.headers.get("cookie") for request in server.requests]
    assert sent == ["session=abc", "session=new", "session=new", "session=new", None]
    assert server.requests[1].headers["user-agent"] == "me"
    assert file.read_bytes() == before


def test_an_answer_without_end_is_refused(
    serve: Callable[[Answer], Scripted], http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("avakit.transfer.http._LARGEST_ANSWER", 1000)
    server = serve(lambda request, line: say(line, "200 OK", bytes(2000)))
    with pytest.raises(TransferError, match="without end"):
        http.call(server.url)
    server = serve(lambda request, line: say(line, "302 F", location="/on"))
    with pytest.raises(TransferError, match="302"):
        http.call(server.url, form=b"a=b")
    assert len(server.requests) == 1
