"""What yt-dlp and YouTube say, word for word, and what it means."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avakit.causes import Cause
from avakit.sources.ytdlp_causes import cause_of_failure, cause_of_status, cause_of_text, original

yt_dlp = pytest.importorskip("yt_dlp", reason="the extra youtube is not installed")
utils = pytest.importorskip("yt_dlp.utils")
exceptions = pytest.importorskip("yt_dlp.networking.exceptions")

SENTENCES = Path(__file__).parent / "ytdlp_sentences.tsv"
"""A cause and a sentence a line."""
SAID = [tuple(line.split("\t")) for line in SENTENCES.read_text("utf-8").splitlines()]


@pytest.mark.parametrize(("cause", "text"), SAID)
def test_every_sentence_is_classed(text: str, cause: str) -> None:
    assert cause_of_text(text) == cause
    assert cause_of_text(f"\x1b[0;31mERROR:\x1b[0m [youtube] -5KQ66BBWC4: {text.upper()}") == cause
    assert cause_of_failure(utils.DownloadError(f"ERROR: {text}")) is Cause(cause)


def failed(error: Exception) -> Exception:
    """What `extract_info` raises for an error of the extractor."""
    made: Exception = utils.DownloadError(f"ERROR: {error}", (type(error), error, None))
    return made


class Answer:
    status, reason = 0, "odd"

    def __init__(self, status: int) -> None:
        self.status = status


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (utils.GeoRestrictedError("odd", countries=["DE"]), "geo"),
        (utils.ExtractorError("odd", cause=exceptions.HTTPError(Answer(410))), "gone"),
        (utils.ExtractorError("odd", expected=True, cause=exceptions.HTTPError(Answer(500))), "server"),
        (utils.ExtractorError("odd", expected=True, cause=exceptions.IncompleteRead(5)), "truncated"),
        (utils.ExtractorError("odd", expected=True, cause=exceptions.TransportError("odd")), "network"),
        (exceptions.TransportError(cause=TimeoutError()), "timeout"),
        (exceptions.ProxyError("odd"), "network"),
        (exceptions.CertificateVerifyError("odd"), "network"),
        (exceptions.NoSupportingHandlers([], []), "setup"),
        (utils.ContentTooShortError(3, 4), "truncated"),
        (utils.ExtractorError("odd"), "setup"),
        (utils.ExtractorError("odd", expected=True), "server"),
        (utils.UserNotLive(), "format"),
        (utils.UnsupportedError("https://x"), "not_found"),
        (RuntimeError("odd"), "server"),
    ],
)
def test_the_kinds_of_errors(error: Exception, cause: str) -> None:
    assert cause_of_failure(error) is Cause(cause)
    assert cause_of_failure(failed(error)) is Cause(cause)


def test_a_status() -> None:
    assert [cause_of_status(status) for status in (403, 404, 410, 429, 502)] == [
        *(Cause.LOGIN, Cause.NOT_FOUND, Cause.GONE, Cause.RATE_LIMIT, Cause.SERVER)
    ]


def test_errors_in_a_circle_end() -> None:
    first, second = RuntimeError("odd"), RuntimeError("odder")
    first.__cause__, second.__cause__ = second, first
    assert cause_of_failure(first) is Cause.SERVER


def test_the_original_is_kept_without_what_does_not_belong_to_it() -> None:
    said = utils.ExtractorError("Cannot identify player 'x'", video_id="-5KQ66BBWC4", ie="youtube")
    error = utils.DownloadError(f"\x1b[0;31mERROR:\x1b[0m {said}")
    assert original(error) == "Cannot identify player 'x'"
    told = original(
        RuntimeError("https://me:secret@host/v?sig=secret failed,\n\x07 see http://host/page#secret.")
    )
    assert told == "https://host/v failed, see http://host/page"
    assert original(RuntimeError()) == "RuntimeError"
    geo = utils.DownloadError("ERROR: [youtube] x\nThis video is available in Germany.\nYou might want to")
    assert original(geo) == "x This video is available in Germany. You might want to"


@given(st.text(max_size=300))
def test_no_text_makes_it_fail(text: str) -> None:
    cause_of_text(text)
    assert len(original(RuntimeError(text))) <= 600
    assert original(RuntimeError(text)).isprintable()
