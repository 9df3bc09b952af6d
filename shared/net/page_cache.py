"""Fetched pages shared by all modules: ten modules over one list cost one crawl, in however many processes.

Who asks for a page that is not there has claimed it, and is to fetch it; who asks meanwhile waits for the outcome.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import time
from collections.abc import Callable
from typing import Any, Protocol

import msgspec
import structlog
import zstandard
from nats.js.errors import KeyWrongLastSequenceError

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
_CLAIM_SECONDS = 30.0
"""How long a claim stands. A page may take longer to come (a host gives one turn each half second), and whoever fetches
it may die: then it is fetched twice, which costs a request and no more."""
_PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8)
"""Seconds between two looks at a page that another process fetches; the last again and again."""
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


class _Entry(msgspec.Struct, frozen=True):
    """A CachedPage, or without `outcome` a claim."""

    outcome: Response | Failure | None
    expires_at: float


_decode = msgspec.msgpack.Decoder(_Entry).decode


class PageCache(Protocol):
    """Where outcomes of fetches are kept. No method ever raises for the store's sake."""

    async def get(self, url: str) -> CachedPage | None:
        """What is known of `url`. None: nothing, and the caller is to fetch it and to `put` or `release` it."""
        ...

    async def put(self, url: str, outcome: Response | FetchError, ttl: float) -> None:
        """Keep the outcome for `ttl` seconds."""
        ...

    async def release(self, url: str) -> None:
        """There will be nothing to put; somebody else may fetch it."""
        ...


class KeyValue(Protocol):
    """The part of a nats-py KeyValue that is used."""

    async def get(self, key: str) -> Any: ...

    async def put(self, key: str, value: bytes) -> Any: ...

    async def update(self, key: str, value: bytes, last: int | None = None) -> Any: ...


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
        # A new one clears a megabyte first. Only for the event loop's thread: neither is for two at once.
        self._compressor, self._decompressor = _compressor(), zstandard.ZstdDecompressor()

    async def get(self, url: str) -> CachedPage | None:
        key = _key(url)
        replaced: int | None = 0  # the revision that a claim takes the place of; None: another one's claim stands
        for pause in itertools.chain(_PAUSES, itertools.repeat(_PAUSES[-1])):
            if self._resting():
                return None
            try:
                async with asyncio.timeout(_BROKER_SECONDS):
                    if replaced is not None and await self._claim(key, replaced):
                        return None
                    entry, revision = await self._read(key)
            except Exception as error:  # a dead or full broker, an entry that has just gone
                self._excuse("read", error)
                return None
            if entry is None or entry.expires_at <= self._clock():
                replaced = revision
            elif entry.outcome is not None:
                return CachedPage(entry.outcome, entry.expires_at)
            else:
                replaced = None
                await asyncio.sleep(pause)
        raise AssertionError("one looks for ever")

    async def put(self, url: str, outcome: Response | FetchError, ttl: float) -> None:
        if self._resting():
            return
        kept = Failure.of(outcome) if isinstance(outcome, FetchError) else outcome
        entry = _Entry(kept, self._clock() + ttl)
        large = isinstance(kept, Response) and len(kept.body) >= _THREAD_FROM
        value = await asyncio.to_thread(_pack, entry, _compressor()) if large else _pack(entry, self._compressor)
        if not await self._write(url, value):
            await self.release(url)

    async def release(self, url: str) -> None:
        await self._write(url, _pack(_Entry(None, 0.0), self._compressor))

    async def _claim(self, key: str, replaced: int) -> bool:
        """Whether nobody was faster. A claim is tried before the page is looked for: most pages are new."""
        claim = _pack(_Entry(None, self._clock() + _CLAIM_SECONDS), self._compressor)
        try:
            await self._kv.update(key, claim, last=replaced)
        except KeyWrongLastSequenceError:
            return False
        return True

    async def _read(self, key: str) -> tuple[_Entry | None, int]:
        """The entry, None when it is of another hand or version, and its revision."""
        found = await self._kv.get(key)
        value: bytes = found.value or b""
        try:
            if len(value) < _THREAD_FROM:
                return _unpack(value, self._max_unpacked, self._decompressor), found.revision
            own = zstandard.ZstdDecompressor()
            return await asyncio.to_thread(_unpack, value, self._max_unpacked, own), found.revision
        except (ValueError, zstandard.ZstdError):
            return None, found.revision

    async def _write(self, url: str, value: bytes) -> bool:
        if self._resting():
            return False
        try:
            async with asyncio.timeout(_BROKER_SECONDS):
                await self._kv.put(_key(url), value)
        except Exception as error:  # a full bucket, a value over max_payload, a dead broker
            self._excuse("write", error)
            return False
        return True

    def _resting(self) -> bool:
        return self._clock() < self._rest_until

    def _excuse(self, what: str, error: Exception) -> None:
        if isinstance(error, TimeoutError):
            self._rest_until = self._clock() + _REST_SECONDS
        _log.debug("page cache passed over", operation=what, error=repr(error))


def _key(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()


def _compressor() -> zstandard.ZstdCompressor:
    return zstandard.ZstdCompressor(level=_LEVEL)


def _pack(entry: _Entry, compressor: zstandard.ZstdCompressor) -> bytes:
    return compressor.compress(msgspec.msgpack.encode(entry))


def _unpack(value: bytes, max_bytes: int, decompressor: zstandard.ZstdDecompressor) -> _Entry:
    if not 0 <= zstandard.frame_content_size(value) <= max_bytes:
        raise ValueError("an entry that was not written by this cache")
    return _decode(decompressor.decompress(value))
