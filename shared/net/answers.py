"""What outside APIs answered, kept with its date: what is asked twice, by anyone, costs an API's patience once."""

from __future__ import annotations

import asyncio
import hashlib
import time
from datetime import UTC, datetime
from typing import Any, Protocol, Self

import msgspec
import structlog
import zstandard
from nats.errors import Error as NatsError
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js import JetStreamContext

from shared.messaging.streams import answers_bucket
from shared.settings import Settings

_log = structlog.get_logger(__name__)

_BROKER_SECONDS = 2.0
"""A cache that answers later than this costs more than it saves."""
_REST_SECONDS = 10.0
"""After the broker failed to answer, how long the cache is left alone."""
_LARGEST = 4 * 1024 * 1024
"""Bytes of an answer, unpacked. A larger one is not kept: packing it would hold up the event loop."""
_LEVEL = 2
"""Of zstd, as for pages."""
_NO_ANSWER = (NatsError, TimeoutError, OSError)


class Answer(msgspec.Struct, frozen=True):
    """A JSON value and when it was asked for."""

    at: str
    """RFC 3339, UTC."""
    body: Any

    @classmethod
    def now(cls, body: Any) -> Self:
        """An answer that has just come."""
        return cls(datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"), body)


class KeyValue(Protocol):
    """The part of a nats-py KeyValue that is used."""

    async def get(self, key: str) -> Any: ...

    async def put(self, key: str, value: bytes) -> Any: ...


class Answers:
    """Answers in a NATS KV bucket, for as long as `answer_cache_ttl` says. Neither method raises for the broker's sake.

    `api` names the API and the form of what is kept of its answers (`insee.1`); `key` is everything the answer depends
    on, in any spelling. Never put a secret's answer under a key that others can ask for.
    """

    def __init__(self, kv: KeyValue) -> None:
        self._kv = kv
        self._rest_until = 0.0

    @classmethod
    async def open(cls, js: JetStreamContext, settings: Settings) -> Self:
        """The bucket of this deployment, made when there is none. Raises the broker's own errors."""
        return cls(await answers_bucket(js, settings))

    async def get(self, api: str, key: str) -> Answer | None:
        """What was answered; None when nothing is known, or nothing can be had from the broker."""
        if self._resting():
            return None
        try:
            async with asyncio.timeout(_BROKER_SECONDS):
                entry = await self._kv.get(_hashed(api, key))
            return _unpack(entry.value or b"")
        except (*_NO_ANSWER, ValueError, zstandard.ZstdError) as error:  # an absent key is a NatsError too
            self._excuse("read", error)
            return None

    async def put(self, api: str, key: str, body: Any) -> Answer:
        """Keep what was answered just now, if the broker can; the same as an Answer."""
        answer = Answer.now(body)
        packed = msgspec.msgpack.encode(answer)
        if self._resting() or len(packed) > _LARGEST:
            return answer
        try:
            async with asyncio.timeout(_BROKER_SECONDS):
                await self._kv.put(_hashed(api, key), zstandard.ZstdCompressor(level=_LEVEL).compress(packed))
        except _NO_ANSWER as error:  # a full bucket, a dead broker
            self._excuse("write", error)
        return answer

    def _resting(self) -> bool:
        return time.monotonic() < self._rest_until

    def _excuse(self, what: str, error: Exception) -> None:
        if isinstance(error, TimeoutError | NatsTimeoutError):
            self._rest_until = time.monotonic() + _REST_SECONDS
        _log.debug("answer cache passed over", operation=what, error=repr(error))


def _hashed(api: str, key: str) -> str:
    return hashlib.sha256(f"{api}\n{key}".encode()).hexdigest()


def _unpack(value: bytes) -> Answer:
    """Raises ValueError or ZstdError for what was not written here."""
    if not 0 <= zstandard.frame_content_size(value) <= _LARGEST:
        raise ValueError("an entry of another hand")
    return msgspec.msgpack.decode(zstandard.ZstdDecompressor().decompress(value), type=Answer)
