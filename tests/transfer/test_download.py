import hashlib
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.transfer.servers import Answer, Nginx, Request, Scripted, part, say

from avakit.errors import NotFound, RootError, ServerFailed, TransferError, UsageError, WrongBytes
from avakit.releases.model import Checksum
from avakit.transfer import download as module
from avakit.transfer.checksums import compare, hash_file
from avakit.transfer.download import download
from avakit.transfer.http import Http

Serve = Callable[[Answer], Scripted]


def checksums(data: bytes, *, strict: bool = True) -> list[Checksum]:
    blob = hashlib.sha1(b"blob %d\0" % len(data) + data)
    return [
        Checksum("md5", hashlib.md5(data).hexdigest(), strict),
        Checksum("sha256", hashlib.sha256(data).hexdigest().upper(), strict),
        Checksum("git-blob-sha1", blob.hexdigest(), strict),
    ]


def test_a_file_is_fetched_checked_and_placed(real: Nginx, http: Http, tmp_path: Path, noise: bytes) -> None:
    (real.www / "a.zip").write_bytes(noise)
    to = tmp_path / "annotations" / "a.zip"
    done = download(http, [f"{real.url}/a.zip"], to, checksums(noise))
    assert to.read_bytes() == noise
    assert (done.path, done.name, done.size, done.warnings) == (to, f"{real.url}/a.zip", len(noise), ())
    assert list(to.parent.iterdir()) == [to]
    assert to.stat().st_mode & 0o444 == 0o444


@pytest.mark.parametrize("content_length", [None, 100_000])
def test_checksums_with_and_without_a_length(
    serve: Serve, http: Http, tmp_path: Path, noise: bytes, content_length: int | None
) -> None:
    data = noise[:100_000]
    server = serve(lambda request, line: say(line, "200 OK", data, content_length=content_length) and False)
    download(http, [server.url], tmp_path / "a.csv", checksums(data))
    assert (tmp_path / "a.csv").read_bytes() == data


def test_wrong_bytes_leave_what_was_there(real: Nginx, http: Http, tmp_path: Path) -> None:
    (real.www / "b.csv").write_bytes(b"other")
    to = tmp_path / "b.csv"
    to.write_bytes(b"old")
    with pytest.raises(WrongBytes, match="md5") as caught:
        download(http, [f"{real.url}/b.csv"], to, checksums(b"right"))
    assert f"b.csv from {real.url}/b.csv is another file than expected: its md5 is" in str(caught.value)
    assert f"expected {hashlib.md5(b'right').hexdigest()}" in str(caught.value)
    assert hashlib.md5(b"other").hexdigest() in str(caught.value)
    assert to.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [to]
    done = download(http, [f"{real.url}/b.csv"], to, checksums(b"right", strict=False))
    assert len(done.warnings) == 3
    assert to.read_bytes() == b"other"


def test_the_next_address_is_tried(serve: Serve, real: Nginx, http: Http, tmp_path: Path) -> None:
    (real.www / "c.csv").write_bytes(b"good")
    broken = serve(lambda request, line: say(line, "500 Oh"))
    page = serve(
        lambda request, line: say(line, "200 OK", b"<html>", content_type="text/html; charset=utf-8")
    )
    wrong = serve(lambda request, line: say(line, "200 OK", b"bad"))
    urls = [f"{real.url}/none.csv", broken.url, page.url, wrong.url, f"{real.url}/c.csv"]
    assert download(http, urls, tmp_path / "c.csv", checksums(b"good")).name == urls[-1]
    assert len(broken.requests) == 1
    with pytest.raises(NotFound, match=r"none\.csv.*500.*web page.*md5"):
        download(http, urls[:-1], tmp_path / "d.csv", checksums(b"good"))
    with pytest.raises(ServerFailed):
        download(http, [broken.url], tmp_path / "d.csv")
    with pytest.raises(UsageError):
        download(http, [], tmp_path / "d.csv")


def test_a_page_is_fine_where_a_page_is_wanted(serve: Serve, http: Http, tmp_path: Path) -> None:
    page = serve(lambda request, line: say(line, "200 OK", b"<html>", content_type="text/html"))
    download(http, [page.url], tmp_path / "index.html")
    with pytest.raises(TransferError, match="web page"):
        download(http, [page.url], tmp_path / "list.txt")


@pytest.mark.parametrize("media_type", ["text/plain", "application/octet-stream", "application/gzip"])
@pytest.mark.parametrize("name", ["x.csv", "x.zip", "x.tar.gz", "x.tar.bz2"])
def test_a_page_is_known_by_its_first_bytes(
    serve: Serve, http: Http, tmp_path: Path, media_type: str, name: str
) -> None:
    for body in (
        b"<!doctype html>\n",
        b"\xef\xbb\xbf \r\n<HTML lang=en>",
        b"<?xml version='1'?><!-- a -->\n<html>",
    ):
        page = serve(lambda request, line, body=body: say(line, "200 OK", body, content_type=media_type))  # type: ignore[misc]
        with pytest.raises(NotFound, match=f"web page instead of {name}"):
            download(http, [page.url], tmp_path / name, checksums(b"right"))
    assert list(tmp_path.iterdir()) == []


def test_what_has_no_end_is_not_fetched(
    serve: Serve, http: Http, tmp_path: Path, noise: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_LARGEST", 1 << 16)
    server = serve(lambda request, line: say(line, "200 OK", noise) and False)
    with pytest.raises(TransferError, match="is larger than"):
        download(http, [server.url], tmp_path / "a.csv")
    assert list(tmp_path.iterdir()) == []


def test_what_broke_is_continued(serve: Serve, http: Http, tmp_path: Path, noise: bytes) -> None:
    def answer(request: Request, line: socket.socket) -> bool:
        start, stop = request.span
        if request.number == 1:
            fields = {
                "content_length": stop - start,
                "content_range": f"bytes {start}-{stop - 1}/{len(noise)}",
            }
            say(line, "206 P", noise[:500_000], etag='"one"', **fields)
            return False
        return part(line, request, noise)

    server = serve(answer)
    download(http, [server.url], tmp_path / "e.zip", checksums(noise))
    assert [request.span[0] for request in server.requests] == [0, 0, 500_000]


def test_a_server_without_ranges_begins_anew(serve: Serve, http: Http, tmp_path: Path, noise: bytes) -> None:
    def answer(request: Request, line: socket.socket) -> bool:
        say(line, "200 OK", noise[: 9000 if request.number < 4 else None], content_length=len(noise))
        return False

    download(http, [serve(answer).url], tmp_path / "f.zip", checksums(noise))
    assert (tmp_path / "f.zip").read_bytes() == noise
    cut = serve(lambda r, line: say(line, "200 OK", noise[:9000], content_length=len(noise)) and False)
    with pytest.raises(TransferError):
        download(http, [cut.url], tmp_path / "g.zip")


def test_a_folder_that_is_a_file(real: Nginx, http: Http, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RootError):
        download(http, [f"{real.url}/c.csv"], tmp_path / "file" / "c.csv")


def test_hash_file(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"abc")
    found = hash_file(tmp_path / "x", ["git-blob-sha1", "md5"])
    assert found["git-blob-sha1"] == "f2ba8f84ab5c1bce84a7b441cb1959cfc7093b7f"
    assert compare("x", checksums(b"abc")[:1], found) == ()
    with pytest.raises(ValueError, match="crc"):
        hash_file(tmp_path / "x", ["crc"])
