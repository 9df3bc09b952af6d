"""The only way out: an httpx transport that reaches public addresses and nothing else.

Every request, and so every hop of a redirect, is checked anew: the URL before any look-up, then
all of the host's addresses; the one that was checked is the one that is dialled, so a second DNS
answer changes nothing. Host header and SNI stay the URL's. Proxies of the environment are ignored.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from typing import Any

import httpcore
import httpx
import msgspec

from shared.net.dialer import Dialer, speaks_http2
from shared.net.errors import EgressError
from shared.net.http1 import Http1Connection
from shared.net.http2 import Http2Connection
from shared.net.http2_stream import Unprocessed
from shared.net.idle import Connection, IdleConnections
from shared.net.policy import EgressPolicy, Target
from shared.net.resolver import Resolver
from shared.net.shared_connections import SharedConnections
from shared.settings import Settings

_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS"})
_STALE = (httpcore.RemoteProtocolError, httpcore.ReadError, httpcore.WriteError)
_TO_HTTPX: dict[type[Exception], type[httpx.TransportError]] = {
    httpcore.ConnectTimeout: httpx.ConnectTimeout,
    httpcore.ReadTimeout: httpx.ReadTimeout,
    httpcore.WriteTimeout: httpx.WriteTimeout,
    httpcore.ConnectError: httpx.ConnectError,
    httpcore.ReadError: httpx.ReadError,
    httpcore.WriteError: httpx.WriteError,
    httpcore.LocalProtocolError: httpx.LocalProtocolError,
    httpcore.RemoteProtocolError: httpx.RemoteProtocolError,
}
FAILURES: tuple[type[Exception], ...] = (EgressError, *_TO_HTTPX)
"""What `EgressTransport.send` and an answer's body raise."""

FRESH_DNS = "outsend.fresh_dns"
"""A request's extension: when it is true and a connection is opened, the name is looked up anew."""
ANY_CERTIFICATE = "outsend.any_certificate"
"""A request's extension: when it is true an invalid certificate will do. All other checks stay as they are."""


class EgressTransport(httpx.AsyncBaseTransport):
    """HTTP/2 where the site offers it, else HTTP/1.1, over pinned, reused connections.

    Raises EgressError for what it refuses and for DNS and TLS failures, httpx's own errors else.
    Use it as `httpx.AsyncClient(transport=EgressTransport(settings), trust_env=False)`, or through
    the Fetcher. Idle connections are bounded overall and per origin; open ones by the callers.
    An HTTP/2 connection serves its own host alone: no coalescing, whatever else its certificate names.
    """

    def __init__(
        self, settings: Settings, *, max_idle: int = 384, max_idle_per_origin: int = 4, idle_seconds: float = 15.0
    ) -> None:
        self._policy = EgressPolicy(settings)
        self._resolver = Resolver(settings.dns_servers)
        self._dialer = Dialer(self._policy, self._resolver, settings.egress_ca_file)
        self._idle = IdleConnections(max_idle, max_idle_per_origin, idle_seconds)
        self._shared = SharedConnections()
        self._dialling: dict[Target, asyncio.Event] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        with _httpx_errors():
            answer = await self.send(
                request.url,
                request.headers.raw,
                method=request.method,
                content=request.stream,
                extensions=request.extensions,
            )
        return httpx.Response(
            status_code=answer.status,
            headers=answer.headers,
            stream=_HttpxBody(answer),
            extensions=answer.extensions,
        )

    async def send(
        self,
        url: httpx.URL,
        headers: list[tuple[bytes, bytes]],
        *,
        method: str = "GET",
        content: AsyncIterable[bytes] | Iterable[bytes] | bytes = b"",
        extensions: dict[str, Any],
    ) -> Answer:
        """The same without httpx's objects, which cost as much as the sending. `headers` have a Host.

        Raises FAILURES.
        """
        target = self._policy.target(url)
        if extensions.get(ANY_CERTIFICATE) and target.scheme == "https":
            target = msgspec.structs.replace(target, any_certificate=True)
        request = httpcore.Request(
            method=method,
            url=httpcore.URL(scheme=url.raw_scheme, host=target.host.encode(), port=url.port, target=url.raw_path),
            headers=headers,
            content=content,
            extensions=extensions,
        )
        connection, response = await self._send(target, request, method in _IDEMPOTENT)
        return Answer(self, target, connection, response)

    async def aclose(self) -> None:
        await _close([*self._idle.clear(), *self._shared.clear()])
        self._resolver.close()

    async def release(self, target: Target, connection: Connection) -> None:
        """Take back a connection whose response was read or given up."""
        if isinstance(connection, Http2Connection):
            if connection.in_use:
                return
            self._shared.discard(target, connection)
        if connection.is_idle():
            await _close(self._idle.put(target, connection))
        elif not connection.is_closed():
            await connection.aclose()

    async def _send(
        self, target: Target, request: httpcore.Request, repeatable: bool
    ) -> tuple[Connection, httpcore.Response]:
        """Over a connection that is there, and if that turns out to be a dead end, once more over a new one."""
        http2 = True
        for last in (False, True):
            connection, new = await self._connection(target, request, http2=http2, alone=last)
            try:
                return connection, await connection.handle_async_request(request)
            except Unprocessed as refusal:
                http2 = not refusal.http1
                if last:
                    raise
            except _STALE:
                # The server closed it while it lay idle: nothing was processed, or it may be repeated.
                if last or new or not repeatable:
                    raise
            finally:
                if isinstance(connection, Http2Connection):
                    await self.release(target, connection)
        raise AssertionError("the last attempt returns or raises")

    async def _connection(
        self, target: Target, request: httpcore.Request, *, http2: bool, alone: bool
    ) -> tuple[Connection, bool]:
        """A connection, and whether it is new: one that others use, one that waits, or (`alone`: always) another."""
        if alone or not http2:
            return await self._dial(target, request, http2=http2), True
        if (shared := self._shared.find(target)) is not None:
            return shared, False
        connection, dead = self._idle.take(target)
        await _close(dead)
        if isinstance(connection, Http2Connection):
            self._shared.add(target, connection)
        if connection is not None:
            return connection, False
        return await self._opened(target, request)

    async def _opened(self, target: Target, request: httpcore.Request) -> tuple[Connection, bool]:
        """A new connection, or the one that another request to the same origin is just opening, if it can be shared."""
        ahead = self._dialling.get(target)
        if target.scheme == "http" or ahead is not None:
            if ahead is not None:
                await ahead.wait()
                if (shared := self._shared.find(target)) is not None:
                    return shared, False
            return await self._dial(target, request, http2=True), True
        self._dialling[target] = done = asyncio.Event()
        try:
            return await self._dial(target, request, http2=True), True
        finally:
            del self._dialling[target]
            done.set()

    async def _dial(self, target: Target, request: httpcore.Request, *, http2: bool) -> Connection:
        timeout = request.extensions.get("timeout", {}).get("connect")
        fresh = bool(request.extensions.get(FRESH_DNS))
        stream = await self._dialer.dial(target, timeout, http2=http2, fresh=fresh)
        if not speaks_http2(stream):
            return Http1Connection(stream)
        connection = Http2Connection(stream)
        self._shared.add(target, connection)
        return connection


class Answer:
    """A response whose body is yet to be read; closing it gives its connection back."""

    def __init__(
        self, transport: EgressTransport, target: Target, connection: Connection, response: httpcore.Response
    ) -> None:
        self._transport = transport
        self._target = target
        self._connection: Connection | None = connection
        self._response = response
        self.peer = connection.peer
        self.status = response.status
        self.headers = response.headers
        self.extensions = response.extensions

    def body(self) -> AsyncIterator[bytes]:
        """The body, as it comes, once. Raises FAILURES."""
        return self._response.aiter_stream()

    async def aclose(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await self._response.aclose()
            await self._transport.release(self._target, connection)


class _HttpxBody(httpx.AsyncByteStream):
    """An answer's body for httpx."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _httpx_errors():
            async for chunk in self._answer.body():
                yield chunk

    async def aclose(self) -> None:
        await self._answer.aclose()


async def _close(connections: Iterable[Connection]) -> None:
    for connection in connections:
        with contextlib.suppress(OSError, httpcore.NetworkError):
            await connection.aclose()


@contextlib.contextmanager
def _httpx_errors() -> Iterator[None]:
    try:
        yield
    except tuple(_TO_HTTPX) as error:
        kind = next(_TO_HTTPX[one] for one in type(error).__mro__ if one in _TO_HTTPX)
        raise kind(str(error)) from error
