"""Forms of movies that people have: each gives its pictures by number, or a sentence."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition
from tests.media.numbered import HEIGHT, WIDTH, draw, read, write_movie

from avakit.errors import DamagedMovie, UnsupportedMovie
from avakit.media.movie import Movie, open_movie
from avakit.media.view import View

COUNT = 60
RATE = Fraction(25)
MPEG = {"g": "12", "bf": "2", "b": "2M"}
X264 = {"preset": "veryfast", "g": "24", "bf": "3"}
FORMS: dict[str, tuple[str, str, dict[str, str], str]] = {
    "mpeg4 in avi": ("avi", "mpeg4", {**MPEG, "bf": "0"}, "yuv420p"),
    "mpeg4 in avi, out of order": ("avi", "mpeg4", MPEG, "yuv420p"),
    "mpeg2 in avi, out of order": ("avi", "mpeg2video", MPEG, "yuv420p"),
    "msmpeg4 in avi": ("avi", "msmpeg4", {"b": "2M"}, "yuv420p"),
    "mjpeg in avi": ("avi", "mjpeg", {}, "yuvj420p"),
    "h264 in avi": ("avi", "libx264", {**X264, "bf": "0"}, "yuv420p"),
    "mpeg1 in a program stream": ("mpg", "mpeg1video", MPEG, "yuv420p"),
    "mpeg2 in a program stream": ("mpg", "mpeg2video", MPEG, "yuv420p"),
    "mpeg2 in a transport stream": ("ts", "mpeg2video", MPEG, "yuv420p"),
    "h264 in a transport stream": ("ts", "libx264", X264, "yuv420p"),
    "h264 in flv": ("flv", "libx264", X264, "yuv420p"),
    "wmv": ("asf", "wmv2", {"b": "2M"}, "yuv420p"),
    "av1": ("mp4", "libsvtav1", {"preset": "12", "g": "24", "crf": "25", "svtav1-params": "lp=1"}, "yuv420p"),
    "av1 of ten bits": (
        "mkv", "libsvtav1", {"preset": "12", "g": "24", "crf": "25", "svtav1-params": "lp=1"},
        "yuv420p10le",
    ),
    "hevc of ten bits": (
        "mkv", "libx265", {"preset": "ultrafast", "x265-params": "keyint=24:log-level=none:pools=1"},
        "yuv420p10le",
    ),
    "h264 without loss, RGB": ("mkv", "libx264rgb", {"preset": "ultrafast", "qp": "0"}, "rgb24"),
    "h264, fields": ("mp4", "libx264", {**X264, "flags": "+ildct+ilme"}, "yuv420p"),
    "palettes": ("mov", "qtrle", {}, "gray"),  # handed out with the first packet alone
}  # fmt: skip


@pytest.mark.parametrize("form", list(FORMS))
def test_every_picture_by_number(form: str, tmp_path: Path) -> None:
    suffix, codec, options, pixels = FORMS[form]
    path = write_movie(
        tmp_path / f"a.{suffix}",
        list(range(COUNT)),
        1 / RATE,
        codec=codec,
        options=options,
        pixel_format=pixels,
    )
    movie = open_movie(path)
    assert numbers(movie, range(COUNT)) == list(range(COUNT))
    assert numbers(movie, [3, 40, 59]) == [3, 40, 59]
    assert numbers(movie, [47]) == [47]
    start = movie.timeline.seconds(0)
    assert [movie.timeline.at(start + Fraction(n) / RATE) for n in (1, 30, 59)] == [1, 30, 59]


def numbers(movie: Movie, indices: range | list[int]) -> list[int]:
    found = list(movie.at_indices(indices))
    assert [i for i, _ in found] == list(indices)
    return [read(picture.rgb) for _, picture in found]


def test_an_avi_that_does_not_tell_its_order_is_refused(tmp_path: Path) -> None:
    path = write_movie(tmp_path / "a.avi", list(range(30)), 1 / RATE, options=X264)
    with pytest.raises(UnsupportedMovie, match=r"a\.avi stores pictures in another order"):
        open_movie(path)


def test_packed_pictures_are_refused(tmp_path: Path) -> None:
    """As DivX 5 and Xvid wrote them: a picture and the one shown before it in a packet, then an empty one."""
    source = write_movie(
        tmp_path / "a.avi", list(range(30)), 1 / RATE, codec="mpeg4", options={"g": "12", "bf": "1"}
    )
    sign, begin = b"\0\0\1\xb2DivX503b1393p", b"\0\0\1\xb6"
    with av.open(str(source)) as movie, av.open(str(tmp_path / "packed.avi"), "w") as out:
        stream = out.add_stream_from_template(movie.streams.video[0])
        packets = [bytes(packet) for packet in movie.demux(movie.streams.video[0]) if packet.size]
        kinds = [data[data.index(begin) + 4] >> 6 for data in packets]
        for i, data in enumerate(packets):
            if kinds[i] == 2:
                data = begin + b"\x51\x70\x01"  # not coded
            elif i + 1 < len(packets) and kinds[i + 1] == 2:
                data += packets[i + 1]
            if kinds[i] == 0:
                at = min(data.find(mark) for mark in (begin, b"\0\0\1\xb3") if mark in data)
                data = data[:at] + sign + data[at:]
            packet = av.Packet(data)
            packet.pts = packet.dts = i
            packet.time_base, packet.stream, packet.is_keyframe = 1 / RATE, stream, kinds[i] == 0
            out.mux_one(packet)
    with pytest.raises(UnsupportedMovie, match="two pictures in one packet") as caught:
        open_movie(tmp_path / "packed.avi")
    assert "mpeg4_unpack_bframes" in caught.value.advice


def test_of_two_picture_streams_the_larger_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as out:
        streams = []
        for width, height in ((WIDTH, HEIGHT), (WIDTH * 2, HEIGHT * 2)):
            stream = out.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            stream.disposition = Disposition.default  # what is the default goes before what is larger
            streams.append(stream)
        for n in range(20):
            for shift, stream in enumerate(streams):
                picture = draw(n + 1000 * (1 - shift), stream.width, stream.height)
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
                frame.pts, frame.time_base = n, 1 / RATE
                out.mux(stream.encode(frame))
        for stream in streams:
            out.mux(stream.encode(None))
    movie = open_movie(path)
    assert movie.facts.width == WIDTH * 2
    assert numbers(movie, range(20)) == list(range(20))


def test_a_size_that_changes_in_the_middle(tmp_path: Path) -> None:
    """Each picture as it is; a view of one size brings all to it."""
    path = joined(
        tmp_path,
        [(WIDTH, HEIGHT, "yuv420p"), (WIDTH + 64, HEIGHT + 22, "yuv420p"), (WIDTH, HEIGHT, "yuv444p")],
    )
    movie = open_movie(path)
    found = list(movie.at_indices(range(len(movie.timeline))))
    assert [read(picture.rgb) for _, picture in found] == list(range(30))
    assert [(found[i][1].width, found[i][1].height) for i in (9, 10, 19, 20)] == [
        (WIDTH, HEIGHT), (WIDTH + 64, HEIGHT + 22), (WIDTH + 64, HEIGHT + 22), (WIDTH, HEIGHT),
    ]  # fmt: skip
    for i, picture in found:
        assert picture.jpeg()[:2] == b"\xff\xd8"
        made = picture.video_frame(View(size=64))
        assert (made.width, made.height) == ((128, 64) if i // 10 != 1 else (138, 64))
    assert numbers(movie, [5, 15, 25]) == [5, 15, 25]


def joined(folder: Path, parts: list[tuple[int, int, str]]) -> Path:
    """Return a transport stream of parts of ten pictures each, every one with its size and pixel format."""
    with av.open(str(folder / "a.ts"), "w") as out:
        stream = out.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = parts[0]
        for k, (width, height, pixels) in enumerate(parts):
            encoder = av.CodecContext.create("libx264", "w")
            assert isinstance(encoder, av.VideoCodecContext)
            encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = (
                width,
                height,
                pixels,
                1 / RATE,
            )
            encoder.options = {"preset": "ultrafast"}
            frames = [
                av.VideoFrame.from_ndarray(draw(n, width, height), format="rgb24")
                for n in range(10 * k, 10 * k + 10)
            ]
            for n, frame in enumerate(frames, 10 * k):
                frame.pts, frame.time_base = n, 1 / RATE
            for picture in [*(frame.reformat(format=pixels) for frame in frames), None]:
                for packet in encoder.encode(picture):
                    packet.stream = stream
                    out.mux_one(packet)
    return folder / "a.ts"


def test_one_pixel(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 1, 1, "yuv444p"
        for n in range(3):
            frame = av.VideoFrame.from_ndarray(np.full((1, 1, 3), n * 100, np.uint8), format="rgb24")
            frame.pts, frame.time_base = n, 1 / RATE
            out.mux(stream.encode(frame.reformat(format="yuv444p")))
        out.mux(stream.encode(None))
    for i, picture in open_movie(path).at_indices(range(3)):
        assert abs(int(picture.rgb[0, 0, 0]) - i * 100) < 3
        assert picture.jpeg(90, View((0.4, 0.4, 0.6, 0.6), 32))[:2] == b"\xff\xd8"
        assert picture.video_frame().width == 2


def test_a_picture_beyond_all_measure_is_as_one_that_cannot_be_decoded(tmp_path: Path) -> None:
    path = write_movie(tmp_path / "a.mkv", list(range(30)), 1 / RATE, codec="libvpx", options={"g": "10"})
    data, key = path.read_bytes(), b"\x9d\x01\x2a" + struct.pack("<HH", WIDTH, HEIGHT)
    where = data.index(key, data.index(key) + 1)
    (tmp_path / "b.mkv").write_bytes(
        data[:where] + b"\x9d\x01\x2a" + struct.pack("<HH", 16383, 16383) + data[where + len(key) :]
    )
    told: list[DamagedMovie] = []
    movie = open_movie(tmp_path / "b.mkv")
    good = [i for i, picture in movie.at_indices(range(30), told.append) if read(picture.rgb) == i]
    assert good[:10] == list(range(10))
    assert told
    assert len(told) + len(good) >= 30


def test_a_movie_beyond_all_measure_is_said_before_memory_is_taken(tmp_path: Path) -> None:
    path = write_movie(
        tmp_path / "a.mov", [0, 1], 1 / RATE, codec="prores_ks", pixel_format="yuv422p10le", options={}
    )
    data = path.read_bytes()
    path.write_bytes(data.replace(struct.pack(">HH", WIDTH, HEIGHT), struct.pack(">HH", 20_000, 20_000)))
    with pytest.raises(UnsupportedMovie, match=r"a\.mov announces pictures of 20000 × 20000 pixels"):
        open_movie(path)


@pytest.mark.parametrize(
    ("angle", "shape"), [(90.4, (WIDTH, HEIGHT)), (-89.7, (WIDTH, HEIGHT)), (45, (HEIGHT, WIDTH))]
)
def test_turns_are_quarter_turns(angle: float, shape: tuple[int, int], tmp_path: Path) -> None:
    path = write_movie(tmp_path / "a.mp4", list(range(5)), 1 / RATE, rotation=angle)  # type: ignore[arg-type]
    assert open_movie(path).frame_at(0).rgb.shape[:2] == shape
