"""ads_intelligence: one site in, how it advertises and whom it measures with out."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

from contracts.items import ItemRequested
from services.ads_intelligence.evidence import Evidence, of_container, of_page
from services.ads_intelligence.find import Found, find
from services.ads_intelligence.score import score
from services.ads_intelligence.vendors import Role
from shared.modulekit.module import Context, Result
from shared.net.client import FetchError, Response
from shared.web.charset import decode
from shared.web.page import Page
from shared.web.site_pages import SitePage, home_of
from shared.web.tag_container import container_ids, container_url, read_container

_CONTAINER_TIME = 10.0
"""Seconds for a container, waits for the host's turn included: it is an extra."""
_BOUGHT: tuple[Role, ...] = ("pixel", "affiliation")
_NETWORKS: tuple[Role, ...] = ("pixel", "publisher", "affiliation")
_TOOLS: tuple[Role, ...] = ("marketing", "tag_manager", "analytics", "affiliation")


async def process(item: ItemRequested, context: Context) -> Result:
    """Read the home page and the Google Tag Manager containers that it loads. Raises Retryable or Permanent."""
    home = await home_of(item, context)
    evidence, names = await context.run(_look, home)
    scripts = await _containers(names, context) if context.settings.techstack_gtm else []
    return Result(columns=await context.run(_columns, evidence, scripts))


def extract(pages: Sequence[SitePage], containers: Sequence[str] = ()) -> dict[str, Any]:
    """The produced columns of a site's home page and of the scripts of its containers. Pure."""
    return columns(find([of_page(pages[0].page), *_read(containers)]))


def columns(found: Sequence[Found]) -> dict[str, Any]:
    """The produced columns of what was found. Lists and texts are None where there is nothing. Pure."""
    accounts = {one.slug: one.ids[0] for one in found if one.ids}
    return {
        "ads_score": score(found),
        "pixels_detected": _slugs(found, "pixel"),
        "crm_detected": _slugs(found, "crm"),
        "chat_widget": _first(found, "chat"),
        "marketing_tools": _slugs(found, *_TOOLS),
        "ads_active": any(one.role in _BOUGHT for one in found),
        "ads_networks": _unique(one.network for one in found if one.role in _NETWORKS),
        "pixel_meta": accounts.get("meta"),
        "pixel_google_ads": f"AW-{accounts['google_ads']}" if "google_ads" in accounts else None,
        "cmp_vendor": _first(found, "consent"),
        "retargeting": any(one.audience for one in found),
    }


def _slugs(found: Iterable[Found], *roles: Role) -> list[str] | None:
    return _unique(one.slug for one in found if one.role in roles)


def _first(found: Iterable[Found], role: Role) -> str | None:
    return next((one.slug for one in found if one.role == role), None)


def _unique(slugs: Iterable[str]) -> list[str] | None:
    return list(dict.fromkeys(slugs)) or None


def _look(home: Response) -> tuple[Evidence, list[str]]:
    page = Page.from_response(home)
    return of_page(page), container_ids(page)


def _columns(evidence: Evidence, scripts: Sequence[Response]) -> dict[str, Any]:
    texts = (decode(one.body, one.header("content-type") or "") for one in scripts)
    return columns(find([evidence, *_read(texts)]))


def _read(scripts: Iterable[str]) -> list[Evidence]:
    return [of_container(container) for script in scripts if (container := read_container(script)) is not None]


async def _containers(names: Sequence[str], context: Context) -> list[Response]:
    """The containers that could be had in time; of the others nothing is said."""
    found = await asyncio.gather(*(_container(name, context) for name in names))
    return [response for response in found if response is not None and response.status == 200]


async def _container(name: str, context: Context) -> Response | None:
    try:
        async with asyncio.timeout(_CONTAINER_TIME):
            return await context.fetcher.get(container_url(name), accept="*/*")
    except (FetchError, TimeoutError):
        return None
