"""What a data set's release is, once its labels were read."""

import io
import tarfile
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import pytest

import avakit
from avakit.dataset.release import learned
from avakit.dataset.root import Root
from avakit.dataset.selection import select, split_of
from avakit.dataset.settings import load
from avakit.errors import AnnotationError, UsageError
from avakit.releases.catalogue import release

FACES = """{id},900.00,0.1,0.1,0.3,0.5,NOT_SPEAKING,{id}_0900_0960:1
{id},900.04,0.1,0.1,0.3,0.5,SPEAKING_AUDIBLE,{id}_0900_0960:1
"""
VAL = ("-5KQ66BBWC4", "053oq2xB3oU")


@pytest.fixture
def faces(tmp_path: Path) -> Path:
    """ActiveSpeaker's archive of val, which unpacks to a folder that is called test."""
    folder = tmp_path / "official"
    folder.mkdir()
    with tarfile.open(folder / "ava_activespeaker_val_v1.0.tar.bz2", "w:bz2") as archive:
        for video in VAL:
            content = FACES.format(id=video).encode()
            member = tarfile.TarInfo(f"ava_activespeaker_test_v1.0/{video}-activespeaker.csv")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return folder


def test_which_videos_speak_is_learnt_from_their_labels(faces: Path, tmp_path: Path) -> None:
    assert release("activespeaker-v1.0").splits["val"].videos == ()
    (tmp_path / "movies").mkdir()

    def got(videos: Sequence[str] | None = None) -> avakit.Dataset:
        return avakit.get(
            "activespeaker-v1.0",
            root=tmp_path / "root",
            splits=["val"],
            annotations=faces,
            sources=[f"folder={tmp_path / 'movies'}"],
            videos=videos,
        )

    with got() as ava:
        assert {video: entry.split for video, entry in ava.videos.items()} == dict.fromkeys(VAL, "val")
        known = {video.id: video for video in ava.release.videos(["val"])}
        assert known["-5KQ66BBWC4"].container == "mkv", "the mirror's lists know the movie"
        assert ava.release.seconds_of("-5KQ66BBWC4") == release("activespeaker-v1.0").seconds
        assert ava.annotations.kind == "speaker"
    with avakit.open(tmp_path / "root") as again:
        assert [video.id for video in again.release.videos(["val"])] == sorted(VAL)
    with pytest.raises(UsageError, match="has no video"):
        got(["1j20qq1JyX4"])


def test_a_release_of_one_s_own_learns_its_seconds(tmp_path: Path) -> None:
    (tmp_path / "avakit.toml").write_text(
        'release = "mine"\nsources = ["folder=."]\n[custom.labels]\na = "a.csv"\nb = ["b.csv", "c.csv"]\n'
    )
    (tmp_path / "a.csv").write_text("x,1,0,0,1,1,1,0\nboth,2.5,0,0,1,1,1,0\n")
    (tmp_path / "b.csv").write_text("both,9,0,0,1,1,1,0\n")
    (tmp_path / "c.csv").write_text("y,3,0,0,1,1,1,0\ny,0.000001\n")
    with avakit.get(root=tmp_path) as ava:
        found = {name: [video.id for video in split.videos] for name, split in ava.release.splits.items()}
        assert found == {"a": ["both", "x"], "b": ["y"]}, "a video of two splits counts to the first"
        assert ava.release.seconds_of("y") == (Fraction(1, 10**6), 3)
        assert ava.release.seconds_of("both") == (Fraction(5, 2), 9), "b's seconds are wanted, too"
        assert [video.id for video in select(ava.release, ["b"], None)] == ["both", "y"]
        assert [video.id for video in select(ava.release, ["b"], ["both"])] == ["both"]
        assert split_of(ava.release, select(ava.release, ["b"], ["both"])[0]) == "a"
        assert not ava.release.whole_seconds
        assert learned(ava.release, ava.annotations.path) == ava.release


@pytest.mark.parametrize(
    ("custom", "key"),
    [
        ('labels = { a = ["a.csv", "a.csv"] }', "custom.labels"),
        ('labels = { a = "a.csv" }\nexcluded = { b = "b.csv" }', "custom.excluded"),
        ('kind = "speech"\nlabels = { a = "a.csv" }\nexcluded = { a = "b.csv" }', "custom.excluded"),
    ],
)
def test_what_would_count_twice_or_not_at_all_is_refused(tmp_path: Path, custom: str, key: str) -> None:
    (tmp_path / "avakit.toml").write_text(f'release = "mine"\n[custom]\n{custom}\n')
    with pytest.raises(UsageError, match=rf"{key} cannot be .* Allowed"):
        load(Root(tmp_path))


def test_a_kind_that_the_labels_are_not_of_is_to_be_corrected(tmp_path: Path) -> None:
    (tmp_path / "avakit.toml").write_text(
        'release = "mine"\nsources = ["folder=."]\n[custom]\nkind = "speech"\nlabels = { a = "a.csv" }\n'
    )
    (tmp_path / "a.csv").write_text("x,1,0,0,1,1,1,0\n")
    with pytest.raises(AnnotationError, match=r"Correct custom\.kind"):
        avakit.get(root=tmp_path)
