"""What Baidu netdisk's error numbers mean.

It has no public list for shares; these are what its pages say, and what other clients have met.
"""

from collections.abc import Mapping

from avakit.causes import Cause
from avakit.errors import LoginNeeded, NotFound, RateLimited, ServerFailed, TransferError
from avakit.transfer.address import plain

SET = "AVAKIT_BAIDU_SHARE and AVAKIT_BAIDU_CODE"
EXISTS = -30
FOLDER_EXISTS = -8
SEVERAL = 12
"""Some of the files asked for failed; `info` says which, and why."""

_COOKIES = "Log in to pan.baidu.com in a browser, export its cookies anew and give them as --cookies FILE."
_WAIT = "Wait some hours, or open the share in a browser once and answer what it asks."
_ASK = "Ask whoever shared it for a new link, or give another --source."
_MEANINGS: dict[int, tuple[Cause, str, str]] = {
    -9: (Cause.LOGIN, "the extraction code is wrong", f"Check {SET}."),
    -12: (Cause.LOGIN, "the extraction code is wrong or not given", f"Check {SET}."),
    -62: (Cause.BOT, "it asks a person to read a captcha", _WAIT),
    -19: (Cause.BOT, "it asks a person to read a captcha", _WAIT),
    132: (Cause.BOT, "it asks a person to confirm who they are", _WAIT),
    -7: (Cause.GONE, "the share was cancelled or deleted", _ASK),
    -8: (Cause.GONE, "the share has expired", _ASK),
    -21: (Cause.GONE, "the share was cancelled", _ASK),
    105: (Cause.GONE, "there is no such share, or it was cancelled", _ASK),
    115: (Cause.GONE, "the share is forbidden", _ASK),
    145: (Cause.GONE, "the share is no longer valid", _ASK),
    -16: (Cause.GONE, "the file is blocked there", _ASK),
    -70: (Cause.GONE, "the file is blocked there", _ASK),
    1919: (Cause.GONE, "the file is blocked there", _ASK),
    -6: (Cause.LOGIN, "it does not know who asks", _COOKIES),
    -4: (Cause.LOGIN, "it does not know who asks", _COOKIES),
    -11: (Cause.LOGIN, "it does not take the cookies", _COOKIES),
    31045: (Cause.LOGIN, "it does not know who asks", _COOKIES),
    -10: (Cause.DISK, "your netdisk is full", "Make room in it (its folder /avakit too), then run again."),
    -32: (Cause.DISK, "your netdisk is full", "Make room in it (its folder /avakit too), then run again."),
    -33: (Cause.DISK, "your netdisk holds too many files", "Make room in it, then run again."),
    31034: (Cause.RATE_LIMIT, "it asks for fewer requests", "Run again later."),
    -65: (Cause.RATE_LIMIT, "it asks for fewer requests", "Run again later."),
    -31066: (Cause.NOT_FOUND, "there is no such file", _ASK),
    -3: (Cause.NOT_FOUND, "there is no such file", _ASK),
}


class Refused(TransferError):
    """A refusal whose cause no other error stands for: it is `cause`."""

    def __init__(self, what: str, advice: str, cause: Cause) -> None:
        super().__init__(what, advice)
        self.cause = cause


def number_of(answer: Mapping[str, object]) -> int:
    """Return the error number of an answer, 0 for none. What is no number is -1."""
    for key in ("errno", "error_code"):
        number = answer.get(key)
        if isinstance(number, int):
            return number
        if number is not None:
            return -1
    return 0


def error_of(number: int, doing: str, said: object = None) -> TransferError:
    """Return the error that a number stands for. `doing`: at what; `said`: the server's own words, if any."""
    words = f": {plain(said)}" if isinstance(said, str) and said else ""
    if number not in _MEANINGS:
        return ServerFailed(
            f"Baidu netdisk failed at {doing} (error {number}{words})",
            "Run again later, or give another --source.",
        )
    cause, meaning, advice = _MEANINGS[number]
    what = f"Baidu netdisk refused {doing}: {meaning} (error {number}{words})"
    if cause is Cause.LOGIN:
        return LoginNeeded(what, advice)
    if cause is Cause.RATE_LIMIT:
        return RateLimited(what, advice)
    if cause is Cause.NOT_FOUND:
        return NotFound(what, advice)
    return Refused(what, advice, cause)
