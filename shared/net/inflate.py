"""gzip with a bound: a small body never becomes a large page."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from shared.net.errors import FetchError

PIECE = 256 * 1024
"""How much is inflated before the caller gets a say (and the event loop its turn)."""
_RATIO = 200
_RATIO_FROM = 1024 * 1024
"""Real pages inflate 3 to 30 times; beyond this ratio a megabyte of output is a bomb."""
_GZIP = 16 + zlib.MAX_WBITS


class Inflater:
    """Inflates one gzip body (members may follow one another) of at most `limit` bytes.

    `feed` yields pieces; it and `finish` raise FetchError (bad_encoding, too_large).
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._member = zlib.decompressobj(_GZIP)
        self._read = 0
        self._written = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        self._read += len(data)
        while data:
            if self._member.eof:
                if not data.startswith(b"\x1f"):
                    return  # padding after the last member is ignored, as gzip itself does
                self._member = zlib.decompressobj(_GZIP)
            try:
                piece = self._member.decompress(data, PIECE)
            except zlib.error:
                raise FetchError("bad_encoding", "The body is not the gzip it says it is.") from None
            self._count(piece)
            yield piece
            data = self._member.unconsumed_tail or self._member.unused_data

    def finish(self) -> None:
        if self._read and not self._member.eof:
            raise FetchError("bad_encoding", "The gzip body ends before its end.")

    def _count(self, piece: bytes) -> None:
        self._written += len(piece)
        if self._written > self._limit:
            raise FetchError("too_large", f"The page is larger than {self._limit} bytes.")
        if self._written > _RATIO_FROM and self._written > _RATIO * self._read:
            raise FetchError("too_large", "The compressed body expands beyond reason.")
