"""One request on an HTTP/2 connection: what has come for it, and the caller who waits for it."""

from __future__ import annotations

import asyncio
import re
from collections import deque

import httpcore

Headers = list[tuple[bytes, bytes]]

_STATUS = re.compile(rb"[2-9]\d\d")
_UNFIT = re.compile(rb"[\x00\r\n]")


class Unprocessed(httpcore.RemoteProtocolError):
    """The server has not looked at the request: it may be sent again over another connection.

    `http1`: the server asks for HTTP/1.1.
    """

    def __init__(self, message: str, *, http1: bool = False) -> None:
        super().__init__(message)
        self.http1 = http1


class Http2Stream:
    """Filled by its connection's reader, emptied by one caller. What has come is handed out before any failure."""

    def __init__(self) -> None:
        self.head: tuple[int, Headers] | None = None
        self.ended = False
        self.sent = False
        """Whether the request has gone out whole."""
        self.unread = 0
        """Bytes of the window that are taken and not yet handed out."""
        self._chunks: deque[tuple[bytes, int]] = deque()
        self._failure: httpcore.RemoteProtocolError | httpcore.NetworkError | None = None
        self._news = asyncio.Event()

    def begin(self, headers: Headers) -> None:
        """The response's header list. Raises httpcore.RemoteProtocolError."""
        status = [value for name, value in headers if name == b":status"]
        if len(status) != 1 or not _STATUS.fullmatch(status[0]):
            raise httpcore.RemoteProtocolError("The answer has no status.")
        plain = [(name, value) for name, value in headers if not name.startswith(b":")]
        if any(_UNFIT.search(name) or _UNFIT.search(value) for name, value in plain):
            raise httpcore.RemoteProtocolError("A header holds a line break.")
        self.head = int(status[0]), plain
        self._news.set()

    def add(self, data: bytes, window: int) -> None:
        """A piece of the body, `window` bytes with its padding."""
        self._chunks.append((data, window))
        self.unread += window
        self._news.set()

    def end(self) -> None:
        self.ended = True
        self._news.set()

    def fail(self, failure: httpcore.RemoteProtocolError | httpcore.NetworkError) -> None:
        self._failure = self._failure or failure
        self._news.set()

    def wake(self) -> None:
        """Something changed that the caller may wait for (the window for what it sends)."""
        self._news.set()

    async def news(self, timeout: float | None) -> None:
        """Until anything changes. Raises httpcore.ReadTimeout, and the failure if there is one."""
        if self._failure is not None:
            raise self._failure
        try:
            async with asyncio.timeout(timeout):
                await self._news.wait()
        except TimeoutError:
            raise httpcore.ReadTimeout from None
        self._news.clear()

    async def response(self, timeout: float | None) -> tuple[int, Headers]:
        while self.head is None:
            await self.news(timeout)
        return self.head

    async def next_chunk(self, timeout: float | None) -> tuple[bytes, int] | None:
        """The next piece and its window; None at the end."""
        while not self._chunks:
            if self.ended:
                return None
            await self.news(timeout)
        data, window = self._chunks.popleft()
        self.unread -= window
        return data, window
