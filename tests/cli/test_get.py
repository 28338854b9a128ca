"""`python -m avakit get`, as a person runs it: what it prints, how it ends, what stays."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.collection.labels import write_labels
from tests.collection.site import VAL, Site, lies
from tests.conftest import Movies

from avakit import causes
from avakit.cli.app import run
from avakit.dataset import lock
from avakit.dataset.root import create
from avakit.rehearsal.faults import Status
from avakit.rehearsal.mirror import Mirror

DASHED = "-IELREHX_js"
KEYS = {"id", "split", "state", "source", "bytes", "cause", "next"}
Avakit = Callable[..., "subprocess.CompletedProcess[str]"]
posix = pytest.mark.skipif(sys.platform == "win32", reason="signals are of POSIX")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    unwanted = ("_proxy", "avakit_root")
    clean = {name: value for name, value in os.environ.items() if not name.lower().endswith(unwanted)}
    return {**clean, "HOME": str(tmp_path / "home"), "PYTHONPATH": os.pathsep.join(sys.path)}


def well_ended(done: "subprocess.CompletedProcess[str]", code: int) -> "subprocess.CompletedProcess[str]":
    """No traceback and no fault of its own is ever what the command ends with."""
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert "fault of avakit itself" not in done.stderr
    return done


@pytest.fixture
def avakit(
    environment: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Avakit:
    """Run the command in this process, which saves a second each time, and pause shortly."""
    for name in set(os.environ) - set(environment):
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", environment["HOME"])
    monkeypatch.chdir(tmp_path)
    for cause, policy in causes.POLICIES.items():
        monkeypatch.setitem(causes.POLICIES, cause, causes.Policy(policy.tries, 0.01, policy.next_step))

    def ended(*words: str, code: int) -> "subprocess.CompletedProcess[str]":
        capsys.readouterr()
        ended_with = run(words)
        return well_ended(subprocess.CompletedProcess(words, ended_with, *capsys.readouterr()), code)

    return ended


@pytest.fixture
def process(environment: dict[str, str], tmp_path: Path) -> Avakit:
    """Run the command as a process of its own, as people do."""

    def ended(*words: str, code: int) -> "subprocess.CompletedProcess[str]":
        done = subprocess.run(
            [sys.executable, "-m", "avakit", *words],
            capture_output=True, text=True, timeout=120, cwd=tmp_path, env=environment,
        )  # fmt: skip
        return well_ended(done, code)

    return ended


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def asked(root: Path, site: Site, *rest: str) -> list[str]:
    return ["get", "v2.2", "--root", str(root), "--annotations", str(site.labels), "--jobs=2", *rest]


def test_four_hundred_and_thirty_videos_and_none_to_be_had(avakit: Avakit, tmp_path: Path) -> None:
    labels = write_labels(tmp_path / "labels", ["1j20qq1JyX4"])
    write_labels(labels, ["-5KQ66BBWC4"], "ava_train_v2.2.csv")
    (tmp_path / "empty").mkdir()
    (tmp_path / "site").mkdir()
    splits = ["--split", "train", "--split", "val", "--split", "test"]
    began = time.monotonic()
    with Mirror(tmp_path / "site") as mirror:
        for source, requests in ((f"folder={tmp_path / 'empty'}", 0), (f"mirror={mirror.url}", 3 * 430)):
            root = ["--root", str(tmp_path / source[:6])]
            done = avakit(
                "get", "v2.2", *root, "--annotations", str(labels), *splits, "--source", source, code=3
            )
            assert len(mirror.log) == requests
            assert done.stdout == ""
            assert "430 of 430 videos" in done.stderr
            told = avakit("status", *root, code=3)
            assert "0 of 430 videos" in told.stdout
            assert "not_found, 430 videos: No source has it: add a --source" in told.stdout
            summary = json.loads(avakit("status", *root, "--json", code=3).stdout)["summary"]
            assert summary == {"asked": 430, "have": 0, "partial": 0, "missing": 430, "bytes": 0}
    assert time.monotonic() - began < 60


def test_an_id_that_begins_with_a_dash_goes_the_whole_way(
    avakit: Avakit, process: Avakit, movies: Movies, tmp_path: Path, site: Site
) -> None:
    site.put(DASHED, movies("mp4-25", seconds=2100)["mp4-25"].path)
    write_labels(site.labels, [DASHED], "ava_train_v2.2.csv")
    root = tmp_path / "ava"
    with Mirror(site.folder) as mirror:
        words = asked(root, site, f"--videos={DASHED}", "--source", f"mirror={mirror.url}", "--json")
        done = process(*words, code=0)
    told = json.loads(done.stdout)
    assert set(told) == {"release", "summary", "videos"}
    assert set(told["summary"]) == {"asked", "have", "partial", "missing", "bytes"}
    (video,) = told["videos"]
    assert set(video) == KEYS
    assert (video["id"], video["split"], video["state"], video["cause"]) == (DASHED, "train", "have", None)
    assert lies(root / "windows") == {f"{DASHED}.mp4"}
    assert not lies(root / ".avakit" / "partial")
    assert (root / ".avakit" / "log").read_bytes() == b""
    # Inside the root nothing need be said again; verify takes the id as well; --quiet says nothing.
    assert avakit("get", "--root", str(root), "--quiet", code=0).stderr == ""
    assert "1 of 1 are right" in avakit("verify", "--root", str(root), f"--videos={DASHED}", code=0).stdout


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["get"], 2, "No release was named"),
        (["get", "v9"], 2, "There is no release 'v9'. Known: v1.0, v2.1, v2.2,"),
        (["get", "v2.2", "--split", "trian"], 2, "has no split 'trian'. Its splits: train, val, test."),
        (["get", "v2.2", "--videos", "1j20qq1Jy!"], 2, "'1j20qq1Jy!' is not the id of a video"),
        (["get", "v2.2", "--videos", "1j20qq1JyX5"], 2, "Is 1j20qq1JyX4"),
        (["get", "v2.2", "--videos", "@nowhere"], 2, "nowhere cannot be read"),
        (["get", "v2.2", "--source", "youtub"], 2, "'youtub' is not a source"),
        (["get", "v2.2", "--source", "folder=nowhere"], 2, "There is no folder"),
        (["get", "v2.2", "--source", "mirror=http://me:hunter2@host"], 2, "holds a password"),
        (["get", "v2.2", "--source", "mirror=me:hunter2@host"], 2, "holds a password"),
        (["get", "v2.2", "--proxy", "http://me:hunter2@host"], 2, "holds a password"),
        (["get", "v2.2", "--retry", "network,nework"], 2, "'nework' is no cause. There are: gone,"),
        (["get", "v2.2", "--jobs", "0"], 2, "jobs"),
        (["get", "v2.2", "--jobs", "many"], 2, "'--jobs'"),
        (["get", "v2.2", "--limit-rate", "fast"], 2, "limit_rate cannot be 'fast'"),
        (["get", "v2.2", "--cookies", "nowhere"], 2, "no file of cookies"),
        (["get", "v2.2", "--annotations", "nowhere"], 2, "There are no annotations at"),
        (["verify"], 1, "There is no data set in"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_ends_in_a_sentence_and_makes_nothing(
    words: list[str],
    code: int,
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("AVAKIT_ROOT", raising=False)
    monkeypatch.chdir(tmp_path)
    assert run(words) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert sentence in err
    assert "hunter2" not in err
    assert not lies(tmp_path)


def test_labels_that_are_not_there_and_publishers_out_of_reach(avakit: Avakit, tmp_path: Path) -> None:
    (tmp_path / "labels").mkdir()
    began = time.monotonic()
    done = avakit("get", "v2.2", "--split=val", "--annotations", "labels", code=2)
    assert "has none of ava_v2.2.zip" in done.stderr
    # A proxy that is not there keeps every publisher out of reach, on any machine.
    done = avakit("get", "v2.2", "--split=val", "--root=two", "--proxy=http://127.0.0.1:9", code=1)
    assert "proxy" in done.stderr
    assert "--proxy" in done.stderr
    assert time.monotonic() - began < 90
    # What was asked for is remembered, and the root can be looked at.
    assert "no video was asked for yet" in avakit("status", "--root=two", code=0).stdout


def test_a_proxy_that_is_not_there_is_each_video_s_cause(avakit: Avakit, tmp_path: Path, site: Site) -> None:
    words = asked(tmp_path / "ava", site, f"--videos={VAL[0]}", "--source=mirror=http://192.0.2.1/", "--json")
    (video,) = json.loads(avakit(*words, "--proxy=http://127.0.0.1:9", code=3).stdout)["videos"]
    assert (video["cause"], video["state"]) == ("network", "missing")
    assert "--proxy" in video["next"]


def test_passwords_of_netrc_and_cookies_are_written_nowhere(
    avakit: Avakit, environment: dict[str, str], tmp_path: Path, site: Site
) -> None:
    home = Path(environment["HOME"])
    home.mkdir()
    (home / ".netrc").write_text("machine 127.0.0.1 login me password hunter2\n")
    (home / ".netrc").chmod(0o600)
    site.put(VAL[0], b"no movie" * 1000)
    with Mirror(site.folder, faults={f"*{VAL[1]}*": Status(403)}) as mirror:
        source = f"mirror={mirror.url}/?token=hunter3"
        done = avakit(
            *asked(tmp_path / "ava", site, f"--videos={VAL[0]},{VAL[1]}", "--source", source), code=3
        )
    assert "403" in done.stderr
    kept = [path for path in (tmp_path / "ava").rglob("*") if path.is_file() and path.name != "avakit.toml"]
    for text in (done.stderr.encode(), *(path.read_bytes() for path in kept)):
        assert b"hunter2" not in text
        assert b"hunter3" not in text


def test_two_at_once_another_release_and_a_file_in_the_way(
    avakit: Avakit, tmp_path: Path, site: Site
) -> None:
    (tmp_path / "empty").mkdir()
    root = create(tmp_path / "ava")
    rest = [f"--videos={VAL[0]}", "--source", f"folder={tmp_path / 'empty'}"]
    with lock.hold(root):
        done = avakit(*asked(root.path, site, *rest), code=1)
        assert f"Another avakit (process {os.getpid()}) works in {root.path}" in done.stderr
    avakit(*asked(root.path, site, *rest), code=3)
    done = avakit("get", "v2.1", "--root", str(root.path), code=1)
    assert "holds v2.2, and v2.1 was asked for" in done.stderr
    (tmp_path / "file").write_text("in the way")
    for place in ("file", "file/below"):
        done = avakit(*asked(tmp_path / place, site, *rest), code=1)
        assert "a file is in its way" in done.stderr
    assert (tmp_path / "file").read_text() == "in the way"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 5 MB."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=5m", "none", str(place)], check=False)
    if mounted.returncode:
        pytest.skip("a small disk cannot be mounted here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_is_said_and_gone_on_from(
    avakit: Avakit, environment: dict[str, str], movies: Movies, small_disk: Path, site: Site
) -> None:
    for video in VAL[:3]:
        site.put(video, movies("mp4-25", seconds=2100)["mp4-25"].path)
    root = small_disk / "ava"
    with Mirror(site.folder) as mirror:
        words = asked(
            root, site, f"--videos={','.join(VAL[:3])}", "--source", f"mirror={mirror.url}", "--json"
        )
        done = subprocess.run(
            [sys.executable, "-m", "avakit", *words],
            capture_output=True, text=True, timeout=100, check=False, env=environment,
        )  # fmt: skip
        assert done.returncode in (1, 3), done.stderr
        assert "room" in done.stderr
        assert "Traceback" not in done.stderr
        if done.returncode == 3:
            found = json.loads(done.stdout)["videos"]
            assert {video["cause"] for video in found} <= {"disk", None}
        for name in lies(root / "windows"):
            assert (root / "windows" / name).stat().st_size > 1_600_000
        subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
        told = json.loads(avakit(*words, code=0).stdout)
    assert told["summary"]["have"] == 3
    assert not lies(root / ".avakit" / "partial")


def test_a_disk_that_cannot_be_written_is_said(avakit: Avakit, small_disk: Path, site: Site) -> None:
    (small_disk / "ava").mkdir()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    done = avakit(*asked(small_disk / "ava", site, f"--videos={VAL[0]}"), code=1)
    assert "cannot be written" in done.stderr
    assert "--root" in done.stderr


def children(parent: int) -> list[int]:
    listed = Path(f"/proc/{parent}/task").glob("*/children")
    return [int(number) for path in listed for number in path.read_text().split()]


@posix
def test_signals_keep_what_came_and_a_kill_leaves_no_child(
    avakit: Avakit, environment: dict[str, str], movies: Movies, tmp_path: Path, site: Site
) -> None:
    movie = movies("mp4-25", seconds=2100)["mp4-25"].path
    for video in VAL[:2]:
        site.put(video, movie)
    root = tmp_path / "ava"
    with Mirror(site.folder, rate=150e3) as mirror:
        words = asked(
            root, site, f"--videos={','.join(VAL[:2])}", "--source", f"mirror={mirror.url}", "--whole"
        )
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            aim = mirror.sent() + 600_000
            command = [sys.executable, "-m", "avakit", *words]
            with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as under_way:
                while mirror.sent() < aim and under_way.poll() is None:
                    time.sleep(0.02)
                workers = children(under_way.pid) if sys.platform == "linux" else []
                began = time.monotonic()
                under_way.send_signal(number)
                _, said = under_way.communicate(timeout=20)
            assert time.monotonic() - began < 5
            if number != signal.SIGKILL:
                assert under_way.returncode == 130
                assert "Stopped" in said
                assert "Run the same command again" in said
            for _ in range(50):
                if not any(Path(f"/proc/{worker}").exists() for worker in workers):
                    break
                time.sleep(0.1)
            assert not any(Path(f"/proc/{worker}").exists() for worker in workers)
            assert not lies(root / "videos")
        mirror.rate = None
        avakit(*words, "--quiet", code=0)
        assert mirror.sent() < 2 * movie.stat().st_size + 3 * 8 * 256 * 1024 + 64
    for video in VAL[:2]:
        assert (root / "videos" / f"{video}.mp4").read_bytes() == movie.read_bytes()
    assert threading.active_count() < 10
