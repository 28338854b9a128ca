"""Who does what in the movies with actors: each play a place, a cast, and a loop of beats for everyone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from types import MappingProxyType

from avakit.rehearsal import scenery
from avakit.rehearsal.figures import Figure, Pose
from avakit.rehearsal.recipe import Recipe

SIT, STAND, WALK, CARRY, WAVE, LISTEN, TALK, WATCH = 11, 12, 14, 17, 69, 74, 79, 80  # AVA's ids


@dataclass(frozen=True)
class Beat:
    """Some seconds of one pose, going from one place (pixels from the left) to another; `facing` 1: right."""

    seconds: int
    pose: Pose
    start: int
    end: int
    facing: int
    actions: tuple[int, ...]


@dataclass(frozen=True)
class Actor:
    """A person, what they do over and over, and where their feet are (pixels from the top)."""

    figure: Figure
    feet: int
    beats: tuple[Beat, ...]

    def at(self, seconds: Fraction) -> tuple[Beat, float]:
        """Return the beat at a second, and which part of it is over."""
        within = seconds % sum(beat.seconds for beat in self.beats)
        for beat in self.beats:
            if within < beat.seconds:
                return beat, float(within / beat.seconds)
            within -= beat.seconds
        raise ValueError("An actor has at least one beat.")


@dataclass(frozen=True)
class Play:
    """A movie with actors: its recipe, the split of v2.2 that its id belongs to, the place, the cast."""

    recipe: Recipe
    split: str
    paint: Callable[[scenery.Draw], None]
    cast: tuple[Actor, ...]


_RED = Figure((196, 74, 62), (48, 62, 92), (66, 44, 34), (232, 188, 150))
_TEAL = Figure((70, 128, 120), (84, 72, 66), (34, 28, 30), (168, 116, 82), 176)
_YELLOW = Figure((226, 170, 62), (60, 50, 72), (120, 72, 38), (240, 202, 170), 168)
_BLUE = Figure((74, 98, 164), (92, 84, 74), (190, 150, 84), (244, 212, 186), 184)
_WHITE = Figure((236, 232, 222), (70, 84, 72), (42, 34, 40), (204, 154, 116), 172)

_ROOM = (
    Actor(
        _TEAL,
        320,
        (
            Beat(8, "sit", 516, 516, -1, (SIT, WATCH)),
            Beat(10, "sit", 516, 516, -1, (SIT, LISTEN, WATCH)),
            Beat(12, "sit", 516, 516, -1, (SIT,)),
        ),
    ),
    Actor(
        _YELLOW,
        312,
        (
            Beat(10, "walk", 430, 250, -1, (WALK,)),
            Beat(3, "stand", 250, 250, -1, (STAND,)),
            Beat(12, "carry", 250, 430, 1, (WALK, CARRY)),
            Beat(5, "stand", 430, 430, -1, (STAND, WATCH)),
        ),
    ),
    Actor(
        _RED,
        328,
        (
            Beat(8, "walk", 110, 380, 1, (WALK,)),
            Beat(10, "talk", 380, 380, 1, (STAND, TALK, WATCH)),
            Beat(4, "wave", 380, 380, 1, (STAND, WAVE)),
            Beat(8, "walk", 380, 110, -1, (WALK,)),
        ),
    ),
)
_STREET = (
    Actor(
        _BLUE,
        308,
        (
            Beat(12, "talk", 300, 300, 1, (STAND, TALK, WATCH)),
            Beat(12, "stand", 300, 300, 1, (STAND, LISTEN, WATCH)),
            Beat(6, "wave", 300, 300, -1, (STAND, WAVE)),
        ),
    ),
    Actor(
        _WHITE,
        310,
        (
            Beat(12, "stand", 372, 372, -1, (STAND, LISTEN, WATCH)),
            Beat(18, "talk", 372, 372, -1, (STAND, TALK, WATCH)),
        ),
    ),
    Actor(
        _RED,
        330,
        (
            Beat(16, "walk", 90, 550, 1, (WALK,)),
            Beat(14, "carry", 550, 90, -1, (WALK, CARRY)),
        ),
    ),
)
_PARK = (
    Actor(
        _WHITE,
        316,
        (
            Beat(14, "sit", 112, 112, 1, (SIT, WATCH)),
            Beat(16, "sit", 112, 112, 1, (SIT, LISTEN, WATCH)),
        ),
    ),
    Actor(
        _BLUE,
        328,
        (
            Beat(14, "carry", 560, 250, -1, (WALK, CARRY)),
            Beat(10, "talk", 250, 250, -1, (STAND, TALK, WATCH)),
            Beat(3, "wave", 250, 250, -1, (STAND, WAVE)),
            Beat(3, "walk", 250, 330, 1, (WALK,)),
            Beat(10, "walk", 330, 560, 1, (WALK,)),
        ),
    ),
    Actor(_TEAL, 306, (Beat(13, "walk", 240, 480, 1, (WALK,)), Beat(11, "walk", 480, 240, -1, (WALK,)))),
)


def plays(seconds: int = 2100) -> Mapping[str, Play]:
    """Return the movies with actors by name: `room` and `street` of the val split, `park` of train."""
    room = Recipe(
        "room", "zC5Fh2tTS1U", seconds=seconds, index="first", width=scenery.WIDTH, height=scenery.HEIGHT
    )
    film = replace(room, container="mkv", rate=Fraction(24000, 1001), index="last")
    street = replace(film, name="street", video="ayAMdYfJJLk")
    park = replace(film, name="park", video="-ZFgsrolSxo", rate=Fraction(30000, 1001))
    return MappingProxyType(
        {
            "room": Play(room, "val", scenery.room, _ROOM),
            "street": Play(street, "val", scenery.street, _STREET),
            "park": Play(park, "train", scenery.park, _PARK),
        }
    )
