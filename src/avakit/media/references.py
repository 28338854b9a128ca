"""Whether a stream of H.264 lacks a picture that others refer to. Pure.

The decoder says nothing where such a picture was lost: it takes another one for it, and all that follow up to
the next sync picture show what never was. But each picture carries the number of those that may be referred
to before it (frame_num; ITU-T H.264, 7.3.3 and 7.4.3), and that number must not leap.
"""

from collections.abc import Iterator
from typing import NamedTuple

_SLICES = frozenset({1, 2, 5})
_IDR, _SEI, _SPS, _PPS = 5, 6, 7, 8
_RECOVERY = 6  # the kind of message (D.1.1)
_MOST_SETS = 256  # ids that there are (7.4.2.1, 7.4.2.2)
_HIGH = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
_HEAD = 1 << 16  # what stands before the first slice is shorter, or it is not looked for
_SHORT = 1 << 10


class References:
    """Follows the packets of an H.264 stream in the order in which they are decoded.

    `extradata`: that of its codec, in either form (avcC, or units behind start codes).
    """

    def __init__(self, extradata: bytes) -> None:
        """Read what the head of the stream says."""
        self._length = (extradata[4] & 3) + 1 if len(extradata) > 6 and extradata[0] == 1 else 0
        self._sequences: dict[int, _Sequence] = {}
        self._pictures: dict[int, int] = {}
        self._before: int | None = None
        head = _units_of_avcc(extradata) if self._length else _units_by_start_codes(extradata)
        for unit in head:
            if unit:
                self._learn(unit)

    def is_referred_to(self, packet: bytes | memoryview) -> bool:
        """Return whether others may refer to the picture of this packet; True if it does not say."""
        kinds = (unit[0] for unit in self._units(packet) if unit)
        return next((bool(kind >> 5 & 3) for kind in kinds if kind & 31 in _SLICES), True)

    def recovers_after(self, packet: bytes | memoryview) -> int:
        """Return how many pictures that may be referred to have to be decoded from this packet on until all
        is right, as it says itself (D.2.8); 0 for one that says nothing.
        """
        try:
            for unit in self._units(packet):
                if unit[0] & 31 in _SLICES:
                    break
                if unit[0] & 31 == _SEI and (found := _recovery(unit)) is not None:
                    return found
        except (IndexError, ValueError):
            pass
        return 0

    def lacks(self, packet: bytes | memoryview) -> bool | None:
        """Return whether a picture that may be referred to is missing before this packet.

        None if it may be: numbers are counted anew, and either an IDR picture is missing, or the picture
        before asked for it, deep in its header.
        """
        try:
            for unit in self._units(packet):
                kind = unit[0] & 31
                if kind in _SLICES:
                    return self._leaps(unit, kind)
                self._learn(unit)
        except (IndexError, ValueError):
            pass
        return False

    def _leaps(self, unit: bytes, kind: int) -> bool | None:
        bits = _Bits(unit[1:40])
        for _ in range(2):  # first_mb_in_slice, slice_type
            bits.golomb()
        sequence = self._sequences.get(self._pictures.get(bits.golomb(), -1))
        if sequence is None or sequence.bits is None:
            return False
        if sequence.plane:
            bits.take(2)
        number = bits.take(sequence.bits)
        before = 0 if kind == _IDR else self._before
        if unit[0] >> 5 & 3 or before is None:
            self._before = number
        if before is None or number in (before, (before + 1) % (1 << sequence.bits)):
            return False
        return None if number < 2 else True

    def _learn(self, unit: bytes) -> None:
        """Keep what a unit says of slices to come: a picture's set names the sequence's that it is of."""
        kind = unit[0] & 31
        try:
            if kind == _SPS:
                number, said = _sequence(_Bits(unit[1:]))
                if number < _MOST_SETS:
                    self._sequences[number] = said
            elif kind == _PPS:
                bits = _Bits(unit[1:])
                number = bits.golomb()
                if number < _MOST_SETS:
                    self._pictures[number] = bits.golomb()
        except (IndexError, ValueError):
            return

    def _units(self, packet: bytes | memoryview) -> Iterator[bytes]:
        if self._length:
            return _units_by_length(packet, self._length)
        return _units_by_start_codes(bytes(packet[:_HEAD]))


class _Sequence(NamedTuple):
    """How long frame_num is in bits, None where it may leap; and whether planes are coded apart."""

    bits: int | None
    plane: bool


def _sequence(bits: "_Bits") -> tuple[int, _Sequence]:
    """Return the id of a sequence's set, and what it says."""
    profile = bits.take(8)
    bits.take(16)
    number = bits.golomb()
    plane = False
    if profile in _HIGH:
        chroma = bits.golomb()
        plane = chroma == 3 and bits.take(1) == 1
        bits.golomb()
        bits.golomb()
        bits.take(1)
        if bits.take(1):
            for i in range(8 if chroma != 3 else 12):
                if bits.take(1):
                    _skip_scaling(bits, 16 if i < 6 else 64)
    length = bits.golomb() + 4
    order = bits.golomb()
    if order == 0:
        bits.golomb()
    elif order == 1:
        bits.take(1)
        for _ in range(2):
            bits.golomb()
        for _ in range(min(bits.golomb(), 255)):
            bits.golomb()
    bits.golomb()
    may_leap = bits.take(1) == 1
    return number, _Sequence(None if may_leap or length > 16 else length, plane)


def _recovery(unit: bytes) -> int | None:
    """Return what a unit of messages says of recovery, None if it says nothing."""
    bits = _Bits(unit[1:])
    while bits.left > 16:
        kind, length = (_number(bits) for _ in range(2))
        if kind == _RECOVERY:
            return bits.golomb()
        bits.take(8 * length)
    return None


def _number(bits: "_Bits") -> int:
    total = part = bits.take(8)
    while part == 255:
        part = bits.take(8)
        total += part
    return total


def _skip_scaling(bits: "_Bits", size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            code = bits.golomb()
            following = (last + ((code + 1) // 2 if code % 2 else -(code // 2))) % 256
        last = following or last


class _Bits:
    """Reads bits; what guards against false start codes is taken out."""

    def __init__(self, data: bytes) -> None:
        clean = data.replace(b"\0\0\3", b"\0\0")
        self._value, self.left = int.from_bytes(clean, "big"), len(clean) * 8

    def take(self, count: int) -> int:
        if count > self.left:
            raise ValueError("too short")
        self.left -= count
        return self._value >> self.left & ((1 << count) - 1)

    def golomb(self) -> int:
        rest = self._value & ((1 << self.left) - 1)
        zeros = self.left - rest.bit_length()
        if zeros > 31:
            raise ValueError("no such number")
        self.take(zeros)
        return self.take(zeros + 1) - 1


def _units_by_length(packet: bytes | memoryview, length: int) -> Iterator[bytes]:
    """Yield the beginning of each unit: a slice's header and a sequence's are shorter than that."""
    at = 0
    while at + length < len(packet):
        size = int.from_bytes(packet[at : at + length], "big")
        yield bytes(packet[at + length : at + length + min(size, _SHORT)])
        at += length + size


def _units_by_start_codes(packet: bytes) -> Iterator[bytes]:
    at = packet.find(b"\0\0\1")
    while at >= 0:
        following = packet.find(b"\0\0\1", at + 3)
        yield packet[at + 3 : following if following >= 0 else len(packet)]
        at = following


def _units_of_avcc(extradata: bytes) -> Iterator[bytes]:
    at = 5
    for mask in (31, 255):  # sets of sequences, then of pictures
        count, at = extradata[at] & mask if at < len(extradata) else 0, at + 1
        for _ in range(count):
            size = int.from_bytes(extradata[at : at + 2], "big")
            yield extradata[at + 2 : at + 2 + size]
            at += 2 + size
