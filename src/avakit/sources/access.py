"""By what, and as whom, sources are asked."""

from dataclasses import dataclass
from pathlib import Path

from avakit.transfer.http import Http


@dataclass(frozen=True)
class Access:
    """What a source may use.

    `http`: connections, with the governor of all hosts; `proxy`: URL; `rate`: bytes a second in all (None:
    any); `cookies`: a file in Netscape's format; `browser`: whose cookies are used, as yt-dlp calls it;
    `height`: of pictures at most, in pixels, where a source has several.
    """

    http: Http
    proxy: str | None = None
    rate: int | None = None
    cookies: Path | None = None
    browser: str | None = None
    height: int | None = None
