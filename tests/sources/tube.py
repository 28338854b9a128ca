"""A site on loopback that yt-dlp's own code reads: a page a video, and its files behind addresses that
expire.
"""

import json
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from yt_dlp.extractor.common import InfoExtractor
from yt_dlp.utils import ExtractorError


class TubeIE(InfoExtractor):  # type: ignore[misc]
    """Reads the pages of a `Tube`, as yt-dlp's extractors read theirs."""

    _VALID_URL = r"http://127\.0\.0\.1:\d+/watch/(?P<id>[\w-]{11})"

    def _real_extract(self, url: str) -> dict[str, object]:
        video = self._match_id(url)
        page: dict[str, object] = self._download_json(url, video)
        if said := page.get("said"):
            raise ExtractorError(str(said), expected=True)
        return {"id": video, "title": video, **page}


class Tube:
    """`formats`: by video, as yt-dlp calls their fields, with `file` beside; `said`: refusals by video.

    `lasts`: so many answers an address gives before it has expired; `statuses`: given to the next requests
    for files; `stall`, `trickle`: seconds before each answer's second half, or each byte of it.
    """

    def __init__(self) -> None:
        self.url = ""
        self.formats: dict[str, list[dict[str, object]]] = {}
        self.files: dict[str, Path] = {}
        self.pieces: dict[str, Path] = {}
        self.asked: list[str] = []
        self.said: dict[str, str] = {}
        self.more: dict[str, object] = {}
        self.lasts: int | None = None
        self.statuses: list[int] = []
        self.short = 0
        self.shifted = 0
        self.stall = 0.0
        self.trickle = 0.0
        self.redirect: str | None = None
        self.pages: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.sent = 0
        self.ending = threading.Event()
        self._used: Counter[str] = Counter()
        self._lock = threading.Lock()

    def put(self, video: str, pictures: Path, sound: Path | None, height: int = 360) -> None:
        """Let a video be there, with pictures and sound apart."""
        made: list[dict[str, object]] = [
            {
                "format_id": "v",
                "ext": pictures.suffix[1:],
                "vcodec": "avc1",
                "acodec": "none",
                "height": height,
            }
        ]
        if sound is not None:
            ext = {".mp4": "m4a"}.get(sound.suffix, sound.suffix[1:])
            made.append({"format_id": "a", "ext": ext, "vcodec": "none", "acodec": "mp4a", "abr": 128})
        self.formats[video] = made
        for one, file in (("v", pictures), ("a", sound)):
            if file is not None:
                self.files[f"/file/{video}/{one}"] = file

    def put_pieces(self, video: str, *rows: dict[str, object], folder: Path) -> None:
        """Let a video be there in pieces alone: those of `folder`, in which a row's `list` or `names` lie."""
        self.formats[video] = [{"ext": "mp4", "height": 360, "vcodec": "avc1", **row} for row in rows]
        self.pieces[video] = folder

    def _addresses(self, row: dict[str, object], video: str, token: int) -> dict[str, object]:
        base = f"{self.url}/piece/{token}-secret/{video}/"
        if "list" in row:
            return {"url": f"{base}{row['list']}", "protocol": "m3u8_native"}
        if isinstance(names := row.get("names"), list):
            fragments = [{"path": name} for name in names]
            return {
                "url": base,
                "protocol": "http_dash_segments",
                "fragment_base_url": base,
                "fragments": fragments,
            }
        return {"url": f"{self.url}/file/{video}/{row['format_id']}?token={token}-secret"}

    def page(self, video: str) -> dict[str, object]:
        with self._lock:
            self.pages.append(video)
            token = len(self.pages)
        if video in self.said:
            return {"said": self.said[video]}
        rows = [{**row, **self._addresses(row, video, token)} for row in self.formats[video]]
        return {"formats": rows, **self.more}

    def status(self, path: str, token: str) -> int:
        with self._lock:
            if self.statuses:
                return self.statuses.pop(0)
            self._used[f"{path} {token}"] += 1
            expired = self.lasts is not None and self._used[f"{path} {token}"] > self.lasts
        return 403 if expired else 206


@contextmanager
def tube() -> Iterator[Tube]:
    made = Tube()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if parts.path.startswith("/watch/"):
                self._body(200, json.dumps(made.page(parts.path[7:])).encode(), {})
                return
            made.headers.append(dict(self.headers))
            if parts.path.startswith("/piece/"):
                self._piece(*parts.path.split("/")[2:])
                return
            status = made.status(parts.path, parse_qs(parts.query).get("token", [""])[0])
            if made.redirect is not None:
                self._body(302, b"", {"Location": made.redirect})
            elif status != 206:
                self._body(status, b"no", {"Retry-After": "1"} if status == 429 else {})
            else:
                self._range(made.files[parts.path])

        def _piece(self, token: str, video: str, name: str) -> None:
            made.asked.append(name)
            status = made.status("piece", token)
            if status != 206:
                self._body(status, b"no", {"Retry-After": "1"} if status == 429 else {})
            elif made.redirect is not None and not name.endswith(".m3u8"):
                self._body(302, b"", {"Location": made.redirect})
            else:
                hurt = not name.endswith(".m3u8")
                data = (made.pieces[video] / name).read_bytes()
                self._body(200, data, {}, made.short if hurt else 0, whole=not hurt)

        def _range(self, file: Path) -> None:
            data = file.read_bytes()
            asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
            assert asked is not None
            start = int(asked[1])
            stop = min(len(data), int(asked[2] or len(data) - 1) + 1)
            at = start + made.shifted
            self._body(
                206, data[start:stop], {"Content-Range": f"bytes {at}-{stop - 1}/{len(data)}"}, made.short
            )

        def _body(
            self, status: int, body: bytes, headers: dict[str, str], short: int = 0, whole: bool = True
        ) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            body = body[: len(body) - short] if len(body) > short else body
            status = status if whole else 206
            if status == 206 and made.trickle and len(body) > 1:
                for at in range(len(body)):
                    self.wfile.write(body[at : at + 1])
                    if made.ending.wait(made.trickle):
                        break
                body = b""
            if status == 206 and made.stall and len(body) > 1:
                self.wfile.write(body[: len(body) // 2])
                made.ending.wait(made.stall)
                body = body[len(body) // 2 :]
            self.wfile.write(body)
            if status == 206:
                made.sent += len(body)
            if short:
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that hangs up is no fault."""

    with Server(("127.0.0.1", 0), Handler) as server:
        made.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield made
        finally:
            made.ending.set()
            server.shutdown()
            thread.join()
