"""ads_intelligence: one site in, how it advertises and whom it measures with out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from contracts.items import ItemRequested
from services.ads_intelligence.evidence import Evidence, of_container, of_page
from services.ads_intelligence.find import Found, find
from services.ads_intelligence.score import BOUGHT, score
from services.ads_intelligence.vendors import Role
from shared.modulekit.module import Context, Result
from shared.net.client import Response
from shared.web.page import Page
from shared.web.site_pages import SitePage, home_of
from shared.web.tag_container import container_ids, fetch_containers, read_container

_NETWORKS: tuple[Role, ...] = ("pixel", "publisher", "affiliation")
_TOOLS: tuple[Role, ...] = ("marketing", "tag_manager", "analytics", "affiliation")


async def process(item: ItemRequested, context: Context) -> Result:
    """Read the home page and the Google Tag Manager containers that it loads. Raises Retryable or Permanent."""
    home = await home_of(item, context)
    evidence, names = await context.run(_look, home)
    scripts = await fetch_containers(names, context) if context.settings.techstack_gtm else []
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
        "ads_active": any(one.role in BOUGHT for one in found),
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


def _columns(evidence: Evidence, scripts: Sequence[str]) -> dict[str, Any]:
    return columns(find([evidence, *_read(scripts)]))


def _read(scripts: Iterable[str]) -> list[Evidence]:
    return [of_container(container) for script in scripts if (container := read_container(script)) is not None]
