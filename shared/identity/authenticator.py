"""From a cookie or an API key to the identity behind it."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine
from typing import Literal

import msgspec
import structlog

from shared.identity.accounts import Account, Accounts
from shared.identity.api_keys import ApiKey, ApiKeys
from shared.identity.credential_cache import CredentialCache
from shared.identity.errors import InvalidApiKey, Unavailable
from shared.identity.guards import Identity
from shared.identity.records import digest
from shared.identity.sessions import Sessions

_log = structlog.get_logger(__name__)


class Authenticator:
    """Looks credentials up; good ones are remembered for a moment, bad ones never.

    Whoever ends a credential or changes an account tells `cache` to forget it *after* the store knows.
    """

    def __init__(
        self,
        accounts: Accounts,
        sessions: Sessions,
        api_keys: ApiKeys,
        cache: CredentialCache,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._api_keys = api_keys
        self._cache = cache
        self._now = now

    async def authenticate(self, cookie: str | None, api_key: str | None) -> Identity | None:
        """The caller, or None for nobody; `cookie` is the session's token.

        With both the key counts. Raises InvalidApiKey for a bad key, whatever the cookie is, and Unavailable.
        """
        if api_key is not None:
            return await self._remembered(api_key, self._by_key)
        return await self._remembered(cookie, self._by_session) if cookie else None

    async def _remembered(
        self, secret: str, look_up: Callable[[str], Coroutine[None, None, Identity | None]]
    ) -> Identity | None:
        credential = digest(secret)
        if known := self._cache.get(credential):
            return known
        generation = self._cache.generation
        identity = await look_up(secret)
        if identity is not None:
            self._cache.put(credential, msgspec.structs.replace(identity, renewed=False), generation)
        return identity

    async def _by_session(self, token: str) -> Identity | None:
        now = self._now()
        found = await self._sessions.read(token, now)
        if found is None:
            return None
        session, revision = found
        account = await self._accounts.get(session.account_id)
        if account is None or account.epoch != session.epoch:
            return None
        renewed = await self._sessions.renew(token, session, revision, now)
        return _identity(account, "session", renewed=renewed)

    async def _by_key(self, secret: str) -> Identity:
        found = await self._api_keys.find(secret)
        account = await self._accounts.get(found[0]) if found else None
        if found is None or account is None:
            raise InvalidApiKey
        await self._note_use(account.id, found[1])
        return _identity(account, "api_key")

    async def _note_use(self, account_id: str, key: ApiKey) -> None:
        try:
            await self._api_keys.note_use(account_id, key, self._now())
        except Unavailable:
            _log.debug("api_key_use_not_noted", key_id=key.id)


def _identity(account: Account, via: Literal["session", "api_key"], *, renewed: bool = False) -> Identity:
    return Identity(
        user_id=account.id,
        email=account.email,
        active=account.active,
        email_verified=account.email_verified,
        via=via,
        renewed=renewed,
    )
