"""How far damage reaches: what refers to a picture that is missing or damaged is not the right picture."""

from __future__ import annotations  # PyAV's packets are generic for the type checker only

from functools import cached_property

import numpy as np
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from avakit.media.index import PacketIndex
from avakit.media.references import References
from avakit.media.runs import Run
from avakit.media.timeline import Ticks

_NEAR = 24  # pictures; codecs store a picture at most 16 before its turn


class Harm:
    """The pictures of a run that damage reaches: `hurt` holds their time stamps.

    From a damaged picture on, all that are decoded up to the next sync picture may refer to it, and those
    that follow that one but are shown before it. A picture of H.264 says if none refers to it.
    """

    def __init__(self, context: VideoCodecContext, index: PacketIndex, run: Run) -> None:
        """Begin a run; nothing is hurt."""
        self.hurt: set[int] = set()
        self._index = index
        self._begin = int(index.pts[run.start])
        self._references = References(context.extradata or b"") if context.name == "h264" else None
        self._alone: set[int] = set()

    def pass_by(self, packet: Packet[VideoStream], pts: int) -> None:
        """See the next packet before it is decoded; `pts` is its time stamp."""
        if self._references is None:
            return
        lacks, referred_to = self._references.follow(memoryview(packet))
        if lacks or (lacks is None and self._is_near_a_hole(pts)):
            self.hurt.add(pts)
            self.spread(pts)
        if not referred_to:
            self._alone.add(pts)

    def spread(self, pts: int) -> None:
        """Note that the picture of this time stamp is damaged."""
        if pts in self._alone or pts < self._begin:  # before the first sync picture, none can be right
            return
        found = np.flatnonzero(self._index.pts == pts)
        if not len(found):
            return
        position = int(found[0])
        syncs = position + 1 + np.flatnonzero(self._index.sync[position + 1 :])
        stop = int(syncs[0]) if len(syncs) else len(self._index.pts)
        self.hurt.update(self._index.pts[position + 1 : stop].tolist())
        if len(syncs):
            beyond = self._index.pts[stop + 1 : int(syncs[1]) if len(syncs) > 1 else None]
            self.hurt.update(beyond[beyond < self._index.pts[stop]].tolist())

    def _is_near_a_hole(self, pts: int) -> bool:
        """Return whether time stamps leap about a picture, as they do where packets are missing."""
        near = self._sorted[max(0, np.searchsorted(self._sorted, pts) - _NEAR) :][: 2 * _NEAR]
        steps = np.diff(near)
        return bool(len(steps)) and 2 * int(steps.max()) >= 3 * int(np.median(steps))

    @cached_property
    def _sorted(self) -> Ticks:
        return np.unique(self._index.pts)
