"""A thin client of Baidu netdisk: a share's list, saving into one's own netdisk, and the links to download.

It speaks as the pages of pan.baidu.com do, with the user's own cookies. Not safe for several threads.
"""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlencode, urlsplit

from avakit.errors import ServerFailed
from avakit.sources.baidu_causes import EXISTS, FOLDER_EXISTS, SEVERAL, error_of, number_of
from avakit.transfer.address import is_closed, plain, target
from avakit.transfer.again import again
from avakit.transfer.http import Http, HttpReader

HOME = "https://pan.baidu.com"
AGENT = "pan.baidu.com"
"""As what files are asked for: others get them throttled, or not at all."""

PAGE = 1000
_MOST_FOLDERS = 1000
_MOST_ENTRIES = 100_000
_MOST_PAGES = 1000
_COMMON = {"channel": "chunlei", "web": "1", "app_id": "250528", "clienttype": "0"}
_NOT_THERE = -9

Answer = Mapping[str, object]


@dataclass(frozen=True)
class Entry:
    """A file or a folder of a share: its number there, its path, its name, and its size in bytes."""

    number: int
    path: str
    name: str
    size: int
    folder: bool


class Netdisk:
    """One share, and the netdisk of who asks."""

    def __init__(self, http: Http, share: str, code: str | None, base: str = HOME) -> None:
        """Speak to `base` of the share with the short name `share` (without the 1 that links begin with).

        `code`: its extraction code, None if it has none.
        """
        self._http = http
        self._share = share
        self._code = code
        self._base = base.rstrip("/")
        self._public = not is_closed(urlsplit(self._base).hostname or "")
        self._key = ""
        self._numbers = {"shareid": "", "uk": ""}
        self._token: str | None = None
        self._folder = ""

    def entries(self) -> Iterator[Entry]:
        """Yield every file of the share, of all its folders. Raises the kinds of `TransferError`."""
        if self._code is not None:
            self._verify(self._code)
        folders, seen = [""], set[int]()
        while folders:
            for entry in self._listed(folders.pop(0)):
                if entry.number in seen:
                    continue
                if len(seen) >= _MOST_ENTRIES:
                    return  # no share of AVA's has a hundredth of them
                seen.add(entry.number)
                if not entry.folder:
                    yield entry
                elif len(seen) < _MOST_FOLDERS * PAGE and len(folders) < _MOST_FOLDERS:
                    folders.append(entry.path)

    def save(self, entry: Entry) -> str:
        """Put a file of the share into the own netdisk, if it is not there; return its path there."""
        if not self._folder:
            folder = f"/avakit/{self._numbers['shareid']}"
            form = {"path": folder, "isdir": "1", "block_list": "[]", "rtype": "0"}
            self._ask(
                "making a folder", "/api/create", {"a": "commit"}, form, fine=(0, FOLDER_EXISTS, EXISTS)
            )
            self._folder = folder
        path = f"{self._folder}/{entry.name}"
        if self._meta(path) is None:
            where = {"shareid": self._numbers["shareid"], "from": self._numbers["uk"], "sekey": self._key}
            form = {"fsidlist": f"[{entry.number}]", "path": self._folder}
            doing = f"saving {plain(entry.name)} into your netdisk"
            self._ask(doing, "/share/transfer", where, form, fine=(0, EXISTS))
        return path

    def open(self, path: str) -> HttpReader:
        """Return a reader of a file of the own netdisk, by a new link, which holds for some hours."""
        meta = again(lambda: self._found(path), self._http.stop)
        link = meta.get("dlink")
        if not isinstance(link, str) or not link.startswith(("https://", "http://")):
            raise ServerFailed(f"Baidu netdisk gave no link to {plain(path)}", "Run again later.")
        ask = partial(self._http.open, link, {"User-Agent": AGENT}, public=self._public)
        return again(ask, self._http.stop)

    def _verify(self, code: str) -> None:
        where = {"surl": self._share, "t": str(int(time.time() * 1000))}
        form = {"pwd": code, "vcode": "", "vcode_str": ""}
        found = self._ask("the extraction code", "/share/verify", where, form).get("randsk")
        self._key = found if isinstance(found, str) else ""

    def _listed(self, folder: str) -> Iterator[Entry]:
        before: list[Entry] = []
        for page in range(1, _MOST_PAGES + 1):
            where = {"shorturl": self._share, "page": str(page), "num": str(PAGE), "order": "name"}
            where |= {"dir": folder, **self._numbers} if folder else {"root": "1"}
            answer = self._ask("the list of the share", "/share/list", where)
            self._learn(answer)
            found = answer.get("list")
            entries = [entry for one in found if (entry := _entry(one))] if isinstance(found, list) else []
            yield from entries
            if not isinstance(found, list) or len(found) < PAGE or entries == before:
                return
            before = entries

    def _learn(self, answer: Answer) -> None:
        for key, name in (("shareid", "share_id"), ("uk", "uk")):
            number = answer.get(name)
            if not self._numbers[key] and isinstance(number, int | str) and str(number).isdecimal():
                self._numbers[key] = str(number)[:30]

    def _meta(self, path: str) -> Answer | None:
        """Return what there is to know of a file of the own netdisk, its link too; None if it is not
        there.
        """
        doing = f"finding {plain(path)} in your netdisk"
        where = {"target": json.dumps([path]), "dlink": "1"}
        answer = self._ask(doing, "/api/filemetas", where, fine=(0, SEVERAL, _NOT_THERE))
        first = _first(answer)
        number = number_of(answer if first is None else first)
        if first is None or number == _NOT_THERE:
            return None
        if number != 0:
            raise error_of(number, doing)
        return first

    def _found(self, path: str) -> Answer:
        meta = self._meta(path)
        if meta is None:  # saving may take it a moment
            raise ServerFailed(f"Baidu netdisk does not have {plain(path)} yet", "Run again later.")
        return meta

    def _ask(
        self,
        doing: str,
        path: str,
        where: Mapping[str, str],
        form: Mapping[str, str] | None = None,
        fine: tuple[int, ...] = (0,),
    ) -> Answer:
        """Return the answer to a call, tried again where its failure passes."""
        if self._token is None and not path.startswith(("/share/verify", "/share/list", "/api/get")):
            self._token = self._login()
        token = {"bdstoken": self._token} if self._token else {}
        url = f"{self._base}{path}?{urlencode({**where, **_COMMON, **token})}"
        data = None if form is None else urlencode(form).encode()
        fields = {"User-Agent": AGENT, "Referer": f"{self._base}/disk/home"}

        def call() -> Answer:
            answer = _parsed(self._http.call(url, fields, data), target(url).name)
            number = number_of(answer)
            if number == SEVERAL and (first := _first(answer)) is not None and number not in fine:
                number = number_of(first)
            if number not in fine:
                raise error_of(number, doing, answer.get("show_msg") or answer.get("errmsg"))
            return answer

        return again(call, self._http.stop)

    def _login(self) -> str:
        answer = self._ask("the login", "/api/gettemplatevariable", {"fields": '["bdstoken"]'})
        result = answer.get("result")
        token = result.get("bdstoken") if isinstance(result, dict) else None
        if not isinstance(token, str) or not token:
            raise error_of(-6, "the login")
        return token


def _parsed(data: bytes, name: str) -> Answer:
    try:
        answer = json.loads(data)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise ServerFailed(f"{name} did not answer as Baidu netdisk does", "Run again later.")
    return answer


def _first(answer: Answer) -> Answer | None:
    info = answer.get("info")
    first = info[0] if isinstance(info, list) and info else None
    return first if isinstance(first, dict) else None


def _entry(one: object) -> Entry | None:
    """Return an entry of a list, None if it is none."""
    if not isinstance(one, dict):
        return None
    number, path, name = (one.get(key) for key in ("fs_id", "path", "server_filename"))
    if not (isinstance(number, int | str) and isinstance(path, str) and isinstance(name, str)):
        return None
    size = str(one.get("size"))
    if not str(number).isdecimal() or len(str(number)) > 20:
        return None
    folder = one.get("isdir") in (1, "1", True)
    return Entry(int(number), path, name, int(size[:20]) if size.isdecimal() else 0, folder)
