"""An HTTP/2 connection that several requests share, within bounds: h2 speaks, one task reads for all.

Not httpcore's: there a request that is cancelled while it writes may leave half a TLS record behind and
break its neighbours, data of abandoned requests is never acknowledged, and nothing bounds a flood.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterable, AsyncIterator
from functools import cached_property

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions
import h2.settings
import httpcore

from shared.net.frames import FrameGate, GoAway
from shared.net.http2_stream import Http2Stream, Unprocessed
from shared.net.response import Peer

_PIECE = 16 * 1024
"""Bytes read before the event loop gets its turn: some milliseconds, whatever the frames are."""
_STREAM_WINDOW = 1024 * 1024
"""Bytes a server may send ahead for one request."""
_CONNECTION_WINDOW = 4 * _STREAM_WINDOW
"""Bytes that wait in one connection at most, for all of its requests."""
_MOST_STREAMS = 100
_HOP_BY_HOP = frozenset(
    {b"host", b"connection", b"keep-alive", b"proxy-connection", b"te", b"transfer-encoding", b"upgrade"}
)
_REFUSALS = frozenset({h2.errors.ErrorCodes.REFUSED_STREAM, h2.errors.ErrorCodes.HTTP_1_1_REQUIRED})
_WITHOUT_ANSWER = "Server disconnected without sending a response."


class Http2Connection:
    """Takes over a TLS stream that agreed on h2. Requests may run at the same time while `has_room`.

    `handle_async_request` raises Unprocessed where another connection may serve, otherwise httpcore's errors.
    """

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._network = stream
        self._streams: dict[int, Http2Stream] = {}
        self._gate = FrameGate(self._streams.__contains__)
        self._out = bytearray()
        self._writer: asyncio.Task[None] | None = None
        self._most_streams = _MOST_STREAMS
        self._settled = asyncio.Event()
        self._waiting = 0
        self._retired = False
        self._closing: asyncio.Task[None] | None = None
        self._h2 = _client()
        self._flush()
        self._reader = asyncio.create_task(self._read())

    @property
    def has_room(self) -> bool:
        """Whether another request may be sent over it."""
        return not self._retired and len(self._streams) + self._waiting < self._most_streams

    @property
    def in_use(self) -> bool:
        return bool(self._streams or self._waiting)

    @cached_property
    def peer(self) -> Peer:
        """Who answers: read once, for a certificate takes as long as a request."""
        return Peer.of(self._network)

    def is_idle(self) -> bool:
        return not (self.in_use or self._retired)

    def is_closed(self) -> bool:
        return self._closing is not None

    def has_expired(self) -> bool:
        return self._retired

    async def aclose(self) -> None:
        """Close it; what still runs fails."""
        self._fail(httpcore.ReadError("The connection was closed."))
        if self._closing is not None:
            await asyncio.wait({self._closing})

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        timeout = request.extensions.get("timeout", {}).get("read")
        if self._streams:  # until its settings are known, a server is asked for one page only
            await self._settle(timeout)
        number, stream = self._open(request)
        try:
            await self._send_body(number, stream, request, timeout)
            status, headers = await stream.response(timeout)
        except BaseException as error:
            self.finish(number)
            if isinstance(error, h2.exceptions.ProtocolError):  # the stream ended while its request was being sent
                raise httpcore.RemoteProtocolError(str(error)) from None
            raise
        return httpcore.Response(
            status,
            headers=headers,
            content=_Body(self, number, stream, timeout),
            extensions={"http_version": b"HTTP/2", "network_stream": self._network},
        )

    async def _settle(self, timeout: float | None) -> None:
        self._waiting += 1
        try:
            async with asyncio.timeout(timeout):
                await self._settled.wait()
        except TimeoutError:
            raise httpcore.ReadTimeout from None
        finally:
            self._waiting -= 1

    def _open(self, request: httpcore.Request) -> tuple[int, Http2Stream]:
        if not self.has_room:
            raise Unprocessed("The connection takes no further request.")
        try:
            number = self._h2.get_next_available_stream_id()
            self._h2.send_headers(number, _head(request), end_stream=not _has_body(request))
        except h2.exceptions.ProtocolError as error:
            self._retired = True
            raise Unprocessed(str(error)) from None
        stream = self._streams[number] = Http2Stream()
        self._gate.request_sent()
        self._flush()
        return number, stream

    async def _send_body(
        self, number: int, stream: Http2Stream, request: httpcore.Request, timeout: float | None
    ) -> None:
        if not _has_body(request):
            stream.sent = True
            return
        assert isinstance(request.stream, AsyncIterable)
        async for data in request.stream:
            rest = memoryview(data)
            while rest and stream.head is None:  # a server that answers early wants no more
                room = min(self._h2.local_flow_control_window(number), self._h2.max_outbound_frame_size, len(rest))
                if room <= 0:
                    await stream.news(timeout)
                    continue
                self._h2.send_data(number, bytes(rest[:room]))
                self._flush()
                rest = rest[room:]
        if stream.head is None:
            self._h2.end_stream(number)
            stream.sent = True
            self._flush()

    async def _read(self) -> None:
        try:
            while data := await self._network.read(_PIECE):
                self._take(data)
                self._flush()
                await asyncio.sleep(0)
            self._fail(httpcore.RemoteProtocolError("Server disconnected."))
        except Exception as error:  # h2 and hpack have more ways to refuse a hostile byte than they document
            self._fail(error)

    def _take(self, data: bytes) -> None:
        before = self._gate.goaway
        for event in self._h2.receive_data(self._gate.feed(data)):
            self._on(event)
        if self._gate.goaway is not None and self._gate.goaway is not before:
            self._on_goaway(self._gate.goaway)

    def _on(self, event: h2.events.Event) -> None:
        if isinstance(event, h2.events.RemoteSettingsChanged):
            self._most_streams = min(self._h2.remote_settings.max_concurrent_streams, _MOST_STREAMS)
            self._settled.set()
        if isinstance(event, h2.events.RemoteSettingsChanged | h2.events.WindowUpdated):
            for waiting in self._streams.values():
                waiting.wake()
            return
        stream = self._streams.get(getattr(event, "stream_id", None) or 0)
        if stream is None:
            if isinstance(event, h2.events.DataReceived):
                self.consumed(event.stream_id, event.flow_controlled_length)
            return
        match event:
            case h2.events.ResponseReceived():
                stream.begin([(bytes(name), bytes(value)) for name, value in event.headers])
            case h2.events.DataReceived():
                stream.add(event.data, event.flow_controlled_length)
            case h2.events.StreamEnded():
                stream.end()
            case h2.events.StreamReset():
                self._on_reset(stream, event.error_code)

    def _on_reset(self, stream: Http2Stream, code: int) -> None:
        if code in _REFUSALS and stream.head is None:
            self._retired = True
            stream.fail(_refusal(code))
        else:
            stream.fail(httpcore.RemoteProtocolError("The server gave the answer up."))

    def _on_goaway(self, goaway: GoAway) -> None:
        self._retired = True
        self._settled.set()
        for number, stream in self._streams.items():
            if number > goaway.last_stream:
                stream.fail(_refusal(goaway.error_code))

    def _fail(self, error: Exception) -> None:
        """No byte can come or go any more, and everybody learns it."""
        if self._closing is not None:
            return
        self._retired = True
        self._settled.set()
        for stream in self._streams.values():
            stream.fail(_failure(error, stream))
        self._closing = asyncio.create_task(self._close())

    async def _close(self) -> None:
        self._reader.cancel()
        if self._writer is not None:
            self._writer.cancel()
        with contextlib.suppress(Exception):
            await self._network.aclose()

    def _flush(self) -> None:
        self._out += self._h2.data_to_send()
        if self._out and self._writer is None and self._closing is None:
            self._writer = asyncio.create_task(self._write())

    async def _write(self) -> None:
        """In a task of its own: a caller who leaves must not leave half a record behind."""
        try:
            while self._out:
                data = bytes(self._out)
                self._out.clear()
                await self._network.write(data)
        except Exception as error:
            self._fail(error)
        finally:
            self._writer = None

    def consumed(self, number: int, window: int) -> None:
        """Give back `window` bytes, which a request has read or does not want."""
        if window and self._closing is None:
            with contextlib.suppress(h2.exceptions.ProtocolError):
                self._h2.acknowledge_received_data(window, number)
            self._flush()

    def finish(self, number: int) -> None:
        """A request is over, or given up: then the server is told, and its window is given back."""
        stream = self._streams.pop(number, None)
        if stream is None or self._closing is not None:
            return
        if not (stream.ended and stream.sent):
            with contextlib.suppress(h2.exceptions.ProtocolError):
                self._h2.reset_stream(number, h2.errors.ErrorCodes.CANCEL)
        self.consumed(number, stream.unread)
        self._flush()


class _Body:
    """A response's body; closing it ends the request."""

    def __init__(self, connection: Http2Connection, number: int, stream: Http2Stream, timeout: float | None) -> None:
        self._connection = connection
        self._number = number
        self._stream = stream
        self._timeout = timeout

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while (chunk := await self._stream.next_chunk(self._timeout)) is not None:
            data, window = chunk
            self._connection.consumed(self._number, window)
            if data:
                yield data

    async def aclose(self) -> None:
        self._connection.finish(self._number)


def _client() -> h2.connection.H2Connection:
    """A client's side, its preface written. Inbound names are not judged: sites write them in every case."""
    config = h2.config.H2Configuration(client_side=True, validate_inbound_headers=False)
    client = h2.connection.H2Connection(config=config)
    codes = h2.settings.SettingCodes
    client.local_settings = h2.settings.Settings(
        client=True,
        initial_values={
            codes.ENABLE_PUSH: 0,
            codes.INITIAL_WINDOW_SIZE: _STREAM_WINDOW,
            codes.MAX_CONCURRENT_STREAMS: _MOST_STREAMS,
            codes.MAX_HEADER_LIST_SIZE: client.DEFAULT_MAX_HEADER_LIST_SIZE,
        },
    )
    del client.local_settings[codes.ENABLE_CONNECT_PROTOCOL]  # some servers balk at it
    client.initiate_connection()
    client.increment_flow_control_window(_CONNECTION_WINDOW - 65535)
    return client


def _head(request: httpcore.Request) -> list[tuple[bytes, bytes]]:
    authority = next(value for name, value in request.headers if name.lower() == b"host")
    return [
        (b":method", request.method),
        (b":authority", authority),
        (b":scheme", request.url.scheme),
        (b":path", request.url.target),
        *((name.lower(), value) for name, value in request.headers if name.lower() not in _HOP_BY_HOP),
    ]


def _has_body(request: httpcore.Request) -> bool:
    return any(name.lower() in (b"content-length", b"transfer-encoding") for name, _ in request.headers)


def _refusal(code: int) -> Unprocessed:
    required = code == h2.errors.ErrorCodes.HTTP_1_1_REQUIRED
    return Unprocessed("The server refused the request.", http1=required)


def _failure(error: Exception, stream: Http2Stream) -> httpcore.RemoteProtocolError | httpcore.NetworkError:
    """Of its own for each request: an exception that is raised twice grows its traceback."""
    if isinstance(error, httpcore.NetworkError):
        return type(error)(str(error))
    gone = str(error) == "Server disconnected." and stream.head is None
    return httpcore.RemoteProtocolError(_WITHOUT_ANSWER if gone else str(error))
