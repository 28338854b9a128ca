"""yt-dlp's own downloaders of play lists and of lists of fragments, their pieces handed on as they come: it
reads the lists, and no piece goes by way of the disk.
"""

import importlib
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from avakit.errors import TransferError

if TYPE_CHECKING:
    from yt_dlp import YoutubeDL

Context = MutableMapping[str, object]

_HOOKS = (
    "_prepare_and_start_frag_download",
    "_download_fragment",
    "_read_fragment",
    "_append_fragment",
    "_finish_frag_download",
)
_UPDATE = "Bring it up to date: pip install -U 'avakit[youtube]' yt-dlp."


@dataclass
class Pieces:
    """What is done with the pieces. `fetch`: returns the bytes of a URL, asked for with headers; `give`:
    takes those of the next piece; `done`: so many were given, and are not given again.
    """

    fetch: Callable[[str, Mapping[str, str]], bytes]
    give: Callable[[bytes], None]
    done: int = 0


def walk(down: "YoutubeDL", told: Mapping[str, object], is_list: bool, pieces: Pieces) -> None:
    """Walk through the pieces of a format: of a play list (`is_list`), or of a list of fragments. `told` is
    what yt-dlp knows of it. No piece is passed over. Raises yt-dlp's own exceptions, what `pieces` raises,
    and `TransferError` where this yt-dlp is another than is known here.
    """
    module, name = ("hls", "HlsFD") if is_list else ("dash", "DashSegmentsFD")
    base = getattr(importlib.import_module(f"yt_dlp.downloader.{module}"), name, None)
    if base is None or not all(callable(getattr(base, hook, None)) for hook in _HOOKS):
        raise TransferError("This yt-dlp puts pieces together in a way that is not known here", _UPDATE)
    settings = {
        **down.params,
        "skip_unavailable_fragments": False,
        "fragment_retries": 0,
        "concurrent_fragment_downloads": 1,
        "external_downloader": None,
        "hls_prefer_native": True,
        "noprogress": True,
    }
    kind = type(f"Handing{name}", (_Handing, base), {})
    walker = kind(down, settings)
    walker.pieces = pieces
    if not walker.real_download("pieces", dict(told)):
        raise TransferError("yt-dlp did not come to the end of the pieces", "Run again.")


class _Handing:
    """What is other than in yt-dlp's own downloader of pieces: where they come from, and where they go."""

    pieces: Pieces
    _content: bytes = b""

    def _prepare_and_start_frag_download(self, ctx: Context, info_dict: object) -> None:
        ctx.update(fragment_index=self.pieces.done, dest_stream=_Nothing(), tmpfilename="-")

    def _download_fragment(
        self,
        ctx: Context,
        frag_url: str,
        info_dict: object,
        headers: Mapping[str, str] | None = None,
        request_data: object = None,
    ) -> bool:
        self._content = self.pieces.fetch(frag_url, dict(headers or {}))
        return True

    def _read_fragment(self, ctx: Context) -> bytes:
        return self._content

    def _append_fragment(self, ctx: Context, frag_content: bytes) -> None:
        index = ctx["fragment_index"]
        # The beginning of a play list is asked for again by who goes on in it.
        if isinstance(index, int) and index > self.pieces.done:
            self.pieces.give(frag_content)
            self.pieces.done = index

    def _finish_frag_download(self, ctx: Context, info_dict: object) -> bool:
        return True


class _Nothing:
    """Stands for a file that is not written."""

    def close(self) -> None:
        """Do nothing."""
