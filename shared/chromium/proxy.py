"""The proxy on loopback that is all a browser can reach: it looks every name up and checks every address itself."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Self

import httpcore
import httpx

from shared.chromium.gate import Gate
from shared.messaging.cancelling import cancel
from shared.net.errors import EgressError

_MAX_HEAD = 64 * 1024
_HEAD_SECONDS = 10.0
_MAX_UPLOAD = 1024 * 1024
_PIECE = 64 * 1024
_REFUSED = (EgressError, httpx.InvalidURL, ValueError)
_FAILED = (httpx.TransportError, httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, OSError)
_HOP_BY_HOP = frozenset(
    (
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
        "transfer-encoding", "upgrade",
    )
)  # fmt: skip


class _SpentError(Exception):
    """The page has loaded as much as one may."""


class Proxy:
    """One page's way out, as an async context manager: when it is left, all its connections are closed.

    CONNECT for https and web sockets, absolute-form requests for http. What may not be reached is answered 403,
    what cannot be reached 502. Beyond `max_bytes` of answers every connection ends.
    """

    def __init__(self, gate: Gate, *, max_bytes: int) -> None:
        self._gate = gate
        self._left = max_bytes
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=_MAX_HEAD)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        await cancel(list(self._tasks))

    @property
    def address(self) -> str:
        """As a browser wants it."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_HEAD_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
            await self._answer(head, reader, writer)
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError, _SpentError, *_FAILED):
            writer.transport.abort()  # the browser went away or has had enough, or an answer broke off
        finally:
            writer.close()

    async def _answer(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Open the way, or say why not; what breaks later breaks the connection."""
        try:
            method, target, *headers = _parse(head)
            if method == "CONNECT":
                relay = self._tunnel(await self._gate.tunnel(target), reader, writer)
            else:
                relay = self._forward(await self._gate.send(await _request(method, target, headers, reader)), writer)
        except _REFUSED:
            await _say(writer, "403 Forbidden")
        except _FAILED:
            await _say(writer, "502 Bad Gateway")
        else:
            await relay

    async def _tunnel(
        self, stream: httpcore.AsyncNetworkStream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await self._pump(reader, writer, stream)
        finally:
            await stream.aclose()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, stream: httpcore.AsyncNetworkStream
    ) -> None:
        """Both ways, until either side ends."""

        async def up() -> None:
            while piece := await reader.read(_PIECE):
                await stream.write(piece)

        async def down() -> None:
            while piece := await stream.read(_PIECE):
                await self._give(writer, piece)

        ways = [asyncio.create_task(up()), asyncio.create_task(down())]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await cancel(ways)
        for way in ways:
            if not way.cancelled():
                way.result()  # what ended it, if it did not end well

    async def _forward(self, answer: httpx.Response, writer: asyncio.StreamWriter) -> None:
        """The connection ends with its answer, so that no second request can follow to another host."""
        try:
            lines = [f"HTTP/1.1 {answer.status_code} {answer.reason_phrase}".encode("latin-1", "replace")]
            lines += [name + b": " + value for name, value in answer.headers.raw if not _is_hop(name)]
            writer.write(b"\r\n".join([*lines, b"Connection: close", b"", b""]))
            async for piece in answer.stream:  # type: ignore[union-attr]
                await self._give(writer, piece)
        finally:
            await answer.stream.aclose()  # type: ignore[union-attr]

    async def _give(self, writer: asyncio.StreamWriter, piece: bytes) -> None:
        self._left -= len(piece)
        if self._left < 0:
            raise _SpentError
        writer.write(piece)
        await writer.drain()


def _parse(head: bytes) -> list[str]:
    """Method, target and header lines. Raises ValueError."""
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, version = first.split(" ")
    if not method.isalpha() or not version.startswith("HTTP/1."):
        raise ValueError("no HTTP")
    return [method, target, *(line for line in lines if line)]


async def _request(method: str, target: str, headers: list[str], reader: asyncio.StreamReader) -> httpx.Request:
    """A plain request as its host is to get it. Raises ValueError, httpx.InvalidURL."""
    url = httpx.URL(target)
    if url.scheme != "http":
        raise ValueError("only http is forwarded")
    named = [(name.strip(), value.strip()) for name, _, value in (line.partition(":") for line in headers)]
    length = next((int(value) for name, value in named if name.lower() == "content-length"), 0)
    if not 0 <= length <= _MAX_UPLOAD:
        raise ValueError("an upload of this size")
    body = await reader.readexactly(length)
    kept = [(name, value) for name, value in named if name.lower() not in _HOP_BY_HOP and name.lower() != "host"]
    return httpx.Request(method, url, headers=kept, content=body or None)


def _is_hop(name: bytes) -> bool:
    return name.decode("ascii", "replace").lower() in _HOP_BY_HOP


async def _say(writer: asyncio.StreamWriter, status: str) -> None:
    with contextlib.suppress(OSError):
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
