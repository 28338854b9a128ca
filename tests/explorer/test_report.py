"""The page of figures: one file, nothing from elsewhere, what strangers wrote as letters."""

import dataclasses
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image
from tests.annotations.tables import SPEAKER, SPEECH, action, write

from avakit.annotations.asking import Annotations
from avakit.annotations.statistics import statistics
from avakit.errors import AvakitError, UsageError
from avakit.explorer.report import page, write_report
from avakit.releases.catalogue import release
from avakit.releases.model import Action, Release

EVIL = '<script>alert("1")</script>\x00\x1b[31m\u2028&amp; \N{PILE OF POO}'
ROWS = [
    action("a", second, (0.1 * person, 0.2, 0.1 * person + 0.3, 0.9), 10 + person, person, split=split)
    for split in ("train", "val")
    for second in range(902, 932)
    for person in range(1, 4)
]
CHROMIUM = shutil.which("chromium")
Rows = Sequence[tuple[object, ...]]


class Reader(HTMLParser):
    """Notes the elements of a page, what they refer to, and its text; complains of what is not closed."""

    VOID = ("meta", "br", "link", "img")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def made(path: Path, kind: str, rows: Rows, of: Release | str, *splits: str) -> str:
    one = release(of) if isinstance(of, str) else of
    with Annotations(write(path / "annotations.parquet", kind, rows)) as annotations:
        return page(statistics(annotations, one, splits), one)


def drawings(text: str) -> list[ElementTree.Element]:
    """Return the charts, each well-formed."""
    return [ElementTree.fromstring(svg) for svg in re.findall(r'<svg role="img".*?</svg>', text, re.DOTALL)]


KINDS: list[tuple[str, Rows, str, int]] = [
    ("actions", ROWS, "v2.2", 7),
    ("speaker", SPEAKER, "activespeaker-v1.0", 4),
    ("speech", SPEECH, "speech-v1.0", 2),
]


@pytest.mark.parametrize(("kind", "rows", "name", "charts"), KINDS, ids=[kind for kind, *_ in KINDS])
def test_one_file_with_nothing_from_elsewhere(
    tmp_path: Path, kind: str, rows: Rows, name: str, charts: int
) -> None:
    text = made(tmp_path, kind, rows, name)
    read = Reader(text)
    tags = [tag for tag, _ in read.elements]
    assert not {"script", "link", "iframe", "img", "image", "object", "use"} & set(tags)
    links = {(tag, value) for tag, names in read.elements for key, value in names.items() if "href" in key}
    assert links == {("a", release(name).homepage)}
    assert not any(key == "src" or key.startswith("on") for _, names in read.elements for key in names)
    assert "@import" not in text
    assert "url(" not in text
    found = drawings(text)
    assert len(found) == charts == tags.count("figure")
    assert all(svg.attrib["aria-label"] for svg in found)
    assert not re.search(r'\sid="', text)
    assert not re.search(r"NaN|undefined|Infinity", text)


def test_its_figures_are_those_counted(tmp_path: Path) -> None:
    text = Reader(made(tmp_path, "actions", ROWS, "v2.2")).text
    assert "180labels" in text.replace("\n", "") or "labels180" in text.replace("\n", "")
    assert "-1,619,820" in text
    assert "1,620,000" in text
    assert "jump/leap (no)" not in text
    assert "13 swim" in text
    assert "33.33%" in text


def test_classes_are_dots_at_their_counts(tmp_path: Path) -> None:
    text = made(tmp_path, "actions", ROWS, "v2.2", "val")
    (movement,) = (svg for svg in drawings(text) if svg.attrib["aria-label"].startswith("Person movement"))
    words = ["".join(each.itertext()) for each in movement.iter("{http://www.w3.org/2000/svg}text")]
    assert {"sit", "stand", "swim", "30", "0"} <= set(words)
    assert "1k" not in words


def test_what_strangers_wrote_is_letters(tmp_path: Path) -> None:
    one = release("v2.2")
    actions = tuple(Action(number, f"{EVIL} {number}", f"{EVIL} group", False) for number in (11, 12, 13))
    evil = dataclasses.replace(one, title=EVIL, actions=actions, homepage="javascript:alert(1)", licence=EVIL)
    text = made(tmp_path, "actions", ROWS, evil)
    assert "<script" not in text.lower()
    assert "javascript:" not in text
    assert "\x00" not in text
    assert "\x1b" not in text
    assert '<script>alert("1")</script>' in Reader(text).text
    assert len(drawings(text)) == 5


@pytest.mark.parametrize(
    ("kind", "rows", "name"),
    [
        ("actions", [], "v2.2"),
        ("actions", [action("a", 902, None)], "v2.2"),
        ("actions", ROWS[:1], "kinetics-v1.0"),
        ("speaker", [], "activespeaker-v1.0"),
        ("speaker", SPEAKER[:1], "activespeaker-v1.0"),
        ("speech", [], "speech-v1.0"),
        ("speech", [("all", "a", 900.0, 900.0, "NO_SPEECH")], "speech-v1.0"),
    ],
)
def test_little_or_nothing(tmp_path: Path, kind: str, rows: Rows, name: str) -> None:
    text = made(tmp_path, kind, rows, name)
    Reader(text)
    drawings(text)


def test_many_classes_of_one_group(tmp_path: Path) -> None:
    rows = [action("a", number, (0, 0, 1, 1), number) for number in range(1, 301)]
    actions = tuple(Action(number, "the same", "", True) for number in range(1, 301))
    text = made(tmp_path, "actions", rows, dataclasses.replace(release("v2.2"), actions=actions))
    assert "The 100 most frequent." in text
    assert text.count("<tr>") > 300


def test_writing(tmp_path: Path) -> None:
    one = release("speech-v1.0")
    with Annotations(write(tmp_path / "annotations.parquet", "speech", SPEECH)) as annotations:
        found = statistics(annotations, one)
    out = write_report(found, one, tmp_path / "deep" / "page.html")
    first = out.read_bytes()
    assert write_report(found, one, out).read_bytes() == first
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(UsageError, match="is a device or a pipe"):
            write_report(found, one, tmp_path / "pipe")
        assert (tmp_path / "pipe").is_fifo()
    with pytest.raises(UsageError, match="is a folder"):
        write_report(found, one, tmp_path)
    with pytest.raises(AvakitError, match=r"page\.html"):
        write_report(found, one, out / "page.html")


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_a_browser_shows_it(tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    out.write_text(made(tmp_path, "actions", ROWS, "v2.2"), "utf-8")
    picture = tmp_path / "page.png"
    words = [CHROMIUM or "", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    words += [f"--user-data-dir={tmp_path / 'profile'}", "--window-size=1000,1600", f"--screenshot={picture}"]
    subprocess.run([*words, out.as_uri()], check=True, capture_output=True, timeout=120)
    with Image.open(picture) as shown:
        colours = {colour for _, colour in shown.convert("RGB").getcolors(1 << 24) or ()}
    assert {(250, 249, 246), (0, 114, 178), (213, 94, 0)} <= colours
