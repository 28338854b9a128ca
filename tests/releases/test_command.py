"""`avakit releases` prints for people, and one JSON document for programs."""

import json

import pytest

from avakit.cli.releases import releases
from avakit.errors import UsageError
from avakit.releases.catalogue import names


def test_all_releases_are_in_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    releases()
    printed = capsys.readouterr()
    assert printed.err == ""
    for word in ("train", "235", "64", "131", "154", "38", "test (no labels)", "160", "120", "33"):
        assert word in printed.out
    lines = [line.split() for line in printed.out.splitlines()]
    told = {line[0]: " ".join(line[-2:]) for line in lines if line and line[0] in names()}
    assert told == {
        "v1.0": "210k labels",
        "v2.1": "1.58M labels",
        "v2.2": "1.62M labels",
        "kinetics-v1.0": "238k clips",
        "activespeaker-v1.0": "3.65M frames",
        "speech-v1.0": "39.9k rows",
    }
    assert "…" not in printed.out


def test_each_kind_is_told_in_its_own_words(capsys: pytest.CaptureFixture[str]) -> None:
    expected = {
        "kinetics-v1.0": (
            "131 videos, about 69 GB whole, without labels, 64,061 clips published",
            "897 a movie of AVA's; the clips have their own",
            "  kinetics_train_v1.0.csv\n      in ava_kinetics_v1_0.tar.gz\n",
            "@article{li2020ava,",
        ),
        "activespeaker-v1.0": (
            "AVA-ActiveSpeaker v1.0 (2019), labels of speaking faces",
            "train       120 videos, about 63 GB whole\n",
            "which videos these are, its labels tell",
            "3,650,000 frames, 39,000 tracks, 38.5 hours",
            "@inproceedings{roth2020ava,",
        ),
        "speech-v1.0": (
            "all         160 videos, about 84 GB whole\n",
            "39,874 rows, 39.9995 hours",
            "900 ... 1800 of each movie carry labels",
            "@inproceedings{chaudhuri2018ava,",
        ),
    }
    for name, words in expected.items():
        releases(name)
        printed = capsys.readouterr().out
        for word in words:
            assert word in printed
        assert ("evaluated" in printed) == (name == "kinetics-v1.0")


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
        "published": {"videos": 64},
    }
    assert (one["kind"], one["learns"]) == ("actions", False)
    assert one["seconds"] == {"first": 902, "last": 1798, "count": 897}
    releases(json=True)
    everything = json.loads(capsys.readouterr().out)
    assert [entry["name"] for entry in everything["releases"]] == list(names())
    assert len({tuple(entry) for entry in everything["releases"]}) == 1
    speaker = everything["releases"][4]
    assert (speaker["kind"], speaker["learns"]) == ("speaker", True)
    assert speaker["splits"]["val"]["videos"] == 33
    assert speaker["actions"] == {"count": 0, "evaluated": 0}
    assert everything["releases"][3]["splits"]["test"]["published"] == {"videos": 131, "clips": 64_061}
    assert [file["name"] for file in everything["releases"][3]["files"] if file["open"]] == [
        "kinetics_train_v1.0.csv",
        "kinetics_val_v1.0.csv",
        "kinetics_test_v1.0.csv",
    ]
    assert everything["releases"][2] == one
    assert everything["releases"][0]["splits"]["test"]["excluded_seconds"] is None


def test_an_unknown_release_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match=r"v1\.0, v2\.1, v2\.2"):
        releases("v3")
