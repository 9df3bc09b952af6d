"""brand_assets: one site in; its logo, favicon, colours and perhaps a screenshot out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from contracts.items import ItemRequested
from services.brand_assets.collecting import Collector, Found
from services.brand_assets.findings import Findings, brand_colour, read
from services.brand_assets.imaging.pool import Imaging
from services.brand_assets.imaging.protocol import Developed
from services.brand_assets.screenshots.browser import ScreenshotError, Screenshots
from shared.artefacts import ArtefactStore, ArtefactsUnavailable, open_artefacts
from shared.modulekit.errors import Retryable
from shared.modulekit.module import Context, Result
from shared.net.client import Response
from shared.settings import Settings
from shared.web.page import Page
from shared.web.site_pages import home_of

T = TypeVar("T")

_SHARE_OF_TIME = 0.4
"""Of an attempt's time, for a page's pictures and for developing its screenshot: what has come by then counts."""


class _Studio:
    """What the items of one process share."""

    def __init__(self, settings: Settings) -> None:
        self.imaging = Imaging()
        self.artefacts: ArtefactStore = open_artefacts(settings)
        self.screenshots = Screenshots(settings)
        self.public_url = settings.public_url.rstrip("/")

    async def keep(self, owner: str, pictures: Sequence[bytes], extension: str = "png") -> list[str]:
        """Store pictures; the addresses under which the API serves them to their owner. Raises Retryable."""
        try:
            names = await asyncio.gather(*(self.artefacts.put(owner, extension, picture) for picture in pictures))
        except ArtefactsUnavailable as error:
            raise Retryable("artefacts_unavailable", str(error)) from None
        return [f"{self.public_url}{name.path}" for name in names]


_studios: WeakKeyDictionary[Context, _Studio] = WeakKeyDictionary()


async def process(item: ItemRequested, context: Context) -> Result:
    """Read the home page and get what it names. Raises Retryable or Permanent, for the home page and the store alone.

    A picture that cannot be had or is none leaves its columns empty.
    """
    studio = _studios.get(context)
    if studio is None:
        studio = _studios[context] = _Studio(context.settings)
    home = await home_of(item, context)
    page, findings = await context.run(_read, home)
    collector = Collector(context.fetcher, studio.imaging)
    seconds = context.spec.timeout * _SHARE_OF_TIME
    logo = favicon = None
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            logo = await collector.logo(findings.logos)
            favicon = await collector.favicon(page, findings.icons, findings.manifest)
    shot = await _screenshot(item, context, studio, home.url) if _is_asked(item) else None
    return Result(columns=await _columns(studio, item.tenant, findings, logo=logo, favicon=favicon, shot=shot))


def _read(home: Response) -> tuple[Page, Findings]:
    page = Page.from_response(home)
    return page, read(page)


def _is_asked(item: ItemRequested) -> bool:
    return item.options.get("capture_screenshot") is True


async def _screenshot(item: ItemRequested, context: Context, studio: _Studio, url: str) -> Developed | None:
    if (reason := studio.screenshots.unavailable) is not None:
        await context.log_once(item, "warn", reason)
        return None
    try:
        picture = await studio.screenshots.take(url)
    except ScreenshotError:
        return None
    developed = await _within(context.spec.timeout * _SHARE_OF_TIME, studio.imaging.develop(picture, "screenshot"))
    return developed if isinstance(developed, Developed) else None


async def _within(seconds: float, work: Awaitable[T]) -> T | None:
    """What it comes to; None: it takes longer."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            return await work
    return None


async def _columns(
    studio: _Studio,
    owner: str,
    findings: Findings,
    *,
    logo: Found | None,
    favicon: Found | None,
    shot: Developed | None,
) -> dict[str, Any]:
    source = logo.candidate.source if logo else None
    colour, colour_source = brand_colour(logo.developed.brand if logo else None, source, findings)
    columns: dict[str, Any] = {"brand_color": colour, "brand_color_source": colour_source}
    if logo is not None:
        own, *variants = await studio.keep(owner, [logo.developed.picture, *logo.developed.variants])
        columns |= {
            "logo_url": logo.candidate.url,
            "logo_local_url": own,
            "logo_source": source,
            "logo_variants_local_urls": variants,
            "brand_palette": logo.developed.palette or None,
        }
    if favicon is not None:
        (columns["favicon_local_url"],) = await studio.keep(owner, [favicon.developed.picture])
        columns["favicon_url"] = favicon.candidate.url
    if shot is not None:
        (columns["screenshot_local_url"],) = await studio.keep(owner, [shot.picture], "jpg")
    return columns
