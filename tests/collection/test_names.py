from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avakit.collection.names import Named, named
from avakit.releases import catalogue
from avakit.releases.model import AVA_ID, SAFE_ID
from avakit.sources.containers import ALL

IDS = tuple(video.id for split in catalogue.release("v2.2").splits.values() for video in split.videos)
KNOWN = frozenset(IDS)
OWN = frozenset(["a", "clip.7", "7", "talk_1", "x.f1", "-odd"])


@pytest.mark.parametrize(
    ("name", "video", "container", "begins"),
    [
        ("1j20qq1JyX4.mp4", "1j20qq1JyX4", "mp4", None),
        ("1j20qq1JyX4.MKV", "1j20qq1JyX4", "mkv", None),
        ("-5KQ66BBWC4.mkv", "-5KQ66BBWC4", "mkv", None),
        ("_7oWZq_s_Sk.WebM", "_7oWZq_s_Sk", "webm", None),
        ("ava_-5KQ66BBWC4.mkv", "-5KQ66BBWC4", "mkv", None),
        ("A title - with 2 parts--5KQ66BBWC4.webm", "-5KQ66BBWC4", "webm", None),
        ("Ein Titel (1954) [_7oWZq_s_Sk].mp4", "_7oWZq_s_Sk", "mp4", None),
        ("电影 [1j20qq1JyX4].mp4", "1j20qq1JyX4", "mp4", None),
        ("1j20qq1JyX4.f137.mp4", "1j20qq1JyX4", "mp4", None),
        ("1j20qq1JyX4.f137-1.mp4", "1j20qq1JyX4", "mp4", None),
        ("Film [1j20qq1JyX4].f248.webm", "1j20qq1JyX4", "webm", None),
        ("1j20qq1JyX4_000900_001800.mp4", "1j20qq1JyX4", "mp4", Fraction(900)),
        ("-5KQ66BBWC4_000030_000040.mp4", "-5KQ66BBWC4", "mp4", Fraction(30)),
        ("ava_1j20qq1JyX4_000900_001800.mp4", "1j20qq1JyX4", "mp4", Fraction(900)),
        ("1j20qq1JyX4_001800_000900.mp4", "1j20qq1JyX4", "mp4", None),
        ("1j20qq1JyX4 (1).mp4", "1j20qq1JyX4", "mp4", None),
        ("1j20qq1JyX4-1j20qq1JyX4.mp4", "1j20qq1JyX4", "mp4", None),
    ],
)
def test_names_that_people_have(name: str, video: str, container: str, begins: Fraction | None) -> None:
    (found,) = named(name, KNOWN, AVA_ID)
    assert (found.video, found.container, found.begins) == (video, container, begins)
    assert (found.begins is None) == (found.ends is None)


@pytest.mark.parametrize(
    "name",
    [
        *("1j20qq1JyX4", "1j20qq1JyX4.mp4.part", "1j20qq1JyX4.csv", "1j20qq1JyX4.m4a", ".mp4", "", "mp4"),
        *("902.mp4", "1J20QQ1JYX4.mp4", "1j20qq1JyX.mp4", "movie.mp4", "1j20qq1JyX4.mp4/"),
    ],
)
def test_what_says_nothing(name: str) -> None:
    assert named(name, KNOWN, AVA_ID) == ()


def test_two_ids_in_one_name_cannot_be_told_apart() -> None:
    found = named("1j20qq1JyX4 and -5KQ66BBWC4.mp4", KNOWN, AVA_ID)
    assert [one.video for one in found] == ["1j20qq1JyX4", "-5KQ66BBWC4"]


@pytest.mark.parametrize(
    ("name", "video"),
    [
        ("a.mp4", "a"),
        ("clip.7.avi", "clip.7"),
        ("talk_1.mov", "talk_1"),
        ("x.f1.mp4", "x.f1"),
        ("a.f137.mp4", "a"),
        ("-odd.m4v", "-odd"),
        ("My talk [talk_1].mp4", "talk_1"),
        ("7_000030_000040.mp4", "7"),
        ("banana.mp4", None),  # an `a` is in everything
        ("ava_7.mp4", None),
        ("clip.8.mp4", None),
    ],
)
def test_ids_of_one_s_own_are_never_found_by_chance(name: str, video: str | None) -> None:
    assert [one.video for one in named(name, OWN, SAFE_ID)] == ([] if video is None else [video])


ids, containers = st.sampled_from(IDS), st.sampled_from([*ALL, *(c.upper() for c in ALL)])
titles = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), max_size=40)


@given(title=titles, video=ids, container=containers)
def test_an_id_is_found_behind_any_title(title: str, video: str, container: str) -> None:
    for name in (f"{title}-{video}.{container}", f"{title} [{video}].{container}"):
        found = named(name, KNOWN, AVA_ID)
        assert video in [one.video for one in found]
        assert {one.container for one in found} == {container.lower()}


@given(video=ids, start=st.integers(0, 999_998), length=st.integers(1, 10), container=containers)
def test_a_clip_s_name_says_where_it_begins(video: str, start: int, length: int, container: str) -> None:
    stop = min(999_999, start + length)
    found = named(f"{video}_{start:06}_{stop:06}.{container}", KNOWN, AVA_ID)
    assert found == (Named(video, container.lower(), Fraction(start), Fraction(stop)),)


@given(
    name=st.one_of(titles, titles.map(lambda title: f"{title}.mp4")), form=st.sampled_from([AVA_ID, SAFE_ID])
)
def test_any_name_is_borne(name: str, form: str) -> None:
    for one in named(name, KNOWN, form):
        assert one.video in KNOWN
        assert one.video in name
