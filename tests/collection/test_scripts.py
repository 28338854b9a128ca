"""Scripts for other tools, run by these tools."""

import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avakit.collection.scripts import FORMS, Item, bases, items, script
from avakit.errors import UsageError
from avakit.rehearsal.faults import Cut
from avakit.rehearsal.mirror import Mirror
from avakit.releases.model import Video

CONTENT = {name: os.urandom(300_000) for name in ("dashed", "known", "other")}
VIDEOS = (
    Video("-5KQ66BBWC4", "trainval", "mkv", hashlib.md5(CONTENT["dashed"]).hexdigest(), ()),
    Video("_7oWZq_s_Sk", "test", None, None, ()),
    Video("1j20qq1JyX4", "trainval", "mp4", hashlib.md5(b"another").hexdigest(), ()),
    Video("zzzzzzzzzzz", "trainval", "mp4", None, ()),
)
WANTED = {"-5KQ66BBWC4.mkv", "_7oWZq_s_Sk.webm"}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Return a mirror's folder: one video with its MD5, one without, one with a wrong one, one absent."""
    folder = tmp_path / "site" / "a b%&'(1)"
    for name, content in (
        ("trainval/-5KQ66BBWC4.mkv", CONTENT["dashed"]),
        ("test/_7oWZq_s_Sk.webm", CONTENT["other"]),
        ("trainval/1j20qq1JyX4.mp4", CONTENT["known"]),
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return tmp_path / "site"


def run(words: list[str], here: Path) -> "subprocess.CompletedProcess[str]":
    clean = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return subprocess.run(
        words, cwd=here, env={**clean, "HOME": str(here)}, capture_output=True, text=True, timeout=120
    )


def todo(mirror: Mirror) -> tuple[Item, ...]:
    return items(VIDEOS, bases([f"mirror={mirror.url}/a b%25&'(1)/"], has_mirror=False))


def lie(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if not path.name.startswith(".")}


@pytest.mark.skipif(shutil.which("curl") is None or os.name == "nt", reason="needs sh and curl")
def test_a_shell_fetches_all_that_is_there_and_goes_on_where_it_was(site: Path, tmp_path: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()
    with Mirror(site) as mirror:
        (here / "fetch.sh").write_text(script("sh", todo(mirror), "v2.2"))
        (here / "-5KQ66BBWC4.mkv.part").write_bytes(CONTENT["dashed"][:200_000])
        (here / "_7oWZq_s_Sk.webm.part").write_bytes(CONTENT["other"])  # killed before it got its name
        done = run(["sh", "fetch.sh"], here)
        assert done.returncode == 1
        assert "zzzzzzzzzzz could not be had" in done.stderr
        assert "another MD5" in done.stderr
        assert lie(here) == {"fetch.sh", *WANTED, "1j20qq1JyX4.mp4.wrong"}, done.stderr
        assert (here / "-5KQ66BBWC4.mkv").read_bytes() == CONTENT["dashed"]
        assert (here / "_7oWZq_s_Sk.webm").read_bytes() == CONTENT["other"]
        assert (
            sum(request.sent for request in mirror.requests() if request.path.endswith("WC4.mkv")) == 100_000
        )
        again = len(mirror.log)
        assert run(["sh", "fetch.sh"], here).returncode == 1
        # One is asked for anew, and one whose container is not known by its other names.
        assert not any("WC4" in request.path for request in mirror.log[again:])


@pytest.mark.skipif(shutil.which("curl") is None or os.name == "nt", reason="needs sh and curl")
def test_a_shell_takes_what_breaks_off_up_again(site: Path, tmp_path: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()
    with Mirror(site, faults={"*WC4.mkv": Cut(100_000, times=2)}) as mirror:
        (here / "fetch.sh").write_text(script("sh", todo(mirror)[:1], "v2.2"))
        ended = [run(["sh", "fetch.sh"], here).returncode for _ in range(3)]
        assert ended[-1] == 0
        assert (here / "-5KQ66BBWC4.mkv").read_bytes() == CONTENT["dashed"]


@pytest.mark.skipif(shutil.which("aria2c") is None, reason="aria2 is not installed")
def test_aria2_takes_its_file(site: Path, tmp_path: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()
    with Mirror(site) as mirror:
        (here / "list.txt").write_text(script("aria2", todo(mirror), "v2.2"))
        words = ["aria2c", "--no-conf", "--input-file=list.txt", "--max-concurrent-downloads=4", "--quiet"]
        done = run([*words, "--max-file-not-found=1"], here)
        assert done.returncode != 0  # some are not there
        assert lie(here) >= {"list.txt", *WANTED}
        assert (here / "-5KQ66BBWC4.mkv").read_bytes() == CONTENT["dashed"]
        assert (here / "_7oWZq_s_Sk.webm").read_bytes() == CONTENT["other"]
        whole = [here / "-5KQ66BBWC4.mkv", here / "_7oWZq_s_Sk.webm"]
        written = [path.stat().st_mtime_ns for path in whole]
        run([*words, "--max-file-not-found=1"], here)
        assert [path.stat().st_mtime_ns for path in whole] == written  # what is whole does not come again


def expanded(line: str) -> str:
    """Return a line of a batch file as cmd reads it: `%%` is a percent sign, and anything else with one is a
    variable, of which those of the script itself are left.
    """
    for name in re.findall(r"(?<!%)(?:%%)*%(?!%)(~1|~2|url%|missing%)?", line):
        assert name, line
    return line.replace("%%", "%")


def outside_quotes(line: str) -> str:
    return "".join(line.split('"')[::2])


def test_a_batch_file_means_what_it_says(site: Path) -> None:
    with Mirror(site) as mirror:
        wanted = todo(mirror)
        text = script("bat", wanted, "v2.2")
    assert text.count("\r\n") == text.count("\n")
    assert text.isascii()
    lines = text.split("\r\n")
    urls = [re.fullmatch(r'if not defined got set "url=([^"]*)"', line) for line in lines]
    found = [expanded(match[1]) for match in urls if match is not None]
    assert found == [url for item in wanted for file in item.files for url in file.urls]
    assert all("%25" in url or "%20" in url for url in found)
    for line in lines:
        if line.startswith("rem"):
            continue
        expanded(line)
        assert line.count('"') % 2 == 0
        # What is special to cmd stands in quotes, but for what the script itself says by it.
        rest = outside_quotes(line).replace("&&", "").replace("||", "").replace(" | findstr", "")
        assert not re.search(r"[&|<^]", rest), line
        assert ">" not in re.sub(r">(nul|$| &&)", "", rest).replace("> ", ""), line
    labels = {line[1:] for line in lines if line.startswith(":")}
    assert {match[1] for line in lines if (match := re.search(r"(?:call|goto) :(\w+)", line))} == labels


hosts = st.sampled_from(["http://127.0.0.1:8000", "https://host", "http://[::1]:80"])
paths = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)


@given(host=hosts, path=paths, form=st.sampled_from(FORMS))
def test_no_address_gets_out_of_its_place(host: str, path: str, form: str) -> None:
    """Whatever an address holds, a script has as many lines as for a plain one, and plain signs alone."""
    plain = script(form, items(VIDEOS, ["http://host/x"]), "v2.2")
    try:
        odd = bases([f"mirror={host}/{path}"], has_mirror=False)
    except UsageError:
        return
    text = script(form, items(VIDEOS, odd), "v2.2")
    assert len(text.splitlines()) == len(plain.splitlines())
    assert text.isascii()
    assert not re.search(r"[^\t\r\n -~]", text)


def test_sources_that_scripts_can_be_written_of() -> None:
    assert bases(["youtube", "cvdf", "mirror=http://h/x", "cvdf"], has_mirror=True) == (
        "https://s3.amazonaws.com/ava-dataset",
        "http://h/x",
    )
    with pytest.raises(UsageError, match="None of the sources"):
        bases(["cvdf", "folder=/x"], has_mirror=False)
    with pytest.raises(UsageError, match="password") as refused:
        bases(["mirror=http://me:secret@h/x"], has_mirror=True)
    assert "secret" not in str(refused.value)
    with pytest.raises(UsageError, match="no format"):
        script("exe", (), "v2.2")
