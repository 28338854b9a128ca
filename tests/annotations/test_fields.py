"""What each field may say, one by one."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avakit.annotations.columns import CSV
from avakit.annotations.fields import checks, ranges, rules_of
from avakit.releases.catalogue import release
from avakit.releases.model import SAFE_ID

V22 = release("v2.2")


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        (range(1, 81), "1 to 80"),
        ([7, 3], "3, 7"),
        ([4], "4"),
        ([], "none"),
        ([1, 2, 4], "1, 2, 4"),
        (range(0, 60, 2), f"{', '.join(str(number) for number in range(0, 40, 2))}, … (30 in all)"),
    ],
)
def test_numbers_are_written_as_people_do(numbers: list[int], text: str) -> None:
    assert ranges(numbers) == text


def test_seconds_are_whole_in_avas_own_releases_alone() -> None:
    assert rules_of(V22, open_world=False).whole
    assert not rules_of(V22, open_world=True).whole
    assert not rules_of(replace(V22, form=SAFE_ID), open_world=False).whole
    assert not rules_of(replace(V22, learns=True), open_world=False).whole
    assert not rules_of(release("speech-v1.0"), open_world=False).whole
    assert rules_of(replace(V22, seconds=(Fraction(902),)), open_world=False).whole


@given(text=st.text(max_size=20), kind=st.sampled_from(sorted(CSV)))
def test_any_text_at_all_is_judged(text: str, kind: str) -> None:
    rules = replace(rules_of(V22, open_world=False), kind=kind)
    for rule in checks(rules):
        problem = rule(text)
        assert problem is None or problem.isprintable()
        if problem is None:
            assert text.isascii()
            assert text.isprintable()
