"""How far damage reaches: what refers to a picture that is missing or damaged is not the right picture."""

from __future__ import annotations  # PyAV's packets are generic for the type checker only

from collections import deque

import numpy as np
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from avakit.media.index import PacketIndex
from avakit.media.references import References
from avakit.media.runs import Run
from avakit.media.ticks import Ticks

_NEAR = 24  # pictures; codecs store a picture at most 16 before its turn


class Harm:
    """The pictures of a run that damage reaches: `hurt` holds their time stamps.

    From a damaged picture on, all that are decoded up to the next sync picture may refer to it, and those
    that follow that one but are shown before it. A picture of H.264 says if none refers to it.
    """

    def __init__(self, context: VideoCodecContext, index: PacketIndex, run: Run, order: Ticks) -> None:
        """Begin a run; nothing is hurt. `order`: the time stamps of the index, ascending, each once."""
        self.hurt: set[int] = set()
        self._index = index
        self._begin = int(index.pts[run.start])
        self._references = References(context.extradata or b"") if context.name == "h264" else None
        part = index.pts[run.start : run.stop + 1]
        self._follows = _has_holes(order[slice(*np.searchsorted(order, [part.min(), part.max() + 1]))])
        self._order = order
        self._reached = range(0)
        self._late: deque[tuple[int, Packet[VideoStream]]] = deque(maxlen=_NEAR)

    def pass_by(self, packet: Packet[VideoStream], pts: int) -> None:
        """See the next packet before it is decoded; `pts` is its time stamp."""
        self._late.append((pts, packet))
        if not self._follows or self._references is None:  # where time has no hole, no packet is missing
            return
        lacks = self._references.lacks(memoryview(packet))
        if lacks or (lacks is None and self._is_near_a_hole(pts)):
            self.hurt.add(pts)
            self._spread(pts)

    def spread(self, pts: int) -> None:
        """Note that the picture of this time stamp is damaged."""
        if pts < self._begin:  # before the first sync picture, none can be right
            return
        if self._references is not None:
            for known, packet in self._late:
                if known == pts and not self._references.is_referred_to(memoryview(packet)):
                    return
        self._spread(pts)

    def _spread(self, pts: int) -> None:
        found = np.flatnonzero(self._index.pts == pts)
        if not len(found):
            return
        position = int(found[0])
        if position in self._reached:  # from an earlier one in the same group, and so is all after it
            return
        syncs = position + 1 + np.flatnonzero(self._index.sync[position + 1 :])
        stop = int(syncs[0]) if len(syncs) else len(self._index.pts)
        self._reached = range(position, stop)
        self.hurt.update(self._index.pts[position + 1 : stop].tolist())
        if len(syncs):
            beyond = self._index.pts[stop + 1 : int(syncs[1]) if len(syncs) > 1 else None]
            self.hurt.update(beyond[beyond < self._index.pts[stop]].tolist())

    def _is_near_a_hole(self, pts: int) -> bool:
        """Return whether time stamps leap about a picture, as they do where packets are missing."""
        first = max(0, int(np.searchsorted(self._order, pts)) - _NEAR)
        return _has_holes(self._order[first : first + 2 * _NEAR])


def _has_holes(pts: Ticks) -> bool:
    """Return whether a step between time stamps, ascending, is half as long again as most are."""
    steps = np.diff(pts)
    return bool(len(steps)) and 2 * int(steps.max()) >= 3 * int(np.median(steps))
