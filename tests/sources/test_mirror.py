from dataclasses import replace

import pytest
from tests.sources.conftest import Site

from avakit.causes import Cause
from avakit.errors import UsageError
from avakit.releases.model import Video
from avakit.sources.mirror import Mirror
from avakit.sources.offer import Missing, Offer
from avakit.transfer.http import Http


def test_the_known_container_is_asked_for_once(site: Site, http: Http, video: Video) -> None:
    site.files["/base/trainval/-5KQ66BBWC4.mkv"] = b"movie"
    mirror = Mirror(f"{site.url}/base/", http)
    found = mirror.find(video)
    assert isinstance(found, Offer)
    assert (found.source, found.container, found.md5) == (mirror.name, "mkv", "0" * 32)
    assert b"".join(found.reader.read(0, None)) == b"movie"
    assert mirror.name == f"mirror={site.url}/base/"
    assert len(site.asked) == 2


def test_another_container_has_no_known_md5(site: Site, http: Http, video: Video) -> None:
    site.files["/test/-5KQ66BBWC4.webm"] = b"movie"
    found = Mirror(site.url, http).find(replace(video, folder="test"))
    assert isinstance(found, Offer)
    assert (found.container, found.md5) == ("webm", None)
    assert site.asked == [f"/test/-5KQ66BBWC4.{ext}" for ext in ("mkv", "mp4", "webm")]


def test_an_unknown_container_is_tried_as_mp4_mkv_webm(site: Site, http: Http, video: Video) -> None:
    found = Mirror(site.url, http).find(replace(video, container=None))
    assert isinstance(found, Missing)
    assert found.cause is Cause.NOT_FOUND
    assert "-5KQ66BBWC4" in found.message
    assert "404" in found.message
    assert "mp4, mkv, webm" in found.message
    assert [path[-4:] for path in site.asked] == [".mp4", ".mkv", "webm"]


def test_s3_refuses_what_is_not_there(site: Site, http: Http, video: Video) -> None:
    site.otherwise = 403
    found = Mirror(site.url, http, name="cvdf").find(video)
    assert isinstance(found, Missing)
    assert found.source == "cvdf"
    assert found.cause is Cause.LOGIN
    assert "S3" in found.message
    site.files["/trainval/-5KQ66BBWC4.mp4"] = b"movie"
    assert isinstance(Mirror(site.url, http).find(video), Offer)


@pytest.mark.parametrize(
    ("status", "cause", "tries"),
    [(500, Cause.SERVER, 5), (429, Cause.RATE_LIMIT, 5), (400, Cause.NETWORK, 1)],
)
def test_failures(site: Site, http: Http, video: Video, status: int, cause: Cause, tries: int) -> None:
    site.otherwise = status
    found = Mirror(site.url, http).find(video)
    assert isinstance(found, Missing)
    assert found.cause is cause
    assert str(status) in found.message
    assert len(site.asked) == tries


def test_a_failure_that_passes(site: Site, http: Http, video: Video) -> None:
    site.files["/trainval/-5KQ66BBWC4.mkv"] = b"movie"
    site.statuses["/trainval/-5KQ66BBWC4.mkv"] = [503, 500, 200]
    assert isinstance(Mirror(site.url, http).find(video), Offer)


def test_nobody_answers(http: Http, video: Video) -> None:
    found = Mirror("http://me:secret@mirror.invalid/x?token=secret", http).find(video)
    assert isinstance(found, Missing)
    assert found.cause is Cause.NETWORK
    assert "mirror.invalid" in found.message
    assert "secret" not in found.message + found.source


def test_pages_and_empty_files_are_no_movies(site: Site, http: Http, video: Video) -> None:
    site.files["/trainval/-5KQ66BBWC4.mkv"] = b""
    found = Mirror(site.url, http).find(video)
    assert isinstance(found, Missing)
    assert found.cause is Cause.CORRUPT
    site.files["/trainval/-5KQ66BBWC4.mkv"] = b"<html>"
    site.media_type = "text/html; charset=utf-8"
    found = Mirror(site.url, http).find(video)
    assert isinstance(found, Missing)
    assert found.cause is Cause.NOT_FOUND
    site.files["/trainval/-5KQ66BBWC4.mkv"] = bytes(2**20)
    assert isinstance(Mirror(site.url, http).find(video), Offer)


def test_a_query_stays_behind_the_path(site: Site, http: Http, video: Video) -> None:
    site.files["/d/trainval/-5KQ66BBWC4.mkv?key=1"] = b"movie"
    assert isinstance(Mirror(f"{site.url}/d?key=1", http).find(video), Offer)


@pytest.mark.parametrize("wrong", [{"id": "../../x"}, {"id": "a/b"}, {"folder": "../x"}])
def test_what_does_not_belong_into_a_url(site: Site, http: Http, video: Video, wrong: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        Mirror(site.url, http).find(replace(video, **wrong))  # type: ignore[arg-type]
    assert site.asked == []


def test_a_mirror_that_limits_every_video_is_left_alone(site: Site, http: Http, video: Video) -> None:
    site.otherwise = 429
    mirror = Mirror(site.url, http)
    found = [mirror.find(video) for _ in range(5)]
    assert len(site.asked) == 15
    assert all(isinstance(one, Missing) and one.cause is Cause.RATE_LIMIT for one in found)
    assert isinstance(found[-1], Missing)
    assert "left alone" in found[-1].message
