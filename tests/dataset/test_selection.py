from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avakit.dataset.selection import ids_given, select, split_of, standing
from avakit.dataset.settings import Settings
from avakit.errors import UsageError
from avakit.releases.catalogue import release

V22 = release("v2.2")
ALL = tuple(video.id for name in V22.splits for video in V22.videos([name]))


def test_the_labelled_splits_are_meant_where_none_is_named() -> None:
    assert len(select(V22, [], None)) == 235 + 64
    assert len(select(V22, ["test", "val"], None)) == 64 + 131
    with pytest.raises(UsageError, match="train, val, test"):
        select(V22, ["dev"], None)


@settings(deadline=None)
@given(wanted=st.lists(st.sampled_from(ALL)))
def test_ids_are_taken_once_in_the_releases_order(wanted: list[str]) -> None:
    chosen = [video.id for video in select(V22, [], wanted)]
    assert sorted(chosen) == sorted(set(wanted))
    assert chosen == [video for video in ALL if video in set(wanted)]


@settings(deadline=None)
@given(wanted=st.lists(st.sampled_from(ALL), min_size=1), gap=st.sampled_from([",", ", ", "\n", " \t", ",,"]))
def test_ids_are_read_as_they_are_written(wanted: list[str], gap: str) -> None:
    assert ids_given(gap.join(wanted)) == tuple(dict.fromkeys(wanted))


def test_ids_that_begin_with_a_dash_are_ids() -> None:
    assert ids_given("-5KQ66BBWC4") == ("-5KQ66BBWC4",)
    assert [video.id for video in select(V22, ["train"], ["-5KQ66BBWC4"])] == ["-5KQ66BBWC4"]


def test_ids_are_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "ids.txt"
    file.write_text("\ufeff# mine\r\n-5KQ66BBWC4, 1j20qq1JyX4 # both\r\n\r\n1j20qq1JyX4\n", encoding="utf-8")
    assert ids_given(f"@{file}") == ("-5KQ66BBWC4", "1j20qq1JyX4")


def test_files_that_do_not_do_are_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        ids_given(f"@{tmp_path / 'absent'}")
    (tmp_path / "empty").write_text("# nothing\n")
    with pytest.raises(UsageError, match="names no video"):
        ids_given(f"@{tmp_path / 'empty'}")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="not a text of ids"):
        ids_given(f"@{tmp_path / 'binary'}")


@pytest.mark.parametrize("text", ["", ",", "../../x", "1j20qq1JyX4;rm", "..", ".hidden", "nul.x", "a" * 65])
def test_words_that_are_no_ids_are_told(text: str) -> None:
    with pytest.raises(UsageError):
        ids_given(text)


def test_an_unknown_id_is_told_with_those_it_resembles() -> None:
    with pytest.raises(UsageError, match=r"v2\.2 has no video 1j20qq1JyX5\. Is 1j20qq1JyX4"):
        select(V22, [], ["1j20qq1JyX4", "1j20qq1JyX5"])
    with pytest.raises(UsageError, match="avakit releases"):
        select(V22, [], ["???????????"])
    with pytest.raises(UsageError, match="Is 1j20qq1JyX4 meant"):
        select(V22, [], ["1j20qq1JyX"])


def test_an_id_outside_the_splits_named_is_told() -> None:
    train = V22.videos(["train"])[0].id
    with pytest.raises(UsageError, match=rf"{train} is in the split train of v2\.2, not in val"):
        select(V22, ["val"], [train])
    assert [video.id for video in select(V22, ["val", "train"], [train])] == [train]


def test_what_a_data_set_is_to_hold_is_all_that_was_asked_for() -> None:
    train = V22.videos(["train"])[0].id
    val = V22.videos(["val"])[0].id
    nothing = Settings(release="v2.2")
    assert len(standing(V22, nothing)) == 299
    assert [video.id for video in standing(V22, nothing.adding(videos=[val, train]))] == [train, val]
    assert len(standing(V22, nothing.adding(splits=["val"], videos=[val, train]))) == 65
    assert split_of(V22, standing(V22, nothing.adding(videos=[val]))[0]) == "val"
