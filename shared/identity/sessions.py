"""Sessions: opaque 256-bit tokens, of which the store only sees the hash. Bucket `sessions`: `session.<sha256>`.

A session ends seven days after its last use, thirty days after login, at logout, and with every new password.
Its use is written down at most once an hour, so that a read costs no write; seven days are exact to that hour.
The bucket's own TTL (seven days since the last write) clears the dead ones away.
"""

from __future__ import annotations

import secrets

import msgspec
from nats.js.kv import KeyValue

from shared.identity.accounts import Account
from shared.identity.errors import Conflict
from shared.identity.records import Records, digest

ABSOLUTE_DAYS = 30
"""Even in daily use a session ends: a stolen token must not live for ever (ASVS 5.0 7.3.2)."""
_RENEW_EVERY = 3600.0
_DAY = 86_400.0


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One login. Times are seconds since the epoch."""

    account_id: str
    epoch: int
    """The account's at login; another one now means a new password, and the session is dead."""
    created_at: float
    used_at: float


class Sessions:
    """Starts, reads, renews and ends sessions. Methods raise Unavailable when the store does not answer."""

    def __init__(self, sessions: KeyValue, *, idle_days: int = 7) -> None:
        self._sessions = Records(sessions, "session", Session)
        self._idle = idle_days * _DAY

    async def start(self, account: Account, now: float) -> str:
        """A new session's token, to be handed to the client and nowhere else."""
        token = secrets.token_urlsafe(32)
        session = Session(account_id=account.id, epoch=account.epoch, created_at=now, used_at=now)
        await self._sessions.create(digest(token), session)
        return token

    async def read(self, token: str, now: float) -> tuple[Session, int] | None:
        """The session of a token and its revision, if it is alive (its epoch is the caller's to compare)."""
        found = await self._sessions.read(digest(token))
        if found is None:
            return None
        session, _ = found
        is_idle = now >= session.used_at + self._idle
        is_old = now >= session.created_at + ABSOLUTE_DAYS * _DAY
        return None if is_idle or is_old else found

    async def renew(self, token: str, session: Session, revision: int, now: float) -> bool:
        """Let the seven days begin again, if the last use is an hour old; tells whether it did.

        Written over what was read: a session that ended meanwhile stays ended.
        """
        if now < session.used_at + _RENEW_EVERY:
            return False
        try:
            await self._sessions.replace(digest(token), msgspec.structs.replace(session, used_at=now), revision)
        except Conflict:
            return False
        return True

    async def end(self, token: str) -> None:
        """The session is dead; unknown ones are as well."""
        await self._sessions.delete(digest(token))
