"""Buckets: a real S3 server of 1,000 keys, and servers that fail as they are told."""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from socket import socket

import pytest
from tests.collection.labels import write_labels
from tests.conftest import Movies
from tests.sources import stores
from tests.sources.stores import Moto
from tests.sources.webservers import free_port
from tests.transfer.servers import Answer, Request, Scripted, part, say

import avakit
from avakit.causes import Cause
from avakit.errors import (
    Changed,
    Interrupted,
    NetworkFailed,
    RateLimited,
    ServerFailed,
    Stalled,
    TransferError,
    UsageError,
)
from avakit.rehearsal.numbers import read
from avakit.releases.model import Video
from avakit.sources.access import Access
from avakit.sources.bucket import Bucket
from avakit.sources.offer import Missing, Offer
from avakit.sources.source import parse
from avakit.transfer import accounts, objects
from avakit.transfer.http import Http

FULL = 2100
ID = "-5KQ66BBWC4"


def video(id_: str, container: str | None = None) -> Video:
    return Video(id_, "trainval", container, None, ())


def refused(source: Bucket, id_: str = "zzzzzzzzzzz") -> Missing:
    missing = source.find(video(id_))
    assert isinstance(missing, Missing)
    assert missing.message.startswith(f"{source.name} does not give {id_}: ")
    return missing


@pytest.fixture(autouse=True)
def _nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("AWS_", "AZURE_", "GOOGLE_")):
            monkeypatch.delenv(name)


@pytest.fixture(scope="module")
def real(movies: Movies, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moto]:
    movie = movies("mp4-25", seconds=FULL)["mp4-25"].path
    with stores.moto(tmp_path_factory.mktemp("moto"), movie, strict=True) as server:
        yield server


@pytest.fixture
def account(real: Moto, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in real.account.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Answer], Scripted]]:
    servers: list[Scripted] = []

    def start(answer: Answer) -> Scripted:
        servers.append(Scripted(answer))
        monkeypatch.setenv("AWS_ENDPOINT_URL", servers[-1].url)
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.mark.usefixtures("account")
def test_a_window_of_a_bucket_of_a_thousand_keys(real: Moto, movies: Movies, tmp_path: Path) -> None:
    movie = movies("mp4-25", seconds=FULL)["mp4-25"]
    write_labels(tmp_path / "labels", [ID], "ava_train_v2.2.csv")
    before = len(real.requests())
    with avakit.get(
        "v2.2",
        root=tmp_path / "ava",
        videos=[ID],
        sources=["bucket=s3://ava/copy"],
        annotations=tmp_path / "labels",
    ) as ava:
        row = ava.ledger.videos()[ID]
        assert (row.state.value, row.source) == ("have", "bucket=s3://ava/copy")
        window = ava.videos[ID].window
        for second in (902, 1350, 1798):
            assert read(window.frame_at(second).rgb) == movie.number_at(second)
    asked = real.requests()[before:]
    listed = [request for request in asked if "list-type=2" in request]
    assert len(listed) == 1  # moto answers with 1,000 keys at once, as S3 does
    assert asked[1] == f"HEAD /ava/copy/trainval/{ID}.mp4"
    assert len(asked) < 12
    secret = real.secret.encode()
    files = [path for path in (tmp_path / "ava").rglob("*") if path.is_file()]
    assert len(files) > 4
    assert not [path for path in files if secret in path.read_bytes()]


@pytest.mark.usefixtures("account")
def test_what_is_found_and_what_is_not(real: Moto, http: Http) -> None:
    source = parse("bucket=s3://ava/copy/", Access(http))
    assert isinstance(source, Bucket)
    assert source.name == "bucket=s3://ava/copy"
    offer = source.find(video("_2Isct32Msg"))
    assert isinstance(offer, Offer)
    assert (offer.reader.name, offer.container) == ("s3://ava/copy/_2Isct32Msg.mkv", "mkv")
    assert (offer.reader.version.size, offer.reader.ranges, offer.reader.path) == (1000, True, None)
    assert b"".join(offer.reader.read(10, 20)) == b"x" * 10
    assert b"".join(offer.reader.read(990, None)) == b"x" * 10
    assert list(offer.reader.read(1000, 2000)) == []
    assert isinstance(source.find(video("video000900")), Offer)
    assert refused(source).cause is Cause.NOT_FOUND
    nowhere = refused(Bucket("s3://nobody/copy", Access(http)))
    assert (nowhere.cause, "404 NoSuchBucket" in nowhere.message) == (Cause.NOT_FOUND, True)


@pytest.mark.usefixtures("account")
def test_a_folder_too_large_to_list_is_asked_by_name(
    real: Moto, http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("avakit.sources.bucket.MOST_KEYS", 10)
    source = Bucket("s3://ava/copy", Access(http))
    assert isinstance(source.find(video("_2Isct32Msg")), Offer)
    before = len(real.requests())
    assert isinstance(source.find(video(ID)), Offer)
    assert real.requests()[before:] == [f"HEAD /ava/copy/trainval/{ID}.mp4"]


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    ("name", "said"),
    [("AWS_SECRET_ACCESS_KEY", "SignatureDoesNotMatch"), ("AWS_ACCESS_KEY_ID", "InvalidAccessKeyId")],
)
def test_a_wrong_key(real: Moto, http: Http, monkeypatch: pytest.MonkeyPatch, name: str, said: str) -> None:
    monkeypatch.setenv(name, "AKIAWRONGWRONG")
    source = Bucket("s3://ava/copy", Access(http))
    missing = refused(source, ID)
    assert missing.cause is Cause.LOGIN
    assert f"answered 403 {said}" in missing.message
    assert "Set AWS_ACCESS_KEY_ID" in missing.message
    assert "AKIAWRONGWRONG" not in missing.message
    before = len(real.requests())
    assert refused(source, "_2Isct32Msg").cause is Cause.LOGIN
    assert len(real.requests()) == before


def test_half_an_account(http: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "half of it")
    missing = refused(Bucket("s3://ava/copy", Access(http)))
    assert missing.cause is Cause.SETUP
    assert "cannot be asked as the environment is set: Missing" in missing.message
    assert "half of it" not in missing.message


def test_obstore_is_not_installed(http: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in [name for name in sys.modules if name.partition(".")[0] == "obstore"]:
        monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setitem(sys.modules, "obstore.store", None)
    missing = refused(Bucket("s3://ava/copy", Access(http)))
    assert missing.cause is Cause.SETUP
    assert missing.message.endswith("pip install 'avakit[bucket]'")


@pytest.mark.parametrize(
    "url",
    [
        "ava",
        "ftp://a/b",
        "s3://",
        "s3://me:secret@ava/x",
        "s3://ava/../x",
        "s3://ava/a?secret",
        "s3://a/\x07secret",
    ],
)
def test_what_is_no_address(http: Http, url: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(f"bucket={url}", Access(http))
    assert "secret" not in str(caught.value)


def test_azure_needs_an_account(http: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AZURE_STORAGE_ACCOUNT_NAME", raising=False)
    with pytest.raises(UsageError, match="AZURE_STORAGE_ACCOUNT_NAME"):
        Bucket("az://container/ava", Access(http))
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "me")
    assert Bucket("az://container/ava", Access(http)).name == "bucket=az://container/ava"
    assert Bucket("gs://bucket", Access(http)).name == "bucket=gs://bucket"


def test_a_server_that_is_down(http: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    source = Bucket("s3://ava/copy", Access(http))
    for _ in range(3):
        missing = refused(source)
        assert (missing.cause, "Connection refused" in missing.message) == (Cause.NETWORK, True)
    began = time.monotonic()
    assert "not asked any more" in refused(source).message
    assert time.monotonic() - began < 0.5


FACTS = {"etag": '"one"', "last_modified": "Sun, 22 Nov 2026 17:00:00 GMT"}
DATA = bytes(range(256)) * 4000
ODD_LIST = (
    b"<ListBucketResult><Name>ava</Name><IsTruncated>false</IsTruncated><Contents><Key>copy//a.mp4</Key>"
    b"<Size>1</Size><LastModified>2026-11-22T10:00:00.000Z</LastModified></Contents></ListBucketResult>"
)


EMPTY_PAGE = b"""<?xml version="1.0"?><ListBucketResult><Name>ava</Name><KeyCount>0</KeyCount>
<IsTruncated>true</IsTruncated><NextContinuationToken>on</NextContinuationToken></ListBucketResult>"""


def test_a_list_of_empty_pages_without_end_is_asked_for_no_longer(
    http: Http, serve: Callable[[Answer], Scripted]
) -> None:
    server = serve(lambda request, connection: say(connection, "200 OK", EMPTY_PAGE))
    bucket = objects.Bucket(accounts.place("s3://ava/copy"), http, stall=0.5)
    with pytest.raises(Stalled):
        bucket.keys(10)
    time.sleep(0.5)
    asked = len(server.requests)
    assert asked > 2
    time.sleep(0.3)
    assert len(server.requests) == asked


def opened(
    http: Http,
    answer: Answer,
    serve: Callable[[Answer], Scripted],
    *,
    stall: float = 1,
    etag: str | None = FACTS["etag"],
) -> objects.ObjectReader:
    """Open an object of `DATA`, whose parts are answered by `answer`."""

    def all_answers(request: Request, connection: socket) -> object:
        if "range" in request.headers:
            return answer(request, connection)
        head = {"content_length": len(DATA), **FACTS, "etag": etag}
        return say(connection, "200 OK", b"", **head)

    serve(all_answers)
    bucket = objects.Bucket(accounts.place("s3://ava/copy"), http, stall=stall)
    return bucket.open("a.mp4")


def test_parts_are_of_one_version_and_asked_without_an_account(
    http: Http, serve: Callable[[Answer], Scripted]
) -> None:
    seen: list[Request] = []

    def answer(request: Request, connection: socket) -> object:
        seen.append(request)
        return part(connection, request, DATA, **FACTS)

    reader = opened(http, answer, serve)
    assert b"".join(reader.read(1000, 500_000)) == DATA[1000:500_000]
    assert seen[0].headers["if-match"] == '"one"'
    assert "authorization" not in seen[0].headers


@pytest.mark.parametrize("etag", [None, 'W/"one"'])
def test_objects_without_a_strong_mark_are_told_apart_by_their_facts(
    http: Http, serve: Callable[[Answer], Scripted], etag: str | None
) -> None:
    seen: list[Request] = []
    dates = ["Sun, 22 Nov 2026 17:00:00 GMT", "Sun, 22 Nov 2026 17:00:01 GMT"]

    def answer(request: Request, connection: socket) -> object:
        seen.append(request)
        return part(connection, request, DATA, etag=etag, last_modified=dates[len(seen) > 1])

    reader = opened(http, answer, serve, etag=etag)
    assert b"".join(reader.read(0, 1000)) == DATA[:1000]
    assert "if-match" not in seen[0].headers
    if etag is None:
        with pytest.raises(Changed, match="another file"):
            list(reader.read(0, 1000))


def test_what_no_movie_has_is_not_believed(http: Http, serve: Callable[[Answer], Scripted]) -> None:
    facts = {**FACTS, "etag": f'"{"x" * 5000}"'}
    serve(lambda _, connection: say(connection, "200 OK", b"", content_length=10**18, **facts))
    bucket = objects.Bucket(accounts.place("s3://ava/copy"), http)
    with pytest.raises(ServerFailed, match="no movie has"):
        bucket.open("a.mp4")
    serve(lambda _, connection: say(connection, "200 OK", b"", content_length=1000, **facts))
    reader = objects.Bucket(accounts.place("s3://ava/copy"), http).open("a.mp4")
    assert reader.version.etag is None  # it would have no place in the map of what came


def test_a_key_that_obstore_cannot_name_hides_no_others(
    http: Http, serve: Callable[[Answer], Scripted]
) -> None:
    def answer(request: Request, connection: socket) -> object:
        if "list-type" in request.path:
            return say(connection, "200 OK", ODD_LIST)
        there = request.path == f"/ava/copy/{ID}.mp4"
        return say(connection, "200 OK" if there else "404 Not Found", b"", content_length=1000, **FACTS)

    serve(answer)
    source = parse("bucket=s3://ava/copy", Access(http))
    found = source.find(video(ID))
    assert isinstance(found, Offer)
    assert found.reader.name == f"s3://ava/copy/{ID}.mp4"


def test_a_fault_of_ours_is_not_called_one_of_the_server(
    http: Http, serve: Callable[[Answer], Scripted], monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = opened(http, lambda r, c: part(c, r, DATA, **FACTS), serve)
    monkeypatch.setattr(reader, "_key", 5)
    with pytest.raises(TypeError):
        list(reader.read(0, 1000))


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        ("412 Precondition Failed", b"", Changed),
        ("416 Range Not Satisfiable", b"", Changed),
        ("503 Slow Down", b"<Error><Code>SlowDown</Code></Error>", RateLimited),
        ("429 Too Many", b"", RateLimited),
        ("500 Oh", b"", ServerFailed),
        ("200 OK", DATA, ServerFailed),
    ],
)
def test_answers_to_parts(
    http: Http, serve: Callable[[Answer], Scripted], status: str, body: bytes, kind: type[TransferError]
) -> None:
    count: list[int] = []

    def answer(_: Request, connection: socket) -> object:
        count.append(1)
        return say(connection, status, body, **FACTS)

    reader = opened(http, answer, serve)
    with pytest.raises(kind, match=r"s3://ava/copy/a\.mp4"):
        list(reader.read(0, 1000))
    assert len(count) == 1  # tried again by our policies, and by nobody else


def test_another_version_in_an_answer(http: Http, serve: Callable[[Answer], Scripted]) -> None:
    reader = opened(http, lambda r, c: part(c, r, DATA, **{**FACTS, "etag": '"two"'}), serve)
    with pytest.raises(Changed, match="another file"):
        list(reader.read(0, 1000))


def test_connections_that_break_stall_and_trickle(http: Http, serve: Callable[[Answer], Scripted]) -> None:
    over = threading.Event()

    def begun(connection: socket, count: int) -> None:
        head = "HTTP/1.1 206 Partial\r\nContent-Length: 1000\r\nContent-Range: bytes 0-999/1024000\r\n"
        facts = f"ETag: {FACTS['etag']}\r\nLast-Modified: {FACTS['last_modified']}\r\n\r\n"
        connection.sendall((head + facts).encode() + DATA[:count])

    def breaks(_: Request, connection: socket) -> object:
        begun(connection, 100)
        return False

    def stalls(_: Request, connection: socket) -> object:
        begun(connection, 100)
        return over.wait(20)

    def trickles(_: Request, connection: socket) -> object:
        begun(connection, 0)
        for at in range(100):
            connection.sendall(DATA[at : at + 1])
            if over.wait(0.2):
                break
        return False

    with pytest.raises(NetworkFailed, match="broke"):
        list(opened(http, breaks, serve).read(0, 1000))
    for bad in (stalls, trickles):
        reader = opened(http, bad, serve)
        began = time.monotonic()
        with pytest.raises(Stalled):
            list(reader.read(0, 1000))
        assert time.monotonic() - began < 3
    reader = opened(http, stalls, serve, stall=30)
    threading.Timer(0.5, http.stop.set).start()
    began = time.monotonic()
    with pytest.raises(Interrupted):
        list(reader.read(0, 1000))
    assert time.monotonic() - began < 2
    over.set()


def test_an_outage_that_passes_and_a_rate(
    serve: Callable[[Answer], Scripted], http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(request: Request, connection: socket) -> object:
        if request.number < 2:
            return say(connection, "503 Slow Down", b"<Error><Code>SlowDown</Code></Error>")
        if "list-type=2" in request.path:
            facts = "<Size>9</Size><LastModified>2026-11-22T17:00:00Z</LastModified>"
            item = f"<Contents><Key>{ID}.mkv</Key>{facts}</Contents>"
            return say(connection, "200 OK", f"<ListBucketResult>{item}</ListBucketResult>".encode())
        return say(connection, "200 OK", b"", content_length=9, **FACTS)

    server = serve(answer)
    assert isinstance(Bucket("s3://ava", Access(http)).find(video(ID)), Offer)
    assert len(server.requests) == 4
    with Http(rate=200_000) as slow:
        reader = opened(slow, lambda r, c: part(c, r, DATA, **FACTS), serve)
        began = time.monotonic()
        list(reader.read(0, 200_000))
        assert 0.7 < time.monotonic() - began < 3


def test_secrets_stay_out_of_the_ledger(
    serve: Callable[[Answer], Scripted], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    secret = "very/Secret+Key="

    def answer(_: Request, connection: socket) -> object:
        said = (
            f"<Error><Code>AccessDenied</Code><Message>No {secret} here</Message><Key>{secret}</Key></Error>"
        )
        return say(connection, "403 Forbidden", said.encode())

    serve(answer)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)
    write_labels(tmp_path / "labels", [ID], "ava_train_v2.2.csv")
    root = tmp_path / "ava"
    with avakit.get(
        "v2.2", root=root, videos=[ID], sources=["bucket=s3://ava"], annotations=tmp_path / "labels"
    ) as ava:
        row = ava.ledger.videos()[ID]
    assert row.cause is Cause.LOGIN
    assert "403 AccessDenied: No … here" in (row.message or "")
    for path in root.rglob("*"):
        assert not path.is_file() or secret.encode() not in path.read_bytes()
