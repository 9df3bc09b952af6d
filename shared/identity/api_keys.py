"""API keys: `osk_` and 256 bits, shown once, stored hashed. Bucket `identity`.

`apikeys.<account id>` holds an account's keys and is the truth; `apikey.<sha256>` only finds the account.
A new key's index is written first and a revoked one's deleted last: an index without a key opens nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

import msgspec
from nats.js.kv import KeyValue
from ulid import ULID

from shared.identity.errors import Conflict, InvalidInput, TooManyApiKeys, UnknownApiKey
from shared.identity.records import Records, digest

PREFIX = "osk_"
MAX_KEYS = 50
"""An account; keeps its record small. Each script and each machine can still have its own."""
MAX_NAME = 100
_SHOWN = 12
"""Characters of a key that lists show: enough to recognise it, 208 bits left to guess."""
_USE_EVERY = 60.0
"""`last_used_at` is written at most this often, in seconds: reads must not cost writes."""


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """One key as lists show it, and its hash. Times are seconds since the epoch."""

    id: str
    """`k_` and a ULID."""
    name: str
    prefix: str
    hash: str
    created_at: float
    last_used_at: float | None = None


class _Keys(msgspec.Struct, frozen=True):
    keys: tuple[ApiKey, ...] = ()


class _KeyIndex(msgspec.Struct, frozen=True):
    account_id: str


class ApiKeys:
    """Creates, finds and revokes keys. Methods raise Unavailable when the store does not answer."""

    def __init__(self, identity: KeyValue) -> None:
        self._keys = Records(identity, "apikeys", _Keys)
        self._index = Records(identity, "apikey", _KeyIndex)

    async def of(self, account_id: str) -> tuple[ApiKey, ...]:
        """The account's keys, oldest first."""
        found = await self._keys.read(account_id)
        return found[0].keys if found else ()

    async def create(self, account_id: str, name: str, now: float) -> tuple[ApiKey, str]:
        """A new key and its secret, which nobody can read again. Raises InvalidInput, TooManyApiKeys."""
        name = name.strip()
        if not 1 <= len(name) <= MAX_NAME:
            raise InvalidInput("name", f"The name of an API key must have 1 to {MAX_NAME} characters.")
        secret = PREFIX + secrets.token_urlsafe(32)
        hashed = digest(secret)
        key = ApiKey(id=f"k_{ULID()}", name=name, prefix=secret[:_SHOWN], hash=hashed, created_at=now)

        def added(record: _Keys) -> _Keys:
            if len(record.keys) >= MAX_KEYS:
                raise TooManyApiKeys(f"An account may have {MAX_KEYS} API keys: revoke one first.")
            return _Keys((*record.keys, key))

        await self._index.create(hashed, _KeyIndex(account_id))
        try:
            await self._change_or_begin(account_id, added)
        except TooManyApiKeys:
            await self._index.delete(hashed)
            raise
        return key, secret

    async def find(self, secret: str) -> tuple[str, ApiKey] | None:
        """The account id and the key of a secret, if it is one of ours and not revoked."""
        if not secret.startswith(PREFIX):
            return None
        hashed = digest(secret)
        index = await self._index.read(hashed)
        if index is None:
            return None
        account_id = index[0].account_id
        key = next((key for key in await self.of(account_id) if key.hash == hashed), None)
        return (account_id, key) if key else None

    async def note_use(self, account_id: str, key: ApiKey, now: float) -> None:
        """Write down that the key was used, if the last note is a minute old."""
        if key.last_used_at is not None and now < key.last_used_at + _USE_EVERY:
            return

        def used(record: _Keys) -> _Keys:
            return _Keys(
                tuple(
                    msgspec.structs.replace(other, last_used_at=now) if other.id == key.id else other
                    for other in record.keys
                )
            )

        await self._keys.change(account_id, used)

    async def revoke(self, account_id: str, key_id: str) -> ApiKey:
        """The key that is dead now. Raises UnknownApiKey, also for somebody else's."""
        revoked = next((key for key in await self.of(account_id) if key.id == key_id), None)
        if revoked is None:
            raise UnknownApiKey
        await self._keys.change(account_id, lambda record: _without(record, key_id))
        await self._index.delete(revoked.hash)
        return revoked

    async def revoke_all(self, account_id: str) -> None:
        """No key of the account opens anything any more."""
        keys = await self.of(account_id)
        await self._keys.change(account_id, lambda _: _Keys())
        for key in keys:
            await self._index.delete(key.hash)

    async def _change_or_begin(self, account_id: str, change: Callable[[_Keys], _Keys]) -> None:
        if await self._keys.change(account_id, change) is None:
            try:
                await self._keys.create(account_id, change(_Keys()))
            except Conflict:  # The account's first two keys at once.
                await self._keys.change(account_id, change)


def _without(record: _Keys, key_id: str) -> _Keys:
    return _Keys(tuple(key for key in record.keys if key.id != key_id))
