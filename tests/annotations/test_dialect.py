"""How a csv is written, told from its first lines; what is none, told at once."""

import time
from pathlib import Path

import pytest
from tests.annotations.labels import good, joined

from avakit.annotations.dialect import Dialect, are_scores, look, look_again
from avakit.errors import AnnotationError

BOX = "1j20qq1JyX4,0902,0.1,0.1,0.2,0.2,12"
FACE = "5BDj0ow5hnA,900.04,0.1,0.1,0.2,0.2,NOT_SPEAKING,5BDj0ow5hnA_0900_0960:1"


def looked(tmp_path: Path, data: bytes) -> Dialect:
    path = tmp_path / "labels.csv"
    path.write_bytes(data)
    return look(path)


@pytest.mark.parametrize(
    ("rows", "kind", "width", "used"),
    [
        (["1j20qq1JyX4,0902"], "actions", 2, 2),
        (["1j20qq1JyX4,33.000000", "1j20qq1JyX4,1,0.1,0.1,0.2,0.2,12"], "actions", 7, 7),
        (["1j20qq1JyX4,0902,0.1,0.1,0.2,0.2,12"], "actions", 7, 7),
        (["1j20qq1JyX4,0902,0.1,0.1,0.2,0.2,12,1"], "actions", 8, 8),
        (["1j20qq1JyX4,0902,0.1,0.1,0.2,0.2,12,1"] * 3 + ["1j20qq1JyX4,0902"] * 4, "actions", 8, 8),
        (["1j20qq1JyX4,0902,0.1,0.1,0.2,0.2,12,1,ok"], "actions", 9, 8),
        (["1j20qq1JyX4,0902,0.1,0.1,0.2,0.2,12,0.5"], "actions", 8, 7),
        ([f"{BOX},0", f"{BOX},1.5"], "actions", 8, 8),
        ([f"{BOX},0.5", f"{BOX},3_"], "actions", 8, 8),
        ([FACE], "speaker", 8, 8),
        ([FACE + ",0.25"], "speaker", 9, 8),
        (["5BDj0ow5hnA,900,905.67,SPEECH_WITH_NOISE"], "speech", 4, 4),
        (["5BDj0ow5hnA,900,905.67,whisper"], "speech", 4, 4),
        (["5BDj0ow5hnA,900,905.67,NO_SPEECH,0.5"], "speech", 5, 4),
    ],
)  # fmt: skip
def test_the_kind_is_told_from_columns_and_content(
    tmp_path: Path, rows: list[str], kind: str, width: int, used: int
) -> None:
    found = looked(tmp_path, joined(rows))
    assert (found.kind, found.width, found.used) == (kind, width, used)


@pytest.mark.parametrize(
    ("row", "note"),
    [
        ("1j20qq1JyX4,0902,0.1,0.1,0.2,0.2,12,0.5", "column 8 is a score: left out"),
        ("1j20qq1JyX4,0902,0.1,0.1,0.2,0.2,12,0.5,x", "1 more column after the score: left out"),
        (FACE + ",0.25", "column 9 is a score: left out"),
        ("5BDj0ow5hnA,900,905.67,NO_SPEECH,a,b", "2 more columns after label: left out"),
        ("1j20qq1JyX4,0902,0.1,0.1,0.2,0.2,12", "no person_id column: persons are unknown"),
    ],
)
def test_what_is_left_out_is_said(tmp_path: Path, row: str, note: str) -> None:
    assert note in looked(tmp_path, joined([row] * 3)).notes


def test_a_header_names_the_score_and_the_order(tmp_path: Path) -> None:
    names = "video_id,timestamp,x1,y1,x2,y2,action_id,score"
    found = looked(tmp_path, joined([names, "1j20qq1JyX4,0902,0.1,0.1,0.2,0.2,12,1"]))
    assert (found.header, found.used) == (True, 7)
    with pytest.raises(AnnotationError, match="another order: column 3 is y1 by its header"):
        looked(tmp_path, joined([names.replace("x1,y1", "y1,x1"), *good()]))
    speech = "video_id,label_start_timestamp_seconds,label_end_timestamp_seconds,label"
    assert looked(tmp_path, joined([speech, "5BDj0ow5hnA,900,901,NO_SPEECH"])).header


def test_scores_are_fractions_of_one() -> None:
    assert are_scores(["0", "1", "0.5", "1e-3"])
    assert not are_scores(["0", "1", "1.0"])
    assert not are_scores(["0.5", "1.5"])
    assert not are_scores(["0.5", ""])
    assert not are_scores([])


def test_the_whole_file_may_tell_more_than_its_head() -> None:
    keyframes = Dialect("actions", ",", False, 2, 2)
    found = look_again(["1j20qq1JyX4,1", "1j20qq1JyX4,1,0.1,0.1,0.2,0.2,12,3"], keyframes)
    assert (found.width, found.used) == (8, 8)
    assert look_again(["1j20qq1JyX4,1"], keyframes) == keyframes
    persons = Dialect("actions", ",", False, 8, 8)
    row = "1j20qq1JyX4,1,0.1,0.1,0.2,0.2,12,"
    assert look_again([f"{row}1", f"{row}0.5"], persons).used == 7
    assert look_again([f"{row}1", f"{row}3_"], persons) == persons


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\0" * (1 << 20), "binary: it has zero bytes"),
        (b"1\0j\x002\x000\0", "binary: it has zero bytes"),
        (b"x" * (1 << 20), "its first line does not end within 65,536 bytes"),
        (b"1j20qq1JyX4,0902," * (1 << 16), "its first line does not end within 65,536 bytes"),
        (b"\xfd7zXZ\x00", "a packed or binary file"),
        (b"  <html>", "begins with '<html>'"),
        (b'{"a": 1}', "begins with"),
        (b"item {\n", "a label map"),
        (b"item{ name: 'x' id: 1 }", "a label map"),
        (b"1 953619 0 1 5 17 38 36 15 6 5 1 1 22 1396\n" * 5, "another data set that is called AVA too"),
        (b"1,2,3,4,5\n", "5 columns a line, as no labels of AVA have"),
        (b"a,b\n", "2 columns a line, as no labels of AVA have"),
        (b"1,2,3,4\n", "4 columns a line"),
        (b"," * 40 + b"\n", "41 columns a line"),
    ],
    ids=lambda value: None if isinstance(value, bytes) else value,
)
def test_what_is_no_csv_of_labels_is_told_in_one_sentence(tmp_path: Path, data: bytes, expected: str) -> None:
    with pytest.raises(AnnotationError) as caught:
        looked(tmp_path, data)
    assert expected in str(caught.value)
    assert str(tmp_path / "labels.csv") in str(caught.value)
    assert len(str(caught.value)) < 400


def test_a_file_of_any_size_is_looked_at_at_once(tmp_path: Path) -> None:
    path = tmp_path / "zeros.csv"
    with path.open("wb") as file:
        file.truncate(4 << 30)
    begun = time.perf_counter()
    with pytest.raises(AnnotationError, match="zero bytes"):
        look(path)
    assert time.perf_counter() - begun < 1


def test_messages_call_a_file_by_the_name_given(tmp_path: Path) -> None:
    (tmp_path / "unpacked.csv").write_bytes(b"")
    with pytest.raises(AnnotationError, match=r"labels.tar.bz2.one.csv is empty"):
        look(tmp_path / "unpacked.csv", name=Path("labels.tar.bz2/one.csv"))
