"""pricing: one site in, the prices it shows out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

import msgspec

from contracts.items import ItemRequested
from services.pricing.board import Plan
from services.pricing.layout import layout
from services.pricing.plans import Offers, offers
from services.pricing.signs import speaks_of_money
from services.pricing.structured import of_json_ld, of_meta, of_microdata, of_state
from shared.modulekit.module import Context, Result
from shared.web.domains import host_of
from shared.web.links import Kind
from shared.web.page import Page
from shared.web.site_pages import SitePage, collect

KINDS: tuple[Kind, ...] = ("pricing",)
Confidence = Literal["high", "medium", "low"]

_SPEAKS = re.compile(r"[a-z]{2}-(ca|au|nz|ch|dk|no)", re.IGNORECASE)


class Found(msgspec.Struct, frozen=True):
    """What one source of one page says."""

    plans: list[Plan]
    confidence: Confidence
    url: str
    is_visible: bool = False
    """Whether a visitor reads it, in boxes that repeat."""


async def process(item: ItemRequested, context: Context) -> Result:
    """Read the home page and the page of prices. Raises Retryable or Permanent."""
    pages = await collect(item, context, KINDS, most=3)
    return Result(columns=await context.run(extract, pages))


def extract(pages: Sequence[SitePage]) -> dict[str, Any]:
    """The produced columns of a site, its home page first. Pure: the same pages, the same answer."""
    found = best(list(_sources(pages)))
    if found is None:
        return dict.fromkeys(
            ("price_amount", "price_currency", "price_period", "price_confidence", "price_plans", "price_source_url")
        )
    lowest = min(found.plans, key=lambda plan: (not plan.amount, plan.amount or 0.0))
    named = [plan.row() for plan in found.plans if plan.name]
    return {
        "price_amount": lowest.amount,
        "price_currency": lowest.currency,
        "price_period": lowest.period,
        "price_confidence": found.confidence,
        "price_plans": named or None,
        "price_source_url": found.url,
    }


def best(sources: Sequence[Found]) -> Found | None:
    """The source to believe: the first, unless it is a lone price and a visitor reads several in its currency. Pure."""
    first = next((one for one in sources if any(plan.amount for plan in one.plans)), None)
    if first is None:
        return next(iter(sources), None)
    if first.is_visible or len(first.plans) > 1:
        return first
    codes = {plan.currency for plan in first.plans}
    shown = (one for one in sources if one.is_visible and len(one.plans) > 1)
    return next((one for one in shown if codes & {plan.currency for plan in one.plans}), first)


def _sources(pages: Sequence[SitePage]) -> Iterator[Found]:
    """In the order in which they are believed, each that says something."""
    priced = [one for one in pages if speaks_of_money(one.page.html)]
    ordered = sorted(priced, key=lambda one: one.kind != "pricing")
    machine: tuple[tuple[Callable[[Page, str], list[Plan]], Confidence], ...] = (
        (of_json_ld, "high"),
        (of_microdata, "high"),
        (of_meta, "medium"),
    )
    for read, confidence in machine:
        for one in ordered:
            if plans := read(one.page, _country(one.page)):
                yield Found(plans, confidence, one.url)
    read_pages = [(one, offers(layout(one.page), _country(one.page))) for one in ordered]
    for one, seen in read_pages:
        yield from _visible(one, seen)
    for one in ordered:
        if plans := of_state(one.page, _country(one.page)):
            yield Found(plans, "medium", one.url)
    for one, seen in read_pages:
        if one.kind != "pricing" and seen.single:
            yield Found(seen.single, "low", one.url)


def _visible(one: SitePage, seen: Offers) -> Iterator[Found]:
    is_pricing = one.kind == "pricing"
    if seen.plans:
        several = len(seen.plans) > 1
        yield Found(seen.plans, "high" if is_pricing and several else "medium", one.url, is_visible=True)
    elif is_pricing and seen.single:
        yield Found(seen.single, "medium", one.url)


def _country(page: Page) -> str:
    """The country that decides what `$` and `kr` are: of the page's language tag, else of its domain."""
    spoken = _SPEAKS.match(page.language or "")
    return spoken[1].lower() if spoken else host_of(page.url).rpartition(".")[2]
