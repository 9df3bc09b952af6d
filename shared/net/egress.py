"""The only way out: an httpx transport that reaches public addresses and nothing else.

Every request, and so every hop of a redirect, is checked anew: the URL before any look-up, then
all of the host's addresses; the one that was checked is the one that is dialled, so a second DNS
answer changes nothing. Host header and SNI stay the URL's. Proxies of the environment are ignored.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterable, Iterator

import httpcore
import httpx

from shared.net.dialer import Dialer
from shared.net.idle import Connection, IdleConnections
from shared.net.policy import EgressPolicy, Target
from shared.net.resolver import Resolver
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


class EgressTransport(httpx.AsyncBaseTransport):
    """HTTP/1.1 over pinned, reused connections.

    Raises EgressError for what it refuses and for DNS and TLS failures, httpx's own errors else.
    Use it as `httpx.AsyncClient(transport=EgressTransport(settings), trust_env=False)`, or through
    the Fetcher. Idle connections are bounded overall and per origin; open ones by the callers.
    """

    def __init__(
        self, settings: Settings, *, max_idle: int = 128, max_idle_per_origin: int = 4, idle_seconds: float = 15.0
    ) -> None:
        self._policy = EgressPolicy(settings)
        self._resolver = Resolver(settings.dns_servers)
        self._dialer = Dialer(self._policy, self._resolver, settings.egress_ca_file)
        self._idle = IdleConnections(max_idle, max_idle_per_origin, idle_seconds)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        target = self._policy.target(request.url)
        outgoing = httpcore.Request(
            method=request.method,
            url=httpcore.URL(
                scheme=request.url.raw_scheme,
                host=target.host.encode(),
                port=request.url.port,
                target=request.url.raw_path,
            ),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        with _httpx_errors():
            connection, answer = await self._send(target, outgoing, request.method in _IDEMPOTENT)
        return httpx.Response(
            status_code=answer.status,
            headers=answer.headers,
            stream=_Body(self, target, connection, answer),
            extensions=answer.extensions,
        )

    async def aclose(self) -> None:
        await _close(self._idle.clear())
        self._resolver.close()

    async def _send(
        self, target: Target, request: httpcore.Request, repeatable: bool
    ) -> tuple[Connection, httpcore.Response]:
        connection, dead = self._idle.take(target)
        await _close(dead)
        if connection is not None:
            try:
                return connection, await connection.handle_async_request(request)
            except _STALE:
                # The server closed it while it lay idle: nothing was processed, or it may be repeated.
                if not repeatable:
                    raise
        timeout = request.extensions.get("timeout", {}).get("connect")
        stream = await self._dialer.dial(target, timeout)
        connection = Connection(origin=request.url.origin, stream=stream)
        return connection, await connection.handle_async_request(request)

    async def release(self, target: Target, connection: Connection) -> None:
        """Take back a connection whose response was read or given up."""
        if connection.is_idle():
            await _close(self._idle.put(target, connection))
        elif not connection.is_closed():
            await connection.aclose()


class _Body(httpx.AsyncByteStream):
    """A response's body; closing it gives its connection back."""

    def __init__(
        self, transport: EgressTransport, target: Target, connection: Connection, answer: httpcore.Response
    ) -> None:
        self._transport = transport
        self._target = target
        self._connection: Connection | None = connection
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _httpx_errors():
            async for chunk in self._answer.aiter_stream():
                yield chunk

    async def aclose(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await self._answer.aclose()
            await self._transport.release(self._target, connection)


async def _close(connections: Iterable[Connection]) -> None:
    for connection in connections:
        with contextlib.suppress(OSError, httpcore.NetworkError):
            await connection.aclose()


@contextlib.contextmanager
def _httpx_errors() -> Iterator[None]:
    try:
        yield
    except tuple(_TO_HTTPX) as error:
        raise _TO_HTTPX[type(error)](str(error)) from error
