from avakit.cli.words import counted, printable


def test_words() -> None:
    assert [counted(number, "file") for number in (0, 1, 2000)] == ["0 files", "1 file", "2,000 files"]
    assert printable("a\x1b[2Jb\u202e\udcff ö") == "a?[2Jb?? ö"
