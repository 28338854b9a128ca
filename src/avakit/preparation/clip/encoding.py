"""Clips being encoded: each group of pictures once, each clip written as soon as it has all of its groups."""

import json
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from av.video.frame import VideoFrame

from avakit.media.movie import Movie
from avakit.media.picture import Picture
from avakit.media.ticks import Ticks
from avakit.media.timeline import Timeline
from avakit.media.view import View
from avakit.preparation.clip.coding import Coded, Coder, Form
from avakit.preparation.clip.file import Timed, Track, write_clip
from avakit.preparation.clip.plan import Clip, clock_of, pictures_of, times_of
from avakit.preparation.clip.sound import Sounds, sounds_of
from avakit.preparation.gaps import Gaps
from avakit.preparation.making import Written
from avakit.transfer.disk import disk_errors

_FINEST_ASPECT = 1 << 16


@dataclass(frozen=True, eq=False)
class ClipsChore:
    """Some clips, by their first pictures, and the groups of pictures that they are made of."""

    clips: tuple[Clip, ...]
    groups: tuple[tuple[int, int], ...]
    folder: Path
    view: View
    gaps: Gaps

    @property
    def pictures(self) -> Ticks:
        """The pictures of all groups, ascending."""
        return pictures_of(self.groups)

    def begin(self, movie: Movie, written: Written) -> "ClipsWork":
        """Begin."""
        return ClipsWork(self, movie, written)


class ClipsWork:
    """Encodes pictures as they pass. Keeps no more than the coded pictures of clips that overlap."""

    def __init__(self, chore: ClipsChore, movie: Movie, written: Written) -> None:
        """Begin with nothing."""
        self._chore = chore
        self._movie = movie
        self._written = written
        self._groups = deque(chore.groups)
        self._clips = deque(sorted(chore.clips, key=lambda clip: (clip.begin, clip.first)))
        self._forms: dict[Clip, Form] = {}
        self._coders: dict[Form, Coder] = {}
        self._coded: dict[Form, dict[int, Coded]] = {}
        self._sounds: Sounds | None = sounds_of(movie.path, self._clips[0].begin)

    def take(self, index: int, picture: Picture) -> None:
        """Encode the next picture, in the form of each clip that shows it: nearly always one."""
        while self._groups[0][1] <= index:
            self._end_group()
        frame = picture.video_frame(self._chore.view)
        own = form_of(frame, picture, self._chore.view)
        first, _ = self._groups[0]
        for clip in self._clips:
            if clip.first > index:
                break
            if index < clip.stop:
                self._forms.setdefault(clip, own)
        forms = {form for clip, form in self._forms.items() if first < clip.stop} or {own}
        for form in forms:
            self._encode(form, index, frame)

    def end(self) -> None:
        """Write what is left."""
        while self._groups:
            self._end_group()

    def close(self) -> None:
        """Let everything go."""
        for coder in self._coders.values():
            coder.close()
        if self._sounds is not None:
            self._sounds.close()

    def _encode(self, form: Form, index: int, frame: VideoFrame) -> None:
        timeline = self._movie.timeline
        if form not in self._coders:
            self._coders[form] = Coder(form, timeline.time_base, self._movie.facts.rate)
        ready = self._coders[form].take(index, int(timeline.pts[index]), fitted(frame, form))
        self._coded.setdefault(form, {}).update(ready)

    def _end_group(self) -> None:
        """End the group at work, and write the clips that are whole by it."""
        _, done = self._groups.popleft()
        for form, coder in self._coders.items():
            self._coded.setdefault(form, {}).update(coder.end())
        while self._clips and (self._clips[0].stop <= done or not self._groups):
            self._write(self._clips.popleft())
        needed = min((clip.first for clip in self._clips), default=done)
        for coded in self._coded.values():
            for index in [index for index in coded if index < needed]:
                del coded[index]

    def _write(self, clip: Clip) -> None:
        form = self._forms.pop(clip, None)
        coded = {} if form is None else self._coded[form]
        lost = [index for index in range(clip.first, clip.stop) if index not in coded]
        note_lost(self._chore.folder, clip, lost)
        if form is None or len(lost) == clip.stop - clip.first:
            return
        clock = clock_of(clip, self._movie.timeline)
        pictures = timed_of(clip, self._movie.timeline, coded, clock, fill=self._chore.gaps == "repeat_last")
        tracks = [Track(self._coders[form].template, clock, pictures)]
        heard = None if self._sounds is None else self._sounds.of(clip.begin, clip.end)
        if heard is not None:
            tracks.append(heard)
        size = write_clip(self._chore.folder / clip.file_name, clip.end - clip.begin, tracks)
        self._written(size)


def timed_of(
    clip: Clip, timeline: Timeline, coded: Mapping[int, Coded], clock: Fraction, *, fill: bool
) -> list[Timed]:
    """Return a clip's packets with their times; `fill`: where the first is lost, the next takes its time."""
    times = times_of(clip, timeline)
    shown = [
        (round(second / clock), coded[index])
        for index, second in zip(range(clip.first, clip.stop), times, strict=True)
        if index in coded
    ]
    if fill:
        shown[0] = (round(clip.starts / clock), shown[0][1])
    end = max(round((clip.end - clip.begin) / clock), shown[-1][0] + 1)
    stops = [*(at for at, _ in shown[1:]), end]
    return [
        Timed(one.data, at, at, stop - at, one.sync) for (at, one), stop in zip(shown, stops, strict=True)
    ]


def form_of(frame: VideoFrame, picture: Picture, view: View) -> Form:
    """Return the form of a frame that shows a view of a picture."""
    aspect = Fraction(1) if view.square else picture.sample_aspect.limit_denominator(_FINEST_ASPECT)
    return Form(
        frame.width,
        frame.height,
        aspect,
        int(frame.color_range),
        int(frame.colorspace),
        int(frame.color_primaries),
        int(frame.color_trc),
    )


def fitted(frame: VideoFrame, form: Form) -> VideoFrame:
    """Return a frame of the form's size: where a movie's size changes, a clip keeps that of its begin."""
    if (frame.width, frame.height) == (form.width, form.height):
        return frame
    return frame.reformat(width=form.width, height=form.height, threads=1)


def note_lost(folder: Path, clip: Clip, lost: Sequence[int]) -> None:
    """Note beside a clip which of its pictures it lacks: a later call may find it whole."""
    path = _note(folder, clip)
    with disk_errors(path):
        if lost:
            path.write_text(json.dumps(list(lost)), "utf-8")
        else:
            path.unlink(missing_ok=True)


def lost_of(folder: Path, clip: Clip) -> frozenset[int]:
    """Return which pictures a clip lacks, by what was noted."""
    path = _note(folder, clip)
    with disk_errors(path), suppress(FileNotFoundError):
        return frozenset(json.loads(path.read_text("utf-8")))
    return frozenset()


def _note(folder: Path, clip: Clip) -> Path:
    return folder / f"{clip.name}.lost"
