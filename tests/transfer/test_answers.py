import pytest
from hypothesis import given
from hypothesis import strategies as st

from avakit.errors import Changed, LoginNeeded, NotFound, RateLimited, ServerFailed, TransferError
from avakit.transfer import answers
from avakit.transfer.answers import Extent
from avakit.transfer.reader import Version


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (404, NotFound),
        (410, NotFound),
        (401, LoginNeeded),
        (403, LoginNeeded),
        (407, LoginNeeded),
        (429, RateLimited),
        (500, ServerFailed),
        (503, ServerFailed),
        (412, Changed),
        (416, Changed),
        (400, TransferError),
        (418, TransferError),
    ],
)
def test_failures(status: int, kind: type[TransferError]) -> None:
    error = answers.failure(status, {}, "http://h/x")
    assert type(error) is kind
    assert f"http://h/x answered {status}" in str(error)


def test_403_speaks_of_s3() -> None:
    assert "S3" in str(answers.failure(403, {}, "x"))
    assert answers.failure(206, {}, "x") is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120.0),
        ("0", 0.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("Thu, 01 Jan 1970 00:16:40 GMT", 900.0),
        ("Thu, 01 Jan 1970 00:00:10 GMT", 0.0),
    ],
)
def test_retry_after(text: str, seconds: float | None) -> None:
    assert answers.retry_after({"retry-after": text}, now=100.0) == seconds


def test_a_date_is_read_by_the_clock_of_who_gave_it() -> None:
    said = {"retry-after": "Thu, 01 Jan 1970 00:16:40 GMT", "date": "Thu, 01 Jan 1970 00:16:30 GMT"}
    assert answers.retry_after(said, now=9e9) == 10
    assert answers.retry_after({**said, "date": "yesterday"}, now=100.0) == 900


@given(st.text(), st.text())
def test_any_text_is_a_wait_or_none(text: str, date: str) -> None:
    wait = answers.retry_after({"retry-after": text, "date": date})
    assert wait is None or wait >= 0


@given(
    st.dictionaries(st.sampled_from(["content-range", "content-length", "etag", "last-modified"]), st.text())
)
def test_any_headers_are_a_version(headers: dict[str, str]) -> None:
    for status in (200, 206):
        version = answers.version(status, headers)
        assert version.size is None or 0 <= version.size < 10**18
        assert version.etag is None or version.etag.isprintable()


def test_marks_that_are_none() -> None:
    for mark in ("a" * 513, "a\x1bb", "a\rb", ""):
        assert answers.version(200, {"etag": mark, "last-modified": mark}) == Version(None)


def test_waits_are_carried() -> None:
    for status in (429, 503):
        error = answers.failure(status, {"retry-after": "7"}, "x")
        assert isinstance(error, RateLimited | ServerFailed)
        assert error.wait == 7


def test_content_range() -> None:
    big = 2**33
    assert answers.content_range({"content-range": f"bytes 0-{big}/{big + 1}"}) == (
        Extent(0, big + 1, big + 1),
        big + 1,
    )
    assert answers.content_range({"content-range": "bytes 5-9/*"}) == (Extent(5, 10, None), None)
    assert answers.content_range({"content-range": "bytes */0"}) == (None, 0)
    assert answers.content_range({"content-range": "lines 1-2/3"}) == (None, None)
    assert answers.content_range({}) == (None, None)


def test_length_is_unknown_in_chunks() -> None:
    assert answers.content_length({"content-length": "5"}) == 5
    assert answers.content_length({"content-length": "5", "transfer-encoding": "chunked"}) is None
    assert answers.content_length({"content-length": "x"}) is None


def test_validators() -> None:
    assert answers.validator(Version(1, '"a"', "date")) == '"a"'
    assert answers.validator(Version(1, 'W/"a"', "date")) == "date"
    assert answers.validator(Version(1, 'W/"a"')) is None
    assert answers.validator(Version(1)) is None


def test_changed() -> None:
    begun = Version(5, '"a"', "d1")
    assert answers.changed(begun, Version(5, '"a"', "d2"), "x") is None
    assert answers.changed(begun, Version(None, None, "d1"), "x") is None
    assert answers.changed(begun, Version(5, '"b"', "d1"), "x") is not None
    assert answers.changed(begun, Version(6, '"a"', "d1"), "x") is not None
    assert answers.changed(Version(5, None, "d1"), Version(5, None, "d2"), "x") is not None


def test_compressed_bodies_are_refused() -> None:
    answers.check_encoding({}, "x")
    answers.check_encoding({"content-encoding": "identity"}, "x")
    answers.check_encoding({"content-encoding": "x-gzip"}, "http://h/x.tar.gz?…")
    with pytest.raises(TransferError, match="compressed"):
        answers.check_encoding({"content-encoding": "br"}, "x.mp4")
