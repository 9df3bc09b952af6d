"""Is what came back a page that can be read?"""

from __future__ import annotations

from shared.net.bot_wall import bot_wall
from shared.net.errors import FetchError
from shared.net.response import Response

_HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
_HTTP_RETRYABLE = frozenset({408, 425, 429})
_HTTP_FINAL = frozenset({501, 505, 511})


def require_html(response: Response) -> Response:
    """The response itself, when it is a good HTML page. Raises FetchError (bot_wall, http_4xx, http_5xx, not_html)."""
    status, url = response.status, response.url
    vendor = bot_wall(response)
    if vendor is not None:
        raise FetchError("bot_wall", f"The site lets no crawler in: {vendor} answers in its place.", url=url)
    if status >= 500:
        raise FetchError("http_5xx", f"The site answered {status}.", retryable=status not in _HTTP_FINAL, url=url)
    if status >= 400:
        raise FetchError("http_4xx", f"The site answered {status}.", retryable=status in _HTTP_RETRYABLE, url=url)
    kind = (response.header("content-type") or "").partition(";")[0].strip().lower()
    if kind in _HTML_TYPES or (not kind and response.body[:512].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")):
        return response
    raise FetchError("not_html", f"The address leads to {kind or 'unknown content'}, not to an HTML page.", url=url)
