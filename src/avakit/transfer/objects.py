"""Objects of a bucket (S3, GCS, Azure), read by ranges through obstore, which is an extra."""

import os
import time
from collections.abc import AsyncIterator, Callable, Generator, Iterable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, TypeVar, cast

from avakit.errors import Truncated
from avakit.transfer import answers
from avakit.transfer.accounts import HOW_TO_SET, Account, Place, account, secrets
from avakit.transfer.again import interrupted
from avakit.transfer.http import Http, sensible
from avakit.transfer.pump import Pump
from avakit.transfer.ranges import KIB
from avakit.transfer.reader import Version
from avakit.transfer.refusals import not_asked, refusal, silent

if TYPE_CHECKING:
    from obstore import GetOptions, ObjectMeta
    from obstore.store import (
        AzureConfig,
        ClientConfig,
        GCSConfig,
        ObjectStore,
        RetryConfig,
        S3Config,
    )

Item = TypeVar("Item")

STALL_SECONDS = 30.0
CHUNK = 16 * KIB
"""Bytes that come at least at once. Who gives less than one in `STALL_SECONDS`, 546 a second, is stalled."""

_BEAT = 0.25


class Bucket:
    """A bucket, and a folder in it. Several threads may ask at once."""

    def __init__(
        self, place: Place, http: Http, proxy: str | None = None, *, stall: float = STALL_SECONDS
    ) -> None:
        """Ask as the environment says (see `accounts`), with the governor of `http`, as long as that is not
        stopped.

        Raises `ImportError` if obstore is not installed, `UsageError`.
        """
        self.place = place
        self.governor = http.governor
        self._stop = http.stop
        self._stall = stall
        asked_as = account(place.scheme, os.environ, Path.home())
        self._hidden = secrets(os.environ, asked_as.config)
        self._store = _store(place, asked_as, proxy, stall)

    def open(self, key: str) -> "ObjectReader":
        """Ask for an object of the folder, and return its reader. Raises `TransferError` of every kind,
        `Interrupted`.
        """
        from obstore import head

        whole = self.place.folder + key
        name = f"{self.place.scheme}://{self.place.bucket}/{whole}"
        meta = next(iter(self._waited(lambda: [head(self._store, whole)], name)))
        return ObjectReader(self, self._store, whole, name, sensible(_version(meta), name))

    def keys(self, most: int) -> list[str] | None:
        """Return the keys below the folder, None if there are more than `most`, or any that obstore has no
        name for (`a//b`, `a/../b`), which ends its list. Raises as `open`.
        """
        from obstore import list as listed
        from obstore.exceptions import InvalidPathError

        folder = self.place.folder
        odd: list[InvalidPathError] = []
        ended = Event()

        def chunks() -> "Iterator[Sequence[ObjectMeta]]":
            try:
                yield from _each(listed(self._store, prefix=folder or None, chunk_size=1000), ended)
            except InvalidPathError as error:
                odd.append(error)

        found: list[str] = []
        try:
            for chunk in self._waited(chunks, self.place.name):
                found += [meta["path"].removeprefix(folder) for meta in chunk]
                if len(found) > most:
                    return None
        finally:
            ended.set()
        return None if odd else found

    def items(self, make: Callable[[], Iterable[Item]], name: str) -> Generator[Item | None]:
        """Yield what obstore gives, None several times a second while it gives nothing; at one of the host's
        places. Raises as `open`.
        """
        host = f"{self.place.scheme}://{self.place.bucket}"
        yield from self.governor.turn(host, self._stop)
        pump = Pump(make)
        try:
            quiet = 0.0
            while True:
                self.check_stop()
                began = time.monotonic()
                item = pump.take(_BEAT)
                if isinstance(pump.failed, TypeError | AttributeError):
                    raise pump.failed  # no failure of the server, but a fault of avakit itself
                if pump.failed is not None:
                    # Never "from": obstore's text holds what must not be shown.
                    raise refusal(pump.failed, name, HOW_TO_SET[self.place.scheme], self._hidden) from None
                if pump.done:
                    return
                quiet = 0.0 if item is not None else quiet + time.monotonic() - began
                if quiet >= self._stall:
                    raise silent(name)
                yield item
        finally:
            pump.leave()
            self.governor.leave(host)

    def check_stop(self) -> None:
        """Raise `Interrupted` if the run was stopped."""
        if self._stop.is_set():
            raise interrupted()

    def _waited(self, make: Callable[[], Iterable[Item]], name: str) -> Iterator[Item]:
        return (item for item in self.items(make, name) if item is not None)


class ObjectReader:
    """A `Reader` of one object, by its address. Use `Bucket.open`."""

    ranges = True
    path = None

    def __init__(self, bucket: Bucket, store: "ObjectStore", key: str, name: str, version: Version) -> None:
        """Read the object `key`, which is of this version."""
        self._bucket = bucket
        self._store = store
        self._key = key
        self.name = name
        self.version = version

    def read(self, start: int, stop: int | None) -> Generator[bytes]:
        """Yield the bytes from `start` up to, not including, `stop` (None: the end), as they come.

        Yields `b""` a few times a second while nothing comes. Raises `Changed`, `Truncated`, `Stalled`, the
        other kinds of `TransferError`, and `Interrupted`. Closing the iterator ends the transfer.
        """
        size = self.version.size or 0
        end = size if stop is None else min(stop, size)
        at = start
        if start >= end:
            return
        for data in self._bucket.items(lambda: self._chunks(start, end), self.name):
            part = (data or b"")[: end - at]
            at += len(part)
            yield part
            yield from self._paced(len(part))
        if at < end:
            raise Truncated(
                f"{self.name} ended {end - at} bytes before it should",
                "Run again, or give another --source.",
            )

    def _chunks(self, start: int, end: int) -> Iterator[bytes]:
        """Ask for a part, of this version and no other. `get_range` could not say of which it is."""
        from obstore import get

        # A weak ETag matches nothing; the answer's own facts are compared in any case.
        mark = self.version.etag
        options: GetOptions = {"range": (start, end)}
        if mark and not mark.upper().startswith("W/"):
            options["if_match"] = mark
        result = get(self._store, self._key, options=options)
        if error := answers.changed(self.version, _version(result.meta), self.name):
            raise error
        yield from result.stream(min_chunk_size=CHUNK)

    def _paced(self, count: int) -> Generator[bytes]:
        wait = self._bucket.governor.spend(count) if count else 0.0
        while wait > 0:
            self._bucket.check_stop()
            time.sleep(min(wait, _BEAT))
            wait -= _BEAT
            yield b""


def _each(stream: AsyncIterator[Item], ended: Event) -> Iterator[Item]:
    """Yield what comes of a stream until `ended`, which ends what is under way, too: obstore itself would ask
    for one empty page after the other, for as long as a server has some.
    """
    import asyncio

    loop = asyncio.new_event_loop()
    try:
        while not ended.is_set():
            step = loop.create_task(_next(stream))
            while not step.done() and not ended.is_set():
                loop.run_until_complete(asyncio.wait([step], timeout=_BEAT))
            if not step.done():
                step.cancel()
                loop.run_until_complete(asyncio.wait([step]))
                return
            item = step.result()
            if item is None:
                return
            yield item
    finally:
        loop.close()


async def _next(stream: AsyncIterator[Item]) -> Item | None:
    return await anext(stream, None)


def _version(meta: "ObjectMeta") -> Version:
    return Version(meta["size"], answers.mark(meta["e_tag"] or ""), meta["last_modified"].isoformat())


def _store(place: Place, asked_as: Account, proxy: str | None, stall: float) -> "ObjectStore":
    """Return obstore's own store: it must try nothing again, and may take as long as bytes come."""
    from obstore.exceptions import BaseError
    from obstore.store import AzureStore, GCSStore, S3Store

    client = cast(
        "ClientConfig",
        {
            "timeout": timedelta(days=7),  # of the whole body: by default, 30 seconds
            "read_timeout": timedelta(seconds=stall),
            "connect_timeout": timedelta(seconds=15),
            "allow_http": asked_as.plain,
            **({} if proxy is None else {"proxy_url": proxy}),
        },
    )
    retry = cast("RetryConfig", {"max_retries": 0, "retry_timeout": timedelta(seconds=stall)})
    try:
        if place.scheme == "s3":
            s3 = cast("S3Config", dict(asked_as.config))
            return S3Store(place.bucket, config=s3, client_options=client, retry_config=retry)
        if place.scheme == "gs":
            gs = cast("GCSConfig", dict(asked_as.config))
            return GCSStore(place.bucket, config=gs, client_options=client, retry_config=retry)
        azure = cast("AzureConfig", dict(asked_as.config))
        return AzureStore(place.bucket, config=azure, client_options=client, retry_config=retry)
    except (BaseError, ValueError, TypeError) as error:
        raise not_asked(error, place.name, HOW_TO_SET[place.scheme]) from None
