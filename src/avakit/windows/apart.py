"""Movies of which pictures and sound are files of their own: both fetched, and joined."""

import shutil
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from avakit.errors import AvakitError, MediaError, TransferError, WorkerDied
from avakit.transfer.disk import disk_errors
from avakit.transfer.reader import Reader
from avakit.windows.fetch import Caller, Fetched, fetch_window
from avakit.windows.joining import join
from avakit.windows.movie import Piece
from avakit.windows.span import Window
from avakit.windows.whole import Wire, fetch_whole

_PATIENCE = 900.0
_LOST = (TransferError, MediaError, WorkerDied)
"""What the pictures outlive when it befalls the sound."""


def sound_part(part: Path) -> Path:
    """Return where the bytes in flight of the sound lie: beside those of the pictures."""
    return part.with_suffix(".sound.part")


def fetch_window_apart(
    reader: Reader, sound: Reader, window: Window, part: Path, out: Path, worker: Caller, wire: Wire
) -> Fetched:
    """Write a window of pictures, with their sound, to `out`; return what it is. See `fetch_window`.

    The pictures count: where the sound cannot be had, or not be joined to them, `out` holds the pictures
    alone, and the note says so. Raises what `fetch_window` does for the pictures, `DiskFull`, `Interrupted`.
    """
    seen, heard = out.with_suffix(".seen"), out.with_suffix(".heard")
    try:
        fetched = fetch_window(reader, window, part, seen, worker, wire, piece=Piece(apart=True))
        first = fetched.cut.first
        wanted = Window(min(first, window.start), window.end)
        try:
            only = Piece(apart=True, sound=True)
            fetch_window(sound, wanted, sound_part(part), heard, worker, wire, piece=only)
            container = _joined(seen, heard, reader.name, out, worker, first)
        except _LOST as error:
            _move(seen, out)
            return replace(fetched, note=_noted(fetched.note, error))
        return replace(fetched, cut=replace(fetched.cut, container=container))
    finally:
        _drop(seen, heard)


def fetch_whole_apart(
    reader: Reader, sound: Reader, part: Path, out: Path, worker: Caller, wire: Wire
) -> tuple[str | None, str]:
    """Write a whole movie, with its sound, to `out`; return its container and a note.

    Without its sound (the note says why) it is the file of the pictures as it came, whose container is None:
    the source knows it. Raises as `fetch_window_apart`.
    """
    seen = _here(reader, part, wire)
    try:
        heard = _here(sound, sound_part(part), wire)
        return _joined(seen, heard, reader.name, out, worker, None), ""
    except _LOST as error:
        with disk_errors(out):
            out.unlink(missing_ok=True)
            shutil.copyfile(seen, out)
        return None, _noted("", error)


def _here(reader: Reader, part: Path, wire: Wire) -> Path:
    """Return where all of a file lies, fetched if need be."""
    if reader.path is None:
        fetch_whole(reader, part, wire, None)
    return reader.path or part


def _joined(seen: Path, heard: Path, name: str, out: Path, worker: Caller, begin: Fraction | None) -> str:
    about = f"joining {name} with its sound"
    return worker.call(join, seen, heard, name, out, begin, timeout=_PATIENCE, about=about)


def _noted(note: str, error: AvakitError) -> str:
    """Return a note that says what became of the sound too."""
    said = f"stored without its sound, which could not be had ({error.what})"
    return f"{note}; {said}" if note else said


def _move(seen: Path, out: Path) -> None:
    with disk_errors(out):
        seen.replace(out)


def _drop(*files: Path) -> None:
    for file in files:
        with disk_errors(file):
            file.unlink(missing_ok=True)
