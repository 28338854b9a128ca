"""Texts are obstore's own, as it gave them on loopback."""

import pytest

from avakit.errors import (
    Changed,
    LoginNeeded,
    NetworkFailed,
    NotFound,
    RateLimited,
    ServerFailed,
    Stalled,
    TransferError,
)
from avakit.transfer.refusals import not_asked, refusal

STATUS = (
    "Generic S3 error: Error performing GET http://h/ava/k?sig=s3cret in 2ms - Server returned non-2xx "
    "status code: "
)
BODY = "<Error><Code>{}</Code><Message>{}</Message><AWSAccessKeyId>AKIAEXAMPLE</AWSAccessKeyId></Error>"


def body(code: str, message: str) -> str:
    return BODY.format(code, message)


CUT = """Generic S3 error: HTTP error: request or response body error

Debug source:
Generic { store: "S3", source: HttpError { kind: Interrupted, source: reqwest::Error { kind: Body } } }"""
SILENT = CUT.replace("kind: Interrupted", "kind: Timeout")
CONNECT = """Generic S3 error: Error performing GET http://h/ava/k in 2ms - HTTP error: error sending request

Debug source:
HttpError { kind: Connect, source: C("tcp connect error", Os { message: "Connection refused" }) }"""


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        (STATUS + "404 Not Found: " + body("NoSuchKey", "No key."), NotFound, "NoSuchKey: No key."),
        (STATUS + "403 Forbidden: ", LoginNeeded, "403 (Amazon S3 answers so for an object that does not"),
        (STATUS + "403 Forbidden: " + body("AccessDenied", "No"), LoginNeeded, "AccessDenied: No."),
        (STATUS + "401 Unauthorized: ", LoginNeeded, "401."),
        (STATUS + "400 Bad Request: " + body("ExpiredToken", "Old"), LoginNeeded, "400 ExpiredToken: Old."),
        (STATUS + "503 Service Unavailable: " + body("SlowDown", "Slow"), RateLimited, "503 SlowDown"),
        (STATUS + "429 Too Many Requests: ", RateLimited, "429"),
        (STATUS + "500 Internal Server Error: x", ServerFailed, "500"),
        (STATUS + '500 Oh: {"error": {"code": 500, "message": "Backend"}}', ServerFailed, "500: Backend."),
        (STATUS + "412 Precondition Failed: ", Changed, "412"),
        (STATUS + "416 Range Not Satisfiable: ", Changed, "416"),
        (STATUS + "400 Bad Request: ", TransferError, "400"),
        ("Generic S3 error: Received redirect without LOCATION, this", TransferError, "AWS_REGION"),
        ("Generic S3 error: Received non-partial response when", ServerFailed, "another part"),
        ("Generic S3 error: Requested 0..5, got 5..10 UnexpectedRange", ServerFailed, "another part"),
        ("Generic S3 error: HTTP error: builder error", TransferError, "https://"),
        (CUT, NetworkFailed, "The connection to s3://ava/k broke"),
        (SILENT, Stalled, "gave nothing"),
        (CONNECT, NetworkFailed, "No connection to s3://ava/k [Connection refused]"),
        ("something new", NetworkFailed, "broke"),
    ],
)  # fmt: skip
def test_texts(text: str, kind: type[TransferError], said: str) -> None:
    error = refusal(RuntimeError(text), "s3://ava/k", "THE_KEY")
    assert type(error) is kind
    assert said in str(error)
    assert "s3://ava/k" in str(error)
    for secret in ("s3cret", "AKIAEXAMPLE", "Debug"):
        assert secret not in str(error)
    assert not isinstance(error, LoginNeeded) or "Set THE_KEY" in str(error)


def test_kinds_without_a_status() -> None:
    assert isinstance(refusal(FileNotFoundError("Object not found"), "k", ""), NotFound)
    own = Changed("changed")
    assert refusal(own, "k", "") is own


def test_the_servers_sentence_is_made_fit_to_be_shown() -> None:
    text = f"{STATUS}403 Forbidden: " + body("AccessDenied", "a  key+1 \x1b[31m b")
    assert "AccessDenied: a … [31m b." in str(refusal(RuntimeError(text), "k", "", ("key+1",)))
    cut = refusal(
        RuntimeError(f"{STATUS}403 Forbidden: " + body("X", "y" * 297 + "key&#43;1")), "k", "", ("key+1",)
    )
    assert "key" not in str(cut)
    long = refusal(RuntimeError(f"{STATUS}403 Forbidden: " + body("X", "y" * 10**6)), "k", "")
    assert len(str(long)) < 600


def test_an_account_that_is_none() -> None:
    error = not_asked(
        RuntimeError("Generic S3 error: Missing SecretAccessKey\n\nDebug source:\ns3cret"), "k", "IT"
    )
    assert str(error) == "k cannot be asked as the environment is set: Missing SecretAccessKey. Set IT."
    assert "s3cret" not in str(not_asked(ValueError("s3cret"), "k", "IT"))
