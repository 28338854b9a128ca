"""The catalogue says what AVA is: counted here, and held against the real files where they are at hand."""

import csv
import hashlib
import os
import pickle
import re
import subprocess
import sys
from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest

from avakit.errors import UsageError
from avakit.releases.catalogue import movie, names, release
from avakit.releases.model import AVA_ID, check_id

REAL = os.environ.get("AVAKIT_REAL_DATA")
ALL = ("v1.0", "v2.1", "v2.2", "kinetics-v1.0", "activespeaker-v1.0", "speech-v1.0")
OF_ACTIONS = ALL[:4]
needs_real_data = pytest.mark.skipif(REAL is None, reason="AVAKIT_REAL_DATA is not set")


def sizes(name: str) -> dict[str, int]:
    return {split.name: len(split.videos) for split in release(name).splits.values()}


def test_the_releases_are_these() -> None:
    assert names() == ALL
    kinds = [release(name).kind for name in names()]
    assert kinds == ["actions", "actions", "actions", "actions", "speaker", "speech"]
    assert [name for name in names() if release(name).learns] == ["activespeaker-v1.0"]
    assert {release(name).form for name in names()} == {AVA_ID}
    assert release("v2.2") is release("v2.2")
    assert release("v2.2").name == "v2.2"


@pytest.mark.parametrize(
    "name", ["v2.3", "V2.2", "2.2", "", "common", "citations/x", "../v2.2", "v2.2\x1b[31m"]
)
def test_another_name_lists_those_that_exist(name: str) -> None:
    with pytest.raises(UsageError, match="Known: " + re.escape(", ".join(ALL))) as caught:
        release(name)
    assert "\x1b" not in str(caught.value)


def test_the_splits_have_the_published_sizes() -> None:
    assert sizes("v1.0") == {"train": 154, "test": 38}
    assert sizes("v2.1") == sizes("v2.2") == sizes("kinetics-v1.0") == {"train": 235, "val": 64, "test": 131}
    assert sizes("speech-v1.0") == {"all": 160}
    assert sizes("activespeaker-v1.0") == {"train": 0, "val": 0}
    assert release("v2.1").videos(["train", "val", "test"]) == release("v2.2").videos(
        ["train", "val", "test"]
    )


def test_the_default_splits_are_the_labelled_ones() -> None:
    assert release("v1.0").default_splits == ("train", "test")
    assert release("v2.2").default_splits == release("kinetics-v1.0").default_splits == ("train", "val")
    assert release("activespeaker-v1.0").default_splits == ("train", "val")
    assert release("speech-v1.0").default_splits == ("all",)
    assert len(release("v2.2").videos()) == 299
    assert len(release("v2.2").videos(["test"])) == 131
    with pytest.raises(UsageError, match="train, val, test"):
        release("v2.2").videos(["valid"])


def test_v1_moved_into_v2_as_known() -> None:
    fates = Counter((video.splits["v1.0"], video.splits.get("v2.2")) for video in release("v1.0").videos())
    assert fates == {
        ("train", "train"): 104,
        ("train", "val"): 29,
        ("train", None): 21,
        ("test", "train"): 25,
        ("test", "val"): 9,
        ("test", None): 4,
    }


def test_containers_are_counted_as_on_the_mirror() -> None:
    trainval = Counter(video.container for video in release("v2.2").videos())
    test = Counter(video.container for video in release("v2.2").videos(["test"]))
    assert trainval == {"mkv": 205, "mp4": 84, "webm": 10}
    assert test == {"mkv": 87, "mp4": 40, "webm": 4}
    assert {video.folder for video in release("v2.2").videos()} == {"trainval"}
    assert {video.folder for video in release("v2.2").videos(["test"])} == {"test"}
    assert {video.folder for video in release("v1.0").videos()} == {"trainval"}


def test_a_container_is_unknown_only_where_no_list_has_it() -> None:
    unknown = {video.id for video in release("v1.0").videos() if video.container is None}
    assert unknown == {
        "RvdxDMfMtiA",
        "TcT4TxCxn_Q",
        "UIy730JrFIc",
        "VMNmRlhFT-o",
        "ly1upu2FNTs",
        "pLJ7bC5Vcqw",
    }
    assert release("v1.0").video("lSCEt_mCHlM").container == "mkv"
    assert release("v1.0").video("20TAGRElvfE").container == "mkv"


def test_the_mirrors_md5_are_160() -> None:
    v2 = {video.id: video.md5 for video in release("v2.2").videos(["train", "val", "test"]) if video.md5}
    v1 = {video.id: video.md5 for video in release("v1.0").videos() if video.md5}
    assert len(v2) == 151
    assert len(v2 | v1) == 160
    assert all(len(md5) == 32 and set(md5) <= set("0123456789abcdef") for md5 in (v2 | v1).values() if md5)


def test_ids_are_ids_and_nobody_is_twice() -> None:
    for name in names():
        ids = [video.id for split in release(name).splits.values() for video in split.videos]
        assert len(ids) == len(set(ids))
        assert [check_id(video_id, AVA_ID) for video_id in ids] == ids
    everyone = {video.id for name in names() for video in release(name).videos(release(name).splits)}
    assert len(everyone) == 455


@pytest.mark.parametrize(
    "text", ["", "short", "1j20qq1JyX4x", "1j20qq1Jy/4", "../../../etc", "1j20qq1JyX4\n", "１j20qq1JyX4"]
)
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="11 letters"):
        check_id(text, AVA_ID)


def test_the_actions_are_80_in_three_groups_and_60_count() -> None:
    for name in OF_ACTIONS:
        actions = release(name).actions
        assert [action.id for action in actions] == list(range(1, 81))
        groups = Counter(action.group for action in actions)
        assert groups == {"PERSON_MOVEMENT": 14, "OBJECT_MANIPULATION": 49, "PERSON_INTERACTION": 17}
        assert sum(action.evaluated for action in actions) == 60
    assert release("activespeaker-v1.0").actions == release("speech-v1.0").actions == ()
    left_out = [2, 16, 18, 19, 21, 23, 25, 31, 32, 33, 35, 39, 40, 42, 44, 50, 53, 55, 71, 75]
    assert [action.id for action in release("v2.2").actions if not action.evaluated] == left_out


def test_the_seconds_are_897_and_299() -> None:
    assert release("v2.2").seconds == tuple(range(902, 1799))
    assert len(release("v2.2").seconds) == 897
    assert release("v1.0").seconds == tuple(range(904, 1799, 3))
    assert len(release("v1.0").seconds) == 299
    assert release("kinetics-v1.0").seconds == release("v2.2").seconds
    assert release("speech-v1.0").seconds == release("activespeaker-v1.0").seconds == tuple(range(900, 1800))
    assert {release(name).window for name in names()} == {(Fraction(895), Fraction(1806))}
    assert {release(name).grid for name in names()} == {release("v2.2").grid}
    assert (release("v2.2").grid.first, release("v2.2").grid.rate, release("v2.2").grid.count) == (
        900,
        30,
        27030,
    )


def test_excluded_seconds_are_known_for_v22_alone() -> None:
    excluded = release("v2.2").excluded
    assert excluded is not None
    assert {split: len(pairs) for split, pairs in excluded.items()} == {"train": 161, "val": 37, "test": 66}
    for split, pairs in excluded.items():
        assert {video for video, _ in pairs} <= {video.id for video in release("v2.2").videos([split])}
        assert {second for _, second in pairs} <= set(release("v2.2").seconds)
    assert all(release(name).excluded is None for name in names() if name != "v2.2")


def test_files_name_their_publishers_and_their_checksums() -> None:
    for name in names():
        files = release(name).annotation_files
        assert len({file.name for file in files}) == len(files)
        packed = {member for file in files for member in file.members}
        for file in files:
            assert file.urls or file.name in packed
            assert all(url.startswith("https://") and url.endswith(f"/{file.name}") for url in file.urls)
            assert len(set(file.urls)) == len(file.urls)
            assert set(file.splits) <= set(release(name).splits)
            assert set(file.members) <= {other.name for other in files}
            lengths = {"md5": 32, "sha256": 64, "git-blob-sha1": 40}
            assert all(len(checksum.value) == lengths[checksum.kind] for checksum in file.checksums)
        for split in release(name).default_splits:
            assert len(release(name).files("labels", [split])) == (2 if name == "kinetics-v1.0" else 1)
    assert release("v2.2").files("archive")[0].urls[0].startswith("https://s3.amazonaws.com/")
    assert release("v2.2").files("labels", ["test"]) == ()
    strict = {file.name for file in release("v2.2").files("labels") if file.checksums[0].strict}
    assert strict == {"ava_val_v2.2.csv"}


def test_what_is_fetched_whole_has_two_publishers() -> None:
    """For v1.0 and v2's single files, one is known."""
    for name in names():
        if name != "v1.0":
            whole = release(name).files("archive") or release(name).files("labels")
            assert all(len({url.split("/")[2] for url in file.urls}) == 2 for file in whole)


def test_only_the_clips_of_kinetics_are_of_the_open_world() -> None:
    opened = [file.name for name in names() for file in release(name).annotation_files if file.open]
    assert opened == ["kinetics_train_v1.0.csv", "kinetics_val_v1.0.csv", "kinetics_test_v1.0.csv"]
    of_test = [file.name for file in release("kinetics-v1.0").files("labels", ["test"])]
    assert of_test == ["ava_test_v2.2.csv", "kinetics_test_v1.0.csv"]


def test_published_figures_are_as_their_pages_print_them() -> None:
    published = {name: dict(release(name).published) for name in names()}
    assert published["v1.0"]["people"] == 96_000
    assert (published["v2.1"]["labels"], published["v2.2"]["labels"]) == (1_580_000, 1_620_000)
    assert published["kinetics-v1.0"]["clips"] == 238_000
    assert published["activespeaker-v1.0"] == {
        "train_videos": 120,
        "val_videos": 33,
        "frames": 3_650_000,
        "tracks": 39_000,
        "hours": 38.5,
    }
    assert published["speech-v1.0"] == {"videos": 160, "rows": 39_874, "hours": 39.9995}
    for name in names():
        for split, videos in sizes(name).items():
            assert published[name].get(f"{split}_videos", videos) == videos or release(name).learns


def test_every_release_is_cited_by_its_own_paper() -> None:
    keys = [release(name).citation.partition("{")[2].partition(",")[0] for name in names()]
    assert keys == ["gu2018ava", "gu2018ava", "gu2018ava", "li2020ava", "roth2020ava", "chaudhuri2018ava"]
    for name in names():
        citation = release(name).citation
        assert citation.count("{") == citation.count("}")
        assert citation.endswith("}")
        assert release(name).licence == "CC BY 4.0"


def test_a_movie_is_found_by_its_id_alone() -> None:
    found = movie("1j20qq1JyX4")
    assert found == release("v2.2").video("1j20qq1JyX4")
    gone = movie("pLJ7bC5Vcqw")
    assert gone is not None
    assert (gone.folder, gone.container, gone.splits) == ("trainval", None, {"v1.0": "train"})
    assert movie("00000000000") is None
    assert all(movie(video.id) is video for video in release("speech-v1.0").videos())


def test_a_release_travels_between_processes() -> None:
    again = pickle.loads(pickle.dumps(release("v2.2")))
    assert again == release("v2.2")
    assert hash(again) == hash(release("v2.2"))


def test_a_movie_has_a_mean_size_and_an_address() -> None:
    assert release("v2.2").mean_bytes == 525_083_612
    video = release("v2.2").video("1j20qq1JyX4")
    address = release("v2.2").video_url(video, "mp4")
    assert address == "https://s3.amazonaws.com/ava-dataset/trainval/1j20qq1JyX4.mp4"
    with pytest.raises(UsageError, match="has no video"):
        release("v2.2").video("00000000000")


def test_importing_the_catalogue_reads_nothing() -> None:
    program = "import sys, avakit.releases.catalogue as c; "
    program += "sys.exit(c.release.cache_info().currsize or 'duckdb' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@needs_real_data
def test_the_tables_agree_with_the_real_lists() -> None:
    real = Path(REAL or "") / "ava"
    v2 = release("v2.2")
    for part, splits in (("trainval", ["train", "val"]), ("test", ["test"])):
        listed = set((real / f"v2.x/ava_file_names_{part}_v2.1.txt").read_text().split())
        assert listed == {f"{video.id}.{video.container}" for video in v2.videos(splits)}
    for split in ("train", "val", "test"):
        with (real / f"v2.x/ava_{split}_excluded_timestamps_v2.2.csv").open() as table:
            rows = {(video, int(second)) for video, second in csv.reader(table)}
        assert v2.excluded is not None
        assert rows == v2.excluded[split]
    for split in ("train", "test"):
        listed = set((real / f"v1.0/ava_ytids_{split}_v1.0.txt").read_text().split())
        assert listed == {video.id for video in release("v1.0").videos([split])}
    speech = set((real / "speech/ava_speech_file_names_v1.txt").read_text().split())
    assert speech == {f"{video.id}.{video.container}" for video in release("speech-v1.0").videos()}
    with (real / "v2.x/cvdf_md5.csv").open() as table:
        sums = {row["file_name"]: row["md5"] for row in csv.DictReader(table)}
    assert sums == {f"{video.id}.{video.container}": video.md5 for video in release("speech-v1.0").videos()}
    labels = (real / "v2.x/ava_action_list_v2.2.pbtxt").read_text()
    for action in v2.actions:
        assert f'name: "{action.name}"\n  label_id: {action.id}\n  label_type: {action.group}\n' in labels


@needs_real_data
def test_the_checksums_agree_with_the_real_files() -> None:
    found = {path.name: path for path in (Path(REAL or "") / "ava").glob("*/*")}
    compared = 0
    for name in names():
        for file in release(name).annotation_files:
            for checksum in file.checksums:
                if file.name in found and checksum.kind in ("md5", "sha256"):
                    content = found[file.name].read_bytes()
                    assert hashlib.new(checksum.kind, content).hexdigest() == checksum.value
                    compared += 1
    assert compared == 17
