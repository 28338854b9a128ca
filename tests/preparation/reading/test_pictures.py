import multiprocessing
import pickle
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import simplejpeg
from tests.preparation.reading.stored import (
    FILM,
    VIDEO,
    film,
    grey,
    grid,
    jpeg,
    keyframes,
    shown,
    store,
    without,
)

import avakit
from avakit.dataset.ava import Dataset
from avakit.dataset.root import create
from avakit.dataset.settings import Settings, save
from avakit.errors import AvakitError, GapError, RootError, UsageError
from avakit.preparation.reading.pictures import Pictures, open_pictures
from avakit.preparation.store.parquet import write_record
from avakit.preparation.store.record import NONE, record_of

KINDS = ("folder", "tar")


def greys(*pictures: int) -> list[int]:
    return [grey(picture) for picture in pictures]


@pytest.mark.parametrize("kind", KINDS)
def test_pictures_are_read_by_number_in_the_order_asked_for(tmp_path: Path, kind: str) -> None:
    store(tmp_path, "frames", grid(), kind)
    with open_pictures(tmp_path, "frames", VIDEO) as pictures:
        assert (len(pictures), pictures.product, pictures.video) == (60, "frames", VIDEO)
        found = pictures.rgb([60, 1, 2, 31, 2])
        assert found.shape == (5, 48, 64, 3)
        assert found.dtype == np.uint8
        assert shown(found) == greys(49, 0, 0, 25, 0)
        every = pictures.take(range(60))
        assert shown(every) == greys(*(int(30 * Fraction(i, 36)) for i in range(60)))
        assert pictures.numbers.tolist() == list(range(1, 61))
        assert pictures.seconds[30] == 901.0
        assert pictures.there.all()
        assert pictures.jpeg(5) == jpeg(4)


def test_what_is_decoded_is_what_is_in_the_file(tmp_path: Path) -> None:
    store(tmp_path, "frames", grid())
    noise = np.random.default_rng(1).integers(0, 256, (48, 64, 3), np.uint8)
    data = simplejpeg.encode_jpeg(noise, 90, "RGB", "420")
    (tmp_path / "frames" / VIDEO / f"{VIDEO}_000003.jpg").write_bytes(data)
    found = open_pictures(tmp_path, "frames", VIDEO).rgb([3])
    np.testing.assert_array_equal(found[0], simplejpeg.decode_jpeg(data))


@pytest.mark.parametrize("kind", KINDS)
def test_keyframes_are_called_by_their_second(tmp_path: Path, kind: str) -> None:
    store(tmp_path, "keyframes", keyframes(), kind)
    pictures = open_pictures(tmp_path, "keyframes", VIDEO)
    assert shown(pictures.rgb([908, 902])) == greys(200, 50)
    pictures.close()
    assert pictures.rows_at([902, Fraction(9025, 10)]).tolist() == [1, 1]
    assert shown(pictures.rgb([908])) == greys(200)
    pictures.close()


def test_seconds_lead_to_the_picture_on_screen(tmp_path: Path) -> None:
    store(tmp_path, "frames", grid())
    pictures = open_pictures(tmp_path, "frames", VIDEO)
    seconds: list[Fraction | float] = [900, 901, 900 + Fraction(1, 30), 900 + 1 / 30 - 1e-3, 901.9999]
    assert pictures.rows_at(seconds).tolist() == [0, 30, 1, 0, 59]
    for second in (899.9, 903, 5000, float("nan"), float("inf"), float("-inf")):
        with pytest.raises(UsageError, match=rf"nothing at second {second:g}.*900 to 901"):
            pictures.rows_at([second])


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_movie_lacks_is_told(tmp_path: Path, kind: str) -> None:
    store(tmp_path, "frames", without(grid(), [3, 4]), kind)
    with open_pictures(tmp_path, "frames", VIDEO) as pictures:
        assert np.flatnonzero(~pictures.there).tolist() == [3, 4]
        assert shown(pictures.rgb([3, 6])) == greys(1, 4)
        with pytest.raises(GapError, match=r"no picture for frames of .* at second 900\.1\. .*repeat_last"):
            pictures.rgb([3, 4])


def test_numbers_that_there_are_not(tmp_path: Path) -> None:
    store(tmp_path, "frames", grid())
    pictures = open_pictures(tmp_path, "frames", VIDEO)
    for numbers in ([0], [1, 61], [-1], [10**12]):
        with pytest.raises(UsageError, match=r"no number .*There are 60 from 1 to 60"):
            pictures.rgb(numbers)
    for row in (-1, 60):
        with pytest.raises(UsageError, match=r"no row .*There are 60"):
            pictures.take([row])
    for strange in ([61.5], [10**30], 61, [[1]], ["1"]):
        with pytest.raises(UsageError, match="no numbers of pictures"):
            pictures.rgb(strange)  # type: ignore[arg-type]
    assert pictures.rgb([]).shape[0] == pictures.take(np.array([], np.int64)).shape[0] == 0


def test_persons_are_found_by_row(tmp_path: Path) -> None:
    names = [f"{VIDEO}_0902_{person:04}.jpg" for person in range(3)]
    crops = record_of(FILM, names, [902] * 3, [50] * 3, [False] * 3, [902] * 3)
    place = store(tmp_path, "crops", crops)
    for person, name in enumerate(names):
        (place / name).write_bytes(jpeg(person, width=32 + 16 * (person == 2)))
    pictures = open_pictures(tmp_path, "crops", VIDEO)
    with pytest.raises(UsageError, match="several pictures of one number"):
        pictures.rgb([902])
    rows = np.flatnonzero(pictures.numbers == 902)
    assert shown(pictures.take(rows[:2])) == greys(0, 1)
    assert pictures.take([2]).shape == (1, 48, 48, 3)
    with pytest.raises(UsageError, match="not all of one size"):
        pictures.take(rows)


def test_own_data_with_decimals_is_found_by_second(tmp_path: Path) -> None:
    names = [f"{VIDEO}_0902.{part}00000.jpg" for part in (0, 5)]
    record = record_of(FILM, names, [902, Fraction(1805, 2)], [50, 62], [False] * 2)
    store(tmp_path, "keyframes", record, "tar")
    with open_pictures(tmp_path, "keyframes", VIDEO) as pictures:
        assert pictures.numbers.tolist() == [NONE, NONE]
        assert shown(pictures.take(pictures.rows_at([902.5, 902]))) == greys(62, 50)
        with pytest.raises(UsageError, match="rows_at"):
            pictures.rgb([902])


def test_clips_are_read_by_second(tmp_path: Path) -> None:
    names, seconds, shows = [], [], []
    for second, first in ((902, 40), (903, 65)):
        names += [f"{VIDEO}_{second:04}.mp4"] * 20
        seconds += [second] * 20
        shows += list(range(first, first + 20))
    record = without(record_of(FILM, names, seconds, shows, [False] * 40, seconds), [5])
    place = tmp_path / "clips" / VIDEO
    place.mkdir(parents=True)
    film(place / f"{VIDEO}_0902.mp4", [*range(40, 45), *range(46, 60)])
    film(place / f"{VIDEO}_0903.mp4", range(65, 85))
    write_record(place.with_name(f"{VIDEO}.parquet"), record, {})
    pictures = open_pictures(tmp_path, "clips", VIDEO)
    rows = np.flatnonzero((pictures.seconds == 902) & pictures.there)
    assert shown(pictures.take(rows)) == greys(*range(40, 45), *range(46, 60))
    assert shown(pictures.take([39, 0, 6, 20, 6])) == greys(84, 40, 46, 65, 46)
    with pytest.raises(UsageError, match="no JPEG files"):
        pictures.jpeg(0)
    film(place / f"{VIDEO}_0903.mp4", range(65, 84))
    with pytest.raises(RootError, match="has 19 pictures, and its record 20"):
        pictures.take([21])
    (place / f"{VIDEO}_0903.mp4").unlink()
    with pytest.raises(RootError, match="is gone"):
        pictures.take([21])


def test_a_stored_video_is_read_by_what_its_record_says(tmp_path: Path) -> None:
    record = without(grid(), [3])
    stored = np.unique(record.picture, return_inverse=True)[1] - 1
    record = replace(record, stored=stored.astype(np.int64))
    (tmp_path / "frames").mkdir()
    film(tmp_path / "frames" / f"{VIDEO}.mp4", [0, 1, *range(3, 50)])
    write_record(tmp_path / "frames" / f"{VIDEO}.parquet", record, {})
    with open_pictures(tmp_path, "frames", VIDEO) as pictures:
        assert shown(pictures.rgb([60, 1, 2, 31, 2])) == greys(49, 0, 0, 25, 0)
        with pytest.raises(GapError):
            pictures.rgb([4])
        with pytest.raises(UsageError, match="no JPEG files"):
            pictures.jpeg(0)
        pictures.close()
        assert shown(pictures.rgb([60])) == greys(49)
        film(tmp_path / "frames" / f"{VIDEO}.mp4", range(40))
        pictures.close()
        with pytest.raises(RootError, match="has 40 pictures, and its record names number 48"):
            pictures.rgb([1, 60])


def test_a_data_set_or_any_folder_with_the_product(tmp_path: Path) -> None:
    root = create(tmp_path / "ava")
    save(root, Settings(release="v2.2"))
    store(root.path, "frames", grid())
    for given in (avakit.open(root.path), root.path, str(root.path)):
        assert isinstance(given, Dataset | Path | str)
        assert shown(avakit.open_pictures(given, "frames", VIDEO).rgb([1])) == greys(0)
    assert len(open_pictures(root.path, "frames", VIDEO).record) == 60


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(RootError, match=r"no frames of .*avakit prepare frames"):
        open_pictures(tmp_path, "frames", VIDEO)
    for product in ("../frames", "", "Frames", "audio"):
        with pytest.raises(UsageError):
            open_pictures(tmp_path, product, VIDEO)
    for video in ("../x", "", "a/b", "."):
        with pytest.raises(UsageError):
            open_pictures(tmp_path, "frames", video)


def test_damaged_files_are_told(tmp_path: Path) -> None:
    place = store(tmp_path, "frames", grid())
    pictures = open_pictures(tmp_path, "frames", VIDEO)
    whole = jpeg(0)
    huge = whole.replace(b"\x00\x30\x00\x40", b"\xff\xff\xff\xff", 1)
    assert huge != whole
    for number, data in enumerate((b"", whole[:-1], whole[:200] + b"\xff\xd9", huge, b"\xff\xd8\xff\xd9"), 1):
        (place / f"{VIDEO}_{number:06}.jpg").write_bytes(data)
        with pytest.raises(RootError, match=rf"{VIDEO}_{number:06}\.jpg is no JPEG that can be decoded"):
            pictures.rgb([number])
    (place / f"{VIDEO}_000006.jpg").unlink()
    with pytest.raises(RootError, match=r"000006\.jpg cannot be read .*avakit prepare"):
        pictures.rgb([6])


def test_a_tar_that_is_not_its_records_is_told(tmp_path: Path) -> None:
    place = store(tmp_path, "frames", grid(), "tar")
    tar, record = place.with_name(f"{VIDEO}.tar"), open_pictures(tmp_path, "frames", VIDEO).record
    whole = tar.read_bytes()
    tar.write_bytes(whole[:20000])
    with open_pictures(tmp_path, "frames", VIDEO) as pictures:
        assert shown(pictures.rgb([1])) == greys(0)
        with pytest.raises(RootError, match="where its record says that a picture lies"):
            pictures.rgb([60])
    tar.write_bytes(whole)
    assert record.offset is not None
    moved = replace(record, offset=record.offset + 512)
    write_record(place.with_name(f"{VIDEO}.parquet"), moved, {})
    with (
        open_pictures(tmp_path, "frames", VIDEO) as pictures,
        pytest.raises(RootError, match=r"\.tar, at .* is no JPEG"),
    ):
        pictures.rgb([1])
    tar.unlink()
    with pytest.raises(RootError, match=r"\.tar"):
        open_pictures(tmp_path, "frames", VIDEO).rgb([1])


def read_some(pictures: Pictures) -> list[int]:
    return shown(pictures.rgb([60, 1, 31]))


def test_a_spawned_child_reads_too(tmp_path: Path) -> None:
    store(tmp_path, "frames", grid(), "tar")
    opened, fresh = (open_pictures(tmp_path, "frames", VIDEO) for _ in range(2))
    assert read_some(opened) == greys(49, 0, 25)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.map(read_some, [opened, fresh]) == [greys(49, 0, 25)] * 2
    assert read_some(opened) == greys(49, 0, 25)
    opened.close()


def in_child(read: Callable[[], list[int]]) -> list[int]:
    """What a forked child reads, which has everything of its parent, unpickled."""
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    child = context.Process(target=lambda: queue.put(read()))
    child.start()
    found: list[int] = queue.get()
    child.join()
    return found


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("kind", KINDS)
def test_a_forked_child_uses_what_its_parent_opened(tmp_path: Path, kind: str) -> None:
    store(tmp_path, "frames", grid(), kind)
    with (
        open_pictures(tmp_path, "frames", VIDEO) as pictures,
        open_pictures(tmp_path, "frames", VIDEO) as fresh,
    ):
        assert read_some(pictures) == greys(49, 0, 25)
        assert in_child(lambda: read_some(pictures)) == greys(49, 0, 25)
        assert in_child(lambda: read_some(fresh)) == greys(49, 0, 25)
        assert read_some(pictures) == greys(49, 0, 25)


def test_what_travels_is_a_name(tmp_path: Path) -> None:
    store(tmp_path, "frames", grid())
    pictures = open_pictures(tmp_path, "frames", VIDEO)
    pictures.rgb([1])
    assert len(pickle.dumps(pictures)) < 600


def test_no_damage_ends_in_anything_but_a_sentence(tmp_path: Path) -> None:
    place = store(tmp_path, "frames", grid(5))
    chance = np.random.default_rng(5)
    whole = simplejpeg.encode_jpeg(chance.integers(0, 256, (48, 64, 3), np.uint8), 90, "RGB", "420")
    pictures = open_pictures(tmp_path, "frames", VIDEO)
    for _ in range(150):
        broken = bytearray(whole)
        for at in chance.integers(0, len(whole), chance.integers(1, 5)):
            broken[at] = chance.integers(0, 256)
        (place / f"{VIDEO}_000001.jpg").write_bytes(broken)
        try:
            assert pictures.rgb([1]).ndim == 4
        except AvakitError as error:
            assert "000001.jpg" in str(error)  # noqa: PT017
