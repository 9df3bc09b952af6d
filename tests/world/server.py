"""The HTTP and HTTPS listeners: one asyncio protocol that serves every host of the world, well or badly."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import Protocol, cast

from tests.world.http import MAX_HEAD, Answer, Request, encode, parse_head
from tests.world.ledger import Entry, Ledger, now

Misbehaviour = Callable[["Exchange"], Awaitable[None]]


class Responder(Protocol):
    """Says what a request gets: an answer, or a misbehaviour that writes to the socket itself."""

    ledger: Ledger

    def respond(self, request: Request) -> Answer | Misbehaviour: ...


class Exchange:
    """One request and the raw connection, for those who answer it by hand."""

    def __init__(self, connection: Connection, request: Request, ordinal: int) -> None:
        self._connection = connection
        self.request = request
        self.ordinal = ordinal
        """Which visit to this host it is, from 1; robots.txt does not count."""

    async def send(self, data: bytes) -> None:
        """Write, then wait while the peer is slow to read. Raises ConnectionResetError when it has gone."""
        self._connection.transport.write(data)
        await self._connection.drained()

    async def answer(self, answer: Answer) -> None:
        """A whole, well-formed answer."""
        await self.send(encode(answer, self.request))

    def close(self) -> None:
        """End the connection in good order (FIN)."""
        self._connection.transport.close()

    def reset(self) -> None:
        """Cut the connection so that the peer sees ECONNRESET (RST)."""
        sock = self._connection.transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._connection.transport.abort()


class Connection(asyncio.Protocol):
    """Requests of one connection, one after the other (keep-alive; pipelined ones wait their turn)."""

    transport: asyncio.Transport

    def __init__(self, responder: Responder, scheme: str, open_ones: set[Connection]) -> None:
        self._responder = responder
        self._scheme = scheme
        self._open = open_ones
        self._buffer = bytearray()
        self._task: asyncio.Task[None] | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self._gone = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self._open.add(self)
        self._responder.ledger.connections += 1

    def connection_lost(self, exc: Exception | None) -> None:
        self._gone = True
        self._open.discard(self)
        self._writable.set()
        if self._task:
            self._task.cancel()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    async def drained(self) -> None:
        """Return when more may be written. Raises ConnectionResetError when nobody reads any more."""
        await self._writable.wait()
        if self._gone:
            raise ConnectionResetError

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._serve_next()

    def _serve_next(self) -> None:
        while self._task is None and not self.transport.is_closing():
            request = self._take_request()
            if request is None:
                return
            ledger = self._responder.ledger
            ordinal = ledger.record(_entry(request))
            gate = ledger.gate(request.host)
            said = self._responder.respond(request)
            if isinstance(said, Answer) and gate is None:
                self._write(said, request)
            else:
                self._task = asyncio.ensure_future(self._serve_slowly(said, request, ordinal, gate))

    def _take_request(self) -> Request | None:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > MAX_HEAD:
                self.transport.abort()
            return None
        try:
            request = parse_head(bytes(self._buffer[:end]), self._scheme)
            length = int(request.headers.get("content-length", "0"))
        except ValueError:
            self.transport.abort()
            return None
        if len(self._buffer) < end + 4 + length:
            return None
        del self._buffer[: end + 4 + length]
        return request

    def _write(self, answer: Answer, request: Request) -> None:
        self.transport.write(encode(answer, request))
        if not request.keep_alive:
            self.transport.close()

    async def _serve_slowly(
        self, said: Answer | Misbehaviour, request: Request, ordinal: int, gate: asyncio.Event | None
    ) -> None:
        if gate is not None:
            await gate.wait()
        if isinstance(said, Answer):
            self._write(said, request)
        else:
            with contextlib.suppress(ConnectionError):
                await said(Exchange(self, request, ordinal))
        self._task = None
        self._serve_next()


def _entry(request: Request) -> Entry:
    headers = request.headers
    return Entry(
        at=now(),
        host=request.host,
        scheme=request.scheme,
        method=request.method,
        target=request.target,
        user_agent=headers.get("user-agent", ""),
        accept_encoding=headers.get("accept-encoding", ""),
    )
