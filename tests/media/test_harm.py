"""How far damage reaches, by the index alone."""

from collections.abc import Iterable

import numpy as np
from av.codec import CodecContext
from av.video.codeccontext import VideoCodecContext

from avakit.media.harm import Harm
from avakit.media.index import PacketIndex
from avakit.media.runs import Run


class Counted(set[int]):
    """A set that counts how many were put into it."""

    put = 0

    def update(self, *others: Iterable[int]) -> None:
        for other in others:
            many = list(other)
            self.put += len(many)
            super().update(many)


def harm_of(pts: list[int], syncs: list[int]) -> Harm:
    times, zeros = np.array(pts, np.int64), np.zeros(len(pts), np.int64)
    sync = np.isin(np.arange(len(pts)), syncs)
    index = PacketIndex(times, zeros, zeros, zeros, sync, zeros > 0, zeros == 0)
    context = CodecContext.create("mpeg4", "r")
    assert isinstance(context, VideoCodecContext)
    return Harm(context, index, Run(0, len(pts) - 1, (0,)), np.unique(times))


def test_damage_reaches_to_the_next_sync_picture_and_what_is_shown_before_it() -> None:
    # Decoded: 0 1 2 | 5 3 4 6 | 9 8 — groups begin with 0, 5 and 9.
    harm = harm_of([0, 1, 2, 5, 3, 4, 6, 9, 8], [0, 3, 7])
    harm.spread(1)
    assert harm.hurt == {2, 3, 4}
    harm.spread(2)
    assert harm.hurt == {2, 3, 4}
    harm.spread(4)  # hurt, and now damaged itself: what follows may refer to it
    assert harm.hurt == {2, 3, 4, 6, 8}


def test_damage_in_every_picture_of_a_long_group_is_noted_once() -> None:
    count = 20_000
    harm = harm_of(list(range(count)), [0])
    harm.hurt = Counted()
    for pts in range(10, count, 100):
        harm.spread(pts)
    assert harm.hurt == set(range(11, count))
    assert harm.hurt.put < 2 * count
