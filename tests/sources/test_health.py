import time
from collections.abc import Iterator
from dataclasses import replace

from avakit.causes import Cause
from avakit.releases.catalogue import release
from avakit.sources.health import Health
from avakit.sources.mirror import Mirror
from avakit.sources.offer import Missing
from avakit.transfer.http import Http


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
    for _ in range(10):
        health.failed(reached=True)
    assert not health.patient
    assert not health.gone


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
