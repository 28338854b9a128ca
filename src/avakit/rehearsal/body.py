"""The body of an answer of the mirror: bytes at its speed, with its faults."""

import os
import socket
import struct
import time
from pathlib import Path
from typing import TYPE_CHECKING

from avakit.rehearsal.faults import Cut, Fault, Short, Stall, Trickle, Wrong
from avakit.rehearsal.request import Request

if TYPE_CHECKING:
    from avakit.rehearsal.mirror import Mirror

_CHUNK = 1 << 16


class Body:
    """The body of one answer on its way, with the faults that befall it."""

    def __init__(
        self, mirror: "Mirror", request: Request, connection: socket.socket, faults: list[Fault]
    ) -> None:
        self.mirror, self.request, self.connection = mirror, request, connection
        self.wrong = [fault for fault in faults if isinstance(fault, Wrong)]
        self.trickle = next((fault for fault in faults if isinstance(fault, Trickle)), None)
        self.stalls = {fault.after: fault.seconds for fault in faults if isinstance(fault, Stall)}
        self.cut = next((fault.after for fault in faults if isinstance(fault, Cut)), None)
        self.short = next((fault.by for fault in faults if isinstance(fault, Short)), 0)

    def send(self, path: Path, start: int, stop: int) -> None:
        """Send the bytes of a file from `start` to `stop`, or as far as the faults let it."""
        end = max(stop - self.short, start)
        if self.cut is not None:
            end = min(end, start + self.cut)
        began, rate = time.monotonic(), self.mirror.rate
        chunk = _CHUNK if rate is None else max(min(_CHUNK, int(rate / 50)), 1)
        with path.open("rb") as file:
            file.seek(start)
            at = start
            while at < end and not self.mirror.stopping.is_set():
                self._stall(at - start)
                if self.trickle and at - start >= self.trickle.after:
                    chunk = 1
                    self.mirror.stopping.wait(self.trickle.pause)
                marks = [*self.stalls, *([self.trickle.after] if self.trickle else [])]
                borders = [start + after for after in marks if start + after > at]
                data = file.read(min([at + chunk, end, *borders]) - at)
                if not data:
                    break
                push(self.connection, self.request, self._spoil(data, at))
                at += len(data)
                if rate is not None:
                    self.mirror.stopping.wait(max(began + (at - start) / rate - time.monotonic(), 0))
        if self.cut is not None and end < stop:
            linger = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.close()

    def _stall(self, done: int) -> None:
        if done in self.stalls:
            self.mirror.stopping.wait(self.stalls[done])

    def _spoil(self, data: bytes, at: int) -> bytes:
        for fault in self.wrong:
            first = max(fault.at - at, 0)
            last = min(fault.at + fault.length - at, len(data))
            if first < last:
                data = data[:first] + bytes(byte ^ 0xFF for byte in data[first:last]) + data[last:]
        return data


def push(connection: socket.socket, request: Request, data: bytes) -> None:
    """Send bytes, and count them as they go."""
    view = memoryview(data)
    while view:
        count = connection.send(view)
        request.sent += count
        view = view[count:]
