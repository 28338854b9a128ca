"""A folder on this machine, or mounted on it, that has videos: `<id>.<ext>` in it, in `trainval/` or in
`test/`."""

from pathlib import Path

from avakit.causes import Cause
from avakit.errors import NotFound, TransferError, UsageError
from avakit.releases.model import Video
from avakit.sources.containers import FOLDERS, candidates
from avakit.sources.offer import Missing, Offer, missing
from avakit.transfer.disk import expanded
from avakit.transfer.local import FileReader


class Folder:
    """A `Source` of files. Links are followed; of what hashes these files have, nothing is known."""

    def __init__(self, path: Path) -> None:
        """Look in `path`. Raises `UsageError` if it is not a folder."""
        self._path = expanded(path)
        if not self._path.is_dir():
            raise UsageError(
                f"There is no folder {path}",
                "Check the path of --source folder=PATH, and that it is mounted.",
            )

    @property
    def name(self) -> str:
        """`folder=` and the path."""
        return f"folder={self._path}"

    def find(self, video: Video) -> Offer | Missing:
        """Look for the file, the known container first. Raises `UsageError`."""
        containers = candidates(video)
        places = (self._path, *(self._path / folder for folder in FOLDERS))
        for container in containers:
            for place in places:
                file = place / f"{video.id}.{container}"
                if file.is_file() or file.is_symlink():
                    return self._offer(video, file, container)
        looked = (
            f"There is no {video.id}.{{{','.join(containers)}}} in {self._path}, nor in its trainval or test"
        )
        return missing(self.name, video.id, NotFound(looked, "Put it there, or give another --source."))

    def _offer(self, video: Video, file: Path, container: str) -> Offer | Missing:
        try:
            reader = FileReader(file)
        except TransferError as error:
            return missing(self.name, video.id, error)
        if reader.version.size == 0:
            said = (
                f"{self.name} has {video.id}, but {file} is empty. Copy it again, or give another --source."
            )
            return Missing(self.name, Cause.CORRUPT, said)
        return Offer(self.name, reader, container, None)
