"""What was asked for: `avakit.toml`, which the user may edit, and whose comments survive."""

import os
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from decimal import Decimal
from difflib import get_close_matches
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from avakit.causes import Cause
from avakit.dataset.custom import ALLOWED as CUSTOM
from avakit.dataset.custom import Custom
from avakit.dataset.root import Root
from avakit.dataset.second import FINEST, Second, ordered
from avakit.errors import RootError, UsageError
from avakit.releases.model import check_id
from avakit.transfer.disk import disk_errors, expanded, sync_folder

_RATE = re.compile(r"([0-9]+(?:\.[0-9]+)?)([KMG]?)(?:i?B)?", re.IGNORECASE | re.ASCII)
_PASSWORD = re.compile(r"(?:^|=|://)[^/?#\\\s:@]*:[^/?#\\\s@]+@")
_UNITS = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3}


def rate(text: str) -> int:
    """Return bytes a second of a text such as `500K` or `4.2M` (K = 1,024 bytes).

    Raises UsageError if it is none.
    """
    found = _RATE.fullmatch(text.strip())
    speed = int(Decimal(found[1]) * _UNITS[found[2].upper()]) if found else 0
    if speed < 1:
        raise UsageError(f"{text!a} is no speed", "Give bytes a second: 500K, 4.2M.")
    return speed


def _cause(value: str) -> Cause:
    # From Python 3.12 on, an enum's own signature is nothing that pydantic takes for a validator.
    return Cause(value)


class Settings(BaseModel):
    """What one data set is to hold, and from where. Every field but `release` has a default.

    `splits`: those asked for as a whole; `videos`: ids asked for besides; `sources`: in the order to be
    tried (empty: the usual ones); `window`: start and stop in movie seconds (None: the release's); `whole`:
    whole movies; `annotations`: path or URL of the official files (None: their publishers); `jobs`: videos at
    once; `connections`: per host; `limit_rate`: as `rate` reads it; `proxy`: URL; `cookies`: path of a file
    in Netscape's format; `cookies_from_browser`: as yt-dlp calls it; `height`: of the pictures at most, where
    a source has several; `retry`: the causes to take up again, and no others (empty: as each one's policy
    says); `custom`: what the release is, if it is data of one's own.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    release: str = Field(min_length=1)
    splits: tuple[str, ...] = Field(default=(), strict=False)
    videos: tuple[str, ...] = Field(default=(), strict=False)
    sources: tuple[str, ...] = Field(default=(), strict=False)
    window: tuple[Second, Second] | None = Field(default=None, strict=False)
    whole: bool = False
    annotations: str | None = None
    jobs: int = Field(default=4, ge=1, le=64)
    connections: int = Field(default=8, ge=1, le=64)
    limit_rate: str | None = None
    proxy: str | None = None
    cookies: str | None = None
    cookies_from_browser: str | None = None
    height: int | None = Field(default=None, ge=64, le=8640)
    retry: tuple[Annotated[Cause, BeforeValidator(_cause)], ...] = Field(default=(), strict=False)
    custom: Custom | None = None

    @field_validator("window")
    @classmethod
    def _in_order(cls, window: tuple[Fraction, Fraction] | None) -> tuple[Fraction, Fraction] | None:
        return ordered(window)

    @field_validator("videos")
    @classmethod
    def _ids(cls, videos: tuple[str, ...]) -> tuple[str, ...]:
        for video in videos:
            _checked(check_id, video)
        return videos

    @field_validator("limit_rate")
    @classmethod
    def _speed(cls, text: str | None) -> str | None:
        if text is not None:
            _checked(rate, text)
        return text

    @field_validator("sources", "annotations", "proxy", "cookies", "cookies_from_browser")
    @classmethod
    def _in_utf8(cls, value: tuple[str, ...] | str | None) -> tuple[str, ...] | str | None:
        if not _is_text(value):
            raise ValueError("no text")
        return value

    @field_validator("sources", "annotations", "proxy")
    @classmethod
    def _without_password(cls, value: tuple[str, ...] | str | None) -> tuple[str, ...] | str | None:
        if _has_password(value):
            raise ValueError("a password")
        return value

    def adding(self, splits: Iterable[str] = (), videos: Iterable[str] = (), **changes: object) -> Self:
        """Return these settings with more splits and videos asked for, and other fields replaced.

        Raises UsageError where a value is not allowed.
        """
        more = {
            "splits": tuple(dict.fromkeys((*self.splits, *splits))),
            "videos": tuple(dict.fromkeys((*self.videos, *videos))),
        }
        return type(self).of({**dict(self), **more, **changes})

    @classmethod
    def of(cls, values: Mapping[str, object], file: Path | None = None) -> Self:
        """Return checked settings. Raises UsageError naming `file`, the key, and what is allowed."""
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise _sentence(error, values, file) from None


_ADDRESS = (
    "an address or a path; a password comes from the environment, netrc or the keyring, never from here"
)
_ALLOWED = {
    "release": "the name of a release, in quotes",
    "splits": 'a list of names, as ["train", "val"]',
    "videos": 'a list of ids, as ["1j20qq1JyX4"]',
    "sources": f'a list such as ["cvdf", "mirror=https://host/ava"], each with {_ADDRESS}',
    "window": "[start, stop] in seconds of the movie, the start from 0, before the stop, at most 9 decimals",
    "whole": "true or false",
    "annotations": _ADDRESS,
    "jobs": "a whole number from 1 to 64",
    "connections": "a whole number from 1 to 64",
    "limit_rate": 'bytes a second, as "500K" or "4.2M"',
    "proxy": _ADDRESS,
    "cookies": "the path of a file of cookies, in Netscape's format",
    "cookies_from_browser": "a browser, as yt-dlp calls it: firefox, chrome, edge, safari, brave ...",
    "height": "a whole number of pixels, as 360 or 720",
    "retry": f"a list of causes: {', '.join(Cause)}",
    "custom": "a table [custom], as `avakit releases new` writes it",
    **CUSTOM,
}


def load(root: Root) -> Settings:
    """Return the settings of a root. Paths in them are made absolute, seen from the root.

    Raises RootError if `avakit.toml` cannot be read, UsageError where it makes no sense.
    """
    try:
        values = tomllib.loads(_read(root.settings), parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise _no_toml(root.settings, error) from error
    settings = Settings.of(values, root.settings)
    paths = {key: getattr(settings, key) for key in ("annotations", "cookies")}
    return settings.model_copy(
        update={
            "sources": tuple(grounded_source(source, root.path) for source in settings.sources),
            **{key: None if path is None else grounded(path, root.path) for key, path in paths.items()},
        }
    )


def save(root: Root, settings: Settings) -> None:
    """Write the settings of a root, whole or not at all. The file's comments and order stay.

    Only what changed is written; what is not written has its default. Raises as `load`, and RootError or
    DiskFull if it cannot be written.
    """
    import tomlkit

    path = root.settings
    there = load(root) if path.exists() else None
    document = tomlkit.document() if there is None else tomlkit.parse(_read(path))
    for key, field in Settings.model_fields.items():
        value = getattr(settings, key)
        if value == (field.default if there is None else getattr(there, key)):
            continue  # what stands there keeps its comments and its spelling
        if value is None:
            document.pop(key, None)
        elif key != "custom":  # which is the user's alone to write
            document[key] = _plain(value)
    _replace(path, tomlkit.dumps(document))


def grounded(text: str, folder: Path) -> str:
    """Return an address as it is, and a path made absolute, seen from `folder`."""
    return text if "://" in text else str((folder / expanded(Path(text))).absolute())


def grounded_source(source: str, folder: Path) -> str:
    """Return a source as it is, and the path of a `folder=PATH` made absolute, seen from `folder`."""
    kind, equals, path = source.partition("=")
    return f"{kind}={grounded(path, folder)}" if equals and kind == "folder" else source


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8", "Save it as UTF-8 text.") from error
    except OSError as error:
        raise RootError(f"{path} cannot be read: {error.strerror}", "Write it by avakit get.") from error


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Fraction):
        import tomlkit

        whole, part = divmod(int(value * FINEST), FINEST)
        return tomlkit.value(f"{whole}.{part:09d}".rstrip("0")) if part else whole
    return str(value) if isinstance(value, Cause) else value


def _replace(path: Path, text: str) -> None:
    new = path.with_name(f"{path.name}.new")
    try:
        with disk_errors(path), new.open("w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        with disk_errors(path):
            new.replace(path)
            sync_folder(path.parent)
    finally:
        with suppress(OSError):  # there only if it could not take its place
            new.unlink(missing_ok=True)


def _no_toml(path: Path, error: Exception) -> UsageError:
    return UsageError(f"{path} is not TOML: {error}", "Correct it there.")


def _checked(check: Callable[[str], object], text: str) -> None:
    try:
        check(text)
    except UsageError as error:
        raise ValueError(error.what) from error


def _has_password(value: object) -> bool:
    if isinstance(value, list | tuple):
        return any(_has_password(item) for item in value)
    return isinstance(value, str) and not value.startswith("folder=") and bool(_PASSWORD.search(value))


def _is_text(value: object) -> bool:
    """Return whether a value can be written down: what a system gave as a path may be no text."""
    if isinstance(value, list | tuple):
        return all(map(_is_text, value))
    return not isinstance(value, str) or not any("\ud800" <= sign <= "\udfff" for sign in value)


def _sentence(error: ValidationError, values: Mapping[str, object], file: Path | None) -> UsageError:
    where = "" if file is None else f"{file}: "
    first = error.errors(include_url=False, include_context=False)[0]
    place = [str(part) for part in first["loc"]]
    inner = place[0] == "custom" and len(place) > 1
    key = ".".join(place[: 2 if inner else 1])
    if first["type"] == "extra_forbidden" and len(place) <= 1 + inner:
        near = get_close_matches(key, _ALLOWED, 1)
        meant = f"Is {near[0]} meant? " if near else ""
        return UsageError(f"{where}{key!a} is no setting", f"{meant}There are: {', '.join(_ALLOWED)}.")
    holder = values.get("custom") if inner else values
    if not isinstance(holder, Mapping) or place[inner] not in holder:
        return UsageError(f"{where}{key} is not set", f"It is {_ALLOWED[key]}.")
    value = holder[place[inner]]
    if not _is_text(value):
        return UsageError(f"{where}{key} is no text in UTF-8: {_shown(value)}", "Rename it.")
    found = "holds a password" if _has_password(value) else f"cannot be {_shown(value)}"
    return UsageError(f"{where}{key} {found}", f"Allowed: {_ALLOWED[key]}.")


def _shown(value: object) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_shown, value))}]"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{_shown(key)}: {_shown(one)}' for key, one in value.items())}}}"
    return str(value) if isinstance(value, Decimal | Fraction) else ascii(value)
