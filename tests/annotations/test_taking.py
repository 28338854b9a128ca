"""What publishers offer, and what people give instead, becomes the same files in the same place."""

import gzip
import hashlib
import http.server
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from tests.annotations.conftest import Publisher
from tests.annotations.labels import content, write_zip
from tests.annotations.packing import Entry, write_tar

from avakit import causes
from avakit.annotations.fetch import Obtained, obtain
from avakit.annotations.packed import csvs
from avakit.errors import AnnotationError, NotFound, TransferError, UsageError, WrongBytes
from avakit.releases.catalogue import release
from avakit.releases.model import Checksum, Release
from avakit.transfer.http import Http

AVA = content("val")
CLIPS = b"0010FaFAuEQ,33.000000\n"
KINETICS: list[Entry] = [
    ("ava_kinetics_v1_0/README.txt", b"hello"),
    *((f"ava_kinetics_v1_0/ava_{split}_v2.2.csv", AVA) for split in ("train", "val", "test")),
    *((f"ava_kinetics_v1_0/kinetics_{split}_v1.0.csv", CLIPS) for split in ("train", "val", "test")),
]
SPEAKER = b"2qQs3Y9OJX0,902.11,0.1,0.2,0.3,0.4,NOT_SPEAKING,2qQs3Y9OJX0_0900_0960:1\n"
SPEECH = b"5BDj0ow5hnA,900,905.67,SPEECH_WITH_NOISE\n"
PAGE = b"\xef\xbb\xbf<!-- portal -->\n<!DOCTYPE html>\n<html><body>Log in</body></html>"


REAL = os.environ.get("AVAKIT_REAL_DATA")
needs_real_data = pytest.mark.skipif(REAL is None, reason="AVAKIT_REAL_DATA is not set")


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[Http]:
    for cause, policy in causes.POLICIES.items():
        monkeypatch.setitem(causes.POLICIES, cause, causes.Policy(policy.tries, 0.01, policy.next_step))
    with Http(stall=5) as http:
        yield http


def at(name: str, *hosts: str, sums: dict[str, bytes] | None = None, strict: bool = True) -> Release:
    """Return a release as if published at these addresses, with the MD5 of these contents."""
    known = {
        file: (Checksum("md5", hashlib.md5(data, usedforsecurity=False).hexdigest(), strict),)
        for file, data in (sums or {}).items()
    }
    files = tuple(
        replace(
            file,
            urls=tuple(f"{host}/{file.name}" for host in hosts) if file.urls else (),
            checksums=known.get(file.name, ()),
        )
        for file in release(name).annotation_files
    )
    return replace(release(name), annotation_files=files)


def names(found: Obtained) -> list[str]:
    assert [file.name for file, _ in found.files] == [path.name for _, path in found.files]
    return [path.name for _, path in found.files]


def tarball(folder: Path, split: str, name: str = "") -> Path:
    """Write ActiveSpeaker's archive of a split, with the odd folder of val."""
    inside = f"ava_activespeaker_{'test' if split == 'val' else split}_v1.0"
    entries: list[Entry] = [
        (f"{inside}/{video}-activespeaker.csv", SPEAKER) for video in ("2qQs3Y9OJX0", "x")
    ]
    return write_tar(folder / (name or f"ava_activespeaker_{split}_v1.0.tar.bz2"), entries, "bz2")


@contextmanager
def answering(body: bytes, media_type: str) -> Iterator[str]:
    """Serve the same body whatever is asked for."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
            """Keep quiet."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_kinetics_has_two_files_a_split_in_one_tar(publisher: Publisher, tmp_path: Path, web: Http) -> None:
    write_tar(publisher.folder / "ava_kinetics_v1_0.tar.gz", KINETICS)
    kinetics = at("kinetics-v1.0", publisher.url)
    folder = tmp_path / "annotations"
    found = obtain(kinetics, ["val"], folder, None, web)
    assert (names(found), found.notes) == (["ava_val_v2.2.csv", "kinetics_val_v1.0.csv"], ())
    assert [(file.open, path.read_bytes()) for file, path in found.files] == [(False, AVA), (True, CLIPS)]
    requests = len(publisher.asked)
    everything = obtain(kinetics, ["train", "val", "test"], folder, None, web)
    assert names(everything) == [
        *("ava_train_v2.2.csv", "kinetics_train_v1.0.csv", "ava_val_v2.2.csv", "kinetics_val_v1.0.csv"),
        *("ava_test_v2.2.csv", "kinetics_test_v1.0.csv"),
    ]
    assert len(publisher.asked) == requests


def test_a_member_that_only_the_archive_has_and_has_not(
    publisher: Publisher, tmp_path: Path, web: Http
) -> None:
    write_tar(publisher.folder / "ava_kinetics_v1_0.tar.gz", KINETICS[:4])
    kinetics = at("kinetics-v1.0", publisher.url)
    with pytest.raises(AnnotationError, match=r"kinetics_val_v1\.0\.csv is not in the publisher's archive"):
        obtain(kinetics, ["val"], tmp_path / "a", None, web)
    (publisher.folder / "ava_kinetics_v1_0.tar.gz").unlink()
    with pytest.raises(NotFound, match=r"ava_kinetics_v1_0\.tar\.gz answered 404") as caught:
        obtain(kinetics, ["val"], tmp_path / "b", None, web)
    assert "before that" not in str(caught.value)


def test_activespeaker_stays_packed(publisher: Publisher, tmp_path: Path, web: Http) -> None:
    packed = tarball(publisher.folder, "val")
    sums = {packed.name: packed.read_bytes()}
    speaker = at("activespeaker-v1.0", publisher.url, sums=sums)
    found = obtain(speaker, ["val"], tmp_path / "annotations", None, web)
    assert (names(found), found.notes) == ([packed.name], ())
    assert {path.name for path in (tmp_path / "annotations").iterdir()} == {packed.name, "SHA256SUMS"}
    ((_, path),) = found.files
    with csvs(path) as inside:
        assert [csv.read_bytes() for csv in inside] == [SPEAKER, SPEAKER]
    requests = len(publisher.asked)
    assert obtain(speaker, ["val"], tmp_path / "annotations", None, web) == found
    assert len(publisher.asked) == requests


@pytest.mark.parametrize(
    "given",
    [
        "train.tar",
        "ava_activespeaker_train_v1.0.tgz",
        "below/ava_activespeaker_train_v1.0.tar.bz2",
        "all.csv",
    ],
)
def test_activespeaker_is_given(publisher: Publisher, tmp_path: Path, web: Http, given: str) -> None:
    there = tmp_path / "given" / given
    there.parent.mkdir(parents=True)
    if given == "all.csv":
        there.write_bytes(SPEAKER + SPEAKER)
    else:
        tarball(there.parent, "train", there.name)
    speaker = at("activespeaker-v1.0", publisher.url)
    found = obtain(speaker, ["train"], tmp_path / "a", str(there), web)
    assert names(found) == ["ava_activespeaker_train_v1.0.tar.bz2"]
    with csvs(found.files[0][1]) as inside:
        assert b"".join(csv.read_bytes() for csv in inside) == SPEAKER * 2
    if there.name.startswith("ava_"):
        searched = obtain(speaker, ["train"], tmp_path / "b", str(tmp_path / "given"), web)
        assert names(searched) == names(found)
    assert publisher.asked == []


@pytest.mark.parametrize("tail", ["", "/ava_activespeaker_val_v1.0.tar.bz2"])
def test_activespeaker_is_given_by_a_url(publisher: Publisher, tmp_path: Path, web: Http, tail: str) -> None:
    tarball(publisher.folder, "val")
    nowhere = at("activespeaker-v1.0", "http://127.0.0.1:9")
    found = obtain(nowhere, ["val"], tmp_path / "annotations", publisher.url + tail, web)
    assert names(found) == ["ava_activespeaker_val_v1.0.tar.bz2"]


def test_the_second_publisher_is_asked_where_the_first_one_fails(
    publisher: Publisher, tmp_path: Path, web: Http
) -> None:
    (publisher.folder / "ava_speech_labels_v1.csv").write_bytes(SPEECH)
    sums = {"ava_speech_labels_v1.csv": SPEECH}
    with answering(PAGE, "text/plain") as portal:
        found = obtain(
            at("speech-v1.0", portal, publisher.url, sums=sums), ["all"], tmp_path / "a", None, web
        )
        assert names(found) == ["ava_speech_labels_v1.csv"]
        (publisher.folder / "ava_speech_labels_v1.csv").write_bytes(SPEECH * 2)
        with pytest.raises(TransferError) as caught:
            obtain(at("speech-v1.0", portal, publisher.url, sums=sums), ["all"], tmp_path / "b", None, web)
    said = str(caught.value)
    md5 = [hashlib.md5(data, usedforsecurity=False).hexdigest() for data in (SPEECH, SPEECH * 2)]
    for part in (
        portal,
        "a web page instead of ava_speech_labels_v1.csv",
        publisher.url,
        *md5,
        "--annotations",
    ):
        assert part in said
    assert list((tmp_path / "b").iterdir()) == []


@pytest.mark.parametrize("media_type", ["text/html", "text/plain", "application/octet-stream"])
@pytest.mark.parametrize("name", ["v2.2", "kinetics-v1.0", "activespeaker-v1.0", "speech-v1.0"])
def test_a_web_page_is_no_file_of_labels(tmp_path: Path, web: Http, media_type: str, name: str) -> None:
    with answering(PAGE, media_type) as portal:
        with pytest.raises(NotFound, match=f"{portal}.* answered with a web page instead of"):
            obtain(at(name, portal), release(name).default_splits[-1:], tmp_path / "annotations", None, web)
        with pytest.raises(NotFound, match="answered with a web page instead of"):
            obtain(at(name, "http://127.0.0.1:9"), [], tmp_path / "annotations", f"{portal}/x", web)
    assert list((tmp_path / "annotations").iterdir()) == []


def test_a_page_given_as_the_archive_is_said(tmp_path: Path, web: Http) -> None:
    (tmp_path / "ava_v2.2.zip").write_bytes(PAGE)
    with pytest.raises(AnnotationError, match="is a web page, no archive"):
        obtain(release("v2.2"), ["val"], tmp_path / "a", str(tmp_path / "ava_v2.2.zip"), web)


def test_single_files_are_asked_for_though_one_publisher_is_out_of_reach(
    publisher: Publisher, tmp_path: Path, web: Http
) -> None:
    (publisher.folder / "ava_val_v2.2.csv").write_bytes(AVA)
    half = at("v2.2", "http://127.0.0.1:9", publisher.url)
    assert names(obtain(half, ["val"], tmp_path / "a", None, web)) == ["ava_val_v2.2.csv"]
    assert publisher.asked[-1] == "/ava_val_v2.2.csv"


def test_an_archive_with_wrong_labels_says_where_it_came_from(
    publisher: Publisher, tmp_path: Path, web: Http
) -> None:
    write_zip(publisher.folder / "ava_v2.2.zip", {"ava_val_v2.2.csv": AVA + AVA})
    sums = {"ava_val_v2.2.csv": AVA}
    (publisher.folder / "ava_val_v2.2.csv").write_bytes(AVA + b"\n")
    with pytest.raises(WrongBytes) as caught:
        obtain(at("v2.2", publisher.url, sums=sums), ["val"], tmp_path / "a", None, web)
    said = str(caught.value)
    for part in (
        f"ava_val_v2.2.csv from {publisher.url}/ava_val_v2.2.csv",
        f"ava_val_v2.2.csv in {publisher.url}/ava_v2.2.zip",
        *(hashlib.md5(data, usedforsecurity=False).hexdigest() for data in (AVA, AVA + AVA, AVA + b"\n")),
    ):
        assert part in said
    (publisher.folder / "ava_val_v2.2.csv").unlink()
    found = obtain(at("v2.2", publisher.url, sums=sums, strict=False), ["val"], tmp_path / "b", None, web)
    assert any("another file than expected" in note for note in found.notes)


def test_v21_under_slightly_other_names(publisher: Publisher, tmp_path: Path, web: Http) -> None:
    """The names of its members were never seen: they are thought to be as v2.2's."""
    write_zip(publisher.folder / "ava_v2.1.zip", {"AVA_v2.1/AVA_Val_v2.1.CSV": AVA})
    found = obtain(at("v2.1", publisher.url), ["val"], tmp_path / "a", None, web)
    assert names(found) == ["ava_val_v2.1.csv"]
    lacking = "ava_v2.1.zip has no ava_val_excluded_timestamps_v2.1.csv"
    assert lacking in found.notes
    given = str(publisher.folder / "ava_v2.1.zip")
    found = obtain(at("v2.1", "http://127.0.0.1:9"), ["val"], tmp_path / "b", given, web)
    assert names(found) == ["ava_val_v2.1.csv"]
    assert any("has no ava_val_excluded_timestamps_v2.1.csv" in note for note in found.notes)


@pytest.mark.parametrize("packing", ["", "gz", "bz2", "xz"])
def test_archives_of_any_packing_may_be_given(tmp_path: Path, web: Http, packing: str) -> None:
    name = "ava_v2.2.tar" + (f".{packing}" if packing else "")
    packed = write_tar(tmp_path / "given" / name, [("x/ava_val_v2.2.csv", AVA)], packing)
    v22 = at("v2.2", "http://127.0.0.1:9")
    for place, given in enumerate((packed, packed.parent)):
        found = obtain(v22, ["val"], tmp_path / str(place), str(given), web)
        assert (names(found), found.notes) == (["ava_val_v2.2.csv"], ())
    nameless = packed.rename(tmp_path / "given/download")
    found = obtain(v22, ["val"], tmp_path / "c", str(nameless), web)
    assert names(found) == ["ava_val_v2.2.csv"]


def test_releases_without_an_archive_take_one_all_the_same(tmp_path: Path, web: Http) -> None:
    packed = write_zip(tmp_path / "mine.zip", {"v1/ava_test_v1.0.csv": AVA, "v1/ava_train_v1.0.csv": CLIPS})
    v10 = at("v1.0", "http://127.0.0.1:9")
    found = obtain(v10, ["test"], tmp_path / "a", str(packed), web)
    assert names(found) == ["ava_test_v1.0.csv"]
    before = found.files[0][1].stat().st_mtime_ns
    both = obtain(v10, [], tmp_path / "a", str(packed), web)
    assert names(both) == ["ava_train_v1.0.csv", "ava_test_v1.0.csv"]
    assert both.files[1][1].stat().st_mtime_ns == before


def test_a_compressed_csv_is_no_archive(tmp_path: Path, web: Http) -> None:
    (tmp_path / "ava_val_v2.2.csv.gz").write_bytes(gzip.compress(AVA))
    with pytest.raises(AnnotationError, match="cannot be unpacked"):
        obtain(release("v2.2"), ["val"], tmp_path / "a", str(tmp_path / "ava_val_v2.2.csv.gz"), web)


def test_half_of_an_archive_is_fetched_again(publisher: Publisher, tmp_path: Path, web: Http) -> None:
    packed = write_tar(publisher.folder / "ava_kinetics_v1_0.tar.gz", KINETICS)
    whole = packed.read_bytes()
    packed.write_bytes(whole[: len(whole) // 2])
    kinetics = at("kinetics-v1.0", publisher.url)
    with pytest.raises(AnnotationError, match=r"ava_kinetics_v1_0\.tar\.gz cannot be unpacked"):
        obtain(kinetics, ["val"], tmp_path / "a", None, web)
    packed.write_bytes(whole)
    assert len(names(obtain(kinetics, ["val"], tmp_path / "a", None, web))) == 2


@needs_real_data
def test_the_real_files_are_the_official_ones(tmp_path: Path, web: Http) -> None:
    real = Path(REAL or "") / "ava"
    speech = obtain(release("speech-v1.0"), ["all"], tmp_path / "s", str(real / "speech"), web)
    assert (names(speech), speech.notes) == (["ava_speech_labels_v1.csv"], ())
    v10 = obtain(release("v1.0"), ["test"], tmp_path / "v", str(real / "v1.0"), web)
    assert (names(v10), v10.notes) == (["ava_test_v1.0.csv"], ())
    damaged = obtain(
        release("v1.0"), ["test"], tmp_path / "d", str(real / "damaged/ava_test_v1.0.tabs.csv"), web
    )
    assert names(damaged) == ["ava_test_v1.0.csv"]
    assert ["is not the official file" in note for note in damaged.notes] == [True]
    clips = (real / "kinetics/kinetics_test_v1.0.csv").read_bytes()
    entries = [(name, clips if "kinetics_test" in name else data) for name, data in KINETICS]
    packed = write_tar(tmp_path / "ava_kinetics_v1_0.tar.gz", entries)
    kinetics = obtain(release("kinetics-v1.0"), ["test"], tmp_path / "k", str(packed), web)
    assert (names(kinetics), kinetics.notes) == (["ava_test_v2.2.csv", "kinetics_test_v1.0.csv"], ())


def test_a_csv_that_could_be_of_two_files(tmp_path: Path, web: Http) -> None:
    (tmp_path / "my_val.csv").write_bytes(AVA)
    with pytest.raises(UsageError, match=r"ava_val_v2\.2\.csv, kinetics_val_v1\.0\.csv"):
        obtain(release("kinetics-v1.0"), ["val"], tmp_path / "a", str(tmp_path / "my_val.csv"), web)


def test_a_home_that_there_is_not(tmp_path: Path, web: Http) -> None:
    with pytest.raises(UsageError, match="~nobody-here"):
        obtain(release("v2.2"), ["val"], tmp_path / "a", "~nobody-here/labels", web)
