import errno
import os
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from avakit.causes import Cause
from avakit.dataset.root import Root, create
from avakit.dataset.settings import Settings, grounded, grounded_source, load, rate, save
from avakit.errors import DiskFull, RootError, UsageError

words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="@\0"), max_size=20)
ids = st.text("abcXYZ019_-", min_size=11, max_size=11)
seconds = st.integers(0, 10**13).map(lambda n: Fraction(n, 10**9))
anything = st.builds(
    Settings,
    release=words.filter(bool),
    splits=st.lists(words, max_size=3).map(tuple),
    videos=st.lists(ids, max_size=3).map(tuple),
    sources=st.lists(st.sampled_from(["cvdf", "mirror=https://host/ava", "folder=/a b"]), min_size=1).map(
        tuple
    ),
    window=st.none() | st.tuples(seconds, seconds).filter(lambda w: w[0] < w[1]),
    whole=st.booleans(),
    annotations=st.none() | words.map(lambda word: f"https://host/{word}"),
    jobs=st.integers(1, 64),
    connections=st.integers(1, 64),
    limit_rate=st.none() | st.sampled_from(["500K", "4.2M", "7"]),
    proxy=st.none() | st.just("socks5://host:1080"),
    cookies=st.none() | st.just(str(Path("/a b/cookies.txt").absolute())),
    retry=st.lists(st.sampled_from(Cause), max_size=3).map(tuple),
)


@pytest.fixture
def root(tmp_path: Path) -> Root:
    return create(tmp_path)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(first=anything, second=anything)
def test_what_was_written_is_read_again(root: Root, first: Settings, second: Settings) -> None:
    root.settings.unlink(missing_ok=True)
    for asked in (first, second, second):
        save(root, asked)
        assert load(root) == asked


def test_comments_and_spelling_survive(root: Root) -> None:
    root.settings.write_text(
        '# ours\nrelease = "v2.2"  # the newest\nsplits = [\n  "val",  # small\n]\n'
        'sources = ["folder=movies", "cvdf"]  # near first\nwindow = [895, 1806.50]\njobs = 0x2\n'
        'cookies = "cookies.txt"\nretry = ["network"]\n'
    )
    there = load(root)
    assert there.window == (Fraction(895), Fraction(3613, 2))
    assert (there.cookies, there.retry) == (str(root.path / "cookies.txt"), (Cause.NETWORK,))
    assert there.sources == (f"folder={root.path / 'movies'}", "cvdf")
    save(root, there.adding(videos=["1j20qq1JyX4"], whole=True))
    assert root.settings.read_text() == (
        '# ours\nrelease = "v2.2"  # the newest\nsplits = [\n  "val",  # small\n]\n'
        'sources = ["folder=movies", "cvdf"]  # near first\nwindow = [895, 1806.50]\njobs = 0x2\n'
        'cookies = "cookies.txt"\nretry = ["network"]\n'
        'videos = ["1j20qq1JyX4"]\nwhole = true\n'
    )


def test_a_second_wish_adds_to_the_first() -> None:
    first = Settings(release="v2.2", splits=("val",))
    second = first.adding(splits=["train", "val"], videos=["1j20qq1JyX4"], jobs=2)
    assert second.splits == ("val", "train")
    assert (second.videos, second.jobs, second.release) == (("1j20qq1JyX4",), 2, "v2.2")
    assert second.adding(jobs=3).videos == second.videos
    with pytest.raises(UsageError, match=r"^jobs cannot be 0\. Allowed: a whole number from 1 to 64\.$"):
        first.adding(jobs=0)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "release is not set. It is the name of a release"),
        ("release = 22", "release cannot be 22. Allowed: the name of a release, in quotes"),
        (
            'release = "v2.2"\nsplit = ["val"]',
            "'split' is no setting. Is splits meant? There are: release, splits",
        ),
        ('release = "v2.2"\nsplits = "val"', "splits cannot be 'val'. Allowed: a list of names"),
        (
            'release = "v2.2"\nvideos = ["../../etc"]',
            "videos cannot be ['../../etc']. Allowed: a list of ids",
        ),
        (
            'release = "v2.2"\nwindow = [5.5, 5]',
            "window cannot be [5.5, 5]. Allowed: [start, stop] in seconds",
        ),
        ('release = "v2.2"\nwindow = [1]', "window cannot be [1]."),
        ('release = "v2.2"\nwindow = [-1, 5]', "window cannot be [-1, 5]."),
        ('release = "v2.2"\nwindow = [0, inf]', "window cannot be [0, Infinity]."),
        ('release = "v2.2"\nwindow = [nan, 5]', "window cannot be [NaN, 5]."),
        ('release = "v2.2"\nwindow = [0, 1e-10]', "window cannot be [0, 1E-10]."),
        ('release = "v2.2"\nwindow = ["1", 2]', "window cannot be ['1', 2]."),
        ('release = "v2.2"\nwhole = 1', "whole cannot be 1. Allowed: true or false"),
        ('release = "v2.2"\njobs = true', "jobs cannot be True. Allowed: a whole number"),
        ('release = "v2.2"\nlimit_rate = "fast"', "limit_rate cannot be 'fast'. Allowed: bytes a second"),
        (
            'release = "v2.2"\nretry = ["luck"]',
            "retry cannot be ['luck']. Allowed: a list of causes: gone, private",
        ),
        ('release = "v2.2', "is not TOML: "),
        ('release = "v2.2"\nrelease = "v2.1"', "is not TOML: "),
    ],
)
def test_what_makes_no_sense_is_told_by_file_key_and_what_is_allowed(
    root: Root, text: str, sentence: str
) -> None:
    root.settings.write_text(text)
    with pytest.raises(UsageError) as told:
        load(root)
    assert str(root.settings) in str(told.value)
    assert sentence in str(told.value)
    with pytest.raises(UsageError):
        save(root, Settings(release="v2.2"))
    assert root.settings.read_text() == text


@pytest.mark.parametrize(
    "line",
    [
        'proxy = "http://me:secret@host:1"',
        'proxy = "me:secret@host:1"',
        'sources = ["cvdf", "mirror=https://me:secret@host/ava"]',
        'annotations = "https://me:secret@host/ava.zip"',
    ],
)
def test_passwords_are_refused_and_not_repeated(root: Root, line: str) -> None:
    root.settings.write_text(f'release = "v2.2"\n{line}\n')
    with pytest.raises(UsageError, match="holds a password") as told:
        load(root)
    assert "secret" not in str(told.value)


def test_addresses_without_passwords_pass(root: Root) -> None:
    text = (
        'release = "v2.2"\nproxy = "http://me@host:1"\nsources = ["folder=/a:b@c", "mirror=http://h:80/@x"]\n'
    )
    root.settings.write_text(text)
    assert load(root).proxy == "http://me@host:1"


def test_unreadable_settings_are_told(root: Root) -> None:
    with pytest.raises(RootError, match="cannot be read"):
        load(root)
    root.settings.write_bytes(b"release = '\xff'")
    with pytest.raises(UsageError, match="is not UTF-8"):
        load(root)
    root.settings.unlink()
    root.settings.mkdir()
    with pytest.raises(RootError, match="cannot be read"):
        load(root)


def test_a_full_disk_is_told_and_the_old_settings_stay(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    save(root, Settings(release="v2.2"))
    before = root.settings.read_text()

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskFull, match=r"No room left to write .*avakit\.toml"):
        save(root, Settings(release="v2.2", jobs=2))
    assert root.settings.read_text() == before
    assert sorted(file.name for file in root.path.iterdir()) == [".avakit", "avakit.toml"]


def test_a_byte_order_mark_is_no_matter(root: Root) -> None:
    root.settings.write_text('\ufeffrelease = "v2.2"\r\n', encoding="utf-8")
    assert load(root).release == "v2.2"


def test_speeds() -> None:
    assert [rate(text) for text in ("7", "500K", "4.2m", "1G", "2MiB")] == [
        7,
        512000,
        4404019,
        1 << 30,
        2 << 20,
    ]
    for text in ("", "fast", "-1", "0", "1T", "0.1"):
        with pytest.raises(UsageError, match="is no speed"):
            rate(text)


def test_paths_are_seen_from_where_they_were_written(tmp_path: Path) -> None:
    assert grounded("a.zip", tmp_path) == str(tmp_path / "a.zip")
    assert grounded("https://host/a.zip", tmp_path) == "https://host/a.zip"
    assert grounded_source("folder=a", tmp_path) == f"folder={tmp_path / 'a'}"
    assert grounded_source("cvdf", tmp_path) == "cvdf"
    assert grounded_source("mirror=https://host", tmp_path) == "mirror=https://host"


@pytest.mark.parametrize("key", ["sources", "annotations", "cookies", "cookies_from_browser"])
def test_what_has_no_place_in_a_text_is_refused(key: str) -> None:
    value = "folder=/fu\udcff"
    with pytest.raises(UsageError, match=rf"{key} is no text in UTF-8"):
        Settings.of({"release": "v2.2", key: (value,) if key == "sources" else value})
