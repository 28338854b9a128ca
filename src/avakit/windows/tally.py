"""What went into a stored window, and what came out of it: the same, or it does not count."""

from __future__ import annotations  # hashlib's own type has no public name at run time

import hashlib
from dataclasses import dataclass, field
from fractions import Fraction
from math import lcm

from avakit.windows.movie import AnyPacket


@dataclass
class Tally:
    """What went into a file, or came out of it: the times of the pictures (or of the stream of another type
    that is `lead`) in ticks, and a digest a stream.
    """

    time_base: Fraction
    origin: Fraction
    lead: str = "video"
    pts: list[int] = field(default_factory=list)
    digests: dict[str, hashlib._Hash] = field(default_factory=dict)

    def add(self, packet: AnyPacket) -> None:
        """Count a packet of a stream."""
        kind = packet.stream.type
        if kind == self.lead and packet.pts is not None:
            self.pts.append(packet.pts)
        if kind not in self.digests:
            self.digests[kind] = hashlib.sha256()
        self.digests[kind].update(packet)

    def seconds(self, pts: int) -> Fraction:
        """Return a picture's time in the movie."""
        return pts * self.time_base + self.origin

    def in_units(self, unit: int) -> list[int]:
        """Return the pictures' times in the movie as whole numbers of 1/`unit` seconds."""
        scale = self.time_base * unit
        offset = self.origin * unit
        if scale.denominator != 1 or offset.denominator != 1:
            raise ValueError("the unit is a multiple of both denominators")
        return [pts * scale.numerator + offset.numerator for pts in self.pts]

    def same_times(self, other: Tally) -> bool:
        """Return whether both hold pictures at exactly the same times of the movie."""
        fractions = (self.time_base, self.origin, other.time_base, other.origin)
        unit = lcm(*(fraction.denominator for fraction in fractions))
        return self.in_units(unit) == other.in_units(unit)

    def same_content(self, other: Tally) -> bool:
        """Return whether both hold the same bytes."""
        return {k: d.digest() for k, d in self.digests.items()} == {
            k: d.digest() for k, d in other.digests.items()
        }
