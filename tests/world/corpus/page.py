"""One page as a server would have sent it, and what is known of it."""

from __future__ import annotations

import msgspec

from shared.net.response import Response
from shared.web.page import Page


class SavedPage(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    """Its number in the corpus and its family: `0017-typo3`."""
    url: str
    headers: list[tuple[str, str]]
    """Lower-case names; Set-Cookie once for each cookie."""
    body: bytes
    charset: str
    """How the body is really encoded, whatever it says of itself."""
    technologies: frozenset[str]
    """Slugs of what was put in; what those imply is not listed."""
    defects: tuple[str, ...] = ()
    """How the markup was spoiled, in order; see `defects`."""

    def response(self) -> Response:
        """As the fetcher would bring it back."""
        return Response(
            requested_url=self.url,
            url=self.url,
            status=200,
            headers=self.headers,
            body=self.body,
            http_version="HTTP/2",
            elapsed_ms=120,
            redirects=[],
            tls=None,
            ip="203.0.113.7",
            fetched_at="2026-11-01T08:00:00+00:00",
        )

    def page(self) -> Page:
        """Decoded the way the product decodes; parsed as far as it is asked for."""
        return Page.from_response(self.response())
