"""Typed records in a NATS KV bucket, written with compare-and-set.

The only place of this package that knows the client's exceptions: what the bucket refuses becomes `Conflict`,
what it cannot answer becomes `Unavailable`.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

import msgspec
import nats.errors
from nats.js.errors import APIError, KeyNotFoundError, KeyWrongLastSequenceError
from nats.js.kv import KeyValue

from shared.identity.errors import Conflict, Unavailable

R = TypeVar("R", bound=msgspec.Struct)

_WRONG_LAST_SEQUENCE = frozenset({10071, 10164})
"""Server error codes of a refused expectation; the client names them for writes but not for deletes."""
_ATTEMPTS = 20


def digest(secret: str) -> str:
    """SHA-256 in hex: the form under which secrets and addresses appear in keys. Enough for 256-bit secrets."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


class Records(Generic[R]):
    """The records of one kind: those of `bucket` whose key is `<prefix>.<name>`.

    Every method raises Unavailable when the bucket does not answer.
    """

    def __init__(self, bucket: KeyValue, prefix: str, kind: type[R]) -> None:
        self._bucket = bucket
        self._prefix = prefix
        self._encode = msgspec.json.Encoder().encode
        self._decode: Callable[[bytes], R] = msgspec.json.Decoder(kind).decode

    async def read(self, name: str) -> tuple[R, int] | None:
        """The record and its revision, or None."""
        with _answers():
            try:
                entry = await self._bucket.get(self._key(name))
            except KeyNotFoundError:
                return None
        # A bucket that marks what it lets expire leaves an empty value behind.
        return (self._decode(entry.value), entry.revision) if entry.value else None

    async def create(self, name: str, record: R) -> None:
        """Write a new record. Raises Conflict if there is one."""
        with _answers():
            await self._bucket.create(self._key(name), self._encode(record))

    async def replace(self, name: str, record: R, revision: int) -> None:
        """Write over what was read at `revision`. Raises Conflict if that is no longer the last."""
        with _answers():
            await self._bucket.update(self._key(name), self._encode(record), last=revision)

    async def delete(self, name: str, revision: int | None = None) -> None:
        """Delete the record, if wanted only as it was at `revision` (else Conflict)."""
        with _answers():
            await self._bucket.delete(self._key(name), last=revision)

    async def change(self, name: str, change: Callable[[R], R]) -> R | None:
        """Apply `change` to the record however many others write it; None if there is none.

        `change` may raise, which changes nothing.
        """
        for attempt in range(_ATTEMPTS):
            found = await self.read(name)
            if found is None:
                return None
            record, revision = found
            changed = change(record)
            if changed == record:
                return record
            try:
                await self.replace(name, changed, revision)
            except Conflict:
                await asyncio.sleep(0.001 * attempt)  # A replica that answers reads may lag behind a moment.
                continue
            return changed
        raise Unavailable("Too many changes at once. Try again in a moment.")

    def _key(self, name: str) -> str:
        return f"{self._prefix}.{name}"


@contextmanager
def _answers() -> Iterator[None]:
    try:
        yield
    except (KeyWrongLastSequenceError, KeyNotFoundError):
        raise Conflict from None  # Not found: what stood in the way of a new record has just gone.
    except (nats.errors.Error, TimeoutError, OSError) as error:
        if isinstance(error, APIError) and error.err_code in _WRONG_LAST_SEQUENCE:
            raise Conflict from None
        raise Unavailable("Accounts are not available at the moment. Try again shortly.") from error
