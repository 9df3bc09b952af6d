"""Everything the gateway does about identity, composed: the only door to this package for commands.

Needs three KV buckets and nothing else: MongoDB being down never locks anyone out. Unknown callers learn
nothing about who has an account: answers are the same, and what differs (mails) happens after the answer.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec
from nats.js.kv import KeyValue

from shared.identity import letters
from shared.identity.accounts import Account, Accounts
from shared.identity.addresses import parse_address, same_address
from shared.identity.afterwards import Afterwards
from shared.identity.api_keys import ApiKey, ApiKeys
from shared.identity.authenticator import Authenticator
from shared.identity.credential_cache import CredentialCache
from shared.identity.errors import InvalidCredentials, InvalidToken, UnknownAccount
from shared.identity.guards import Identity
from shared.identity.mail import Mailer
from shared.identity.passwords import Passwords, check_rules
from shared.identity.records import digest
from shared.identity.sessions import Sessions
from shared.identity.throttle import Rule, Throttle, client_block
from shared.identity.tokens import MailTokens
from shared.settings import Settings

_HOUR = 3600.0
_RESET = Rule("reset", 3, _HOUR)
_RESEND = Rule("resend", 3, _HOUR)


class Login(msgspec.Struct, frozen=True):
    """A login that succeeded. `token` goes into the cookie, whose Max-Age is `max_age` seconds."""

    token: str
    max_age: int
    account: Account


class IdentityService:
    """Accounts, logins and API keys. `client` is always the caller's IP address.

    Every method may raise Unavailable. Links in mails are `<public_url>/verify-email#token=…` and
    `/reset-password#token=…`: a fragment reaches neither a server's log nor a Referer header.
    """

    def __init__(
        self,
        *,
        identity: KeyValue,
        sessions: KeyValue,
        limits: KeyValue,
        settings: Settings,
        mailer: Mailer | None = None,
        passwords: Passwords | None = None,
        cache: CredentialCache | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.throttle = Throttle(limits, now=now)
        """Also for the gateway's own limits."""
        self._accounts = Accounts(identity)
        self._sessions = Sessions(sessions, idle_days=settings.session_days)
        self._api_keys = ApiKeys(identity)
        self._tokens = MailTokens(sessions)
        self._passwords = passwords or Passwords()
        self._mailer = mailer or Mailer(settings)
        self._cache = cache or CredentialCache()
        self._authenticator = Authenticator(self._accounts, self._sessions, self._api_keys, self._cache, now=now)
        self._afterwards = Afterwards()
        self._now = now
        self._public_url = settings.public_url.rstrip("/")
        self._session_seconds = settings.session_days * 86_400
        self._login_rule = Rule("login", settings.login_attempts, settings.login_window)
        self._register_rule = Rule("register", settings.registrations_per_hour, _HOUR)

    async def aclose(self) -> None:
        """Let the mails under way end, at most ten seconds, and stop the hashing threads."""
        await self._afterwards.aclose()
        self._passwords.close()

    # Registration

    async def register(self, email: str, password: str, client: str) -> None:
        """Make an account and mail its link; a taken address gets another mail and the caller the same answer.

        Raises InvalidInput, TooManyAttempts.
        """
        address = parse_address(email)
        check_rules(password)
        await self.throttle.take(self._register_rule, client_block(client))
        password_hash = await self._passwords.hash(password)
        account = await self._accounts.create(address, password_hash, self._now())
        if account:
            self._afterwards.start(self._mail_verification(account), "verification mail")
        else:
            letter = letters.already_registered(address, f"{self._public_url}/login")
            self._afterwards.start(self._mailer.send(letter), "already registered mail")

    async def verify_email(self, token: str) -> None:
        """The address is the account's. Raises InvalidToken."""
        allowed = await self._tokens.consume("verify", token, self._now())
        await self._change(allowed.account_id, lambda account: _replace(account, email_verified=True))

    async def resend_verification(self, email: str) -> None:
        """Mail a new link if there is an account that needs one. Raises TooManyAttempts."""
        await self.throttle.take(_RESEND, same_address(email))
        self._afterwards.start(self._resend(email), "verification mail")

    # Passwords

    async def request_password_reset(self, email: str, client: str) -> None:
        """Mail a link to a new password if there is an account. Raises TooManyAttempts."""
        await self.throttle.take(_RESET, client_block(client), same_address(email))
        self._afterwards.start(self._mail_reset(email), "password reset mail")

    async def reset_password(self, token: str, password: str) -> None:
        """Set a new password: every session ends and older reset links are dead; API keys stay.

        Only when this is the first proof that the address is the caller's do the keys go too: somebody else
        may have registered it before. Raises InvalidInput, InvalidToken.
        """
        check_rules(password)
        allowed = await self._tokens.consume("reset", token, self._now())
        password_hash = await self._passwords.hash(password)
        was_verified = False

        def renewed(account: Account) -> Account:
            nonlocal was_verified
            if account.epoch != allowed.epoch:
                raise InvalidToken
            was_verified = account.email_verified
            return _replace(account, password_hash=password_hash, epoch=account.epoch + 1, email_verified=True)

        await self._change(allowed.account_id, renewed)
        if not was_verified:
            await self._api_keys.revoke_all(allowed.account_id)
            self._cache.forget_user(allowed.account_id)

    # Sessions

    async def login(self, email: str, password: str, client: str, previous_session: str | None = None) -> Login:
        """Start a session, end the one the browser had. Raises InvalidCredentials, TooManyAttempts."""
        await self.throttle.take(self._login_rule, client_block(client), same_address(email))
        account = await self._accounts.find(email)
        matches = await self._passwords.verify(account.password_hash if account else None, password)
        if account is None or not matches:
            raise InvalidCredentials
        if self._passwords.is_outdated(account.password_hash):
            await self._rehash(account, password)
        if previous_session:
            await self.logout(previous_session)
        token = await self._sessions.start(account, self._now())
        return Login(token, self._session_seconds, account)

    async def logout(self, session: str) -> None:
        """The session is dead: here at once, in other processes within the cache's seconds."""
        await self._sessions.end(session)
        self._cache.forget(digest(session))

    async def authenticate(self, cookie: str | None, api_key: str | None) -> Identity | None:
        """The caller, or None for nobody. With both the key counts; a bad one raises InvalidApiKey."""
        return await self._authenticator.authenticate(cookie, api_key)

    # API keys

    async def list_api_keys(self, user_id: str) -> tuple[ApiKey, ...]:
        """The user's keys, oldest first, without their secrets."""
        return await self._api_keys.of(user_id)

    async def create_api_key(self, user_id: str, name: str) -> tuple[ApiKey, str]:
        """A new key and its secret, shown this once. Raises InvalidInput, TooManyApiKeys."""
        return await self._api_keys.create(user_id, name, self._now())

    async def revoke_api_key(self, user_id: str, key_id: str) -> None:
        """The key is dead, as fast as a logout. Raises UnknownApiKey, also for another user's."""
        revoked = await self._api_keys.revoke(user_id, key_id)
        self._cache.forget(revoked.hash)

    # For the operator

    async def set_active(self, user_id: str, active: bool) -> None:
        """Deactivate or reactivate: a deactivated user may log in and read. Raises UnknownAccount."""
        await self._change(user_id, lambda account: _replace(account, active=active))

    async def _change(self, account_id: str, change: Callable[[Account], Account]) -> None:
        if await self._accounts.change(account_id, change) is None:
            raise UnknownAccount
        self._cache.forget_user(account_id)

    async def _rehash(self, account: Account, password: str) -> None:
        old, new = account.password_hash, await self._passwords.hash(password)
        await self._accounts.change(
            account.id, lambda now: _replace(now, password_hash=new) if now.password_hash == old else now
        )

    async def _mail_verification(self, account: Account) -> None:
        token = await self._tokens.issue("verify", account, self._now())
        link = f"{self._public_url}/verify-email#token={token}"
        await self._mailer.send(letters.verification(account.email, link))

    async def _resend(self, email: str) -> None:
        account = await self._accounts.find(email)
        if account and not account.email_verified:
            await self._mail_verification(account)

    async def _mail_reset(self, email: str) -> None:
        account = await self._accounts.find(email)
        if account:
            token = await self._tokens.issue("reset", account, self._now())
            link = f"{self._public_url}/reset-password#token={token}"
            await self._mailer.send(letters.password_reset(account.email, link))


def _replace(account: Account, **changes: object) -> Account:
    return msgspec.structs.replace(account, **changes)
