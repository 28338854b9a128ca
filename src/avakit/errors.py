"""The tree of errors. Each one is a sentence: what happened, to what, what to do next.

AvakitError                  every error that avakit raises on purpose
├── UsageError               asked for something that does not exist: a release, a split, an id, an option
├── RootError                the folder of a data set cannot be used
│   ├── RootBusy             another avakit works in it
│   └── RootMismatch         it holds another release
├── DiskFull                 no room left where something had to be written
├── AnnotationError          the labels are absent, damaged, or not AVA's
├── TransferError            bytes could not be had
│   ├── NotFound             there is no such file
│   ├── LoginNeeded          the server wants to know who asks
│   ├── RateLimited          the server asks for fewer requests
│   ├── ServerFailed         the server answered with a failure of its own
│   ├── NetworkFailed        no connection, or one that broke
│   ├── Stalled              a connection that gave nothing for too long
│   ├── Truncated            fewer bytes came than were announced
│   ├── Changed              the file is no longer the one that was begun
│   └── WrongBytes           all bytes came, and their checksum is another
├── MediaError               a file is not the movie it should be
│   ├── NotAMovie            nothing in it can be read as a movie
│   ├── NoPictures           it has no picture stream
│   ├── DamagedMovie         packets are missing or cannot be decoded
│   ├── ShortMovie           it ends before its last annotated second
│   └── UnsupportedMovie     the stream is whole, and this build cannot handle it
├── GapError                 pictures are missing where a product needs them
├── WorkerDied               the process that read a movie crashed or hung
└── Interrupted              the user stopped the run; what was done is kept
"""


class AvakitError(Exception):
    """Base of all errors of avakit.

    `what` says what happened and to what (video, file, line); `advice` says what to do next. `str()` gives
    both as sentences. Neither may contain credentials.
    """

    def __init__(self, what: str, advice: str = "") -> None:
        super().__init__(what, advice)
        self.what = what
        self.advice = advice

    def __str__(self) -> str:
        """Return the sentence, with its advice behind it."""
        sentence = self.what if self.what.endswith((".", "!", "?")) else f"{self.what}."
        return f"{sentence} {self.advice}".rstrip()


class UsageError(AvakitError):
    """Something was asked for that does not exist; the message lists what would have been accepted."""


class RootError(AvakitError):
    """The folder of a data set is absent, unwritable or not one of avakit's."""


class RootBusy(RootError):
    """Another avakit works in this root."""


class RootMismatch(RootError):
    """The root holds another release than the one asked for."""


class DiskFull(AvakitError):
    """No room left where something had to be written."""


class AnnotationError(AvakitError):
    """Labels are absent, damaged, or not AVA's."""


class TransferError(AvakitError):
    """Bytes could not be had from where they were asked for."""


class NotFound(TransferError):
    """There is no such file."""


class LoginNeeded(TransferError):
    """The server wants to know who asks (401, 403, 407). `asked`: for a name and a password (401)."""

    def __init__(self, what: str, advice: str = "", asked: bool = False) -> None:
        super().__init__(what, advice)
        self.asked = asked


class RateLimited(TransferError):
    """The server asks for fewer requests (429). `wait` is its `Retry-After` in seconds, if it gave one."""

    def __init__(self, what: str, advice: str = "", wait: float | None = None) -> None:
        super().__init__(what, advice)
        self.wait = wait


class ServerFailed(TransferError):
    """The server answered with a failure of its own (5xx). `wait` is its `Retry-After` in seconds, if it gave
    one.
    """

    def __init__(self, what: str, advice: str = "", wait: float | None = None) -> None:
        super().__init__(what, advice)
        self.wait = wait


class NetworkFailed(TransferError):
    """No connection, or one that broke. `reached`: it was there, so the server can be asked for others."""

    def __init__(self, what: str, advice: str = "", reached: bool = True) -> None:
        super().__init__(what, advice)
        self.reached = reached


class Stalled(TransferError):
    """A connection gave nothing for too long."""


class Truncated(TransferError):
    """Fewer bytes came than were announced."""


class Changed(TransferError):
    """The file is no longer the one that was begun (ETag, Last-Modified or size differ)."""


class WrongBytes(TransferError):
    """All bytes came, and their checksum is another."""


class MediaError(AvakitError):
    """A file is not the movie it should be."""


class NotAMovie(MediaError):
    """Nothing in the file can be read as a movie."""


class NoPictures(MediaError):
    """The movie has no picture stream."""


class DamagedMovie(MediaError):
    """Packets are missing or cannot be decoded."""


class ShortMovie(MediaError):
    """The movie ends before its last annotated second."""


class UnsupportedMovie(MediaError):
    """The stream is whole, and this build of the decoder cannot handle it."""


class GapError(AvakitError):
    """Pictures are missing where a product needs them, and `--gaps error` was asked for."""


class WorkerDied(AvakitError):
    """The process that read a movie crashed or hung."""


class Interrupted(AvakitError):
    """The user stopped the run; what was done is kept."""
