"""Who asks: the session cookie or the API key of a request, and the defence of cookies against other sites.

A route asks in this order: logged in (401, here), the object exists (404), it is the caller's (403), the caller is
active and verified (403), and only then whether the request makes sense (400).
"""

from __future__ import annotations

from typing import Any, Final, Protocol, TypeAlias
from urllib.parse import urlsplit

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.di import NamedDependency, Provide

from shared.api.errors import Forbidden, UnsupportedMediaType
from shared.identity.guards import Identity, require_active, require_identity, require_owner, require_verified
from shared.settings import Settings

SESSION_COOKIE: Final = "outsend_session"
API_KEY_HEADER: Final = "X-API-Key"

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Authenticates(Protocol):
    """What finds the identity behind credentials; `app.state.identity` holds it."""

    async def authenticate(self, cookie: str | None, api_key: str | None) -> Identity | None:
        """The caller, or None for nobody; with both the key counts, and a bad one raises InvalidApiKey."""


async def provide_identity(request: Request[Any, Any, Any]) -> Identity:
    """The caller, who must be somebody: 401 otherwise. With cookie and key together the key counts."""
    api_key = request.headers.get(API_KEY_HEADER)
    cookie = request.cookies.get(SESSION_COOKIE)
    authenticator: Authenticates = request.app.state.identity
    identity = require_identity(await authenticator.authenticate(cookie, api_key))
    if identity.via == "session":
        check_same_site(request)
        if identity.renewed and cookie is not None:
            request.state.set_cookie = session_cookie(cookie, request.app.state.settings)
    return identity


IDENTITY: Final = {"identity": Provide(provide_identity)}
"""The `dependencies` of a route that takes `identity: Caller`."""

Caller: TypeAlias = NamedDependency[Identity]


def check_same_site(request: Request[Any, Any, Any]) -> None:
    """Another site must not act with a user's cookie: its Origin differs, and a form cannot send JSON.

    SameSite=Lax keeps the cookie away from most such requests already; this holds for old browsers and for sites
    under the same registrable domain. Raises Forbidden, UnsupportedMediaType.
    """
    check_origin(request)
    if request.method not in _SAFE_METHODS and _has_body(request) and request.content_type[0] != "application/json":
        raise UnsupportedMediaType("Send the body as application/json.")


def check_origin(connection: ASGIConnection[Any, Any, Any, Any], _: object = None) -> None:
    """Also the guard of routes without a login, so that no other site logs its visitor in as somebody.

    Raises Forbidden.
    """
    origin = connection.headers.get("origin")
    if origin is not None and connection.scope["method"] not in _SAFE_METHODS and not _is_ours(origin, connection):  # type: ignore[typeddict-item]
        raise Forbidden("This request comes from another site.")


def _is_ours(origin: str, connection: ASGIConnection[Any, Any, Any, Any]) -> bool:
    settings: Settings = connection.app.state.settings
    public = urlsplit(settings.public_url)
    ours = {public.netloc, connection.headers.get("host", "")}
    return bool(urlsplit(origin).netloc) and urlsplit(origin).netloc in ours


def _has_body(connection: ASGIConnection[Any, Any, Any, Any]) -> bool:
    headers = connection.headers
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers or "content-type" in headers


def session_cookie(token: str, settings: Settings) -> Cookie:
    """The cookie of a session; an empty token takes it away. Secure but for plain http on loopback."""
    public = urlsplit(settings.public_url)
    return Cookie(
        key=SESSION_COOKIE,
        value=token,
        max_age=settings.session_days * 86_400 if token else 0,
        path="/",
        httponly=True,
        samesite="lax",
        secure=not (public.scheme == "http" and public.hostname in _LOOPBACK),
    )


__all__ = [
    "API_KEY_HEADER",
    "IDENTITY",
    "SESSION_COOKIE",
    "Authenticates",
    "Caller",
    "Identity",
    "check_origin",
    "check_same_site",
    "provide_identity",
    "require_active",
    "require_owner",
    "require_verified",
    "session_cookie",
]
