"""One request and its answer, with bounds on everything a server decides."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, aclosing

import httpx
import msgspec

from shared.net.egress import ANY_CERTIFICATE, FRESH_DNS, EgressTransport
from shared.net.errors import EgressError, FailureDetail, FetchError, was_refused
from shared.net.inflate import PIECE, Inflater
from shared.net.response import TlsInfo, tls_info

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MAX_HEADERS = 256
"""Lines; their size is bounded to 100 kB by the HTTP parser. Real sites send fewer than 60."""
_DRAIN = 16 * 1024
"""A redirect's body up to this size is read so that its connection can be used again."""
_YIELD_EVERY = 128
"""A server that sends one-byte chunks must not keep the event loop to itself."""


_SMALL = 1024 * 1024
"""A body beyond that is read only while `large_pages` has room."""


class Exchange(msgspec.Struct, frozen=True):
    """An answer; `location` is set, and `body` empty, when it redirects."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    http_version: str
    location: str | None
    tls: TlsInfo | None
    ip: str


async def exchange(
    transport: EgressTransport,
    url: httpx.URL,
    headers: Mapping[str, str],
    *,
    connect_timeout: float,
    max_bytes: int,
    large_pages: asyncio.Semaphore,
    truncate: bool = False,
    fresh_dns: bool = False,
    any_certificate: bool = False,
) -> Exchange:
    """GET `url` once. The caller bounds the time. Raises FetchError.

    A body over `max_bytes` (plain and inflated) is an error, or cut there when `truncate` is set.
    Of large bodies only as many are in reading at once as `large_pages` has places.
    """
    extensions = {"timeout": {"connect": connect_timeout}, FRESH_DNS: fresh_dns, ANY_CERTIFICATE: any_certificate}
    request = httpx.Request("GET", url, headers=dict(headers), extensions=extensions)
    try:
        answer = await transport.handle_async_request(request)
        try:
            return await _read(answer, max_bytes, truncate, large_pages)
        finally:
            await answer.stream.aclose()  # type: ignore[union-attr]
    except FetchError as error:
        error.url = str(url)
        raise
    except (EgressError, httpx.TransportError) as error:
        raise _fetch_error(error, url) from None


async def _read(answer: httpx.Response, max_bytes: int, truncate: bool, large_pages: asyncio.Semaphore) -> Exchange:
    raw = answer.headers.raw
    if len(raw) > _MAX_HEADERS:
        raise FetchError("protocol", f"The answer has more than {_MAX_HEADERS} header lines.")
    headers = [(name.decode("ascii", "replace").lower(), _text(value)) for name, value in raw]
    location = next((value for name, value in headers if name == "location"), None)
    stream = answer.extensions["network_stream"]
    redirects = answer.status_code in _REDIRECTS and bool(location)
    body = b""
    if redirects:
        await _drain(answer)
    else:
        pieces = _pieces(answer, headers, max_bytes, truncate)
        body = await _body(pieces, max_bytes, truncate, large_pages)
    return Exchange(
        status=answer.status_code,
        headers=headers,
        body=body,
        http_version=answer.http_version,
        location=location if redirects else None,
        tls=tls_info(stream.get_extra_info("ssl_object")),
        ip=str(stream.get_extra_info("server_addr")[0]),
    )


def _pieces(
    answer: httpx.Response, headers: list[tuple[str, str]], max_bytes: int, truncate: bool
) -> AsyncGenerator[bytes, None]:
    """The body, inflated."""
    length = _joined(headers, "content-length")
    if length.isdecimal() and int(length[:20]) > max_bytes and not truncate:
        raise FetchError("too_large", f"The page is larger than {max_bytes} bytes.")
    encoding = _joined(headers, "content-encoding").strip().lower()
    if encoding in ("", "identity"):
        return _plain(answer)
    if encoding in ("gzip", "x-gzip"):
        return _inflated(answer, max_bytes + PIECE if truncate else max_bytes)
    raise FetchError("bad_encoding", "The site sent a content encoding that was not asked for.")


def _joined(headers: list[tuple[str, str]], name: str) -> str:
    """All values of one header. httpx's own look-up guesses the encoding of all headers anew each time."""
    return ", ".join(value for key, value in headers if key == name)


async def _body(
    pieces: AsyncGenerator[bytes, None], max_bytes: int, truncate: bool, large_pages: asyncio.Semaphore
) -> bytes:
    whole = bytearray()
    async with AsyncExitStack() as held, aclosing(pieces):
        is_large = False
        async for piece in pieces:
            whole += piece
            if len(whole) > _SMALL and not is_large:
                is_large = True
                await held.enter_async_context(large_pages)
            if len(whole) > max_bytes:
                if not truncate:
                    raise FetchError("too_large", f"The page is larger than {max_bytes} bytes.")
                break
    return bytes(whole[:max_bytes])


async def _plain(answer: httpx.Response) -> AsyncGenerator[bytes, None]:
    count = 0
    async for chunk in answer.stream:  # type: ignore[union-attr]
        count += 1
        if count % _YIELD_EVERY == 0:
            await asyncio.sleep(0)
        yield chunk


async def _inflated(answer: httpx.Response, limit: int) -> AsyncGenerator[bytes, None]:
    inflater = Inflater(limit)
    async with aclosing(_plain(answer)) as chunks:
        async for chunk in chunks:
            for piece in inflater.feed(chunk):
                yield piece
                await asyncio.sleep(0)
    inflater.finish()


async def _drain(answer: httpx.Response) -> None:
    seen = 0
    async for chunk in answer.stream:  # type: ignore[union-attr]
        seen += len(chunk)
        if seen > _DRAIN:
            return


def _text(value: bytes) -> str:
    """Header values are bytes; UTF-8 is what sites mean where it decodes, Latin-1 what HTTP once said."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _fetch_error(error: httpx.TransportError, url: httpx.URL) -> FetchError:
    host = url.host
    match error:
        case EgressError():
            return FetchError(error.code, error.message, retryable=error.retryable, url=str(url), detail=error.detail)
        case httpx.TimeoutException():
            return FetchError("timeout", f"{host} does not answer in time.", url=str(url))
        case httpx.ConnectError():
            detail: FailureDetail = "refused" if was_refused(error) else ""
            return FetchError("connection", f"{host} does not accept connections.", url=str(url), detail=detail)
        case httpx.RemoteProtocolError() if "without sending a response" in str(error):
            return FetchError("connection", f"{host} closed the connection without an answer.", url=str(url))
        case httpx.ProtocolError():
            return FetchError("protocol", f"The answer of {host} is not valid HTTP.", url=str(url))
        case _:
            return FetchError("connection", f"The connection to {host} broke.", url=str(url))
