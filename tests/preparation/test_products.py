"""Which seconds each product wants, and how its files are called."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from avakit.media.timeline import Timeline
from avakit.preparation.boxes import Shown, named
from avakit.preparation.products import product_of
from avakit.preparation.recipe import NATIVE, Recipe
from avakit.preparation.subject import subject_of
from avakit.releases.catalogue import release
from avakit.releases.model import Grid

V22 = release("v2.2")
VIDEO = "-IELREHX_js"
HALF = Fraction(1, 2)


def line(start: int, stop: int, rate: int = 25) -> Timeline:
    """A movie of so many pictures a second from second `start` to `stop`."""
    pts = np.arange(start * rate, stop * rate)
    return Timeline(pts, Fraction(1, rate), Fraction(0), Fraction(0), Fraction(stop))


MOVIE = line(880, 1810)


def test_the_products_of_a_release() -> None:
    subject = subject_of(V22, VIDEO)
    keyframes = product_of("keyframes", subject, Recipe(), MOVIE)
    frames = product_of("frames", subject, Recipe(), MOVIE)
    assert [len(keyframes), keyframes.times[0], keyframes.times[-1]] == [897, 902, 1798]
    assert keyframes.file_name(VIDEO, 0) == "-IELREHX_js_0902.jpg"
    assert [len(frames), frames.times[1], frames.times[60]] == [27030, 900 + Fraction(1, 30), 902]
    assert frames.file_name(VIDEO, 0) == "-IELREHX_js_000001.jpg"
    assert frames.file_name(VIDEO, 27029) == "-IELREHX_js_027030.jpg"
    assert len(product_of("keyframes", subject_of(release("v1.0"), VIDEO), Recipe(), MOVIE)) == 299
    clips = product_of("clips", subject, Recipe(), MOVIE)
    assert (len(clips), clips.file_name(VIDEO, 0)) == (897, "-IELREHX_js_0902.mp4")


def test_data_of_ones_own_has_seconds_and_frames_of_its_own() -> None:
    seconds = {"room.a": (1, 3 * HALF), "b": (0,)}
    own = replace(V22, seconds=(), own_seconds=seconds, grid=Grid(HALF, 6, None), learns=True)
    subject, movie = subject_of(own, "room.a"), line(0, 10)
    keyframes = product_of("keyframes", subject, Recipe(), movie)
    frames = product_of("frames", subject, Recipe(), movie)
    assert list(keyframes.times) == [1, 3 * HALF]
    assert [keyframes.file_name("room.a", k) for k in range(2)] == [
        "room.a_0001.000000.jpg",
        "room.a_0001.500000.jpg",
    ]
    assert [len(frames), frames.times[0], frames.times[1]] == [57, HALF, HALF + Fraction(1, 6)]
    assert frames.times[-1] < 10 <= frames.times[-1] + Fraction(1, 6)
    whole = subject_of(replace(own, own_seconds={"b": (0,)}), "b")
    assert product_of("keyframes", whole, Recipe(), movie).file_name("b", 0) == "b_0000.jpg"


@pytest.mark.parametrize("rate", [Fraction(15), Fraction(24000, 1001), Fraction(1, 2)])
def test_frames_at_a_rate_of_ones_own(rate: Fraction) -> None:
    frames = product_of("frames", subject_of(V22, VIDEO), Recipe(fps=rate), MOVIE)
    assert list(frames.times[:3]) == [900, 900 + 1 / rate, 900 + 2 / rate]
    assert frames.times[-1] < 1801 <= frames.times[-1] + 1 / rate


def test_native_frames_are_the_movies_own_each_once() -> None:
    frames = product_of("frames", subject_of(V22, VIDEO), Recipe(fps=NATIVE), MOVIE)
    assert (len(frames), frames.numbers[0], frames.numbers[-1]) == (901 * 25, 1, 901 * 25)
    assert MOVIE.at_many(frames.times).tolist() == list(range(20 * 25, 921 * 25))
    odd = replace(MOVIE, pts=np.arange(881, 1810 * 2, 2), time_base=HALF)  # a picture at 900.5, none at 900
    first = product_of("frames", subject_of(V22, VIDEO), Recipe(fps=NATIVE), odd)
    assert list(first.times[:2]) == [900, 900 + HALF]
    assert odd.at_many(first.times[:2]).tolist() == [459, 460]


def test_native_tracks_are_numbered_as_native_frames() -> None:
    box = (0.0, 0.0, 1.0, 1.0)
    shown = tuple(named([(Fraction(second), "0012", box) for second in (902, 903)]))
    tracks = product_of("tracks", replace(subject_of(V22, VIDEO), shown=shown), Recipe(fps=NATIVE), MOVIE)
    assert list(tracks.numbers) == [*range(51, 77)]
    assert MOVIE.at_many(tracks.times).tolist() == [20 * 25 + number - 1 for number in tracks.numbers]
    assert tracks.file_name(VIDEO, 0) == "-IELREHX_js_0012_000051.jpg"


def test_frames_around_some_seconds_keep_their_numbers() -> None:
    subject = replace(subject_of(V22, VIDEO), meant=(Fraction(902), Fraction(903), Fraction(1000)))
    frames = product_of("frames", subject, Recipe(around=HALF), MOVIE)
    assert list(frames.numbers) == [*range(46, 107), *range(2986, 3017)]
    assert [frames.times[0], frames.times[-1]] == [901 + HALF, 1000 + HALF]
    assert frames.file_name(VIDEO, 15) == "-IELREHX_js_000061.jpg"
    edge = replace(subject, meant=(Fraction(900), Fraction(1801)))
    assert list(product_of("frames", edge, Recipe(around=HALF), MOVIE).numbers) == [
        *range(1, 17),
        *range(27016, 27031),
    ]


BOXES = named(
    [
        (Fraction(902), "0012", (0.2, 0.2, 0.4, 0.6)),
        (Fraction(902), None, (0.5, 0.5, 0.7, 0.9)),
        (Fraction(902), "0012", (0.1, 0.1, 0.2, 0.2)),
        (Fraction(903), "0012", (0.4, 0.2, 0.6, 0.6)),
        (Fraction(903), "0007", (0.3, 0.3, 0.3, 0.8)),
        (Fraction(905), "0012", (0.4, 0.4, 0.6, 0.6)),
    ]
)


def test_no_two_boxes_of_a_second_have_one_name() -> None:
    box = (0.0, 0.0, 1.0, 1.0)
    names = ["x", "x", "x-2", "x", None, "b05"]
    shown = named([(Fraction(902), name, box) for name in names])
    assert [one.person for _, one in shown] == ["x", "x-2", "x-2-2", "x-3", "b05", "b05-2"]


def test_crops_are_called_by_second_and_person() -> None:
    subject = replace(subject_of(V22, VIDEO), shown=tuple(BOXES))
    crops = product_of("crops", subject, Recipe(margin=0.5), MOVIE)
    assert [crops.file_name(VIDEO, k) for k in range(len(crops))] == [
        "-IELREHX_js_0902_0012.jpg",
        "-IELREHX_js_0902_0012-2.jpg",
        "-IELREHX_js_0902_b02.jpg",
        "-IELREHX_js_0903_0012.jpg",
        "-IELREHX_js_0905_0012.jpg",
    ]
    assert crops.box(0) == pytest.approx((0.1, 0.0, 0.5, 0.8))
    assert crops.box(2) == pytest.approx((0.4, 0.3, 0.8, 1.0))


def test_a_track_goes_evenly_from_label_to_label_and_ends_at_a_hole() -> None:
    subject = replace(subject_of(V22, VIDEO), shown=tuple(BOXES))
    tracks = product_of("tracks", subject, Recipe(margin=0), MOVIE)
    names = [tracks.file_name(VIDEO, k) for k in range(len(tracks))]
    own = [k for k, name in enumerate(names) if "_0012_" in name]
    assert [tracks.numbers[k] for k in own] == [*range(61, 92), 151]
    assert names[own[0]] == "-IELREHX_js_0012_000061.jpg"
    assert tracks.box(own[0]) == (0.2, 0.2, 0.4, 0.6)
    assert tracks.box(own[15]) == pytest.approx((0.3, 0.2, 0.5, 0.6))
    assert tracks.box(own[30]) == (0.4, 0.2, 0.6, 0.6)
    assert [names[k] for k in range(len(names)) if k not in own] == ["-IELREHX_js_0012-2_000061.jpg"]
    third = product_of("tracks", replace(subject, seconds=(Fraction(902), Fraction(905))), Recipe(), MOVIE)
    assert max(third.numbers) == 151
    assert len(third) == 92


def test_a_persons_second_box_is_no_other_persons() -> None:
    assert [shown for _, shown in BOXES][:3] == [
        Shown("0012", (0.2, 0.2, 0.4, 0.6)),
        Shown("b02", (0.5, 0.5, 0.7, 0.9)),
        Shown("0012-2", (0.1, 0.1, 0.2, 0.2)),
    ]
