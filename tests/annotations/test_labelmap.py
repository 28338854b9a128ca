"""Label maps: both forms of the publishers, copies as people have them, and what is wrong in them."""

import os
import random
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avakit.annotations.labelmap import LARGEST, is_label_map, look_at, read_label_map
from avakit.errors import AnnotationError
from avakit.releases.catalogue import release
from avakit.releases.model import Action

REAL = os.environ.get("AVAKIT_REAL_DATA")
AVA = release("v2.2").actions
LABELS = "".join(
    f'label {{\n  name: "{action.name}"\n  label_id: {action.id}\n  label_type: {action.group}\n}}\n'
    for action in AVA
)
ITEMS = "".join(
    f'item {{\n  name: "{action.name}"\n  id: {action.id}\n}}\n' for action in AVA if action.evaluated
)
PIECES = ["{", "}", '"', "'", "label {", "item", ":", "#", "\\", "\n", "0", "-1", "é", "\x00", "name: ", ";"]


def read(tmp_path: Path, text: str) -> tuple[Action, ...]:
    path = tmp_path / "list.pbtxt"
    path.write_bytes(text.encode())
    return read_label_map(path)


def folded(text: str) -> str:
    return " ".join(text.split("\n"))


@pytest.mark.parametrize(
    "write", [str, folded, lambda t: t.replace("\n", "\r\n"), lambda t: t.replace("\n", "").replace("  ", "")]
)
def test_both_forms_are_read_whatever_their_lines(tmp_path: Path, write: type[str]) -> None:
    assert read(tmp_path, write(LABELS)) == AVA
    assert read(tmp_path, write(ITEMS)) == tuple(action for action in AVA if action.evaluated)


def test_a_folded_map_is_said() -> None:
    assert "all blocks stand on one line: read all the same" in look_at(folded(LABELS)).notes
    assert look_at(LABELS).notes == ("the 80 actions of AVA",)
    assert look_at(ITEMS).notes == ("the 60 actions of AVA that are evaluated",)


@pytest.mark.skipif(REAL is None, reason="AVAKIT_REAL_DATA is not set")
@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("v1.0/ava_action_list_v1.0.pbtxt", 80),
        ("v2.x/ava_action_list_v2.2.pbtxt", 80),
        ("v2.x/ava_action_list_v2.2_for_activitynet_2019.pbtxt", 60),
    ],
)
def test_real_label_maps(name: str, count: int) -> None:
    path = Path(str(REAL)) / "ava" / name
    found = read_label_map(path)
    assert len(found) == count
    assert set(found) <= set(AVA)
    assert {action.evaluated for action in found} == ({True} if count == 60 else {True, False})


def test_a_csv_is_a_label_map_with_or_without_header_and_groups(tmp_path: Path) -> None:
    own = (Action(1, "juggle", "", True), Action(7, "talk to (e.g., self)", "", True))
    assert read(tmp_path, '1,juggle\n7,"talk to (e.g., self)"\n') == own
    assert read(tmp_path, 'id,name\r\n7,"talk to (e.g., self)"\r\n1,juggle\r\n') == own
    assert read(tmp_path, "id,name,group\n1,juggle,CIRCUS\n") == (Action(1, "juggle", "CIRCUS", True),)
    assert read(tmp_path, "\ufeff2,crawl\n") == (Action(2, "crawl", "PERSON_MOVEMENT", False),)


def test_strings_are_unquoted_and_joined(tmp_path: Path) -> None:
    text = r"""# my own
    item: < id: 3; name: 'jump' " \"high\" caf\303\251" > item { id: 4 name: "it's", other: 3.5 }"""
    assert read(tmp_path, text) == (Action(3, 'jump "high" café', "", True), Action(4, "it's", "", True))


@pytest.mark.parametrize(
    ("text", "line", "column", "found", "problem"),
    [
        (
            'item { id: 1 name: "a" }\nitem {\n name: "b"\n id: 1\n}',
            4,
            "id",
            "1",
            "the number of 'a' already",
        ),
        ('label { name: "a"\n label_id: 0 }', 2, "label_id", "0", "a whole number from 1"),
        ('item { name: "a" id: -3 }', 1, "id", "-3", "a whole number from 1"),
        ('item { name: "a" id: 1.5 }', 1, "id", "1.5", "a whole number from 1"),
        ('item { name: "a" id: 99999999999999999999 }', 1, "id", "9" * 20, "a whole number from 1"),
        ('label { name: "a" }', 1, "label_id", "", "absent"),
        ("item { id: 1 }", 1, "name", "", "absent"),
        ('item { id: 1 name: " " }', 1, "name", "", "absent"),
        (r'item { id: 1 name: "a\033[31m" }', 1, "name", "a\x1b[31m", "cannot be printed"),
        (r'item { id: 1 name: "\377" }', 1, "name", "\ufffd", "not UTF-8"),
        (f'item {{ id: 1 name: "{"x" * 201}" }}', 1, "name", "x" * 201, "longer than 200"),
        ('item { id: 1 name: "a"', 1, "line", '"a"', "ends within a block"),
        ('item { id: 1 name: "a }', 1, "line", '"a }', "its quote does not end (character 20)"),
        ('item { id: 1\nitem { id: 2 name: "b" }', 2, "line", "{", "is a } missing before it? (character 6)"),
        ('group { id: 1 name: "a" }\nitem { id: 1 name: "a" }', 1, "line", "group", "label or item"),
        ('item { id 1 name: "a" }', 1, "line", "1", ": belongs behind id (character 11)"),
        ("1,run\n2,talk to, a person, self\n", 2, "line", "2,talk to,a person,self", "needs quotes"),
        ("1,run\nx,walk\n", 2, "id", "x", "a whole number from 1"),
        ("", 1, "line", "", "no action in it"),
        ("id,name\n", 1, "line", "id,name\n", "no action in it"),
    ],
)
def test_what_is_wrong_is_named_with_line_and_column(
    tmp_path: Path, text: str, line: int, column: str, found: str, problem: str
) -> None:
    errors = look_at(text).errors
    assert any((e.line, e.column, e.found) == (line, column, found) and problem in e.problem for e in errors)
    with pytest.raises(AnnotationError) as caught:
        read(tmp_path, text)
    assert f"line {line}, {column}: " in str(caught.value)
    assert str(tmp_path) in str(caught.value)
    assert str(caught.value).isprintable() or "\n" in str(caught.value)


def test_all_errors_are_found_and_few_are_told(tmp_path: Path) -> None:
    text = "".join(f'item {{ name: "a{n}" id: 0 }}\n' for n in range(30))
    assert [error.line for error in look_at(text).errors] == list(range(1, 31))
    with pytest.raises(AnnotationError, match=r"… and 10 more"):
        read(tmp_path, text)


def test_doubtful_names_are_warned_of() -> None:
    found = look_at(LABELS.replace("dance", "tango"))
    assert not found.errors
    (warned,) = found.warnings
    assert (warned.kind, warned.count, warned.examples[0].found) == ("other_action", 1, "tango")
    assert warned.examples[0].line == 18
    (warned,) = look_at('item { id: 1 name: "a" } item { id: 2 name: "a" }').warnings
    assert (warned.kind, warned.examples[0].problem) == ("same_name", "the name of action 1 too")


@pytest.mark.parametrize(
    ("head", "meant"),
    [
        (LABELS, True),
        (folded(ITEMS), True),
        ("# a comment\n\nitem{", True),
        ("id,name\n1,walk", True),
        ("1,walk\n2,run", True),
        ("1j20qq1JyX4,0902,0.1,0.1,0.2,0.2,1,1", False),
        ("1,0902,0.1,0.1,0.2,0.2,1", False),
        ("1,900,905.67,NO_SPEECH", False),
        ("items\n", False),
        ("", False),
    ],
)
def test_what_is_meant_as_a_label_map(head: str, meant: bool) -> None:
    assert is_label_map(head) is meant


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(AnnotationError, match="No such file"):
        read_label_map(tmp_path / "absent")
    with pytest.raises(AnnotationError, match="larger than any label map"):
        read(tmp_path, "#" * (LARGEST + 1))


@pytest.mark.parametrize(
    "text",
    ["label {" * 140_000, "label { " + '"' * 900_000, "1,a\n" * 60_000, "item { name: " + '"a"' * 90_000],
)
def test_hostile_maps_take_no_more_time_than_they_have_bytes(text: str) -> None:
    start = time.perf_counter()
    assert look_at(text).errors
    assert time.perf_counter() - start < 20


@given(text=st.text(max_size=300))
def test_any_text_at_all_is_looked_at(text: str) -> None:
    found = look_at(text)
    assert found.actions or found.errors
    assert not is_label_map(text) or isinstance(found.notes, tuple)


@given(
    edits=st.lists(
        st.tuples(st.integers(0, 400), st.integers(0, 30), st.sampled_from(PIECES) | st.text(max_size=3)),
        max_size=4,
    )
)
def test_mutated_maps_are_named_or_sound(edits: list[tuple[int, int, str]]) -> None:
    text = LABELS[:400]
    for start, length, piece in edits:
        text = text[:start] + piece + text[start + length :]
    found = look_at(text)
    if not found.errors:
        assert all(1 <= action.id < 2**31 and action.name.isprintable() for action in found.actions)
        assert len({action.id for action in found.actions}) == len(found.actions) > 0
    assert all(error.line >= 1 and error.problem for error in found.errors)


def test_random_bytes_between_the_blocks() -> None:
    chance = random.Random(7)
    for _ in range(300):
        text = list(ITEMS[:600])
        for _ in range(chance.randint(1, 6)):
            text[chance.randrange(len(text))] = chr(
                chance.choice([0, 9, 34, 39, 58, 92, 123, 125, 233, 0x1F600])
            )
        found = look_at("".join(text))
        assert found.errors or found.actions
