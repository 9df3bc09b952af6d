"""An HTTP/1.1 connection, one request after another, within bounds: llhttp (of Node.js) reads what the server says.

Not httpcore's: its parser in Python takes a quarter of the time that a page costs us.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterable, AsyncIterator
from functools import cached_property

import httpcore
import httptools

from shared.net.response import Peer

_PIECE = 64 * 1024
"""Bytes read before the event loop gets its turn."""
_MOST_HEAD = 100 * 1024
"""Bytes of a head, and of whatever else comes without bringing the body further: extensions of chunks, trailers."""
_UNFIT_TARGET = re.compile(rb"[\x00-\x20\x7f]")
_UNFIT_HEADER = re.compile(rb"[\x00\r\n]")
_FRAMING = (b"content-length", b"transfer-encoding")
_WITHOUT_ANSWER = "Server disconnected without sending a response."


class Http1Connection:
    """Takes over a connected stream. One request at a time; `handle_async_request` raises httpcore's errors."""

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._network = stream
        self._idle = False
        self._closed = False

    @cached_property
    def peer(self) -> Peer:
        """Who answers: read once, for a certificate takes as long as a request."""
        return Peer.of(self._network)

    def is_idle(self) -> bool:
        """Whether it may be kept for another request."""
        return self._idle

    def is_closed(self) -> bool:
        return self._closed

    def has_expired(self) -> bool:
        """Whether the server has hung up: all that an idle one can have to read is its end."""
        return bool(self._network.get_extra_info("is_readable"))

    async def aclose(self) -> None:
        self._idle, self._closed = False, True
        await self._network.aclose()

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        self._idle = False
        timeouts = request.extensions.get("timeout", {})
        answer = _Answer()
        try:
            sent = await self._send(request, timeouts.get("write"))
            while not answer.has_head:
                await self._receive(answer, timeouts.get("read"))
        except BaseException:
            await self.aclose()
            raise
        return httpcore.Response(
            answer.status,
            headers=answer.headers,
            content=_Body(self, answer, timeouts.get("read"), reusable=sent),
            extensions={"http_version": answer.http_version, "network_stream": self._network},
        )

    async def _send(self, request: httpcore.Request, timeout: float | None) -> bool:
        """Whether all of it went out: a server may answer, and hang up, before it has heard everything."""
        head = _head(request)
        try:
            await self._network.write(head, timeout)
            assert isinstance(request.stream, AsyncIterable)
            async for data in request.stream:
                await self._network.write(data, timeout)
        except httpcore.WriteError:
            return False
        return True

    async def _receive(self, answer: _Answer, timeout: float | None) -> None:
        data = await self._network.read(_PIECE, timeout)
        if data:
            answer.feed(data)
        else:
            answer.feed_end()

    async def read_body(self, answer: _Answer, timeout: float | None) -> AsyncIterator[bytes]:
        """The rest of an answer, as it comes."""
        while True:
            if answer.body:
                yield answer.take()
            if answer.complete:
                return
            await self._receive(answer, timeout)

    async def finish(self, answer: _Answer, *, reusable: bool) -> None:
        """The caller wants no more of the answer."""
        if reusable and answer.ended_well and not self._closed:
            self._idle = True
        else:
            await self.aclose()


class _Body:
    """A response's body; closing it ends the request."""

    def __init__(self, connection: Http1Connection, answer: _Answer, timeout: float | None, *, reusable: bool) -> None:
        self._connection: Http1Connection | None = connection
        self._answer = answer
        self._timeout = timeout
        self._reusable = reusable

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._connection is not None:
            async for piece in self._connection.read_body(self._answer, self._timeout):
                yield piece

    async def aclose(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.finish(self._answer, reusable=self._reusable)


class _Answer:
    """What the server says to one request. The `on_` methods are llhttp's."""

    def __init__(self) -> None:
        self.headers: list[tuple[bytes, bytes]] = []
        self.status = 0
        self.http_version = b""
        self.has_head = False
        self.complete = False
        self.body: list[bytes] = []
        """Pieces that nobody has taken yet."""
        self._parser = httptools.HttpResponseParser(self)
        # As browsers do: folded lines, odd characters in values, lines that end without CR, a length beside chunks.
        # What they endanger are proxies that two parties share, and nobody shares our connections.
        self._parser.set_dangerous_leniencies(
            lenient_headers=True,
            lenient_chunked_length=True,
            lenient_optional_cr_before_lf=True,
            lenient_spaces_after_chunk_size=True,
        )
        self._keep_alive = False
        self._until_end = False
        self._beyond = False
        self._heard = False
        self._went_on = False
        self._idle_bytes = 0

    @property
    def ended_well(self) -> bool:
        """Whether the connection is ready for another request."""
        return self.complete and self._keep_alive and not self._until_end and not self._beyond

    def feed(self, data: bytes) -> None:
        """Bytes of the server. Raises httpcore.RemoteProtocolError."""
        self._heard = True
        self._went_on = False
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            if not self.complete:  # beyond the end nobody listens
                raise httpcore.RemoteProtocolError(f"The answer is not HTTP: {error}") from None
            self._beyond = True
        self._idle_bytes = 0 if self._went_on else self._idle_bytes + len(data)
        if self._idle_bytes > _MOST_HEAD:
            raise httpcore.RemoteProtocolError("The answer's head is too long.")

    def feed_end(self) -> None:
        """The server has hung up. Raises httpcore.RemoteProtocolError unless that is where the body ends."""
        if not self.has_head:
            raise httpcore.RemoteProtocolError(_WITHOUT_ANSWER)
        if not self._until_end:
            raise httpcore.RemoteProtocolError("The server hung up before the end of its answer.")
        self.complete = True

    def take(self) -> bytes:
        """The pieces so far, as one."""
        whole = b"".join(self.body)
        self.body.clear()
        return whole

    def on_message_begin(self) -> None:
        self._beyond = self.complete

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.has_head:
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        if self.complete:
            return
        status = self._parser.get_status_code()
        if status < 200:  # it only announces the answer
            self.headers.clear()
            return
        self.status = status
        self.http_version = b"HTTP/" + self._parser.get_http_version().encode()
        self.has_head = self._went_on = True
        framing = {name.lower(): value.lower() for name, value in self.headers if name.lower() in _FRAMING}
        self._keep_alive = self._parser.should_keep_alive() and len(framing) < len(_FRAMING)  # else it may be a trick
        coding = framing.get(b"transfer-encoding", b"identity")
        self._until_end = coding != b"chunked" and b"content-length" not in framing and status not in (204, 304)
        if coding not in (b"chunked", b"identity"):
            raise httpcore.RemoteProtocolError("a transfer encoding that was not asked for")
        if any(_UNFIT_HEADER.search(value) for _, value in self.headers):
            raise httpcore.RemoteProtocolError("a header with a line break or a zero byte")

    def on_chunk_header(self) -> None:
        self._went_on = True

    def on_body(self, data: bytes) -> None:
        if not self.complete:
            self._went_on = True
            self.body.append(data)

    def on_message_complete(self) -> None:
        if self.has_head:
            self.complete = self._went_on = True


def _head(request: httpcore.Request) -> bytes:
    """The request's head. Raises httpcore.LocalProtocolError for what would end a line early."""
    target = request.url.target
    if _UNFIT_TARGET.search(target):
        raise httpcore.LocalProtocolError("The address holds a character that no request may have.")
    lines = [b"%b %b HTTP/1.1" % (request.method, target)]
    for name, value in request.headers:
        if _UNFIT_HEADER.search(name) or _UNFIT_HEADER.search(value):
            raise httpcore.LocalProtocolError("A header holds a line break.")
        if name.lower() == b"transfer-encoding":
            raise httpcore.LocalProtocolError("A body is sent with its length.")
        lines.append(b"%b: %b" % (name, value))
    return b"\r\n".join((*lines, b"", b""))
