"""yt-dlp as a library: asking it for one video's formats, and opening what it found with its own opener."""

import importlib
import importlib.util
import io
import re
import threading
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Literal, Protocol, TypeVar

from avakit.errors import UsageError
from avakit.sources.access import Access
from avakit.sources.formats import Format
from avakit.sources.ytdlp_pieces import Pieces, walk
from avakit.transfer.again import interrupted

if TYPE_CHECKING:
    from yt_dlp import YoutubeDL

Result = TypeVar("Result")

SECONDS = 20.0
"""How long a connection of yt-dlp's may give nothing."""

_GLANCE = 0.1
_BROWSER = re.compile(r"([^+:]+)(?:\+([^:]+))?(?::(?!:)(.+?))?(?:::(.+))?")
_BROWSERS = frozenset(
    ["brave", "chrome", "chromium", "edge", "firefox", "opera", "safari", "vivaldi", "whale"]
)


class Answer(Protocol):
    """An answer of yt-dlp's opener."""

    status: int
    headers: Mapping[str, str]
    url: str

    def read(self, amount: int) -> bytes:
        """Return so many bytes, fewer at the end."""

    def close(self) -> None:
        """End the transfer."""


@dataclass(frozen=True)
class Found:
    """What an extraction told of a video. `live`: it is not recorded yet, or only just; `closed`: the word
    for those it is kept for, such as `premium_only`; `warnings`: what yt-dlp said on the way.
    """

    id: str
    formats: tuple[Format, ...]
    live: bool = False
    closed: str | None = None
    warnings: tuple[str, ...] = ()


class Quiet:
    """A logger for yt-dlp that keeps its warnings, and prints nothing."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def debug(self, message: str) -> None:
        """Pass over what is no trouble."""

    info = debug

    def warning(self, message: str) -> None:
        """Keep a warning."""
        self.warnings.append(message)

    error = warning


def installed() -> bool:
    """Return whether yt-dlp is there."""
    return importlib.util.find_spec("yt_dlp") is not None


class YtDlp:
    """One yt-dlp for a run: it remembers what it learnt of the site's player. Its settings are ours alone: no
    file of settings is read, no plug-in loaded, nothing written, and no other country pretended.
    """

    def __init__(self, access: Access, extractors: Iterable[type] = (), key: str = "Youtube") -> None:
        """Let it ask by the extractor called `key`; `extractors` are known to it beside its own.

        Raises `UsageError` for a file of cookies or a browser that there is not. Imports it, which takes a
        second.
        """
        self._log = Quiet()
        self._key = key
        self._down = _started(_settings(access, self._log))
        for one in extractors:
            self._down.add_info_extractor(one())
        self._down.get_info_extractor(key)
        # It has no end of its own that would not write cookies: its connections end with this object.
        weakref.finalize(self, self._down._request_director.close)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What it warned of in the last extraction."""
        return tuple(self._log.warnings)

    def extract(self, url: str) -> Found:
        """Return what there is of a video. Raises yt-dlp's own exceptions."""
        self._log.warnings.clear()
        info = self._down.extract_info(url, download=False, ie_key=self._key)
        return found_in(info if isinstance(info, Mapping) else {}, self._log.warnings)

    def open(self, one: Format, start: int, stop: int | None) -> Answer:
        """Ask for the bytes of a format. Raises yt-dlp's own exceptions."""
        span = f"bytes={start}-{'' if stop is None else stop - 1}"
        return self.ask(one.url, {**one.headers, "Range": span})

    def ask(self, url: str, headers: Mapping[str, str]) -> Answer:
        """Ask for a URL. Raises yt-dlp's own exceptions."""
        request = importlib.import_module("yt_dlp.networking").Request
        sent = {**headers, "Accept-Encoding": "identity"}
        answer: Answer = self._down.urlopen(request(url, headers=sent))
        return answer

    def walk(self, one: Format, told: Mapping[str, object], pieces: Pieces) -> None:
        """Let yt-dlp's own downloader of a format in pieces walk through them, one after another. `told`
        comes before what the extraction told. Raises yt-dlp's own exceptions, and what `pieces` raises.
        """
        walk(self._down, {**one.told, **told, "is_live": False}, one.pieces == "hls", pieces)


def found_in(info: Mapping[str, object], warnings: Sequence[str] = ()) -> Found:
    """Return what an answer of `extract_info` tells. Whatever is missing or odd in it is left out."""
    formats = info.get("formats")
    rows = formats if isinstance(formats, list | tuple) else []
    closed = info.get("availability")
    return Found(
        str(info.get("id", "")),
        tuple(_format(row) for row in rows if isinstance(row, Mapping)),
        live=info.get("live_status") in ("is_live", "is_upcoming", "post_live"),
        closed=closed if closed in ("premium_only", "subscriber_only") else None,
        warnings=tuple(warnings),
    )


def _format(row: Mapping[str, object]) -> Format:
    headers = row.get("http_headers")
    whole = row.get("protocol") in ("http", "https") and not row.get("fragments")
    url = str(row.get("url", ""))
    open_ = not row.get("has_drm") and url.startswith(("http://", "https://"))
    return Format(
        id=str(row.get("format_id", "")),
        ext=str(row.get("ext", "")),
        pictures=_codec(row.get("vcodec")),
        sound=_codec(row.get("acodec")),
        height=int(_number(row.get("height"))),
        rate=_number(row.get("tbr")),
        preference=int(_number(row.get("language_preference"))),
        plain=whole and open_,
        url=url,
        headers={str(k): str(v) for k, v in headers.items()} if isinstance(headers, Mapping) else {},
        pieces=_pieces(row) if open_ else None,
        told=row,
    )


def _pieces(row: Mapping[str, object]) -> Literal["hls", "dash"] | None:
    """Return which kind of pieces a format comes in, if it is one that can be put together."""
    if row.get("protocol") in ("m3u8", "m3u8_native"):
        return "hls"
    listed = row.get("protocol") == "http_dash_segments" and isinstance(row.get("fragments"), Sequence)
    return "dash" if listed else None


def _codec(said: object) -> str | None:
    return None if said in (None, "none") else str(said)


def _number(said: object) -> float:
    return float(said) if isinstance(said, int | float) else 0.0


def _started(settings: dict[str, object]) -> "YoutubeDL":
    """Start yt-dlp without the plug-ins that lie about on this machine."""
    importlib.import_module("yt_dlp.globals").plugin_dirs.value = []
    return importlib.import_module("yt_dlp").YoutubeDL(settings, auto_init=False)


def _settings(access: Access, log: Quiet) -> dict[str, object]:
    return {
        "quiet": True,
        "logger": log,
        "color": "no_color",
        "cachedir": False,
        "format": lambda context: context["formats"][-1:],  # which one is taken is decided by `choose`
        "noplaylist": True,
        "proxy": access.proxy,
        # Read into memory: yt-dlp writes a file of cookies anew.
        "cookiefile": None if access.cookies is None else io.StringIO(_text(access.cookies)),
        "cookiesfrombrowser": None if access.browser is None else browser(access.browser),
        "geo_bypass": False,
        "socket_timeout": SECONDS,
        "sleep_interval_requests": 0.75,
        "extractor_retries": 2,
        "retry_sleep_functions": {"extractor": lambda n: min(2.0**n, 8.0)},
        "js_runtimes": {"deno": {"path": _deno()}, "node": {}},
    }


def _text(cookies: Path) -> str:
    try:
        return cookies.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{cookies} cannot be read as a file of cookies", "Check --cookies.") from error


def browser(text: str) -> tuple[str, str | None, str | None, str | None]:
    """Return browser, profile, keyring and container of a `--cookies-from-browser` argument, which is
    `BROWSER[+KEYRING][:PROFILE][::CONTAINER]` as for yt-dlp. Raises `UsageError`.
    """
    match = _BROWSER.fullmatch(text.strip())
    if match is None or match[1].strip().casefold() not in _BROWSERS:
        raise UsageError(
            f"{text[:40]!a} is not a browser whose cookies can be used",
            f"There are {', '.join(sorted(_BROWSERS))}.",
        )
    keyring = match[2].strip().upper() if match[2] else None
    return match[1].strip().casefold(), match[3], keyring, match[4]


def _deno() -> str | None:
    """Return where the runtime of the Python wheel lies, which is on no search path; None to look there."""
    if importlib.util.find_spec("deno") is None:
        return None
    with suppress(OSError):
        return str(importlib.import_module("deno").find_deno_bin())
    return None


def aside(call: Callable[[], Result], stop: Event) -> Result:
    """Return what `call` returns, made in a thread of its own, so that `stop` ends the wait for it at once.

    Raises what it raises, or `Interrupted`; a call that is left behind ends by its own time limits.
    """
    done, results, errors = Event(), list[Result](), list[BaseException]()

    def run() -> None:
        try:
            results.append(call())
        except BaseException as error:  # noqa: BLE001 - handed to who waits
            errors.append(error)
        finally:
            done.set()

    threading.Thread(target=run, daemon=True, name="avakit-ytdlp").start()
    while not done.wait(_GLANCE):
        if stop.is_set():
            raise interrupted()
    if errors:
        raise errors[0]
    return results[0]
