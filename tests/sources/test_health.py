import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from avakit.causes import Cause
from avakit.errors import NetworkFailed, RateLimited, ServerFailed, Stalled
from avakit.releases.catalogue import release
from avakit.sources.health import OUTAGE, Health, Watched, was_reached
from avakit.sources.mirror import Mirror
from avakit.sources.offer import Missing
from avakit.transfer.http import Http
from avakit.transfer.reader import Reader, Version


def test_a_server_that_answered_is_always_waited_for() -> None:
    health = Health()
    health.answered()
    for _ in range(10):
        health.failed(reached=False)
    assert health.patient
    assert not health.gone


def test_a_server_that_never_answered_loses_patience_and_then_everything() -> None:
    health = Health()
    assert health.patient
    health.failed(reached=False)
    assert (health.patient, health.gone) == (False, False)
    health.failed(reached=False)
    health.failed(reached=False)
    assert (health.patient, health.gone) == (False, True)


def test_an_answer_mends_everything() -> None:
    health = Health()
    for _ in range(5):
        health.failed(reached=False)
    health.answered()
    assert health.patient
    assert not health.gone


def test_a_server_that_fails_is_asked_for_every_video() -> None:
    health = Health()
    for _ in range(2):
        health.failed(reached=True)
        assert health.patient
    for _ in range(10):
        health.failed(reached=True)
    assert not health.patient
    assert not health.gone


def test_who_was_reached() -> None:
    assert was_reached(ServerFailed("x"))
    assert was_reached(NetworkFailed("x"))
    assert not was_reached(NetworkFailed("x", reached=False))
    assert not was_reached(Stalled("x"))


def state(health: Health) -> tuple[bool, bool]:
    return health.patient, health.gone


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_long_outage_is_looked_into_now_and_then() -> None:
    clock = Clock()
    health = Health(clock)
    health.answered()
    health.failed(reached=False)
    clock.now += OUTAGE - 1
    health.failed(reached=False)
    assert state(health) == (True, False)
    assert health.refusal() is None
    clock.now += 2
    assert state(health)[0] is False
    assert health.refusal() is None  # the one that tries it
    assert isinstance(health.refusal(), NetworkFailed)
    clock.now += 31
    assert health.refusal() is None
    assert state(health) == (False, True)
    health.answered()
    assert state(health) == (True, False)


def test_a_server_whose_files_do_not_come_is_gone_too() -> None:
    clock = Clock()
    health = Health(clock)
    health.answered()
    health.broke()
    clock.now += OUTAGE / 2
    health.gave()
    health.broke()
    clock.now += OUTAGE / 2
    health.answered()
    assert state(health) == (True, False)
    clock.now += OUTAGE / 2
    health.answered()
    assert health.refusal() is None
    assert state(health) == (False, True)
    health.gave()
    assert state(health) == (True, False)


def test_who_is_asked_to_wait_for_ever_stops_asking() -> None:
    health = Health()
    for _ in range(2):
        health.limited()
        health.limited()
        assert health.refusal() is None
        health.answered()
    for _ in range(3):
        health.limited()
    assert isinstance(health.refusal(), RateLimited)


class Broken:
    name, version, ranges, path = "x", Version(100), True, None

    def __init__(self, gives: int) -> None:
        self.gives = gives

    def read(self, start: int, stop: int | None) -> Iterator[bytes]:
        yield b""
        for _ in range(self.gives):
            yield b"data"
        raise Stalled("x")


def test_a_watched_reader_tells_how_its_file_comes() -> None:
    for gives, out in ((0, True), (1, False)):
        clock = Clock()
        health = Health(clock)
        health.answered()
        reader: Reader = Watched(Broken(gives), health)
        assert (reader.name, reader.version, reader.ranges, reader.path) == ("x", Version(100), True, None)
        with pytest.raises(Stalled):
            list(reader.read(0, 9))
        clock.now += OUTAGE
        assert health.patient != out


def ids() -> Iterator[str]:
    yield from (video.id for video in release("v2.2").videos(["train", "val", "test"]))


def test_430_videos_of_a_server_that_is_not_there_take_seconds() -> None:
    with Http() as http:
        mirror = Mirror("http://127.0.0.1:1", http)
        video = release("v2.2").videos(["val"])[0]
        began = time.monotonic()
        found = [mirror.find(replace(video, id=one)) for one in ids()]
        assert time.monotonic() - began < 20
    assert len(found) == 430
    assert all(isinstance(one, Missing) and one.cause is Cause.NETWORK for one in found)
    last = found[-1]
    assert isinstance(last, Missing)
    assert "never answered" in last.message
