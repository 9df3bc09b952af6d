"""Getting the pictures that a page names: few requests, in order, until one is good."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from services.brand_assets.candidates import Candidate
from services.brand_assets.icons import MANY, Icon, favicon_candidates, manifest_icons
from services.brand_assets.imaging.pool import Imaging
from services.brand_assets.imaging.protocol import Developed, Purpose
from shared.net.client import Fetcher, FetchError, Response
from shared.web.page import Page

MOST_REQUESTS = 8
"""What an item may cost a site beside its home page."""
_LOGO_TRIES = 4
_FAVICON_TRIES = 3
_ACCEPT_PICTURE = "image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5"
_ACCEPT_MANIFEST = "application/manifest+json,application/json;q=0.9,*/*;q=0.5"


class Found(msgspec.Struct, frozen=True):
    """A picture that is one."""

    candidate: Candidate
    developed: Developed


class Collector:
    """The requests of one item."""

    def __init__(self, fetcher: Fetcher, imaging: Imaging) -> None:
        self._fetcher = fetcher
        self._imaging = imaging
        self._left = MOST_REQUESTS
        self._had: dict[str, bytes] = {}

    async def logo(self, candidates: Sequence[Candidate]) -> Found | None:
        """The first candidate that is a picture."""
        return await self._first(candidates[:_LOGO_TRIES], "logo")

    async def favicon(self, page: Page, icons: Sequence[Icon], manifest: str | None) -> Found | None:
        """The best icon of the page and, where those are small, of its manifest."""
        every = list(icons)
        if manifest is not None and max((icon.size for icon in icons), default=0) < MANY:
            body = await self._body(manifest, _ACCEPT_MANIFEST)
            at_manifest = Page(manifest, 200, [], "")
            found = ((icon, at_manifest.absolute(icon.href)) for icon in manifest_icons(body))
            every += [msgspec.structs.replace(icon, href=url) for icon, url in found if url is not None]
        return await self._first(favicon_candidates(page, every)[:_FAVICON_TRIES], "favicon")

    async def _first(self, candidates: Sequence[Candidate], purpose: Purpose) -> Found | None:
        for candidate in candidates:
            body = await self._body(candidate.url, _ACCEPT_PICTURE) if candidate.url else candidate.body
            developed = await self._imaging.develop(body, purpose) if body else None
            if isinstance(developed, Developed):
                return Found(candidate, developed)
        return None

    async def _body(self, url: str, accept: str) -> bytes:
        """What lies there; empty when it cannot be had. An address is asked once."""
        if url not in self._had:
            self._had[url] = await self._fetched(url, accept) if self._left > 0 else b""
        return self._had[url]

    async def _fetched(self, url: str, accept: str) -> bytes:
        self._left -= 1
        try:
            response: Response = await self._fetcher.get(url, accept=accept, embedded=True)
        except FetchError:
            return b""
        return response.body if response.status == 200 else b""
