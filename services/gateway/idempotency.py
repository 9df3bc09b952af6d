"""Idempotency-Key: the same key and body within 24 hours means the same job.

The key's record names the job's id *before* the job is written, so a client that never got its answer gets it by
asking again, whatever happened in between: the id decides, and the log has it once.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import nats.errors
from nats.js.errors import KeyNotFoundError, KeyWrongLastSequenceError
from nats.js.kv import KeyValue

from shared.api.errors import Conflict, Unavailable, ValidationFailed, issue

HEADER = "Idempotency-Key"
_MAX_LENGTH = 255


class _Claim(msgspec.Struct, frozen=True):
    job: str
    body: str
    """SHA-256 of the route and the body."""


class IdempotencyKeys:
    """Which job a key stands for. Methods raise Unavailable when the bucket does not answer."""

    def __init__(self, bucket: KeyValue) -> None:
        self._bucket = bucket
        self._decode = msgspec.json.Decoder(_Claim).decode

    async def find(self, tenant: str, key: str, body: str) -> str | None:
        """The job id that the key stands for, or None. Raises Conflict if it was used for another body."""
        async with _answers():
            try:
                entry = await self._bucket.get(_name(tenant, key))
            except KeyNotFoundError:
                return None
        if not entry.value:
            return None
        claim = self._decode(entry.value)
        if claim.body != body:
            raise Conflict(f"This {HEADER} was used for another request.")
        return claim.job

    async def claim(self, tenant: str, key: str, body: str, job: str) -> str:
        """Let the key stand for `job`, or for the job of whoever was first. Raises Conflict as `find`."""
        try:
            async with _answers():
                await self._bucket.create(_name(tenant, key), msgspec.json.encode(_Claim(job, body)))
        except KeyWrongLastSequenceError:
            return await self.find(tenant, key, body) or job
        return job


def check_key(key: str | None) -> None:
    """Raises ValidationFailed for a key that is blank or too long."""
    if key is not None and not 1 <= len(key.strip()) <= _MAX_LENGTH:
        raise ValidationFailed([issue(f"The key must have 1 to {_MAX_LENGTH} characters.", "header", HEADER)])


async def fingerprint(route: str, body: bytes) -> str:
    """What two requests must share to be one. Large bodies are hashed in a thread."""
    digest = hashlib.sha256(route.encode() + b"\n")
    if len(body) > 1 << 20:
        await asyncio.to_thread(digest.update, body)
    else:
        digest.update(body)
    return digest.hexdigest()


def _name(tenant: str, key: str) -> str:
    return f"{tenant}.{hashlib.sha256(key.encode()).hexdigest()}"


@asynccontextmanager
async def _answers() -> AsyncIterator[None]:
    try:
        yield
    except (KeyNotFoundError, KeyWrongLastSequenceError):
        raise
    except (nats.errors.Error, TimeoutError, OSError):
        raise Unavailable("Idempotency keys are not available at the moment: nothing was accepted.") from None
