"""Headers that every response carries."""

from __future__ import annotations

from typing import Any

from litestar.datastructures import Cookie, MutableScopeHeaders
from litestar.types import BeforeMessageSendHookHandler, Message, Scope

from shared.settings import Settings

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_UNLESS_SET = {
    # Answers belong to one user and are data, never pages; a route that serves something else says so.
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
_STRICT_TRANSPORT = "max-age=31536000; includeSubDomains"


def secure_headers(settings: Settings) -> BeforeMessageSendHookHandler:
    """A hook that completes the headers of every response, errors included, and renews a session's cookie."""
    is_https = settings.public_url.startswith("https://")

    async def complete(message: Message, scope: Scope) -> None:
        if message["type"] != "http.response.start":
            return
        headers = MutableScopeHeaders.from_message(message)
        for name, value in _ALWAYS.items():
            headers[name] = value
        for name, value in _UNLESS_SET.items():
            headers.setdefault(name, value)
        if is_https:
            headers["Strict-Transport-Security"] = _STRICT_TRANSPORT
        cookie: Any = scope.get("state", {}).get("set_cookie")
        if isinstance(cookie, Cookie):
            headers.add("Set-Cookie", cookie.to_header(header=""))

    return complete
