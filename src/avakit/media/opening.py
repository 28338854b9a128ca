"""Opening a movie file so that it can do no harm and says in a sentence what is wrong with it."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import av
import av.error
from av.container import InputContainer

from avakit.errors import NotAMovie

# Play lists and image patterns are demuxers too, and would make FFmpeg open other files than the one named.
FORMATS = "matroska,webm,mov,mp4,mpegts,mpeg,avi,flv,asf,ogg,ivf,nut"

MOST_PIXELS = 1 << 26
"""Most pixels of a picture: twice what the highest levels of H.264, HEVC and AV1 allow, 100 MB as 4:2:0."""

DECODER = {"max_pixels": str(MOST_PIXELS)}
"""Options of every decoder: what announces more pixels is refused before memory is taken for it."""

# Tags need not be UTF-8. PyAV 18 refuses such a file unless told otherwise; 19 has no such argument.
_OLD = int(av.__version__.split(".")[0]) < 19
av_open: Callable[..., InputContainer] = partial(av.open, metadata_errors="replace") if _OLD else av.open
"""`av.open`, which bears tags of any bytes."""


class Extent(NamedTuple):
    """Where in a larger file, such as a tar, a movie lies: its first byte, and the one after its last."""

    start: int
    stop: int


def name_of(path: Path, extent: Extent | None) -> str:
    """Return what to call a movie in a sentence."""
    return str(path) if extent is None else f"{path}, bytes {extent.start} to {extent.stop},"


def open_container(path: Path, extent: Extent | None = None) -> InputContainer:
    """Open a local file, or the movie at an extent of it, for reading. The caller closes it.

    Raises `NotAMovie` if it is not there, cannot be read, or no demuxer knows it.
    """
    file = f"file:{path.absolute()}"  # with the protocol, no name is taken for an option or a URL
    if extent is not None:
        file = f"subfile,,start,{extent.start},end,{extent.stop},,:{file}"
    try:
        container = av_open(
            file,
            mode="r",
            options=DECODER,  # opening decodes too, if the headers do not tell enough
            container_options={
                "format_whitelist": FORMATS,
                "protocol_whitelist": "file" if extent is None else "subfile,file",
            },
        )
    except av.error.FFmpegError as error:
        raise _not_a_movie(path, extent, error) from error
    return container


def _not_a_movie(path: Path, extent: Extent | None, error: av.error.FFmpegError) -> NotAMovie:
    if isinstance(error, FileNotFoundError):
        return NotAMovie(f"{path} is not there", "Check its name, or get it again.")
    if isinstance(error, PermissionError):
        return NotAMovie(f"{path} may not be read", "Change its permissions.")
    if path.is_dir():
        return NotAMovie(f"{path} is a folder", "Name the file of a movie.")
    if path.is_file() and path.stat().st_size == 0:
        return NotAMovie(f"{path} is empty", "Get it again.")
    return NotAMovie(
        f"{name_of(path, extent)} cannot be read as a movie ({error.strerror})",
        "A download that stopped too early looks like this: get it again.",
    )
