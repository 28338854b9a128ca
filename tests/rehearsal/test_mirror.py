"""The mirror: what curl and urllib get from it, and how each fault looks from outside."""

import io
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from pathlib import Path

import pycurl
import pytest

from avakit.rehearsal.faults import (
    Changes,
    Cut,
    Fault,
    Lies,
    NoLength,
    NoRanges,
    Redirect,
    Says,
    Short,
    Stall,
    Status,
    Trickle,
    Wrong,
    WrongRange,
)
from avakit.rehearsal.mirror import Mirror

DATA = bytes(range(256)) * 4000  # 1,024,000 bytes
PATH = "/trainval/-IELREHX_js.mp4"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "trainval").mkdir()
    (tmp_path / PATH.strip("/")).write_bytes(DATA)
    return tmp_path


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


class Answer:
    """What curl got."""

    def __init__(self, url: str, *headers: str, span: str | None = None, head: bool = False) -> None:
        body, heads, curl = io.BytesIO(), io.BytesIO(), pycurl.Curl()
        curl.setopt(pycurl.URL, url)
        curl.setopt(pycurl.HTTPHEADER, list(headers))
        curl.setopt(pycurl.WRITEFUNCTION, body.write)
        curl.setopt(pycurl.HEADERFUNCTION, heads.write)
        curl.setopt(pycurl.NOBODY, head)
        curl.setopt(pycurl.TIMEOUT_MS, 20000)
        if span is not None:
            curl.setopt(pycurl.RANGE, span)
        self.failure = 0
        try:
            curl.perform()
        except pycurl.error as error:
            self.failure = error.args[0]
        self.status, self.body = curl.getinfo(pycurl.RESPONSE_CODE), body.getvalue()
        lines = heads.getvalue().decode("ascii").splitlines()[1:]
        self.headers = dict(line.lower().split(": ", 1) for line in lines if ": " in line)
        curl.close()


def ordered(folder: Path, *faults: Fault) -> Mirror:
    return Mirror(folder, faults={"/trainval/*": faults})


def test_whole_files_and_head(folder: Path) -> None:
    with Mirror(folder) as mirror:
        assert mirror.url.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(mirror.url + PATH) as answer:
            assert answer.read() == DATA
        head = Answer(mirror.url + PATH, head=True)
        assert (head.status, head.body) == (200, b"")
        assert head.headers["content-length"] == str(len(DATA))
        assert head.headers["accept-ranges"] == "bytes"
        assert head.headers["last-modified"].endswith("gmt")
        assert Answer(mirror.url + "/trainval/absent.mp4").status == 404
        assert Answer(mirror.url + "/trainval/../../etc/passwd").status == 404
        assert Answer(mirror.url + "/%2e%2e/").status == 404
    assert [request.status for request in mirror.log] == [200, 200, 404, 404, 404]
    assert mirror.sent(PATH) == len(DATA)


@pytest.mark.parametrize(
    ("span", "start", "stop"),
    [("0-0", 0, 1), ("5-99", 5, 100), ("1023990-", 1023990, 1024000), ("-7", 1023993, 1024000)],
)
def test_ranges(folder: Path, span: str, start: int, stop: int) -> None:
    with Mirror(folder) as mirror:
        answer = Answer(mirror.url + PATH, span=span)
    assert (answer.status, answer.body) == (206, DATA[start:stop])
    assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/{len(DATA)}"
    assert mirror.log[0].range == (start, stop)
    assert mirror.sent() == stop - start


def test_a_range_outside_the_file(folder: Path) -> None:
    with Mirror(folder) as mirror:
        answer = Answer(mirror.url + PATH, span="1024000-1024001")
    assert (answer.status, answer.headers["content-range"]) == (416, "bytes */1024000")


def test_if_range(folder: Path) -> None:
    with Mirror(folder) as mirror:
        etag = Answer(mirror.url + PATH, head=True).headers["etag"]
        assert Answer(mirror.url + PATH, f"If-Range: {etag}", span="0-9").status == 206
        assert Answer(mirror.url + PATH, 'If-Range: "another"', span="0-9").body == DATA


def test_delay_rate_and_many_connections(folder: Path) -> None:
    with Mirror(folder, delay=0.3, rate=2e6) as mirror:
        began = time.monotonic()
        spans = [f"{start}-{start + 101999}" for start in range(0, 1020000, 102000)]
        with ThreadPoolExecutor(10) as pool:
            parts = list(pool.map(lambda span: Answer(mirror.url + PATH, span=span).body, spans))
        took = time.monotonic() - began
    assert b"".join(parts) == DATA[:1020000]
    assert took >= 0.3 + 0.9 * 102000 / 2e6
    assert took < 10 * (0.3 + 102000 / 2e6)  # side by side, not one after the other


@pytest.mark.parametrize("code", [403, 404, 429, 500])
def test_refusals(folder: Path, code: int) -> None:
    with ordered(folder, Status(code, times=2, retry_after=3)) as mirror:
        answers = [Answer(mirror.url + PATH) for _ in range(3)]
    assert [answer.status for answer in answers] == [code, code, 200]
    assert answers[0].headers["retry-after"] == "3"


def test_a_connection_that_is_cut(folder: Path) -> None:
    with ordered(folder, Cut(500_000, times=1)) as mirror:
        answer = Answer(mirror.url + PATH)
        assert answer.failure in (pycurl.E_RECV_ERROR, pycurl.E_PARTIAL_FILE)
        assert DATA.startswith(answer.body)
        assert len(answer.body) <= 500_000
        assert Answer(mirror.url + PATH).body == DATA


def test_a_body_shorter_than_announced(folder: Path) -> None:
    with ordered(folder, Short(24)) as mirror:
        answer = Answer(mirror.url + PATH, span="100-199")
    assert (answer.failure, answer.body) == (pycurl.E_PARTIAL_FILE, DATA[100:176])


def test_wrong_bytes(folder: Path) -> None:
    with ordered(folder, Wrong(at=150, length=2)) as mirror:
        answer = Answer(mirror.url + PATH, span="100-199")
    assert [place for place in range(100) if answer.body[place] != DATA[100 + place]] == [50, 51]


def test_a_stall(folder: Path) -> None:
    with ordered(folder, Stall(after=1000, seconds=0.3, times=1)) as mirror:
        began = time.monotonic()
        assert Answer(mirror.url + PATH).body == DATA
        assert time.monotonic() - began >= 0.3


def test_the_end_does_not_wait_for_a_stall(folder: Path) -> None:
    began = time.monotonic()
    with ordered(folder, Stall(after=10)) as mirror:
        answer = urllib.request.urlopen(mirror.url + PATH)
        assert answer.read(10) == DATA[:10]
    answer.close()
    assert time.monotonic() - began < 5


def test_no_ranges_and_no_length(folder: Path) -> None:
    with ordered(folder, NoRanges(times=1), NoLength()) as mirror:
        first, second = (Answer(mirror.url + PATH, "Range: bytes=5-9") for _ in range(2))
    assert (first.status, first.body, "accept-ranges" in first.headers) == (200, DATA, False)
    assert (second.status, second.body, "content-length" in second.headers) == (200, DATA, False)


def test_a_file_that_becomes_another(folder: Path) -> None:
    with ordered(folder, Changes(after=2)) as mirror:
        etags = [Answer(mirror.url + PATH, head=True).headers["etag"] for _ in range(4)]
        again = Answer(mirror.url + PATH, f"If-Range: {etags[0]}", span="0-9")
    assert etags[0] == etags[1] != etags[2] == etags[3]
    assert again.status == 200


def test_faults_keep_to_their_path(folder: Path) -> None:
    (folder / "other.txt").write_bytes(b"fine")
    with Mirror(folder, faults={PATH: Status(404)}) as mirror:
        assert Answer(mirror.url + PATH).status == 404
        with urllib.request.urlopen(mirror.url + "/other.txt") as answer:
            assert answer.read() == b"fine"
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(mirror.url + PATH)
        refused.value.close()


def test_a_closed_mirror_has_no_address(folder: Path) -> None:
    with pytest.raises(RuntimeError, match="not open"):
        _ = Mirror(folder).url


def test_a_wait_may_be_asked_for_as_a_date(folder: Path) -> None:
    with ordered(folder, Status(429, retry_after=100, dated=True)) as mirror:
        answer = Answer(mirror.url + PATH)
    when = parsedate_to_datetime(answer.headers["retry-after"]).timestamp()
    assert 90 < when - time.time() <= 100


def test_a_redirect_may_lead_to_itself(folder: Path) -> None:
    with ordered(folder, Redirect(PATH)) as mirror:
        answer = Answer(mirror.url + PATH)
    assert (answer.status, answer.headers["location"]) == (302, PATH.lower())


def test_anything_may_be_said_in_place_of_an_answer(folder: Path) -> None:
    with ordered(folder, Says(b"", times=1), Says(b"\0\xff\r\n\r\n", times=2)) as mirror:
        # The first of them speaks; both count.
        assert Answer(mirror.url + PATH).failure == pycurl.E_GOT_NOTHING
        assert Answer(mirror.url + PATH).failure == pycurl.E_UNSUPPORTED_PROTOCOL
        assert Answer(mirror.url + PATH).body == DATA
    endless = Says(b"HTTP/1.1 200 OK\r\n\r\n", then=b"a", pause=0.05)
    with ordered(folder, endless) as mirror, urllib.request.urlopen(mirror.url + PATH) as answer:
        began = time.monotonic()
        assert answer.read(5) == b"aaaaa"
        assert time.monotonic() - began > 0.15


def test_a_body_may_trickle(folder: Path) -> None:
    trickle = Trickle(1000, pause=0.05)
    with ordered(folder, trickle) as mirror, urllib.request.urlopen(mirror.url + PATH) as answer:
        assert answer.read(1000) == DATA[:1000]
        began = time.monotonic()
        assert answer.read(4) == DATA[1000:1004]
        assert time.monotonic() - began > 0.15


def test_the_size_may_be_a_lie(folder: Path) -> None:
    with ordered(folder, Lies(1000)) as mirror:
        answer = Answer(mirror.url + PATH, span="1023000-1024999")
        assert answer.headers["content-range"] == "bytes 1023000-1024999/1025000"
        assert (answer.body, answer.failure) == (DATA[1023000:], pycurl.E_PARTIAL_FILE)
    with ordered(folder, Lies(-1000)) as mirror:
        assert Answer(mirror.url + PATH).body == DATA[:-1000]


def test_the_part_may_be_called_another(folder: Path) -> None:
    with ordered(folder, WrongRange(7)) as mirror:
        answer = Answer(mirror.url + PATH, span="100-199")
    assert answer.headers["content-range"] == f"bytes 107-206/{len(DATA)}"
    assert answer.body == DATA[100:200]


def test_ranges_may_be_forgotten_later(folder: Path) -> None:
    with ordered(folder, NoRanges(after=1)) as mirror:
        statuses = [Answer(mirror.url + PATH, span="0-9").status for _ in range(3)]
    assert statuses == [206, 200, 200]
