"""Short mp4's as other encoders write them."""

from collections.abc import Mapping
from pathlib import Path

import av
import numpy as np

KINDS: Mapping[str, tuple[str, dict[str, str], dict[str, str]]] = {
    "hevc, open groups": ("libx265", {"x265-params": "keyint=25:bframes=3:open-gop=1:log-level=none"}, {}),
    "hevc": ("libx265", {"x265-params": "keyint=25:bframes=3:open-gop=0:log-level=none"}, {}),
    "no sync pictures but the first": ("libx264", {"x264-params": "keyint=25:intra-refresh=1"}, {}),
    "open groups": ("libx264", {"x264-params": "keyint=25:open-gop=1:bframes=3"}, {}),
    "messages before each picture": (
        "libx264",
        {"x264-params": "keyint=25:aud=1:nal-hrd=vbr:vbv-maxrate=200:vbv-bufsize=200"},
        {},
    ),
    "slices": ("libx264", {"x264-params": "keyint=25:slices=4:bframes=2"}, {}),
    "interlaced": ("libx264", {"x264-params": "keyint=25:interlaced=1:tff=1"}, {}),
    "no edit list": ("libx264", {"x264-params": "keyint=25:bframes=2"}, {"use_editlist": "0"}),
}
"""Encoder, its options, and the container's, by what is particular."""

OTHERS: Mapping[str, tuple[str, dict[str, str], dict[str, str]]] = {
    "mpeg-4 part 2": ("mpeg4", {}, {}),
    "negative offsets": (
        "libx264",
        {"x264-params": "keyint=25:bframes=2"},
        {"movflags": "negative_cts_offsets"},
    ),
}


def code(kind: tuple[str, dict[str, str], dict[str, str]], path: Path, count: int = 100) -> Path:
    """Write an mp4 of so many pictures, 25 a second."""
    codec, options, container = kind
    with av.open(str(path), "w", format="mp4", container_options=container) as output:
        stream = output.add_stream(codec, rate=25)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt, stream.options = 96, 64, "yuv420p", dict(options)
        for number in range(count):
            picture = np.full((64, 96, 3), number * 7 % 255, np.uint8)
            picture[:, number % 90 : number % 90 + 5] = 200
            output.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        output.mux(stream.encode(None))
    return path
