from hypothesis import given
from hypothesis import strategies as st

from avakit.text import one_line, printable


def test_what_strangers_wrote_steers_no_terminal() -> None:
    assert printable("a\x1b[2Jb\u202e\udcff ö") == "a?[2Jb?? ö"
    assert printable("a\x1b[2Jb", "�") == "a�[2Jb"
    assert one_line("\n a\r\n\tb \x1b c ") == "a b c"


@given(st.text())
def test_nothing_is_left_that_cannot_be_seen(text: str) -> None:
    assert printable(text).isprintable()
    assert len(printable(text)) == len(text)
    assert one_line(text).isprintable()
    assert one_line(one_line(text)) == one_line(text)
