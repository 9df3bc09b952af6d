"""Fetched pages shared by all modules: ten modules over one list cost one crawl."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable
from typing import Any, Protocol

import msgspec
import structlog
import zstandard

from shared.net.errors import FailureCode, FailureDetail, FetchError
from shared.net.response import Response
from shared.settings import Settings

_log = structlog.get_logger(__name__)

_BROKER_SECONDS = 2.0
"""A cache that answers later than this costs more than it saves."""
_REST_SECONDS = 10.0
"""After the broker failed to answer, how long the cache is left alone."""
_THREAD_FROM = 128 * 1024
"""Bodies from this size are packed and unpacked in a thread; smaller ones take under a millisecond."""
_LEVEL = 2
"""Of zstd. The usual 3 takes half as long again, and saves 1 % of a page."""
_OVERHEAD = 1024 * 1024
"""Room for headers and redirects beside the body when a value is unpacked."""


class Failure(msgspec.Struct, frozen=True, tag="failure"):
    """A FetchError as data."""

    code: FailureCode
    message: str
    retryable: bool
    url: str
    detail: FailureDetail = ""

    @classmethod
    def of(cls, error: FetchError) -> Failure:
        return cls(error.code, error.message, error.retryable, error.url, error.detail)

    def error(self) -> FetchError:
        return FetchError(self.code, self.message, retryable=self.retryable, url=self.url, detail=self.detail)


class CachedPage(msgspec.Struct, frozen=True):
    """What a fetch ended with, and until when (Unix seconds) it stands for a new one."""

    outcome: Response | Failure
    expires_at: float


class PageCache(Protocol):
    """Where outcomes of fetches are kept. Neither method ever raises for the store's sake."""

    async def get(self, url: str) -> CachedPage | None: ...

    async def put(self, url: str, outcome: Response | FetchError, ttl: float) -> None: ...


class KeyValue(Protocol):
    """The part of a nats-py KeyValue that is used."""

    async def get(self, key: str) -> Any: ...

    async def put(self, key: str, value: bytes) -> Any: ...


class KvPageCache:
    """Pages in a NATS KV bucket: key = SHA-256 of the normalised URL, value = zstd-compressed msgpack.

    The bucket's TTL is one for all, so each entry carries its own end. What does not fit, and
    whatever the broker says, is a miss.
    """

    def __init__(self, kv: KeyValue, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        self._kv = kv
        self._clock = clock
        self._max_unpacked = settings.max_page_bytes + _OVERHEAD
        self._rest_until = 0.0

    async def get(self, url: str) -> CachedPage | None:
        if self._resting():
            return None
        try:
            async with asyncio.timeout(_BROKER_SECONDS):
                entry = await self._kv.get(_key(url))
            value: bytes = entry.value or b""
            if len(value) < _THREAD_FROM:
                page = _unpack(value, self._max_unpacked)
            else:
                page = await asyncio.to_thread(_unpack, value, self._max_unpacked)
        except Exception as error:  # an absent key, a dead broker, an entry of another version
            self._excuse("read", error)
            return None
        return page if page.expires_at > self._clock() else None

    async def put(self, url: str, outcome: Response | FetchError, ttl: float) -> None:
        if self._resting():
            return
        kept = Failure.of(outcome) if isinstance(outcome, FetchError) else outcome
        page = CachedPage(kept, self._clock() + ttl)
        large = isinstance(kept, Response) and len(kept.body) >= _THREAD_FROM
        value = await asyncio.to_thread(_pack, page) if large else _pack(page)
        try:
            async with asyncio.timeout(_BROKER_SECONDS):
                await self._kv.put(_key(url), value)
        except Exception as error:  # a full bucket, a value over max_payload, a dead broker
            self._excuse("write", error)

    def _resting(self) -> bool:
        return self._clock() < self._rest_until

    def _excuse(self, what: str, error: Exception) -> None:
        if isinstance(error, TimeoutError):
            self._rest_until = self._clock() + _REST_SECONDS
        _log.debug("page cache passed over", operation=what, error=repr(error))


def _key(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()


def _pack(page: CachedPage) -> bytes:
    return zstandard.ZstdCompressor(level=_LEVEL).compress(msgspec.msgpack.encode(page))


def _unpack(value: bytes, max_bytes: int) -> CachedPage:
    if not 0 <= zstandard.frame_content_size(value) <= max_bytes:
        raise ValueError("an entry that was not written by this cache")
    return msgspec.msgpack.decode(zstandard.ZstdDecompressor().decompress(value), type=CachedPage)
