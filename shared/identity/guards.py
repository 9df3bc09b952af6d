"""Who is asking, and what that allows. Pure: the caller has looked the identity up.

The order in which a route asks: logged in (401), the object exists (404), it is the caller's (403),
the caller is active and verified (403).
"""

from __future__ import annotations

from typing import Literal

import msgspec

from shared.identity.errors import Forbidden, NotAuthenticated


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """The caller of a request."""

    user_id: str
    """Also the tenant, for now."""
    email: str
    active: bool
    email_verified: bool
    via: Literal["session", "api_key"]
    renewed: bool = False
    """The session's seven days have begun again: send its cookie again."""


def require_identity(identity: Identity | None) -> Identity:
    """The caller, who must be somebody. Raises NotAuthenticated."""
    if identity is None:
        raise NotAuthenticated("You are not logged in: log in or send an API key.")
    return identity


def require_owner(identity: Identity, owner: str) -> None:
    """The object must be the caller's. Raises Forbidden."""
    if identity.user_id != owner:
        raise Forbidden("This belongs to another account.")


def require_active(identity: Identity) -> None:
    """A deactivated user may read, not create or change. Raises Forbidden."""
    if not identity.active:
        raise Forbidden("This account is deactivated.")


def require_verified(identity: Identity) -> None:
    """The address must be the caller's. Raises Forbidden."""
    if not identity.email_verified:
        raise Forbidden("Verify your e-mail address first: follow the link in the mail we sent you.")
