"""Directory pages of web servers: which files and folders one lists, and what it says of their size and date.

Read with expressions of bounded length rather than by `html.parser`: that one needs hours for some pages that
were made to be slow.
"""

import html
import re
from dataclasses import dataclass
from urllib.parse import unquote

MOST_LINKS = 100_000
"""Links of a page that are looked at; the others are not."""

_ROW = 2000
_LONGEST_NAME = 255

_LINK = re.compile(r"<a\s([^<>]{0,4096})>", re.IGNORECASE)
_HREF = re.compile(r"""(?:^|\s)href\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"']+))""", re.IGNORECASE)
_LEADS_AWAY = re.compile(r"[/:?#\\]")
_ROW_END = re.compile(r"</tr|</pre|</ul|</table|<hr|<address|<footer", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]{0,1000}>")
_PASSWORD_FIELD = re.compile(r"<input\s[^<>]{0,500}?type\s*=\s*[\"']?password", re.IGNORECASE)
_DATE = re.compile(
    r"(?:\d{4}-(?:\d\d|[A-Z][a-z]{2})-\d\d|\d\d-[A-Z][a-z]{2}-\d{4})[ T]\d\d:\d\d(?::\d\d)?|\d\d/\d\d/\d{4}"
)
_SIZE = re.compile(r"(\d{1,15}(?:\.\d{1,3})?)\s?(?:([KMGT])?(?:i?B)?|bytes?)(?![\w.:/-])", re.IGNORECASE)
_UNITS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4}


@dataclass(frozen=True)
class Entry:
    """A file that a page lists. `size`: bytes, as exact as the page says (`365M`: 365 MiB), and `date`: in
    its words; None where it does not say.
    """

    name: str
    size: int | None = None
    date: str | None = None


@dataclass(frozen=True)
class Page:
    """What a page lists: the files and the names of the folders directly in it. `asks`: it lists no file, and
    has a field for a password.
    """

    files: tuple[Entry, ...]
    folders: tuple[str, ...]
    asks: bool


def read(text: str) -> Page:
    """Return what a directory page of Apache, nginx, lighttpd, Caddy or Python lists.

    Names come from the links, not from what is shown, which may be cut. A link that leads out of the page's
    own folder (to another host, upwards, to a path from the root), or that only sorts, is left out. Nothing
    is raised, whatever the text is.
    """
    files: dict[str, Entry] = {}
    folders: dict[str, None] = {}
    links = list(_links(text))
    for (name, begin), (_, after) in zip(links, [*links[1:], ("", len(text))], strict=False):
        if name.endswith("/"):
            folders.setdefault(name[:-1])
        elif name and name not in files:
            files[name] = Entry(name, *_said(text[begin : min(after, begin + _ROW)]))
    asks = not files and _PASSWORD_FIELD.search(text) is not None
    return Page(tuple(files.values()), tuple(folders), asks)


def _links(text: str) -> list[tuple[str, int]]:
    """Return the names behind all links, empty for those that lead elsewhere, and where each tag ends."""
    found = []
    for link in _LINK.finditer(text):
        href = _HREF.search(link[1])
        name = _name(next((group for group in href.groups() if group is not None), "")) if href else ""
        found.append((name, link.end()))
        if len(found) >= MOST_LINKS:
            break
    return found


def _name(href: str) -> str:
    """Return the name of the file or folder (with a slash behind it) that a link leads to, or ""."""
    path = html.unescape(href).strip().removeprefix("./")
    slash = "/" if path.endswith("/") else ""
    path = path.removesuffix("/")
    if not path or _LEADS_AWAY.search(path):
        return ""
    try:
        name = unquote(path, errors="strict")
    except UnicodeDecodeError:
        return ""
    odd = name in (".", "..") or "/" in name or "\\" in name or not name.isprintable()
    return "" if odd or len(name) > _LONGEST_NAME else name + slash


def _said(row: str) -> tuple[int | None, str | None]:
    """Return the size and the date that stand in the row behind a link."""
    shown = row.partition("</a>")[2] or row.partition("</A>")[2]
    plain = html.unescape(_TAG.sub(" ", _ROW_END.split(shown, maxsplit=1)[0]))
    date = _DATE.search(plain)
    before, after = (plain, "") if date is None else (plain[: date.start()], plain[date.end() :])
    for text in (after, before):
        if size := _SIZE.match(text.strip()):
            return round(float(size[1]) * 1024 ** _UNITS[(size[2] or "").upper()]), date and date[0]
    return None, date and date[0]
