"""A small real HTTP/2 server over TLS, whose answers a test scripts down to the single frame."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable

import msgspec
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import DataReceived, RequestReceived, SettingsAcknowledged, StreamReset, WindowUpdated
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes, Settings

HTML = [(":status", "200"), ("content-type", "text/html")]


class H2Seen(msgspec.Struct):
    target: str
    headers: dict[str, str]
    connection: int
    stream: int


class H2Exchange:
    """One request, and the means to answer it."""

    def __init__(self, seen: H2Seen, peer: _Peer) -> None:
        self.seen = seen
        self.peer = peer

    async def answer(self, body: bytes = b"<html>hello</html>", headers: list[tuple[str, str]] = HTML) -> None:
        self.head(headers)
        await self.data(body)

    def head(self, headers: list[tuple[str, str]] = HTML, *, ends: bool = False) -> None:
        self.peer.h2.send_headers(self.seen.stream, headers, end_stream=ends)
        self.peer.flush()

    async def data(self, body: bytes, *, ends: bool = True) -> None:
        """As the client's windows allow."""
        h2, stream = self.peer.h2, self.seen.stream
        while body:
            room = min(h2.local_flow_control_window(stream), h2.max_outbound_frame_size, len(body))
            if room == 0:
                self.peer.news.clear()
                await self.peer.news.wait()
                continue
            h2.send_data(stream, body[:room])
            body = body[room:]
            self.peer.flush()
            await self.peer.writer.drain()
        if ends:
            h2.end_stream(stream)
            self.peer.flush()

    def reset(self, code: ErrorCodes) -> None:
        self.peer.h2.reset_stream(self.seen.stream, code)
        self.peer.flush()

    async def raw(self, frames: bytes) -> None:
        self.peer.writer.write(frames)
        await self.peer.writer.drain()


Script = Callable[[H2Exchange], Awaitable[None]]


class _Peer:
    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.h2 = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
        self.writer = writer
        self.news = asyncio.Event()
        self.received = 0

    def flush(self) -> None:
        self.writer.write(self.h2.data_to_send())


class H2Site:
    """`pages` maps a target to a body or a Script."""

    def __init__(self, settings: dict[SettingCodes, int] | None = None) -> None:
        self.pages: dict[str, bytes | Script] = {}
        self.requests: list[H2Seen] = []
        self.resets: list[int] = []
        self.settled = 0
        self.connections = 0
        self.open = 0
        self.most_open = 0
        self.port = 0
        self._settings = settings or {}
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, tls: ssl.SSLContext) -> None:
        tls.set_alpn_protocols(["h2"])
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=tls, backlog=512)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        for writer in list(self._writers):
            writer.transport.abort()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        number = self.connections
        self._writers.add(writer)
        peer = _Peer(writer)
        peer.h2.local_settings = Settings(client=False, initial_values=self._settings)
        peer.h2.initiate_connection()
        peer.flush()
        try:
            while data := await reader.read(65536):
                for event in peer.h2.receive_data(data):
                    self._on(event, peer, number)
                peer.flush()
                await writer.drain()
        except (ConnectionError, ProtocolError, asyncio.CancelledError, ssl.SSLError):
            pass  # the client left, broke off, or the test is over
        finally:
            self._writers.discard(writer)
            writer.close()

    def _on(self, event: object, peer: _Peer, number: int) -> None:
        if isinstance(event, RequestReceived):
            headers = {str(name): str(value) for name, value in event.headers}
            seen = H2Seen(headers[":path"], headers, number, event.stream_id)
            self.requests.append(seen)
            task = asyncio.create_task(self._answer(H2Exchange(seen, peer)))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        elif isinstance(event, StreamReset):
            self.resets.append(event.stream_id)
            peer.news.set()
        elif isinstance(event, DataReceived):
            peer.received += len(event.data)
            peer.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            peer.news.set()
        elif isinstance(event, WindowUpdated):
            peer.news.set()
        elif isinstance(event, SettingsAcknowledged):
            self.settled += 1

    async def _answer(self, exchange: H2Exchange) -> None:
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            page = self.pages.get(exchange.seen.target)
            if page is None:
                exchange.head([(":status", "404"), ("content-type", "text/html")], ends=True)
            elif isinstance(page, bytes):
                await exchange.answer(page)
            else:
                await page(exchange)
        except (ConnectionError, ProtocolError):
            pass  # the client has gone
        finally:
            self.open -= 1
