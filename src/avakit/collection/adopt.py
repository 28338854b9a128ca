"""The verb `adopt`: files that people have already, matched by their names, checked, cut or linked."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from threading import Event

from avakit.annotations.table import build
from avakit.collection.beginning import begin
from avakit.collection.choice import pending
from avakit.collection.found import Match, find_files
from avakit.collection.mine import Mine, mine
from avakit.collection.request import Request, Wish
from avakit.collection.video import Collected, Task, collect, record
from avakit.dataset import lock, settings
from avakit.dataset.ledger import Ledger
from avakit.dataset.release import described, learned, own_files, teaches
from avakit.dataset.root import Root, create
from avakit.dataset.rows import State, VideoRow
from avakit.dataset.selection import split_of, standing
from avakit.dataset.settings import Settings
from avakit.engine.progress import Progress, Silent
from avakit.engine.run import run_jobs
from avakit.engine.worker import Worker
from avakit.errors import AvakitError, RootError, UsageError
from avakit.releases.model import Release, Video
from avakit.text import printable
from avakit.transfer.checksums import hash_file
from avakit.windows.whole import Wire


@dataclass(frozen=True)
class Taken:
    """What became of the files of one video. `file`: the one that was taken, or the first that was tried;
    `row`: what the ledger knows now; `as_published`: whether the file is byte for byte that of CVDF's mirror
    (None: nobody knows that file's MD5, or it was not taken); `told`: where in the movie it begins was taken
    at the person's word.
    """

    file: Path
    row: VideoRow
    as_published: bool | None = None
    told: bool = False


@dataclass(frozen=True)
class Adopted:
    """What came of all files. `here`: ids of videos that were here already; `ambiguous`: files whose names
    speak of several videos, with these; `unmatched`: files that are no video's; `unread`: folders that could
    not be read; `notes`: what else is to be told.
    """

    root: Root
    release: str
    taken: tuple[Taken, ...]
    here: tuple[str, ...]
    ambiguous: tuple[tuple[Path, tuple[str, ...]], ...]
    unmatched: tuple[Path, ...]
    unread: tuple[Path, ...]
    notes: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether every file that is a video's is in the data set now, and there was one at all."""
        wrong = self.ambiguous or self.unread or any(one.row.state is not State.HAVE for one in self.taken)
        return bool(self.taken or self.here) and not wrong


def adopt(
    paths: Iterable[str | os.PathLike[str]],
    *,
    release: str | None = None,
    root: str | os.PathLike[str] | None = None,
    begins: Fraction | int = 0,
    whole: bool = False,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> Adopted:
    """Take files into a root, which is made if there is none: their annotated part, or `whole` movies
    (as the root wants them, or if asked for).

    `paths`: files, and folders with all that is in them; they are never altered. `begins`: the second of the
    movie at which files begin that were cut out of one and whose names do not say it. A whole movie becomes a
    hard link, or a copy on another file system. Files that are refused do not raise: `Adopted` and the ledger
    say which and why. Raises `UsageError`, `RootError`, `AnnotationError`, `DiskFull`, `Interrupted`.
    """
    start = Fraction(begins)
    if start < 0 or (start > 0 and whole):
        raise UsageError(
            "What begins in the middle of a movie is not a whole one" if whole else "A file cannot begin so",
            "Give --whole or --begins." if whole else "Give --begins in seconds of the movie, from 0.",
        )
    given = [Path(path) for path in paths]
    if not given:
        raise UsageError("There is nothing to take in", "Name files, or folders that hold some.")
    there, known = begin(release, root, "to take files into", "Name one with --release")
    return _Adopt(there, known, start, whole, progress or Silent())(given, jobs)


class _Adopt:
    """One call of `adopt`: what is fixed while it runs."""

    def __init__(
        self, root: Root, known: Settings, begins: Fraction, whole: bool, progress: Progress
    ) -> None:
        self._root = root
        self._new = not root.settings.is_file()
        self._known = known
        self._release = _released(root, self._known)
        self._begins = begins
        self._progress = progress
        self._only_whole = whole or self._known.whole
        self._wish = Wish(root, self._release, self._known.window, self._only_whole)
        self._stop = Event()

    def __call__(self, paths: Sequence[Path], jobs: int | None) -> Adopted:
        """Find the files, then take them in."""
        root = self._root
        workers = self._known.jobs if jobs is None else self._known.adding(jobs=jobs).jobs
        videos = {video.id: video for video in self._release.everything}
        ours = (root.windows, root.videos, root.state)
        found = find_files(paths, videos, self._release.form, ours)
        known: Mapping[str, VideoRow] = {}
        todo: list[Video] = []
        taken: list[Taken] = []
        if found.matches:
            create(root.path)
            with lock.hold(root), Ledger.write(root.ledger) as ledger:
                matched = [videos[video] for video in found.matches]
                asked = self._asked(matched)
                settings.save(root, asked)
                ledger.ask((video.id, split_of(self._release, video)) for video in matched)
                known = ledger.videos()
                todo = pending(matched, known, (), self._wish)
                self._take(todo, found.matches, known, workers, ledger, taken)
        waiting = {video.id for video in todo}
        return Adopted(
            root,
            self._release.name,
            tuple(sorted(taken, key=lambda one: one.row.id)),
            tuple(video for video in found.matches if video not in waiting),
            found.ambiguous,
            found.unmatched,
            found.unread,
            _notes(taken, self._begins),
        )

    def _asked(self, videos: Sequence[Video]) -> Settings:
        """Return the root's settings: what is taken in was asked for by that."""
        if self._new:
            return self._known.adding((), (video.id for video in videos))
        before = {video.id for video in standing(self._release, self._known)}
        more = [video.id for video in videos if video.id not in before]
        named = self._known.splits or self._known.videos or not more
        return self._known.adding(() if named else self._release.default_splits, more)

    def _take(
        self,
        todo: Sequence[Video],
        matches: Mapping[str, tuple[Match, ...]],
        known: Mapping[str, VideoRow],
        jobs: int,
        ledger: Ledger,
        taken: list[Taken],
    ) -> None:
        """Take in one video after another, and write what comes of each as it comes."""
        wire = Wire(1, self._stop, self._progress.came)
        tasks = [Task(video, split_of(self._release, video), known.get(video.id)) for video in todo]

        def work(task: Task, worker: Worker) -> tuple[Collected, Mine, bool | None]:
            files = self._files(task.video, matches[task.video.id], worker)
            own = self._own(task.video, files)
            done = _told(collect(task, own, files, worker, wire))
            file = files[max(0, len(done.attempts) - 1)]
            return done, file, self._compared(task.video, file, done)

        def came(task: Task, result: tuple[Collected, Mine, bool | None] | AvakitError) -> None:
            if isinstance(result, AvakitError):
                raise result
            done, file, same = result
            record(done, ledger, self._progress)
            taken.append(Taken(file.path, done.row, same, file.told))

        with self._progress:
            self._progress.expect(len(tasks))
            run_jobs(tasks, work, came, workers=jobs, stop=self._stop, log=self._root.log)

    def _files(self, video: Video, matches: Sequence[Match], worker: Worker) -> list[Mine]:
        """Return the files of a video as sources, those that are whole movies first."""
        seconds = self._release.seconds_of(video.id) if self._release.mirror else ()
        files = [mine(match, self._begins, seconds, self._only_whole, worker) for match in matches]
        return sorted(files, key=lambda file: (file.refusal is not None, file.part is not None))

    def _own(self, video: Video, files: Sequence[Mine]) -> Request:
        """Return what is wanted of one video: of data of one's own, which names no window, all that a part
        has.
        """
        own = self._wish.of(video.id)
        if own.whole and not self._only_whole and files[0].part is not None:
            return replace(own, whole=False, window=files[0].part)
        return own

    def _compared(self, video: Video, file: Mine, done: Collected) -> bool | None:
        """Return whether a file that was taken is the mirror's, where its MD5 is known."""
        whole = video.md5 is not None and file.container == video.container and file.part is None
        if not whole or done.row.state is not State.HAVE or not done.attempts:
            return None
        return hash_file(file.path, {"md5"}, self._stop)["md5"] == video.md5


def _told(done: Collected) -> Collected:
    """Return what came of a video with messages that the ledger can hold, whatever the files are called."""

    def plain(message: str | None) -> str | None:
        return None if message is None else printable(message)

    attempts = tuple(replace(row, message=plain(row.message)) for row in done.attempts)
    return replace(done, row=replace(done.row, message=plain(done.row.message)), attempts=attempts)


def _notes(taken: Sequence[Taken], begins: Fraction) -> tuple[str, ...]:
    """Return what is to be told of all files together."""
    have = [one for one in taken if one.row.state is State.HAVE]
    same, other = ([one for one in have if one.as_published is kind] for kind in (True, False))
    told = sum(one.told for one in have)
    notes = []
    if same:
        notes.append(f"{_videos(len(same))}: byte for byte as on CVDF's mirror.")
    if other:
        ids = ", ".join(one.row.id for one in other[:5]) + (" ..." if len(other) > 5 else "")
        notes.append(
            f"{_videos(len(other))} with another MD5 than on CVDF's mirror, so another copy or encoding, "
            f"taken for what it shows: {ids}."
        )
    if told:
        notes.append(
            f"{_videos(told)} taken at your word to begin at {float(begins):g} s. A part that was encoded "
            "again is exact to a picture or two at best; one that was not may begin seconds earlier."
        )
    return tuple(notes)


def _released(root: Root, known: Settings) -> Release:
    """Return the release, with the videos that its labels name, if it does not know them itself."""
    release = described(root, known)
    table = root.table
    if not release.learns:
        return learned(release, table) if teaches(release) and table.is_file() else release
    if known.custom is not None and not table.is_file():
        create(root.path)
        root.annotations.mkdir(exist_ok=True)
        build(release, own_files(release, root), table)
    if not table.is_file():
        raise RootError(
            f"Which videos {release.name} has, its labels tell, and {root.path} has no labels yet",
            f"Run avakit get {release.name} first: it asks before it fetches movies.",
        )
    return learned(release, table)


def _videos(count: int) -> str:
    return f"{count} video{'s' * (count != 1)}"
