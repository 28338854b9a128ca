"""Clips at random out of the stores of frames: bytes a picture against milliseconds a clip.

A clip is 32 pictures, every second number of the 30 fps grid, or 8, every eighth: as models read them. The
movie is of 25 fps, and its pictures are stored with a short side of 256 pixels. All stores hold the same
pictures, and read the same clips in turn, in one thread, from memory that is warm.
"""

import math
import os
import random
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import simplejpeg
from av.video.frame import VideoFrame

from avakit.media.movie import Movie, open_movie
from avakit.media.view import View
from avakit.preparation.making import Making, Site
from avakit.preparation.piece import run_piece
from avakit.preparation.plan import ProductPlan, plan_product
from avakit.preparation.products import Product
from avakit.preparation.reading.video import StoredVideo
from avakit.preparation.recipe import Recipe
from avakit.preparation.stills import Stills
from avakit.preparation.store.coding import EVERY, Coding, h264
from avakit.preparation.store.parquet import read_record
from avakit.preparation.store.tar import TarPictures
from avakit.preparation.training import VideoStore
from benchmarks.movies import KINDS, movie, real
from benchmarks.ssim import Luma, full_range, ssim
from benchmarks.stores_chart import Point, chart

START, SPAN = 900, 40
SIDE, QUALITY = 256, 90
CLIPS = {"32 pictures, every 2nd": (32, 2), "8 pictures, every 8th": (8, 8)}
_DRAWN = 12
_SAMPLED = 17  # every so many pictures one is looked at: no multiple of any group's length
_SIZED = View(size=SIDE)

Pixels = npt.NDArray[np.uint8]

FOLDER, TAR = "JPEG files, q90", "tar"
DEFAULT = f"every {EVERY}"
GROUPS, QUALITY_OF = "pictures from sync to sync", "crf"
TOOLS, CODECS = "all tools of H.264", "other codecs"
CHARTED = ("JPEG", GROUPS, QUALITY_OF, TOOLS, CODECS)
_FAMILIES: dict[str, dict[str, Coding]] = {
    GROUPS: {f"every {every}": h264(every) for every in (1, 2, 4, 8, 12, 16, 32)},
    QUALITY_OF: {f"crf {crf}": h264(crf=crf) for crf in (14, 16, 20, 22, 24, 26)},
    "presets": {preset: h264(preset=preset) for preset in ("ultrafast", "superfast", "medium")},
    "pictures that no other refers to": {f"{count} between": h264(between=count) for count in (0, 2, 5)},
    TOOLS: {f"all tools, every {every}": h264(every, fast=False) for every in (4, 12)},
    CODECS: {
        "HEVC (libx265)": Coding(
            "libx265",
            12,
            {
                "preset": "veryfast",
                "crf": "21",
                "tune": "fastdecode",
                "x265-params": "keyint=12:min-keyint=12:scenecut=0:open-gop=0:bframes=1:b-adapt=0:"
                "pools=none:frame-threads=1:wpp=0:log-level=none",
            },
        ),
        "AV1 (libsvtav1)": Coding(
            "libsvtav1",
            12,
            {"preset": "9", "crf": "26", "svtav1-params": "keyint=12:fast-decode=2:lp=1:scd=0"},
        ),
    },
}


class Reads(Protocol):
    """Whatever gives pictures by the row of the record."""

    def rgb(self, rows: Sequence[int]) -> Pixels:
        """Return the pictures of rows."""


@dataclass(frozen=True)
class Store:
    """A store that was made: bytes a different picture; `coding`: processor ms for one, with decoding."""

    family: str
    name: str
    reads: Reads
    bytes: float
    coding: float
    ssim: float

    @property
    def label(self) -> str:
        """What to call it in the chart: of a family that is counted, the number."""
        return self.name.split()[-1] if self.family in (GROUPS, QUALITY_OF) else self.name


def run(world: Path, runs: int) -> str:
    """Return the table; the chart goes to `stores.svg` in `world`."""
    os.environ["SVT_LOG"] = "1"  # its encoder of AV1 talks
    world = world / "prepare"
    path = movie(world, KINDS["v360"])
    with tempfile.TemporaryDirectory(dir=world, prefix="stores-") as folder:
        stores = made(open_movie(path), Path(folder))
        times = raced(stores, runs)
    points = [
        Point(store.family, store.label, store.bytes, kind, took)
        for kind, of in times.items()
        for store, took in zip(stores, of, strict=True)
        if store.family in CHARTED
    ]
    (world / "stores.svg").write_text(chart(points, DEFAULT.split()[-1]), "utf-8")
    of_what = "real people" if real() else "drawn scenery: AVAKIT_REAL_DATA is not set"
    return f"{_table(stores, times)}\n\nMovie of {of_what}, {SPAN} s; the chart is {world / 'stores.svg'}."


def made(source: Movie, folder: Path) -> list[Store]:
    """Make every store of the same pictures."""
    ticks = range(START * 30, (START + SPAN) * 30)
    plan = plan_product(source.timeline, Product("frames", 30, ticks, range(1, len(ticks) + 1), 6), "error")
    looked = np.unique(plan.indices)[5::_SAMPLED]
    right = {
        index: full_range(_luma(picture.video_frame(_SIZED))) for index, picture in source.at_indices(looked)
    }
    stores = [_jpegs(source, plan, folder, right), _tar(source, plan, folder, right)]
    for family, codings in _FAMILIES.items():
        stores += [
            _video(source, plan, folder / f"{len(stores)}-{n}", family, name, coding, right)
            for n, (name, coding) in enumerate(codings.items())
        ]
    return stores


def raced(stores: Sequence[Store], runs: int) -> dict[str, list[float]]:
    """Return the median processor milliseconds of a clip for each, all reading the same clips in turn."""
    return {kind: _raced(stores, runs, length, stride) for kind, (length, stride) in CLIPS.items()}


def _raced(stores: Sequence[Store], runs: int, length: int, stride: int) -> list[float]:
    starts = random.Random(9).sample(range(SPAN * 30 - length * stride), _DRAWN)
    taken: list[list[float]] = [[] for _ in stores]
    for run in range(runs + 1):
        for start in starts:
            for place, store in enumerate(stores):
                began = time.thread_time()
                store.reads.rgb(range(start, start + length * stride, stride))
                if run:
                    taken[place].append(1000 * (time.thread_time() - began))
    return [statistics.median(times) for times in taken]


@dataclass(frozen=True)
class _Files:
    """JPEG files, read as everybody reads them."""

    paths: Sequence[str]

    def rgb(self, rows: Sequence[int]) -> Pixels:
        out: Pixels | None = None
        for place, row in enumerate(rows):
            with open(self.paths[row], "rb") as file:  # noqa: PTH123 - as loaders do
                pixels = simplejpeg.decode_jpeg(file.read())
            out = np.empty((len(rows), *pixels.shape), np.uint8) if out is None else out
            out[place] = pixels
        assert out is not None
        return out


@dataclass(frozen=True)
class _Members:
    tar: TarPictures
    offsets: npt.NDArray[np.int64]
    sizes: npt.NDArray[np.int64]

    def rgb(self, rows: Sequence[int]) -> Pixels:
        read = (self.tar.read(int(self.offsets[row]), int(self.sizes[row])) for row in rows)
        return np.stack([simplejpeg.decode_jpeg(data) for data in read])


@dataclass(frozen=True)
class _Stored:
    video: StoredVideo
    places: npt.NDArray[np.int64]

    def rgb(self, rows: Sequence[int]) -> Pixels:
        return self.video.rgb(self.places[rows])


def _made(making: Making, source: Movie) -> tuple[int, float]:
    """Make a product; return its bytes, and the processor seconds that it took."""
    began = time.process_time()
    chore = making.chore(making.open())
    assert chore is not None
    run_piece(source, (chore,))
    size = making.finish(frozenset()).bytes
    return size, time.process_time() - began


def _site(folder: Path) -> Site:
    return Site("movie", folder / "partial" / "frames-movie", folder / "frames" / "movie", {})


def _jpegs(source: Movie, plan: ProductPlan, folder: Path, right: dict[int, Luma]) -> Store:
    folder = folder / "folder"
    making = Stills(_site(folder), source, plan, Recipe(size=SIDE, quality=QUALITY), "folder")
    size, seconds = _made(making, source)
    paths = [
        str(folder / "frames" / "movie" / plan.product.file_name("movie", k))
        for k in range(len(plan.indices))
    ]
    count = len(np.unique(plan.indices))
    alike = []
    for index, luma in right.items():
        data = Path(paths[int(np.searchsorted(plan.indices, index))]).read_bytes()
        alike.append(ssim(luma, simplejpeg.decode_jpeg(data, "GRAY")[:, :, 0].astype(np.float64)))
    return Store("JPEG", FOLDER, _Files(paths), size / count, 1000 * seconds / count, statistics.mean(alike))


def _tar(source: Movie, plan: ProductPlan, folder: Path, right: dict[int, Luma]) -> Store:
    folder = folder / "tar"
    making = Stills(_site(folder), source, plan, Recipe(size=SIDE, quality=QUALITY, store="tar"), "tar")
    size, seconds = _made(making, source)
    record = read_record(folder / "frames" / "movie.parquet")
    assert record.offset is not None
    assert record.size is not None
    count = len(np.unique(plan.indices))
    reads = _Members(TarPictures(folder / "frames" / "movie.tar"), record.offset, record.size)
    return Store("JPEG", TAR, reads, size / count, 1000 * seconds / count, float("nan"))


def _video(
    source: Movie,
    plan: ProductPlan,
    folder: Path,
    family: str,
    name: str,
    coding: Coding,
    right: dict[int, Luma],
) -> Store:
    size, seconds = _made(VideoStore(_site(folder), source, plan, _SIZED, "error", coding), source)
    path = folder / "frames" / "movie.mp4"
    record = read_record(folder / "frames" / "movie.parquet")
    assert record.stored is not None
    pictures = np.unique(plan.indices)
    looked = np.searchsorted(pictures, list(right))
    alike = [
        ssim(right[int(pictures[place])], full_range(_luma(picture.video_frame())))
        for place, picture in open_movie(path).at_indices(looked)
    ]
    count = len(pictures)
    reads = _Stored(StoredVideo(path), record.stored)
    return Store(family, name, reads, size / count, 1000 * seconds / count, statistics.mean(alike))


def _luma(frame: VideoFrame) -> Pixels:
    plane = frame.planes[0]
    return np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]


def _table(stores: Sequence[Store], times: Mapping[str, Sequence[float]]) -> str:
    """Return a Markdown table, everything beside the JPEG files."""
    files = stores[0]
    kinds = "".join(f" ms for {kind} | × |" for kind in times)
    lines = [
        f"### Clips at random, short side {SIDE}",
        "",
        f"| store | bytes a picture | × JPEG |{kinds} SSIM | coding, ms a picture |",
        "|---|---|---|" + "---|---|" * len(times) + "---|---|",
    ]
    for place, store in enumerate(stores):
        name = f"**{store.name}**" if store.name == DEFAULT else store.name
        likeness = "the same" if math.isnan(store.ssim) else f"{store.ssim:.4f}"
        clips = "".join(f" {of[place]:.1f} | {of[place] / of[0]:.2f} |" for of in times.values())
        lines.append(
            f"| {name} | {store.bytes:,.0f} | {store.bytes / files.bytes:.2f} |{clips} {likeness} "
            f"| {store.coding:.1f} |"
        )
    return "\n".join(lines)
