"""`avakit releases` prints for people, and one JSON document for programs."""

import json

import pytest

from avakit.cli.releases import releases
from avakit.errors import UsageError


def test_all_releases_are_in_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    releases()
    printed = capsys.readouterr()
    assert printed.err == ""
    for word in ("v1.0", "v2.1", "v2.2", "train", "235", "64", "131", "154", "38", "no labels"):
        assert word in printed.out


def test_one_release_is_told_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    releases("v2.2")
    printed = capsys.readouterr().out
    for word in (
        "235 videos, about 123 GB whole, 161 excluded seconds",
        "131 videos, about 69 GB whole, 66 excluded seconds, without labels",
        "902 ... 1798, every 1 s: 897 a video",
        "80, of which 60 are evaluated",
        "CC BY 4.0",
        "https://s3.amazonaws.com/ava-dataset/annotations/ava_v2.2.zip",
        "@inproceedings{gu2018ava,",
    ):
        assert word in printed
    releases("v1.0")
    assert "904 ... 1798, every 3 s: 299 a video" in capsys.readouterr().out


def test_json_is_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    releases("v2.2", json=True)
    one = json.loads(capsys.readouterr().out)
    assert one["splits"]["val"] == {
        "videos": 64,
        "labelled": True,
        "bytes": 64 * 525_083_612,
        "excluded_seconds": 37,
    }
    assert one["seconds"] == {"first": 902, "last": 1798, "count": 897}
    releases(json=True)
    everything = json.loads(capsys.readouterr().out)
    assert [entry["name"] for entry in everything["releases"]] == ["v1.0", "v2.1", "v2.2"]
    assert everything["releases"][2] == one
    assert everything["releases"][0]["splits"]["test"]["excluded_seconds"] is None


def test_an_unknown_release_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match=r"v1\.0, v2\.1, v2\.2"):
        releases("v3")
