"""What may come in over an HTTP/2 connection: bounds that hold before any frame is understood.

The limits of RFC 9113 are windows for DATA alone; all other frames cost the receiver time and the sender
nothing (CVE-2019-9511 to 9518, CVE-2024-27316). Here every frame that brings no page has a price.
"""

from __future__ import annotations

from collections.abc import Callable

import httpcore
import msgspec

MAX_FRAME = 16 * 1024
"""Bytes of payload: what RFC 9113 section 4.2 starts with, and what we never raise."""
MAX_HEADER_BLOCK = 64 * 1024
"""Compressed bytes of one HEADERS with its CONTINUATIONs."""
ALLOWANCE = 4096
"""What a request may cost in frames that bring nothing. Real sites stay below 50."""
_MOST_SAVED = 4 * ALLOWANCE
_LITTLE = 64
"""Bytes: DATA below that, and each further so many bytes of other frames, count as one frame."""
_LATE = 1024
"""Bytes of DATA for a request that was given up; a full window may be on its way."""
_HEADER = 9

_DATA, _HEADERS, _PUSH_PROMISE, _GOAWAY, _CONTINUATION = 0x0, 0x1, 0x5, 0x7, 0x9
_PADDED, _END_HEADERS = 0x8, 0x4


class GoAway(msgspec.Struct, frozen=True):
    """The peer takes no further request; those above `last_stream` it has not looked at."""

    last_stream: int
    error_code: int


class FrameGate:
    """Lets whole frames pass, at a price. One per connection; `is_live` says whether a stream is still wanted.

    GOAWAY does not pass: h2 takes it for the end of the connection, although the answers to earlier
    requests may still come. The last one stands in `goaway`.
    """

    def __init__(self, is_live: Callable[[int], bool]) -> None:
        self._is_live = is_live
        self._buffer = bytearray()
        self._allowance = ALLOWANCE
        self._block = 0
        self._in_block = False
        self.goaway: GoAway | None = None

    def request_sent(self) -> None:
        """Each request may cost something of its own."""
        self._allowance = min(self._allowance + ALLOWANCE, _MOST_SAVED)

    def feed(self, data: bytes) -> bytes:
        """The whole frames among what has come. Raises httpcore.RemoteProtocolError beyond a bound."""
        buffer = self._buffer
        buffer += data
        passing = bytearray()
        at = 0
        while len(buffer) - at >= _HEADER:
            end = at + _HEADER + int.from_bytes(buffer[at : at + 3], "big")
            if end - at - _HEADER > MAX_FRAME:
                raise httpcore.RemoteProtocolError("A frame is larger than allowed.")
            if end > len(buffer):
                break
            frame = bytes(buffer[at:end])
            if self._admit(frame):
                passing += frame
            at = end
        del buffer[:at]
        return bytes(passing)

    def _admit(self, frame: bytes) -> bool:
        length, kind, flags, stream = len(frame) - _HEADER, frame[3], frame[4], _stream(frame, 5)
        if stream and stream % 2 == 0:
            raise httpcore.RemoteProtocolError("The server opens streams of its own.")
        self._charge(_price(length, kind, flags, live=self._is_live(stream)))
        if kind in (_HEADERS, _PUSH_PROMISE, _CONTINUATION):
            self._count_block(length, ends=bool(flags & _END_HEADERS))
        if kind != _GOAWAY:
            return True
        if length < 8 or self._in_block:
            raise httpcore.RemoteProtocolError("A frame is not what it says it is.")
        self.goaway = GoAway(_stream(frame, _HEADER), int.from_bytes(frame[_HEADER + 4 : _HEADER + 8], "big"))
        return False

    def _charge(self, price: int) -> None:
        self._allowance -= price
        if self._allowance < 0:
            raise httpcore.RemoteProtocolError("The server sends frames without end.")

    def _count_block(self, length: int, *, ends: bool) -> None:
        self._block += length
        if self._block > MAX_HEADER_BLOCK:
            raise httpcore.RemoteProtocolError("The headers are larger than allowed.")
        self._in_block = not ends
        if ends:
            self._block = 0


def _price(length: int, kind: int, flags: int, *, live: bool) -> int:
    if kind != _DATA:
        return 1 + length // _LITTLE
    if not live:
        return 1 + length // _LATE
    return int(length < _LITTLE or bool(flags & _PADDED))


def _stream(frame: bytes, at: int) -> int:
    return int.from_bytes(frame[at : at + 4], "big") & 0x7FFFFFFF
