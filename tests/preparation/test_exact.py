"""Every product shows the right picture of every kind of movie, by the number read from it, all of them made
in one decoding as `prepare` makes them.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import simplejpeg
from av.stream import Disposition
from tests.media import numbered
from tests.media.test_forms import FORMS
from tests.preparation.roots import given, wrong

from avakit.dataset.ava import Dataset
from avakit.media.movie import open_movie
from avakit.preparation import make as making
from avakit.preparation.make import Made, Refused, Task, make_products
from avakit.preparation.piece import run_piece
from avakit.preparation.prepare import prepare
from avakit.preparation.reading.pictures import open_pictures
from avakit.preparation.recipe import Recipe
from avakit.preparation.store.parquet import read_record
from avakit.preparation.subject import Meant, labelled, subject_of
from avakit.rehearsal.actors import make_plays, rows
from avakit.rehearsal.movies import Recipe as MovieRecipe
from avakit.rehearsal.movies import make as make_movie
from avakit.rehearsal.numbers import label
from avakit.rehearsal.plays import plays
from avakit.rehearsal.recipe import Movie
from avakit.rehearsal.standard import standard

Movies = Callable[..., dict[str, Movie]]
KINDS = [name for name in standard() if not name.endswith("-700k")]
ALL = ("keyframes", "frames", "clips", "crops", "tracks")
A = "1j20qq1JyX4"
SECONDS = range(40, 43)
RATE = Fraction(25)


def made(
    ava: Dataset, video: str, products: tuple[str, ...], **options: object
) -> tuple[Made | Refused, ...]:
    """Make products of a video in this process, in parts as for three."""
    subject = labelled(subject_of(ava.release, video), ava.annotations, Meant())
    row = ava.ledger.video(video)
    assert row is not None
    assert row.path is not None
    task = Task(
        subject, ava.root.path / row.path, ava.root.path, ava.root.partial, products,
        Recipe(margin=0.0, seconds=Fraction(1), **options), processes=3,  # type: ignore[arg-type]
    )  # fmt: skip
    return make_products(task)


def clip_numbers(path: Path) -> list[int]:
    movie = open_movie(path)
    found = movie.at_indices(range(len(movie.timeline)))
    return [label(picture.rgb).number for _, picture in found]


@pytest.mark.parametrize("name", KINDS)
def test_all_products_of_every_kind_of_movie(name: str, movies: Movies, tmp_path: Path) -> None:
    movie = movies(name)[name]
    ava = given(tmp_path / "ava", {A: movie.path}, SECONDS)
    silent = name == "mkv-silent"
    results = made(ava, A, ALL if silent else (*ALL, "audio"))
    assert all(isinstance(one, Made) for one in results), results
    root = ava.root.path
    seconds = {f"{second:04}": Fraction(second) for second in SECONDS}
    grid = {f"{n:06}": 40 + Fraction(n - 1, 30) for n in range(1, 61)}
    assert wrong(movie, root / "keyframes" / A, {f"{A}_{n}.jpg": t for n, t in seconds.items()}) == []
    assert wrong(movie, root / "frames" / A, {f"{A}_{n}.jpg": t for n, t in grid.items()}) == []
    assert wrong(movie, root / "crops" / A, {f"{A}_{n}_0001.jpg": t for n, t in seconds.items()}) == []
    tracks = {f"{A}_0001_{n}.jpg": t for n, t in grid.items()}
    assert wrong(movie, root / "tracks" / A, tracks) == []
    half = Fraction(1, 2)
    for n, second in seconds.items():
        first = movie.number_at(second - half)
        last = first
        while movie.time_of(last + 1) < second + half - movie.rounding:
            last += 1
        assert clip_numbers(root / "clips" / A / f"{A}_{n}.mp4") == list(range(first, last + 1))
    assert (root / "audio" / f"{A}.wav").exists() != silent
    for product in ALL:
        record = read_record(root / product / f"{A}.parquet")
        if product != "clips":
            exact = [Fraction(s).limit_denominator(30) for s in record.second.tolist()]
            right = [movie.number_at(second) - movie.recipe.hidden for second in exact]
            assert record.picture.tolist() == right


@pytest.mark.parametrize("name", ["mp4-23.976", "mkv-variable", "mp4-open", "mp4-edit"])
@pytest.mark.parametrize("store", ["tar", "video"])
def test_every_store_shows_the_same(store: str, name: str, movies: Movies, tmp_path: Path) -> None:
    movie = movies(name)[name]
    ava = given(tmp_path / "ava", {A: movie.path}, SECONDS)
    products = ("frames",) if store == "video" else ("frames", "crops")
    assert all(isinstance(one, Made) for one in made(ava, A, products, store=store))
    with open_pictures(ava.root.path, "frames", A) as frames:
        said = [label(picture).number for picture in frames.take(range(60))]
    assert said == [movie.number_at(40 + Fraction(n, 30)) for n in range(60)]


# Odd movies, as `prepare` goes through them

PICTURES = {
    "av1": FORMS["av1"],
    "hevc of ten bits": FORMS["hevc of ten bits"],
    "mpeg4 in avi, out of order": FORMS["mpeg4 in avi, out of order"],
    "vp9": ("webm", "libvpx-vp9", {"g": "24", "deadline": "realtime", "cpu-used": "8", "b": "1M"}, "yuv420p"),
    "hevc, open groups": (
        "mp4", "libx265",
        {"preset": "ultrafast", "x265-params": "open-gop=1:keyint=24:bframes=3:log-level=none"}, "yuv420p",
    ),
    "open groups": (
        "mkv", "libx264",
        {"preset": "veryfast", "g": "24", "bf": "3", "x264-params": "open-gop=1:scenecut=0:b-adapt=0"},
        "yuv420p",
    ),
    "full range, BT.709": ("mp4", "libx264", {"preset": "ultrafast"}, "yuvj420p"),
}  # fmt: skip


def check(path: Path, root: Path, count: int = 100, first: int = 0) -> None:
    """Make products of a movie of 25 pictures a second, whose picture n from second 0 on is `first` + n."""
    ava = given(root, {A: path}, range(1, count // 25))
    start = open_movie(path).timeline.seconds(0)  # old containers begin with the time it takes to reorder
    results = made(ava, A, ("keyframes", "frames", "tracks"))
    assert all(isinstance(one, Made) for one in results), results
    for product in ("keyframes", "frames", "tracks"):
        record = read_record(root / product / f"{A}.parquet")
        for name, second in zip(record.file, record.second, strict=True):
            shown = numbered.read(simplejpeg.decode_jpeg((root / product / A / str(name)).read_bytes()))
            assert shown == first + int((Fraction(second).limit_denominator(30) - start) * RATE), name


@pytest.mark.parametrize("kind", PICTURES)
def test_codecs_and_colours(kind: str, tmp_path: Path) -> None:
    suffix, codec, options, pixels = PICTURES[kind]
    if codec not in av.codecs_available:
        pytest.skip(f"no {codec}")
    path = numbered.write_movie(
        tmp_path / f"a.{suffix}",
        list(range(100)),
        1 / RATE,
        codec=codec,
        options=options,
        pixel_format=pixels,
    )
    check(path, tmp_path / "ava")


@pytest.mark.parametrize("turn", [90, -90, 180])
def test_a_rotation(turn: int, tmp_path: Path) -> None:
    path = numbered.write_movie(tmp_path / "a.mp4", list(range(50)), 1 / RATE, rotation=turn)
    ava = given(tmp_path / "ava", {A: path}, range(1, 2))
    (keyframes,) = made(ava, A, ("keyframes",))
    assert isinstance(keyframes, Made)
    jpeg = simplejpeg.decode_jpeg((ava.root.path / "keyframes" / A / f"{A}_0001.jpg").read_bytes())
    stored = np.rot90(jpeg, {90: -1, -90: 1, 180: 2}[turn])
    assert numbered.read(stored) == 25


def test_two_picture_streams_and_a_cover(tmp_path: Path) -> None:
    """The cover comes first, then a small stream, then the one that is meant."""
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as out:
        cover = out.add_stream("mjpeg", rate=25)
        assert isinstance(cover, av.VideoStream)
        cover.width, cover.height, cover.pix_fmt = 640, 480, "yuvj420p"
        cover.disposition = Disposition.attached_pic
        streams = []
        for factor in (1, 2):
            stream = out.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
            assert isinstance(stream, av.VideoStream)
            stream.width, stream.height = numbered.WIDTH * factor, numbered.HEIGHT * factor
            stream.pix_fmt, stream.disposition = "yuv420p", Disposition.default
            streams.append(stream)
        grey = av.VideoFrame.from_ndarray(np.full((480, 640, 3), 90, np.uint8), format="rgb24")
        grey.pts, grey.time_base = 0, 1 / RATE
        out.mux(cover.encode(grey.reformat(format="yuvj420p")))
        for n in range(100):
            for k, stream in enumerate(streams):
                picture = numbered.draw(n + 1000 * (1 - k), stream.width, stream.height)
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
                frame.pts, frame.time_base = n, 1 / RATE
                out.mux(stream.encode(frame))
        for stream in [cover, *streams]:
            out.mux(stream.encode(None))
    check(path, tmp_path / "ava")


def repacked(source: Path, out: Path, keep: Callable[[int], bool], options: dict[str, str]) -> Path:
    with av.open(str(source)) as movie, av.open(str(out), "w", options=options) as target:
        stream = target.add_stream_from_template(movie.streams.video[0])
        for place, packet in enumerate(movie.demux(movie.streams.video[0])):
            if packet.size and keep(place):
                packet.stream = stream
                target.mux(packet)
    return out


X264 = {"preset": "veryfast", "g": "25", "bf": "2", "x264-params": "scenecut=0"}


def test_the_first_picture_is_no_sync_picture(tmp_path: Path) -> None:
    """As what was cut by bytes: what comes after the first sync picture is right."""
    whole = numbered.write_movie(tmp_path / "w.mkv", list(range(150)), 1 / RATE, options=X264)
    path = repacked(whole, tmp_path / "a.mkv", lambda place: place >= 7, {})
    ava = given(tmp_path / "ava", {A: path}, range(2, 5))
    for product, result in zip(("keyframes", "frames"), made(ava, A, ("keyframes", "frames")), strict=True):
        assert isinstance(result, Made), result
        record = read_record(ava.root.path / product / f"{A}.parquet")
        for name, picture in zip(record.file, record.picture, strict=True):
            jpeg = (ava.root.path / product / A / str(name)).read_bytes()
            assert numbered.read(simplejpeg.decode_jpeg(jpeg)) == 25 + picture
        pairs = zip(record.second, record.picture, strict=True)
        begins = {int(picture) - int(Fraction(s).limit_denominator(30) * RATE) for s, picture in pairs}
        assert len(begins) == 1, "counted from the file's first time stamp"


@pytest.mark.parametrize("gaps", ["skip", "repeat_last"])
def test_missing_packets_in_the_middle(gaps: str, tmp_path: Path) -> None:
    """A whole group is gone: what is on screen stays, and what comes after is right."""
    intra = {"preset": "ultrafast", "g": "1"}
    whole = numbered.write_movie(tmp_path / "w.mkv", list(range(200)), 1 / RATE, options=intra)
    path = repacked(whole, tmp_path / "a.mkv", lambda place: not 60 <= place < 130, {})
    ava = given(tmp_path / "ava", {A: path}, range(1, 8))
    refused = made(ava, A, ("keyframes",))[0]
    assert isinstance(refused, Refused)
    assert "second 4 to 5" in str(refused.error)
    (result,) = made(ava, A, ("frames",), gaps=gaps)
    assert isinstance(result, Made)
    folder = ava.root.path / "frames" / A
    record = read_record(ava.root.path / "frames" / f"{A}.parquet")
    for name, second, lacks in zip(record.file, record.second, record.lacking, strict=True):
        exact = int(Fraction(second).limit_denominator(30) * RATE)
        right = 59 if 60 <= exact < 130 else exact
        if lacks and gaps == "skip":
            assert not (folder / str(name)).exists()
            continue
        assert numbered.read(simplejpeg.decode_jpeg((folder / str(name)).read_bytes())) == right
    assert record.lacking.any()
    assert [float(a) for a, _ in result.lacking] == [pytest.approx(59 / 25 + 1, abs=0.05)]


@pytest.mark.parametrize("square", [False, True])
def test_pixels_that_are_not_square_and_a_box_on_the_actor(
    square: bool, tmp_path: Path, movie_folder: Path
) -> None:
    """A box is a share of the picture: it fits the actor whether the pixels are made square or not."""
    play = plays(920)["room"]
    source = make_plays(movie_folder / "plays", ["room"], seconds=920)["room"].path
    path = tmp_path / "a.mp4"
    with av.open(str(source)) as movie, av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25, options={"preset": "ultrafast", "crf": "10"})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 480, 360, "yuv420p"
        stream.sample_aspect_ratio = Fraction(4, 3)
        video = movie.streams.video[0]
        movie.seek(int(900 / (video.time_base or 1)), stream=video)
        for frame in movie.decode(video):
            if frame.time is None or not 901 <= frame.time < 904:
                if frame.time is not None and frame.time >= 904:
                    break
                continue
            small = frame.reformat(width=480, height=360, format="yuv420p")
            small.pts, small.time_base = round((frame.time - 901) * 25), 1 / RATE
            out.mux(stream.encode(small))
        out.mux(stream.encode(None))
    boxes = {row.person: row.box for row in rows(play) if row.second == 902}
    labels = [
        ("val", A, 1.0, *box, 12, "stand", "PERSON_MOVEMENT", who, True, False) for who, box in boxes.items()
    ]
    ava = given(tmp_path / "ava", {A: path}, range(1, 2), labels)
    result = made(ava, A, ("crops",), square=square)[0]
    assert isinstance(result, Made)
    whole = open_movie(source).frame_at(902).rgb
    for who, (x1, y1, x2, y2) in boxes.items():
        jpeg = (ava.root.path / "crops" / A / f"{A}_0001_{who:04}.jpg").read_bytes()
        crop = simplejpeg.decode_jpeg(jpeg)
        wide = (x2 - x1) * (640 if square else 480)
        assert abs(crop.shape[1] - wide) <= 4
        assert abs(crop.shape[0] - (y2 - y1) * 360) <= 4
        right = whole[int(y1 * 360) : int(y2 * 360), int(x1 * 640) : int(x2 * 640)]
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(right), format="rgb24")
        fitted = frame.reformat(width=crop.shape[1], height=crop.shape[0]).to_ndarray(format="rgb24")
        off = np.abs(fitted.astype(int) - crop).mean()
        beside = np.abs(np.roll(fitted, crop.shape[1] // 3, axis=1).astype(int) - crop).mean()
        assert off < 20
        assert off < beside / 1.5, "the actor stands where the box is"


# The frameworks' grid at full length


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory, movie_folder: Path) -> Dataset:
    """The frames of a movie of 35 minutes, by v2.2's own grid, of 24000/1001 pictures a second."""
    path = movie_folder / "full" / f"{A}.mp4"
    recipe = MovieRecipe("full", A, rate=Fraction(24000, 1001), seconds=1810, sound=False)
    if not path.exists():
        make_movie(recipe, path)
    root = tmp_path_factory.mktemp("full") / "ava"
    from avakit.releases.catalogue import release

    v22 = release("v2.2")
    ava = given(root, {A: path}, range(902, 1799), [], grid=v22.grid)
    (outcome,) = prepare(ava, ["frames"], jobs=2)
    assert outcome.state == "made", outcome
    return ava


def full_movie(movie_folder: Path) -> Movie:
    recipe = MovieRecipe("full", A, rate=Fraction(24000, 1001), seconds=1810, sound=False)
    return Movie(recipe, movie_folder / "full" / f"{A}.mp4")


def shown_by(ava: Dataset, file: int) -> int:
    data = (ava.root.path / "frames" / A / f"{A}_{file:06}.jpg").read_bytes()
    return label(simplejpeg.decode_jpeg(data)).number


def test_there_are_27030_frames(full: Dataset, movie_folder: Path) -> None:
    movie = full_movie(movie_folder)
    names = sorted(path.name for path in (full.root.path / "frames" / A).iterdir())
    assert names == [f"{A}_{n:06}.jpg" for n in range(1, 27031)]
    record = read_record(full.root.path / "frames" / f"{A}.parquet")
    assert len(record) == 27030
    assert record.picture.tolist() == [movie.number_at(900 + Fraction(n, 30)) for n in range(27030)]
    for n in (1, 2, 61, 13515, 27030):
        assert shown_by(full, n) == movie.number_at(900 + Fraction(n - 1, 30))


def test_the_frameworks_find_second_902(full: Dataset, movie_folder: Path) -> None:
    """SlowFast: `get_keyframe_data` takes (sec - 900) * 30 as index, from 0, into the sorted files.

    mmaction2: `img_{:05}.jpg` from 1; AVADataset's `timestamp_start` 900, `SampleAVAFrames` centres second s
    on (s - 900) * 30 + 1, then adds `start_index` 1: its file 62 lies one 30th of a second later.
    """
    movie = full_movie(movie_folder)
    names = sorted(path.name for path in (full.root.path / "frames" / A).iterdir())
    assert names[(902 - 900) * 30] == f"{A}_000061.jpg"
    assert shown_by(full, 61) == movie.number_at(902)
    centre = (902 - 900) * 30 + 1
    assert centre == 61, "the centre counted from 0, of files that begin at 1"
    assert shown_by(full, centre + 1) == movie.number_at(902 + Fraction(1, 30))
    assert shown_by(full, centre) == movie.number_at(902)


def test_skip_leaves_numbers_out_and_renumbers_none(movies: Movies, tmp_path: Path) -> None:
    movie = movies("mp4-25", seconds=20)["mp4-25"]
    ava = given(tmp_path / "ava", {A: movie.path}, range(10, 30))
    (result,) = made(ava, A, ("frames",), gaps="skip")
    assert isinstance(result, Made)
    names = sorted(path.name for path in (ava.root.path / "frames" / A).iterdir())
    assert names == [f"{A}_{n:06}.jpg" for n in range(1, 301)]
    assert result.counts == {"wanted": 570, "files": 300, "pictures": 250, "lacking": 270}
    there = {name: 10 + Fraction(n, 30) for n, name in enumerate(names)}
    assert wrong(movie, ava.root.path / "frames" / A, there) == []
    assert len(read_record(ava.root.path / "frames" / f"{A}.parquet")) == 570


def test_all_products_cost_one_decoding(
    movies: Movies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each part is decoded once, however many products there are of it."""
    movie = movies("mp4-25")["mp4-25"]
    ava = given(tmp_path / "ava", {A: movie.path}, SECONDS)
    passes: list[int] = []

    def count(*words: object, **options: object) -> object:
        passes.append(1)
        return run_piece(*words, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(making, "run_piece", count)
    found = len(made(ava, A, ALL))
    assert found == len(ALL)
    assert len(passes) <= 3
