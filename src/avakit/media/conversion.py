"""Changes of size and pixel format by FFmpeg's swscale, whose contexts are kept between pictures."""

from collections import OrderedDict
from threading import Lock

import av.error
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

from avakit.errors import UnsupportedMovie

_KEPT = 16
_SCALING = Interpolation.BICUBIC | Interpolation.ACCURATE_RND

Shape = tuple[int, int]


class Converter:
    """Converts frames. One for all pictures of a pass: setting a context up costs more than its use.

    May be shared between threads, which then wait for each other.
    """

    def __init__(self) -> None:
        """Begin with no context."""
        self._lock = Lock()
        self._contexts: OrderedDict[tuple[object, ...], VideoReformatter] = OrderedDict()

    def convert(
        self,
        frame: VideoFrame,
        to: str,
        space: Colorspace | None = None,
        levels: ColorRange | None = None,
        size: Shape | None = None,
    ) -> VideoFrame:
        """Return a frame of pixel format `to`; the very same one if there is nothing to do.

        `space` and `levels`: matrix and range, the frame's own if None; `size`: (width, height), scaled
        bicubically if it is another than the frame's. Raises `UnsupportedMovie`.
        """
        width, height = size or (frame.width, frame.height)
        scales = (width, height) != (frame.width, frame.height)
        how = _SCALING if scales else Interpolation.BILINEAR
        with self._lock:
            context = self._context((frame.format.name, frame.width, frame.height, to, width, height, levels))
            try:  # one thread: whoever wants more decodes several parts of the movie at once
                return context.reformat(
                    frame, width, height, to, dst_colorspace=space, dst_color_range=levels,
                    interpolation=how, threads=1,
                )  # fmt: skip
            except (av.error.FFmpegError, ValueError) as error:
                raise UnsupportedMovie(
                    f"Pictures of format {frame.format.name}, colour space {frame.colorspace},"
                    " cannot be converted",
                    "Bring it to another format with another tool first, as in `ffmpeg -i movie other.mp4`.",
                ) from error

    def _context(self, key: tuple[object, ...]) -> VideoReformatter:
        context = self._contexts.get(key)
        if context is None:
            context = self._contexts[key] = VideoReformatter()
            if len(self._contexts) > _KEPT:
                self._contexts.popitem(last=False)
        else:
            self._contexts.move_to_end(key)
        return context
