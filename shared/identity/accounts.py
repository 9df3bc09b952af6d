"""Accounts, and the index that finds one by its address. Bucket `identity`: `account.<id>`, `email.<sha256>`."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from nats.js.kv import KeyValue
from ulid import ULID

from shared.identity.addresses import same_address
from shared.identity.errors import Conflict
from shared.identity.records import Records, digest


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """One person's account; also the tenant, for now. Times are seconds since the epoch."""

    id: str
    """`u_` and a ULID."""
    email: str
    """As typed, but for the domain; `same_address` tells whether two are one."""
    password_hash: str
    email_verified: bool = False
    active: bool = True
    created_at: float
    epoch: int = 0
    """Goes up with each new password: sessions and reset links of an earlier epoch are dead."""


class _EmailIndex(msgspec.Struct, frozen=True):
    account_id: str


class Accounts:
    """Reads and writes accounts. Methods raise Unavailable when the store does not answer."""

    def __init__(self, identity: KeyValue) -> None:
        self._accounts = Records(identity, "account", Account)
        self._emails = Records(identity, "email", _EmailIndex)

    async def create(self, email: str, password_hash: str, now: float) -> Account | None:
        """A new account, or None if the address has one; of two at once exactly one gets it.

        The account is written before the index that gives the address away: what a crash can leave behind is
        an account nobody can reach, never an address nobody can use. Both outcomes take the same steps.
        """
        account = Account(id=f"u_{ULID()}", email=email, password_hash=password_hash, created_at=now)
        await self._accounts.create(account.id, account)
        try:
            await self._emails.create(digest(same_address(email)), _EmailIndex(account.id))
        except Conflict:
            await self._accounts.delete(account.id)
            return None
        return account

    async def get(self, account_id: str) -> Account | None:
        """The account of that id."""
        found = await self._accounts.read(account_id)
        return found[0] if found else None

    async def find(self, email: str) -> Account | None:
        """The account of that address, however its letters are cased; an unknown one takes as many reads."""
        index = await self._emails.read(digest(same_address(email)))
        return await self.get(index[0].account_id if index else "nobody")

    async def change(self, account_id: str, change: Callable[[Account], Account]) -> Account | None:
        """Apply `change` to the account, however many others change it; None if it is gone."""
        return await self._accounts.change(account_id, change)
