"""What the account part of the API takes and gives."""

from __future__ import annotations

import msgspec


class Credentials(msgspec.Struct, frozen=True):
    """Body of register and login."""

    email: str
    password: str


class EmailBody(msgspec.Struct, frozen=True):
    """Body of resend-verification and request-password-reset."""

    email: str


class TokenBody(msgspec.Struct, frozen=True):
    """Body of verify-email: the token from the mail, good once, for 24 hours."""

    token: str


class NewPassword(msgspec.Struct, frozen=True):
    """Body of reset-password."""

    token: str
    password: str


class AccountPublic(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of GET /api/auth/me, register and login."""

    id: str
    email: str
    email_verified: bool
    active: bool
    ef_used: float
    """Sum of ef_cost over the jobs created in this UTC month."""


class ApiKeyBody(msgspec.Struct, frozen=True):
    """Body of POST /api/auth/api-keys."""

    name: str = ""


class ApiKeyPublic(msgspec.Struct, frozen=True, kw_only=True):
    """An API key without its secret."""

    id: str
    name: str
    prefix: str
    """The first characters of the key, to recognise it by."""
    created_at: str
    last_used_at: str | None = None


class ApiKeyCreated(ApiKeyPublic, frozen=True, kw_only=True):
    """A new API key; `key` is shown this once."""

    key: str
