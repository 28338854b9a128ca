"""The folder that holds one data set: where everything in it lies, how it is found and made."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from avakit.errors import RootError, RootMismatch
from avakit.transfer.disk import disk_error, expanded

VARIABLE = "AVAKIT_ROOT"


@dataclass(frozen=True)
class Root:
    """The places inside a root. Nothing is looked up on disk."""

    path: Path

    @property
    def settings(self) -> Path:
        """What was asked for (TOML, the user's to edit)."""
        return self.path / "avakit.toml"

    @property
    def annotations(self) -> Path:
        """The folder of the official files as they came, and of the table made of them."""
        return self.path / "annotations"

    @property
    def table(self) -> Path:
        """The table made of the labels."""
        return self.annotations / "annotations.parquet"

    @property
    def windows(self) -> Path:
        """The folder of the annotated parts, `<id>.<ext>`."""
        return self.path / "windows"

    @property
    def videos(self) -> Path:
        """The folder of whole movies, `<id>.<ext>`."""
        return self.path / "videos"

    @property
    def state(self) -> Path:
        """The folder of what avakit keeps for itself."""
        return self.path / ".avakit"

    @property
    def partial(self) -> Path:
        """The folder of bytes in flight."""
        return self.state / "partial"

    @property
    def ledger(self) -> Path:
        """The database of every attempt and every product."""
        return self.state / "ledger.sqlite"

    @property
    def log(self) -> Path:
        """What libraries printed in the child processes."""
        return self.state / "log"

    @property
    def lock(self) -> Path:
        """The file whose lock means: an avakit works here. (Not the lock file that describes a copy.)"""
        return self.state / "lock"

    def product(self, name: str) -> Path:
        """Return the folder of a product: keyframes, frames, clips …"""
        return self.path / name

    def exists(self) -> bool:
        """Return whether this folder is one of avakit's."""
        return self.settings.is_file() or self.state.is_dir()

    def relative(self, path: Path) -> str:
        """Return how the ledger names a file in this root: with `/` on every system."""
        return path.relative_to(self.path).as_posix()


def place(given: Path | None, release: str, here: Path, environment: Mapping[str, str]) -> Path:
    """Return the folder that a command which makes roots is to use; it need not exist.

    `given` (--root), else AVAKIT_ROOT, else the root that `here` lies in, else `ava-<release>` in `here`.
    """
    if given is not None:
        return _absolute(given, here)
    if environment.get(VARIABLE):
        return _absolute(Path(environment[VARIABLE]), here)
    return _around(here) or here.absolute() / f"ava-{release}"


def create(path: Path) -> Root:
    """Make a folder a root, or leave it one, and return it.

    Raises `RootError` or `DiskFull` where it cannot be made or written, or its name is no text.
    """
    root = Root(path.absolute())
    if not _is_text(str(root.path)):
        raise RootError(
            f"{str(root.path)!a} is no name in UTF-8, which its files are written in", "Give another --root."
        )
    for folder in (root.path, root.state, root.partial):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            raise RootError(
                f"{folder} cannot be a folder: a file is in its way", "Give another --root."
            ) from error
        except OSError as error:
            raise disk_error(error, folder) from error
    if not os.access(root.state, os.W_OK):
        raise RootError(f"{root.path} cannot be written", "Change its rights, or give another --root.")
    return root


def find(given: Path | None, here: Path, environment: Mapping[str, str]) -> Root:
    """Return the root that a command is to read.

    `given` (--root), else AVAKIT_ROOT, else the root that `here` lies in, else the one `ava-…` root in
    `here`.

    Raises `RootError` if it is not there, not a folder, not a root, or if there are several.
    """
    if given is not None:
        return _existing(_absolute(given, here))
    if environment.get(VARIABLE):
        return _existing(_absolute(Path(environment[VARIABLE]), here), f" (from {VARIABLE})")
    around = _around(here)
    if around is not None:
        return Root(around)
    near = [Root(path) for path in sorted(here.absolute().glob("ava-*")) if Root(path).exists()]
    if len(near) > 1:
        names = ", ".join(root.path.name for root in near)
        raise RootError(f"There are several data sets here: {names}", "Say which one with --root.")
    if not near:
        raise RootError(
            f"There is no data set in {here.absolute()}, nor in any folder above it",
            "Name its folder with --root, or begin one with avakit get.",
        )
    return near[0]


def same_release(root: Root, holds: str, asked: str | None) -> None:
    """Raise `RootMismatch` if another release is asked for than the root holds. None asks for whatever it
    is."""
    if asked is not None and asked != holds:
        raise RootMismatch(
            f"{root.path} holds {holds}, and {asked} was asked for",
            f"Leave the release out, or give --root another folder, such as ava-{asked}.",
        )


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _existing(path: Path, whence: str = "") -> Root:
    root = Root(path)
    if not path.exists():
        raise RootError(f"{path}{whence} does not exist", "Check the name, or begin it with avakit get.")
    if not path.is_dir():
        raise RootError(f"{path}{whence} is not a folder", "Name the folder of a data set.")
    if not root.exists():
        raise RootError(
            f"{path}{whence} is not a data set of avakit: it has no avakit.toml",
            "Name the folder that has one, or begin it with avakit get.",
        )
    return root


def _around(here: Path) -> Path | None:
    here = here.absolute()
    return next((folder for folder in (here, *here.parents) if Root(folder).exists()), None)


def _absolute(path: Path, here: Path) -> Path:
    return (here / expanded(path)).absolute()
