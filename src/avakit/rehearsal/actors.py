"""Movies with actors, and the annotations that go with them, exact to the pixel.

The actors move two to three times a second while it matters (890 to 1810 s), and once a group otherwise. What
the annotations say of a second is what the picture on screen at that second shows.
"""

import zipfile
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from pathlib import Path

import numpy as np

from avakit.rehearsal import scenery
from avakit.rehearsal.crew import make_each
from avakit.rehearsal.encoding import GREY, Planes
from avakit.rehearsal.figures import Sprite, sprite, to_planes
from avakit.rehearsal.made import is_made, mark, path_of
from avakit.rehearsal.movies import make
from avakit.rehearsal.plays import Actor, Play, plays
from avakit.rehearsal.recipe import Movie
from avakit.releases.catalogue import release

_LIVELY = (890, 1810)  # seconds
_MOVE = 10  # pictures between two moves
_BAR = 16  # rows of grey along the lower edge


@dataclass(frozen=True)
class Row:
    """One label, as a row of AVA's csv: box in parts of the picture, AVA's action, the person's number."""

    video: str
    second: int
    box: tuple[float, float, float, float]
    action: int
    person: int

    def __str__(self) -> str:
        """Return the row as AVA writes it: four digits of seconds, three decimals."""
        box = ",".join(f"{edge:.3f}" for edge in self.box)
        return f"{self.video},{self.second:04d},{box},{self.action},{self.person}"


def make_plays(
    folder: Path, names: Iterable[str] | None = None, *, seconds: int = 2100, processes: int | None = None
) -> dict[str, Movie]:
    """Make the movies with actors (`names` None: all) in `folder`, laid out as at CVDF; return them by name.

    What lies there and was made by the same recipe and code stays. `processes` None: one a core.
    """
    known = plays(seconds)
    chosen = {name: known[name] for name in (known if names is None else names)}
    missing = [name for name, play in chosen.items() if not is_made(folder, play.recipe)]
    make_each(_make, folder, [(name, seconds) for name in missing], processes)
    return {name: Movie(play.recipe, path_of(folder, play.recipe)) for name, play in chosen.items()}


def rows(play: Play) -> list[Row]:
    """Return the labels of a play for every annotated second of v2.2 that it has, by second and person."""
    movie = Movie(play.recipe, Path())
    firsts = [0, *accumulate(_groups(movie))]
    found = []
    for second in map(int, release("v2.2").seconds):
        if second >= play.recipe.seconds:
            break
        on_screen = movie.number_at(second)
        moment = movie.time_of(firsts[bisect_right(firsts, on_screen) - 1])
        for person, actor in enumerate(play.cast):
            beat, _ = actor.at(moment)
            box = _box(actor, moment)
            found += [Row(play.recipe.video, second, box, action, person) for action in beat.actions]
    return found


def write_annotations(path: Path, some: Iterable[Play]) -> Path:
    """Write the labels of some plays as `ava_v2.2.zip` has them, all its members there, and return `path`."""
    v22 = release("v2.2")
    labels: dict[str, list[Row]] = {"train": [], "val": []}
    for play in some:
        labels[play.split] += rows(play)
    members = {f"ava_{split}_v2.2.csv": _text(found) for split, found in labels.items()}
    members |= {f"ava_{split}_excluded_timestamps_v2.2.csv": "" for split in ("train", "val", "test")}
    members["ava_test_v2.2.txt"] = _text(video.id for video in v22.splits["test"].videos)
    members["ava_included_timestamps_v2.2.txt"] = _text(f"{second:04d}" for second in v22.seconds)
    members["ava_action_list_v2.2.pbtxt"] = "".join(
        f'label {{\n  name: "{action.name}"\n  label_id: {action.id}\n  label_type: {action.group}\n}}\n'
        for action in v22.actions
    )
    members["ava_action_list_v2.2_for_activitynet_2019.pbtxt"] = "".join(
        f'item {{\n  name: "{action.name}"\n  id: {action.id}\n}}\n'
        for action in v22.actions
        if action.evaluated
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in sorted(members.items()):
            archive.writestr(zipfile.ZipInfo(name, (2019, 1, 1, 0, 0, 0)), text, zipfile.ZIP_DEFLATED)
    return path


def _text(lines: Iterable[object]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _make(folder: Path, asked: tuple[str, int]) -> None:
    name, seconds = asked
    play = plays(seconds)[name]
    path = path_of(folder, play.recipe)
    make(play.recipe, path, _Stage(play, Movie(play.recipe, path)), _groups(Movie(play.recipe, path)))
    mark(folder, play.recipe)


def _groups(movie: Movie) -> Sequence[int]:
    """Return how many pictures hang together: few where the actors are lively, many before and after."""
    sync, count = movie.recipe.sync, movie.pictures
    before, after = (movie.number_at(second) for second in _LIVELY)
    lengths, done = [], 0
    while done < count:
        lively = before - sync < done < after
        lengths.append(min(_MOVE if lively else sync, count - done))
        done += lengths[-1]
    return lengths


class _Stage:
    """Paints the pictures of a play at which its actors move."""

    def __init__(self, play: Play, movie: Movie) -> None:
        self.play, self.movie = play, movie
        self.ground = to_planes(np.asarray(scenery.picture(play.paint)))
        for plane, value, bar in zip(
            self.ground, (GREY, 128, 128), (_BAR, _BAR // 2, _BAR // 2), strict=True
        ):
            plane[-bar:] = value
        self.ground.u[:4] = self.ground.v[:4] = 128  # no colour behind the upper line of cells

    def __call__(self, number: int, planes: Planes) -> None:
        """Paint the picture of this number."""
        for plane, ground in zip(planes, self.ground, strict=True):
            plane[:] = ground
        moment = self.movie.time_of(number)
        for actor in self.play.cast:
            drawn, left, top = _placed(actor, moment)
            drawn.lay_over(planes, left, top)


def _placed(actor: Actor, moment: Fraction) -> tuple[Sprite, int, int]:
    """Return an actor's sprite at a moment, and where its corner lies: on even pixels."""
    beat, part = actor.at(moment)
    drawn = sprite(actor.figure, beat.pose, int(moment * 6) % 8, beat.facing)
    tall, wide = drawn.alpha.shape
    middle = beat.start + (beat.end - beat.start) * part
    return drawn, int(middle - wide / 2) // 2 * 2, (actor.feet - tall) // 2 * 2


def _box(actor: Actor, moment: Fraction) -> tuple[float, float, float, float]:
    drawn, left, top = _placed(actor, moment)
    x1, y1, x2, y2 = drawn.box
    return (
        round((left + x1) / scenery.WIDTH, 3),
        round((top + y1) / scenery.HEIGHT, 3),
        round((left + x2) / scenery.WIDTH, 3),
        round((top + y2) / scenery.HEIGHT, 3),
    )
