"""Why a bucket did not give something, in sentences: obstore's errors as errors of avakit.

obstore says what happened in one text, with the server's whole answer in it, where keys and signatures may
stand. Only the status, the server's own word for it and its sentence are taken over.
"""

import html
import re
from collections.abc import Iterable

from avakit.errors import (
    Changed,
    LoginNeeded,
    NetworkFailed,
    NotFound,
    RateLimited,
    ServerFailed,
    Stalled,
    TransferError,
)
from avakit.text import one_line

_STATUS = re.compile(r"status code: (\d{3})")
_CODE = re.compile(r"<Code>(\w{1,60})</Code>")
_SENTENCE = re.compile(r'(?:<Message>|"message":\s*")([^<"]{1,5000})')
_LONGEST = 300
_REASON = re.compile(r'message: "([\w ,.()-]{1,100})"')
_SETTING = re.compile(r"Generic \w+ error: (Missing \w+)")
_KINDS = {
    "FileNotFoundError": 404,
    "PermissionDeniedError": 403,
    "UnauthenticatedError": 401,
    "PreconditionError": 412,
}
_SLOW = {"SlowDown", "ServerBusy", "TooManyRequests", "RequestLimitExceeded"}
_WHO = {"ExpiredToken", "InvalidToken", "InvalidAccessKeyId", "SignatureDoesNotMatch", "AuthenticationFailed"}


def refusal(error: Exception, name: str, how: str, hidden: Iterable[str] = ()) -> TransferError:
    """Return what an error of obstore means for the object or bucket `name`.

    `how`: what is to be set to be let in; `hidden`: what must not stand in the sentence.
    """
    if isinstance(error, TransferError):
        return error
    text = str(error)
    status_said = _STATUS.search(text)
    status = int(status_said[1]) if status_said else _KINDS.get(type(error).__name__)
    if status is None:
        return _without_answer(text, name)
    code = _CODE.search(text)
    word = code[1] if code else ""
    said = f"{name} answered {status}{f' {word}' if word else ''}{_sentence(text, hidden)}"
    return _answered(status, word, said, how)


def not_asked(error: Exception, name: str, how: str) -> TransferError:
    """Return what it means that a store could not even be made of what is set."""
    reason = _SETTING.match(str(error))
    told = f": {reason[1]}" if reason else ""
    return TransferError(f"{name} cannot be asked as the environment is set{told}", f"Set {how}.")


def silent(name: str) -> Stalled:
    """Return what is said of a server that gave nothing, whoever noticed: obstore waits as long as avakit."""
    return Stalled(f"{name} gave nothing for too long", "Run again: it goes on where it was.")


def _answered(status: int, word: str, said: str, how: str) -> TransferError:
    if word in _SLOW or status == 429:
        return RateLimited(said, "Lower --connections, or run again later.")
    if status in (401, 403) or word in _WHO:
        advice = f"Set {how}, and check the clock of this machine; or give another --source."
        if status == 403 and not word:
            said += " (Amazon S3 answers so for an object that does not exist, too)"
        return LoginNeeded(said, advice, asked=status == 401 or word in _WHO)
    if status in (404, 410):
        return NotFound(said, "Check the bucket and the folder, or give another --source.")
    if status in (412, 416):
        return Changed(said, "The object is no longer the one that was begun: run again.")
    if status >= 500 or status in (408, 425):
        return ServerFailed(said, "Run again later, or give another --source.")
    return TransferError(said, "Check the address of the bucket.")


def _without_answer(text: str, name: str) -> TransferError:
    """Return what it means that no whole answer came."""
    if "without LOCATION" in text:
        return TransferError(f"{name} lies in another region", "Set AWS_REGION to the one of the bucket.")
    if "non-partial response" in text or "UnexpectedRange" in text:
        return ServerFailed(
            f"{name} gave another part than the one that was asked for", "Give another --source."
        )
    if "builder error" in text:
        return TransferError(f"{name} would be asked without encryption", "Use an endpoint of https://.")
    connecting = "kind: Connect" in text
    if not connecting and ("kind: Timeout" in text or "TimedOut" in text):
        return silent(name)
    reason = _REASON.search(text)
    told = f" [{reason[1]}]" if reason else ""
    what = f"No connection to {name}" if connecting else f"The connection to {name} broke"
    advice = "Check the network, --proxy and the endpoint, then run again."
    return NetworkFailed(f"{what}{told}", advice, reached=not connecting)


def _sentence(text: str, hidden: Iterable[str]) -> str:
    """Return the server's own sentence, if it gave one, fit to be shown."""
    match = _SENTENCE.search(text)
    if match is None:
        return ""
    sentence = html.unescape(match[1])
    for secret in hidden:
        sentence = sentence.replace(secret, "…")
    plain = one_line(sentence)
    return f": {plain[:_LONGEST].rstrip(' .')}" if plain else ""
