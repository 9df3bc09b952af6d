"""Links sent by mail: single use, 24 hours, stored hashed. Bucket `sessions`, whose TTL clears them away."""

from __future__ import annotations

import secrets
from typing import Literal, TypeAlias

import msgspec
from nats.js.kv import KeyValue

from shared.identity.accounts import Account
from shared.identity.errors import Conflict, InvalidToken
from shared.identity.records import Records, digest

Purpose: TypeAlias = Literal["verify", "reset"]

LIFETIME = 24 * 3600.0


class MailToken(msgspec.Struct, frozen=True, kw_only=True):
    """What a link allows, and for whom. Times are seconds since the epoch."""

    account_id: str
    epoch: int
    """The account's when the link was made: a new password overtakes older reset links."""
    expires_at: float


class MailTokens:
    """Issues and consumes links. Methods raise Unavailable when the store does not answer."""

    def __init__(self, sessions: KeyValue) -> None:
        self._tokens = {purpose: Records(sessions, f"token.{purpose}", MailToken) for purpose in ("verify", "reset")}

    async def issue(self, purpose: Purpose, account: Account, now: float) -> str:
        """A new token for that account."""
        token = secrets.token_urlsafe(32)
        record = MailToken(account_id=account.id, epoch=account.epoch, expires_at=now + LIFETIME)
        await self._tokens[purpose].create(digest(token), record)
        return token

    async def consume(self, purpose: Purpose, token: str, now: float) -> MailToken:
        """What the token allows; of two uses at once one gets it. Raises InvalidToken."""
        tokens = self._tokens[purpose]
        found = await tokens.read(digest(token))
        if found is None:
            raise InvalidToken
        record, revision = found
        try:
            await tokens.delete(digest(token), revision)
        except Conflict:
            raise InvalidToken from None
        if now >= record.expires_at:
            raise InvalidToken
        return record
