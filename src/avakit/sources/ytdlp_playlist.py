"""Which play lists can be one movie, every picture at its time: pure."""

import re
from dataclasses import dataclass

_ENCRYPTED = re.compile(r"^#EXT-X-(?:SESSION-)?KEY:(?!.*METHOD=NONE\b)", re.MULTILINE)
_ADVERTS = ("#ANVATO-SEGMENT-INFO", "#UPLYNK-SEGMENT")
_SECONDS = re.compile(r"^#EXTINF:\s*(\d{1,6}(?:\.\d{1,9})?)", re.MULTILINE)
_MOST = 100_000


@dataclass(frozen=True)
class Playlist:
    """A play list that was read. `pieces`: how many it names; `seconds`: how long they are together; `unfit`:
    why it is not taken, None if it is.
    """

    pieces: int
    seconds: float = 0.0
    unfit: str | None = None


def read_playlist(text: str) -> Playlist:
    """Read a play list (HLS, RFC 8216). Taken are those of one whole movie: neither master lists, nor live
    ones, nor such that are encrypted, interrupted, or made of parts with several beginnings.
    """
    lines = [line.strip() for line in text.splitlines()]
    count = sum(1 for line in lines if line and not line.startswith("#"))
    seconds = sum(float(one) for one in _SECONDS.findall(text))
    return Playlist(count, seconds, _unfit(text, lines, count))


def _unfit(text: str, lines: list[str], count: int) -> str | None:
    if not text.startswith("#EXTM3U"):
        return "its play list is none"
    if any(line.startswith("#EXT-X-STREAM-INF") for line in lines):
        return "its play list is one of play lists"
    if "#EXT-X-ENDLIST" not in lines:
        return "its play list has no end yet"
    if _ENCRYPTED.search(text):
        return "its pieces are encrypted"
    begun = [line.startswith("#EXT-X-MAP") for line in lines].count(True) > 1
    if begun or "#EXT-X-DISCONTINUITY" in lines or any(line.startswith(_ADVERTS) for line in lines):
        return "its pieces are not all of one movie, so that no time in it is certain"
    return None if 0 < count <= _MOST else f"its play list names {count} pieces"
