"""One request and its answer, with bounds on everything a server decides."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

import httpcore
import httpx
import msgspec

from shared.net.egress import ANY_CERTIFICATE, FAILURES, FRESH_DNS, Answer, EgressTransport
from shared.net.errors import EgressError, FailureDetail, FetchError, was_refused
from shared.net.inflate import PIECE, Inflater
from shared.net.response import TlsInfo

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
    sent = [(b"Host", url.netloc), *((name.encode(), value.encode()) for name, value in headers.items())]
    try:
        answer = await transport.send(url, sent, extensions=extensions)
        try:
            return await _read(answer, max_bytes, truncate, large_pages)
        finally:
            await answer.aclose()
    except FetchError as error:
        error.url = str(url)
        raise
    except FAILURES as error:
        raise _fetch_error(error, url) from None


async def _read(answer: Answer, max_bytes: int, truncate: bool, large_pages: asyncio.Semaphore) -> Exchange:
    if len(answer.headers) > _MAX_HEADERS:
        raise FetchError("protocol", f"The answer has more than {_MAX_HEADERS} header lines.")
    headers = [(name.decode("ascii", "replace").lower(), _text(value)) for name, value in answer.headers]
    location = next((value for name, value in headers if name == "location"), None)
    redirects = answer.status in _REDIRECTS and bool(location)
    body = b""
    if redirects:
        await _drain(answer)
    else:
        body = await _body(answer, headers, max_bytes, truncate, large_pages)
    return Exchange(
        status=answer.status,
        headers=headers,
        body=body,
        http_version=answer.extensions["http_version"].decode("ascii"),
        location=location if redirects else None,
        tls=answer.peer.tls,
        ip=answer.peer.ip,
    )


async def _body(
    answer: Answer, headers: list[tuple[str, str]], max_bytes: int, truncate: bool, large_pages: asyncio.Semaphore
) -> bytes:
    """The body, inflated."""
    length = _joined(headers, "content-length")
    if length.isdecimal() and int(length[:20]) > max_bytes and not truncate:
        raise _too_large(max_bytes)
    inflater = _inflater(headers, max_bytes + PIECE if truncate else max_bytes)
    whole = bytearray()
    is_large = False
    try:
        async with aclosing(_pieces(answer, inflater)) as pieces:
            async for piece in pieces:
                whole += piece
                if len(whole) > _SMALL and not is_large:
                    is_large = await large_pages.acquire()
                if len(whole) > max_bytes:
                    if not truncate:
                        raise _too_large(max_bytes)
                    break
    finally:
        if is_large:
            large_pages.release()
    return bytes(whole[:max_bytes])


def _too_large(max_bytes: int) -> FetchError:
    return FetchError("too_large", f"The page is larger than {max_bytes} bytes.")


async def _pieces(answer: Answer, inflater: Inflater | None) -> AsyncGenerator[bytes, None]:
    """The body as it comes, inflated. In between the event loop gets its turn."""
    count = 0
    async for chunk in answer.body():
        for piece in inflater.feed(chunk) if inflater else (chunk,):
            count += 1
            if count % _YIELD_EVERY == 0 or len(piece) >= PIECE:
                await asyncio.sleep(0)
            yield piece
    if inflater is not None:
        inflater.finish()


def _inflater(headers: list[tuple[str, str]], limit: int) -> Inflater | None:
    encoding = _joined(headers, "content-encoding").strip().lower()
    if encoding in ("", "identity"):
        return None
    if encoding in ("gzip", "x-gzip"):
        return Inflater(limit)
    raise FetchError("bad_encoding", "The site sent a content encoding that was not asked for.")


def _joined(headers: list[tuple[str, str]], name: str) -> str:
    """All values of one header."""
    return ", ".join(value for key, value in headers if key == name)


async def _drain(answer: Answer) -> None:
    seen = 0
    async for chunk in answer.body():
        seen += len(chunk)
        if seen > _DRAIN:
            return


def _text(value: bytes) -> str:
    """Header values are bytes; UTF-8 is what sites mean where it decodes, Latin-1 what HTTP once said."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _fetch_error(error: Exception, url: httpx.URL) -> FetchError:
    host = url.host
    match error:
        case EgressError():
            return FetchError(error.code, error.message, retryable=error.retryable, url=str(url), detail=error.detail)
        case httpcore.TimeoutException():
            return FetchError("timeout", f"{host} does not answer in time.", url=str(url))
        case httpcore.ConnectError():
            detail: FailureDetail = "refused" if was_refused(error) else ""
            return FetchError("connection", f"{host} does not accept connections.", url=str(url), detail=detail)
        case httpcore.RemoteProtocolError() if "without sending a response" in str(error):
            return FetchError("connection", f"{host} closed the connection without an answer.", url=str(url))
        case httpcore.ProtocolError():
            return FetchError("protocol", f"The answer of {host} is not valid HTTP.", url=str(url))
        case _:
            return FetchError("connection", f"The connection to {host} broke.", url=str(url))
