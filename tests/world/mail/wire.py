"""The two directions of a connection: lines with the time of their arrival, and replies with the server's faults."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Callable
from typing import Any

from tests.world.mail.manners import Kind, Stage

_LINE_LIMIT = 4096
ENDLESS_BYTES = 64 * 1024 * 1024
"""What an endless reply amounts to in the end: more than any client may keep."""
_DRIP_SECONDS = 0.5


class Hung(Exception):
    """The server will not say another word, or has closed the connection."""


class Inbox(asyncio.StreamReader):
    """A reader that knows what is waiting in it, and when each line came."""

    def __init__(self) -> None:
        super().__init__(limit=_LINE_LIMIT)
        self._arrivals: deque[tuple[int, float]] = deque()
        self._heard = self._taken = 0
        self.arrived = 0.0
        """When the last line taken had come whole, by the loop's clock."""

    def feed_data(self, data: Any) -> None:
        self._heard += len(data)
        self._arrivals.append((self._heard, asyncio.get_running_loop().time()))
        super().feed_data(data)

    @property
    def waiting(self) -> int:
        """Bytes that came and were not taken."""
        return self._heard - self._taken

    async def line(self) -> bytes:
        """The next line with its ending; empty when the client has left."""
        line = await self.readline()
        self._taken += len(line)
        while len(self._arrivals) > 1 and self._arrivals[0][0] < self._taken:
            self._arrivals.popleft()
        if self._arrivals:
            self.arrived = self._arrivals[0][1]
        return line


class Wire:
    """A connection as the server sees it."""

    def __init__(
        self, reader: Inbox, writer: asyncio.StreamWriter, latency: float, fails: Callable[[Stage | None], Kind | None]
    ) -> None:
        self.inbox = reader
        self._writer = writer
        self._latency = latency
        self._fails = fails
        self.sent = 0
        """Bytes."""

    async def say(self, reply: str, stage: Stage | None = None) -> None:
        """Send a reply, each line of it with the code of the first, or fail as the server does at that stage."""
        due = self.inbox.arrived + self._latency
        await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
        if kind := self._fails(stage):
            await self._fail(kind, _rendered(reply))
        else:
            await self._send(_rendered(reply))

    async def secure(self, context: ssl.SSLContext) -> None:
        """The TLS handshake of STARTTLS, as the server."""
        await self._writer.start_tls(context)

    async def nonsense(self) -> None:
        """What is no TLS and no SMTP."""
        await self._send(b"\x00\xff\xfe Bonjour\x07" * 20 + b"\r\n")

    async def _fail(self, kind: Kind, reply: bytes) -> None:
        match kind:
            case "hang":
                await self.inbox.read()
                raise ConnectionAbortedError("the client gave up")
            case "cut":
                await self._send(reply[: len(reply) // 2])
            case "garbage":
                return await self.nonsense()
            case "endless":
                line = reply[:3] + b"-" + b"encore " * 100 + b"\r\n"
                while self.sent < ENDLESS_BYTES:
                    await self._send(line * 20)
            case "drip":
                for byte in reply:
                    await self._send(bytes([byte]))
                    await asyncio.sleep(_DRIP_SECONDS)
                return None
        raise Hung

    async def _send(self, data: bytes) -> None:
        self.sent += len(data)
        self._writer.write(data)
        await self._writer.drain()


def _rendered(reply: str) -> bytes:
    code, (first, *more) = reply[:3], reply[4:].splitlines()
    *others, last = [first, *more]
    return "".join([*(f"{code}-{line}\r\n" for line in others), f"{code} {last}\r\n"]).encode()
