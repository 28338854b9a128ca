"""The seconds of a movie that are wanted."""

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Window:
    """A part of a movie, in seconds of the movie: from the sync picture at or before `start` to `end`.

    AVA's default, 895 to 1806, covers what every framework reads around the annotated seconds 902 to 1798.
    """

    start: Fraction
    end: Fraction

    def __str__(self) -> str:
        """Return it as people write it."""
        return f"{float(self.start):g}-{float(self.end):g} s"
