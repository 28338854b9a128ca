"""The `.map` beside a `.part`: what the file is, and a checksum for each block that is there.

Layout: 8 bytes of magic, a big-endian length and crc32 of a JSON header, the header, zeros up to 4 KiB; then
8 bytes a block, big-endian: its number + 1 and its crc32. An entry of zeros, or with another number, is a
block that is not there.
"""

import json
import struct
import zlib

from avakit.transfer.reader import Version

HEADER = 4096
_MAGIC = b"avakmap1"
_LEAD = struct.Struct(">8sII")
_ENTRY = struct.Struct(">II")
ENTRY = _ENTRY.size


def encode_header(name: str, version: Version) -> bytes:
    """Return the `HEADER` bytes that begin the map of a file; a name too long for them is cut."""
    facts = {"size": version.size, "etag": version.etag, "modified": version.modified}
    text = b""
    for length in (len(name), 1000, 100, 0):
        text = json.dumps({"name": name[:length], **facts}).encode()
        if len(text) <= HEADER - _LEAD.size:
            break
    return (_LEAD.pack(_MAGIC, len(text), zlib.crc32(text)) + text).ljust(HEADER, b"\0")


def decode_header(data: bytes) -> tuple[str, Version] | None:
    """Return the name and version that a map was begun with, or None if the header is torn or not one."""
    if len(data) < HEADER:
        return None
    magic, length, checksum = _LEAD.unpack_from(data)
    text = data[_LEAD.size : _LEAD.size + length]
    if magic != _MAGIC or len(text) != length or zlib.crc32(text) != checksum:
        return None
    try:
        facts = json.loads(text)
        return facts["name"], Version(facts["size"], facts["etag"], facts["modified"])
    except (ValueError, KeyError, TypeError):
        return None


def encode_entries(first: int, checksums: list[int]) -> bytes:
    """Return the entries of consecutive blocks, from the block `first` on."""
    return b"".join(_ENTRY.pack(first + n + 1, checksum) for n, checksum in enumerate(checksums))


def decode_entries(data: bytes) -> dict[int, int]:
    """Return the checksum of each block that the entries claim; a torn one claims nothing."""
    whole = len(data) // ENTRY * ENTRY
    claims = enumerate(_ENTRY.iter_unpack(data[:whole]))
    return {block: checksum for block, (number, checksum) in claims if number == block + 1}


def same_file(begun: tuple[str, Version], name: str, version: Version) -> bool:
    """Return whether what was begun is of the same file.

    Size, ETag and Last-Modified must agree; where a server gives neither of the last two, the names must.
    """
    if begun[1] != version:
        return False
    return version.etag is not None or version.modified is not None or begun[0] == name
