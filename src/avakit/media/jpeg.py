"""JPEG files of pictures at one quality."""

from dataclasses import dataclass

from avakit.media.picture import Picture, check_quality
from avakit.media.view import WHOLE, View


@dataclass(frozen=True)
class Jpegs:
    """Encodes pictures at one quality, libjpeg's, 1 to 100. Raises `UsageError` for another."""

    quality: int

    def __post_init__(self) -> None:
        """Refuse a quality that JPEG does not have, before a movie is opened for it."""
        check_quality(self.quality)

    def encode(self, picture: Picture, view: View = WHOLE) -> bytes:
        """Return a view of a picture as a JPEG file. Asked again for the same, it costs nothing.

        Raises `UnsupportedMovie`.
        """
        return picture.jpeg(self.quality, view)
