from pathlib import Path

import pytest

from avakit.errors import UsageError
from avakit.sources.access import Access
from avakit.sources.source import Source, parse
from avakit.transfer.http import Http


def test_the_words(http: Http, tmp_path: Path) -> None:
    source: Source = parse("cvdf", Access(http))
    assert source.name == "cvdf"
    assert (
        parse("mirror=https://me:secret@host/ava?key=secret", Access(http)).name
        == "mirror=https://host/ava?…"
    )
    assert parse(f"folder={tmp_path}", Access(http)).name == f"folder={tmp_path}"


@pytest.mark.parametrize(
    "text", ["", "mirror", "mirror=", "cvdf=x", "ftp=x", "folder=", "mirror=host/x", "mirror=file:///x"]
)
def test_others_are_refused(http: Http, text: str) -> None:
    with pytest.raises(UsageError):
        parse(text, Access(http))


def test_the_message_says_what_there_is_and_no_secret(http: Http) -> None:
    for text in ("mirrors=https://me:secret@host", "https://me:secret@host", "https://me:secret=@host"):
        with pytest.raises(UsageError, match="Give cvdf, youtube, mirror=URL") as caught:
            parse(text, Access(http))
        assert "secret" not in str(caught.value)
