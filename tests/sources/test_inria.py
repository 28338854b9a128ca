import re

import pytest

from avakit.causes import Cause
from avakit.errors import UsageError
from avakit.releases import catalogue
from avakit.releases.inria import REQUEST, listed
from avakit.releases.model import Video
from avakit.sources.access import Access
from avakit.sources.inria import Inria
from avakit.sources.source import parse
from avakit.transfer.http import Http


def video(id_: str) -> Video:
    return Video(id_, "trainval", None, None, ())


def test_the_videos_there_are_avas() -> None:
    known = listed()
    assert len(known) == 17
    assert sum(container == "mkv" for container in known.values()) == 11
    for id_ in known:
        movie = catalogue.movie(id_)
        assert movie is not None
        assert "v1.0" in movie.splits


def test_alone_it_says_how_to_get_access(http: Http) -> None:
    source = parse("inria", Access(http))
    assert isinstance(source, Inria)
    for id_ in listed():
        missing = source.find(video(id_))
        assert (missing.source, missing.cause) == ("inria", Cause.LOGIN)
        for word in (id_, REQUEST, "AVAKIT_USER and AVAKIT_PASSWORD", "netrc", "--source inria=ADDRESS"):
            assert word in missing.message


def test_other_videos_are_not_there(http: Http) -> None:
    missing = Inria().find(video("1j20qq1JyX4"))
    assert missing.cause is Cause.NOT_FOUND
    assert re.search(r"does not give 1j20qq1JyX4: it has 17 videos only", missing.message)
    with pytest.raises(UsageError):
        Inria().find(video("../x"))


def test_with_its_address_it_is_a_directory_page(http: Http) -> None:
    source = parse("inria=http://me:secret@thoth.example/ava/", Access(http))
    assert source.name == "inria=http://thoth.example/ava/"
