"""The browser of the scripted PageSpeed Insights: it opens pages of the world, and fails as a browser fails."""

from __future__ import annotations

import gzip
from functools import cache
from typing import Self

import httpx

from shared.net.egress import EgressTransport
from shared.net.errors import EgressError
from shared.settings import Settings
from tests.world.pagespeed import errors
from tests.world.places.api import Answer
from tests.world.world import World

_HUGE = 5 * 1024 * 1024
_BY_CODE = {
    "blocked_address": "CONNECTION_REFUSED",
    "invalid_url": "INVALID_URL",
    "tls": "CERT_AUTHORITY_INVALID",
}


class Visitor:
    """Waits for as long as a site makes it wait. An async context manager."""

    def __init__(self, world: World) -> None:
        transport = EgressTransport(Settings.from_env(world.settings_env()))
        self._client = httpx.AsyncClient(transport=transport, timeout=None, follow_redirects=True, max_redirects=20)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def visit(self, url: str) -> Answer | None:
        """The refusal of a page that cannot be measured; None: it can."""
        try:
            async with self._client.stream("GET", url) as page:
                return await _look(page)
        except EgressError as error:
            if error.code == "dns":
                return errors.dns_failure()
            return errors.failed_document(_BY_CODE.get(error.code, "CONNECTION_FAILED"))
        except httpx.TooManyRedirects:
            return errors.failed_document("TOO_MANY_REDIRECTS")
        except httpx.DecodingError:
            return errors.failed_document("CONTENT_DECODING_FAILED")
        except httpx.RemoteProtocolError:
            return errors.failed_document("INVALID_HTTP_RESPONSE")
        except (httpx.TransportError, httpx.InvalidURL):
            return errors.failed_document("CONNECTION_RESET")


async def _look(page: httpx.Response) -> Answer | None:
    if page.status_code >= 400:
        return errors.errored_document(page.status_code)
    kind = page.headers.get("content-type", "text/html").partition(";")[0]
    if "html" not in kind:
        return errors.not_html(kind)
    size = 0
    async for piece in page.aiter_bytes():
        size += len(piece)
        if size > _HUGE:
            return _too_much()
    return None if size else errors.no_fcp()


@cache
def _too_much() -> Answer:
    """Of a page without end an answer without end; packed it is small."""
    body = gzip.compress(b'{"lighthouseResult": "' + b"x" * 20_000_000 + b'"}', 1)
    return Answer(body, 200, {"Content-Type": "application/json", "Content-Encoding": "gzip"})
