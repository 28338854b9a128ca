"""Small products of one video, whose pictures tell by their grey which picture of the movie they are."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import simplejpeg

from avakit.media.timeline import Timeline
from avakit.preparation.store.parquet import write_record
from avakit.preparation.store.record import NONE, Record, record_of
from avakit.preparation.store.tar import pack

VIDEO = "-5KQ66BBWC4"
FILM = Timeline(
    np.arange(0, 250, dtype=np.int64), Fraction(1, 25), Fraction(900), Fraction(0), Fraction(910)
)  # fmt: skip


def grey(picture: int) -> int:
    """The grey of picture `picture` of the movie."""
    return 20 + picture % 77 * 3


def jpeg(picture: int, width: int = 64, height: int = 48) -> bytes:
    plain = np.full((height, width, 3), grey(picture), np.uint8)
    data: bytes = simplejpeg.encode_jpeg(plain, 95, "RGB", "420")
    return data


def grid(count: int = 60) -> Record:
    """The first pictures of the grid of 30 a second, on a movie of 25."""
    seconds = [900 + Fraction(i, 30) for i in range(count)]
    names = [f"{VIDEO}_{i:06}.jpg" for i in range(1, count + 1)]
    lacking = np.zeros(count, dtype=np.bool_)
    return record_of(FILM, names, seconds, FILM.at_many(seconds), lacking, range(1, count + 1))


def keyframes(seconds: Sequence[Fraction | int] = range(901, 909)) -> Record:
    names = [f"{VIDEO}_{int(second):04}.jpg" for second in seconds]
    pictures = FILM.at_many(list(seconds))
    return record_of(FILM, names, seconds, pictures, [False] * len(names), [int(s) for s in seconds])


def without(record: Record, rows: Sequence[int]) -> Record:
    """A record in which some rows have no picture."""
    picture, lacking = record.picture.copy(), record.lacking.copy()
    picture[list(rows)], lacking[list(rows)] = NONE, True
    return replace(record, picture=picture, lacking=lacking)


def store(root: Path, product: str, record: Record, kind: str = "folder") -> Path:
    """Lay a product down as `prepare` does; return its place."""
    place = root / product / VIDEO
    place.mkdir(parents=True)
    there = np.flatnonzero(record.picture != NONE).tolist()
    for row in there:
        (place / record.file[row]).write_bytes(jpeg(int(record.picture[row])))
    if kind == "tar":
        offset, size = (np.full(len(record), NONE, dtype=np.int64) for _ in range(2))
        tar = place.with_name(f"{VIDEO}.tar")
        offset[there], size[there] = pack(place, [record.file[row] for row in there], tar)
        record = replace(record, offset=offset, size=size)
        for file in place.iterdir():
            file.unlink()
        place.rmdir()
    write_record(place.with_name(f"{VIDEO}.parquet"), record, {})
    return place


def shown(pictures: npt.NDArray[np.uint8]) -> list[int]:
    """The grey of each picture, rounded to what `grey` may give."""
    return [20 + round((float(picture.mean()) - 20) / 3) * 3 for picture in pictures]


def film(path: Path, pictures: Sequence[int], width: int = 64) -> None:
    """A short movie of these pictures."""
    with av.open(path, "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.bit_rate = width, 48, 10**7
        for picture in pictures:
            plain = np.full((48, width, 3), grey(picture), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(plain, format="rgb24")))
        container.mux(stream.encode())
