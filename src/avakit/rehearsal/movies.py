"""Movies of real length that know their frame numbers, made in seconds."""

import heapq
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import av
import numpy as np
from av.stream import Stream
from av.video.stream import VideoStream

from avakit.rehearsal.encoding import GREY, Coded, Planes, Scene, coded_pictures, prepare
from avakit.rehearsal.recipe import Movie, Recipe
from avakit.rehearsal.sound import add_sound, sound_packets

_FORMATS = {"mp4": "mp4", "mkv": "matroska", "webm": "webm"}
_FRAGMENTS = "frag_keyframe+delay_moov+default_base_moof"
_MP4 = {
    "first": "faststart",
    "last": "disable_chpl",
    "sidx": _FRAGMENTS + "+global_sidx+skip_trailer",
    "mfra": _FRAGMENTS,
    "none": _FRAGMENTS + "+skip_trailer",
}
_MATROSKA = {"first": {"cues_to_front": "1"}, "last": {}, "none": {"live": "1"}}


def make(
    recipe: Recipe, path: Path, scene: Scene | None = None, groups: Sequence[int] | None = None
) -> Movie:
    """Make a movie by its recipe at `path` and return what is known of it.

    `scene` paints the sync frames (default: a plain ground in a colour of the movie's own), `groups` holds
    how many pictures each sync frame leads (default: `recipe.sync`). The file appears whole, under its name,
    or not at all. Raises ValueError if the recipe contradicts itself.
    """
    _check(recipe)
    ticks = recipe.ticks()
    lengths = _groups(len(ticks), recipe.sync) if groups is None else groups
    if sum(lengths) != len(ticks):
        raise ValueError(f"The groups hold {sum(lengths)} pictures, the movie {len(ticks)}.")
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".making-")
    os.close(handle)
    try:
        _write(recipe, Path(temporary), ticks, lengths, scene or _plain(recipe))
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return Movie(recipe, path)


def _check(recipe: Recipe) -> None:
    matroska = recipe.container != "mp4"
    if matroska and (recipe.hidden or recipe.index not in _MATROSKA):
        raise ValueError(f"{recipe.name}: {recipe.container} has neither edit lists nor fragments.")
    if recipe.container == "webm" and recipe.open_groups:
        raise ValueError(f"{recipe.name}: VP9 has no open groups.")
    if any((value / recipe.tick).denominator != 1 for value in (recipe.start, recipe.late)):
        raise ValueError(f"{recipe.name}: start and late must be whole ticks of {recipe.tick} s.")


def _groups(count: int, sync: int) -> list[int]:
    whole, rest = divmod(count, sync)
    return [sync] * whole + ([rest] if rest else [])


def _write(recipe: Recipe, path: Path, ticks: list[int], groups: Sequence[int], scene: Scene) -> None:
    options = {"movflags": _MP4[recipe.index]} if recipe.container == "mp4" else _MATROSKA[recipe.index]
    if recipe.hidden:
        options = options | {"use_editlist": "1", "avoid_negative_ts": "disabled"}
    with av.open(str(path), "w", format=_FORMATS[recipe.container], container_options=options) as output:
        codec = "libvpx-vp9" if recipe.container == "webm" else "libx264"
        stream = output.add_stream(codec)
        if not isinstance(stream, VideoStream):
            raise TypeError(f"{codec} codes no pictures.")
        encoder = prepare(stream.codec_context, recipe)
        stream.time_base = recipe.tick
        sound = sound_packets(add_sound(output, recipe), recipe) if recipe.sound else iter(())
        output.start_encoding()
        pictures = coded_pictures(encoder, recipe, groups, scene)
        for packet in heapq.merge(_packets(stream, recipe, ticks, pictures), sound, key=_moment):
            output.mux(packet)


def _moment(packet: "av.Packet[Stream]") -> float:
    return float((packet.dts or 0) * packet.time_base)


def _packets(
    stream: VideoStream, recipe: Recipe, ticks: list[int], pictures: Iterator[Coded]
) -> Iterator["av.Packet[Stream]"]:
    """Give the coded pictures their time stamps; each is decoded when the one `reorder` before it begins."""
    offset = int((recipe.start + recipe.late) / recipe.tick) - ticks[recipe.hidden]
    reorder = 0 if recipe.container == "webm" else min(recipe.b_frames, 2)
    step = ticks[1] - ticks[0]
    beginnings = [*(-step * back for back in range(reorder, 0, -1)), *ticks]
    ends = [*ticks[1:], ticks[-1] + step]
    for place, coded in enumerate(pictures):
        packet = av.Packet(coded.data)
        packet.pts = ticks[coded.number] + offset
        packet.dts = beginnings[place] + offset
        packet.duration = ends[coded.number] - ticks[coded.number]
        packet.time_base = recipe.tick
        packet.stream = stream
        packet.is_keyframe = coded.sync
        yield packet


def _plain(recipe: Recipe) -> Scene:
    """Return a scene in a colour of the movie's own, with a mark that wanders from group to group."""
    blue, red = 88 + recipe.number % 80, 88 + recipe.number * 7 % 80
    ground = np.linspace(60, 160, recipe.width).astype(np.uint8)
    bottom = recipe.height - 32

    def paint(number: int, planes: Planes) -> None:
        planes.y[:bottom] = ground
        planes.u[: bottom // 2], planes.v[: bottom // 2] = blue, red
        left = number // recipe.sync * 7 % (recipe.width - 24)
        planes.y[24 : bottom - 8, left : left + 16] = 200
        planes.y[bottom:] = GREY

    return paint


__all__ = ["Movie", "Recipe", "make"]
