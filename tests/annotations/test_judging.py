"""Which release and split a file is of: as asked, by its name, by the data set around, by what is in it."""

import os
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from tests.annotations.labels import lines

from avakit.annotations.judging import Asked, judge
from avakit.annotations.sample import Sample, sample
from avakit.errors import UsageError
from avakit.releases.catalogue import release
from avakit.releases.model import SAFE_ID, AnnotationFile, Split

REAL = os.environ.get("AVAKIT_REAL_DATA")
V10, V21, V22 = release("v1.0"), release("v2.1"), release("v2.2")
OWN = replace(V22, name="circus", form=SAFE_ID, learns=True, splits={}, excluded=None)


def rows(tmp_path: Path, text: list[str], kind: str = "actions") -> Sample:
    path = tmp_path / "file"
    path.write_text("\n".join(text) + "\n")
    return sample(path, kind)


def of(name: str, split: str, count: int = 300) -> list[str]:
    return lines(split, count, name=name)


def without_persons(text: list[str]) -> list[str]:
    return [row.rpartition(",")[0] for row in text]


@pytest.mark.parametrize(
    ("name", "kind", "release_name", "split"),
    [
        ("ava_train_v2.2.csv", "actions", "v2.2", "train"),
        ("AVA_Val_v2.1.csv", "actions", "v2.1", "val"),
        ("my copy of ava_test_v1.0 (2).csv", "actions", "v1.0", "test"),
        ("ava_train_predicted_v2_2.csv", "actions", "v2.2", "train"),
        ("kinetics_train_v1.0.csv", "actions", "kinetics-v1.0", "train"),
        ("5BDj0ow5hnA-activespeaker.csv", "speaker", "activespeaker-v1.0", None),
        ("ava_speech_labels_v1.csv", "speech", "speech-v1.0", "all"),
        ("ava_test_v2.2.txt", "ids", "v2.2", "test"),
        ("ava_file_names_trainval_v2.1.txt", "videos", "v2.2", None),
        ("ava_included_timestamps_v2.2.txt", "seconds", "v2.2", None),
    ],
)
def test_names_tell(name: str, kind: str, release_name: str, split: str | None) -> None:
    found = judge(name, kind, Sample(frozenset(), ()), Asked())
    assert (found.named, found.split, found.why) == (release_name, split, "by its name")


@pytest.mark.parametrize("name", ["v1.0", "v2.2"])
@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_what_is_in_it_tells(tmp_path: Path, name: str, split: str) -> None:
    if split not in release(name).splits:
        pytest.skip("no such split")
    found = judge("labels.csv", "actions", rows(tmp_path, of(name, split)), Asked())
    assert (found.named, found.split, found.open_world) == (name, split, False)
    assert found.note == f"judged as {name}, {split}: by what is in it"


def test_without_persons_v2_is_v2_1(tmp_path: Path) -> None:
    found = judge("labels.csv", "actions", rows(tmp_path, without_persons(of("v2.2", "val"))), Asked())
    assert (found.named, found.split) == ("v2.1", "val")


def test_files_of_two_splits_are_of_neither(tmp_path: Path) -> None:
    both = of("v2.2", "val", 100) + of("v2.2", "train", 100)
    found = judge("labels.csv", "actions", rows(tmp_path, both), Asked())
    assert (found.named, found.split) == ("v2.2", None)
    assert judge("trainval.csv", "actions", rows(tmp_path, both), Asked()).split is None
    assert judge("train.csv", "actions", rows(tmp_path, both), Asked()).split == "train"


def test_what_is_asked_for_counts(tmp_path: Path) -> None:
    found = rows(tmp_path, of("v2.2", "val"))
    asked = judge("ava_val_v2.2.csv", "actions", found, Asked(V10))
    assert (asked.named, asked.why) == ("v1.0", "as asked")
    assert judge("ava_val_v2.2.csv", "actions", found, Asked(V22, "train")).split == "train"
    assert judge("ava_val_v2.2.csv", "actions", found, Asked(split="test")).split == "test"
    with pytest.raises(UsageError, match=r"v1\.0 has no split 'val'"):
        judge("labels.csv", "actions", found, Asked(V10, "val"))


def test_a_name_is_not_believed_against_the_videos(tmp_path: Path) -> None:
    own = rows(tmp_path, [f"clip_{n},{n}.5,0.1,0.1,0.2,0.2,3" for n in range(9)])
    found = judge("ava_train_v2.2.csv", "actions", own, Asked())
    assert (found.named, found.split, found.open_world) == (None, "train", True)
    assert found.release is not None
    assert found.release.form == SAFE_ID
    assert found.note == "judged as train: its videos are one's own; --release names a release"
    strangers = rows(tmp_path, [f"AAAAAAAA{n:03d},0902,0.1,0.1,0.2,0.2,3,0" for n in range(9)])
    found = judge("x.csv", "actions", strangers, Asked())
    assert (found.named, found.open_world) == (None, True)
    assert found.release is V22
    assert found.note.startswith("judged as form alone: its videos are of no release")


def test_the_data_set_around_counts_where_nothing_speaks_against_it(tmp_path: Path) -> None:
    own = rows(tmp_path, [f"clip_{n},{n},0.1,0.1,0.2,0.2,3" for n in range(9)])
    found = judge("a.csv", "actions", own, Asked(around=OWN))
    assert (found.named, found.why, found.open_world) == ("circus", "by the data set around", False)
    assert judge("ava_train_v2.2.csv", "actions", own, Asked(around=OWN)).named == "circus"
    files = (AnnotationFile("labels/b.csv", "labels", ("seen",), ()),)
    splits = {name: Split(name, True, ()) for name in ("seen", "unseen")}
    around = replace(OWN, annotation_files=files, splits=splits)
    assert judge("b.csv", "actions", own, Asked(around=around)).split == "seen"
    assert judge("c_unseen.csv", "actions", own, Asked(around=around)).split is None
    official = rows(tmp_path, of("v2.2", "val"))
    assert judge("a.csv", "actions", official, Asked(around=OWN)).named == "v2.2"
    assert judge("a.csv", "actions", official, Asked(around=V21)).named == "v2.1"
    assert judge("a.csv", "actions", own, Asked(around=V21)).named is None
    assert judge("a.csv", "speech", rows(tmp_path, ["x,900,901,NO_SPEECH"]), Asked(around=OWN)).named is None


def test_clips_of_kinetics_are_known_by_their_seconds(tmp_path: Path) -> None:
    clips = rows(tmp_path, [f"AAAAAAAA{n:03d},{n}.500000,0.1,0.1,0.2,0.2,3" for n in range(9)])
    found = judge("labels.csv", "actions", clips, Asked())
    assert (found.named, found.split, found.open_world) == ("kinetics-v1.0", None, True)
    assert judge("kinetics_val_v1.0.csv", "actions", clips, Asked()).open_world
    assert judge("a_val.csv", "actions", clips, Asked(release("kinetics-v1.0"))).split == "val"
    assert not judge("kinetics_val_v1.0.csv", "actions", clips, Asked(V22)).open_world


def test_excluded_seconds_and_seconds_are_of_the_newest_that_has_them(tmp_path: Path) -> None:
    pairs = [f"{video},{second:04d}" for video, second in sorted((V22.excluded or {})["val"])]
    found = judge("x.csv", "excluded", rows(tmp_path, pairs, "excluded"), Asked())
    assert (found.named, found.split) == ("v2.2", "val")
    for one in (V10, V22):
        seconds = rows(tmp_path, [str(second) for second in one.seconds], "seconds")
        assert not seconds.ids
        assert judge("x.txt", "seconds", seconds, Asked()).named == one.name


def test_an_empty_sample_is_judged_all_the_same() -> None:
    for kind in ("actions", "speaker", "speech", "ids", "seconds"):
        found = judge("", kind, Sample(frozenset(), ()), Asked())
        assert (found.named, found.split, found.open_world) == (None, None, True)


def test_a_header_is_no_video(tmp_path: Path) -> None:
    head = ["video_id,timestamp,x1,y1,x2,y2,action_id,person_id", "1j20qq1JyX4,0902,0.1,0.1,0.2,0.2,1,1"]
    assert rows(tmp_path, head).ids == {"1j20qq1JyX4"}


def test_a_sample_is_bounded_and_from_everywhere(tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    with path.open("w") as file:
        for n in range(200_000):
            file.write(f"clip_{n // 1000},{n % 1000:04d}.250000,0.1,0.1,0.2,0.2,3,4\n")
    found = sample(path, "actions")
    assert len(found.pairs) < 10_000
    assert {"clip_0", "clip_199"} <= found.ids
    assert len(found.ids) > 50
    assert found.persons
    assert found.six_decimals
    assert ("clip_0", Fraction(1, 4)) in found.pairs
    assert all(second % 1 == Fraction(1, 4) for _, second in found.pairs)


@pytest.mark.skipif(REAL is None, reason="AVAKIT_REAL_DATA is not set")
@pytest.mark.parametrize(
    ("path", "kind", "release_name", "split"),
    [
        ("v1.0/ava_test_v1.0.csv", "actions", "v1.0", "test"),
        ("damaged/ava_test_v1.0.tabs.csv", "actions", "v1.0", "test"),
        ("damaged/ava_val_v2.2.head.csv", "actions", "v2.2", "val"),
        ("kinetics/kinetics_test_v1.0.csv", "actions", "kinetics-v1.0", None),
        ("speech/ava_speech_labels_v1.csv", "speech", "speech-v1.0", "all"),
        ("v1.0/ava_ytids_train_v1.0.txt", "ids", "v1.0", "train"),
        ("v2.x/v2.1_val_ids.txt", "ids", "v2.2", "val"),
        ("v2.x/ava_test_excluded_timestamps_v2.2.csv", "excluded", "v2.2", "test"),
    ],
)
def test_real_files_are_known_without_their_names(
    path: str, kind: str, release_name: str, split: str | None
) -> None:
    found = judge("x", kind, sample(Path(str(REAL)) / "ava" / path, kind), Asked())
    assert (found.named, found.split) == (release_name, split)
