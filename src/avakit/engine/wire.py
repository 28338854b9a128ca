"""Messages between a worker and its child process: a length in eight bytes, then a pickle.

Both ends are this very program and talk over pipes that nobody else holds, which is what makes pickles fit
here.
"""

import pickle
import struct
from typing import BinaryIO

_LENGTH = struct.Struct(">Q")


def pack(message: object) -> bytes:
    """Return a message as the bytes that `receive` understands."""
    body = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    return _LENGTH.pack(len(body)) + body


def receive(stream: BinaryIO) -> bytes | None:
    """Return the body of the next message, still pickled, or None where the other end is gone."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    body = stream.read(length)
    return body if len(body) == length else None


def unpack(body: bytes) -> object:
    """Return the message of a body."""
    message: object = pickle.loads(body)  # noqa: S301 - see the top of this file
    return message
