"""Prices that a page states for machines: JSON-LD, microdata, Open Graph, the state of its scripts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from services.pricing.board import Plan
from services.pricing.money import amount_of, code_of
from services.pricing.money import sightings as sightings_in
from services.pricing.period import Period, period_of
from services.pricing.plans import MOST_PLANS
from shared.web.page import Page
from shared.web.structured_data import json_ld, microdata, state, texts, types_of, walk

_OFFERING = (
    "offers",
    "hasOfferCatalog",
    "itemListElement",
    "item",
    "itemOffered",
    "makesOffer",
    "mainEntity",
    "hasMenu",
    "hasMenuSection",
    "hasMenuItem",
    "hasVariant",
    "containsPlace",
)
"""Properties that lead to offers; a salary, a delivery, a similar product lie elsewhere."""
_GOODS = frozenset(("Product", "ProductGroup", "IndividualProduct", "Book", "Event", "Course", "MenuItem"))
"""Sold once, where nothing else is said."""
_SERVICES = frozenset(("Service", "SoftwareApplication", "WebApplication", "MobileApplication"))
_OLD = re.compile(r"ListPrice|StrikethroughPrice|SRP|MSRP|MinimumAdvertised")
_DEEPEST = 12
_MOST_OFFERS = 500
_LISTS = re.compile(
    r"plans?|pricing(?:plans|table)?|tiers?|packages|offers|formules|offres|tarifs|abonnements|subscriptions",
    re.IGNORECASE,
)
_AMOUNTS: dict[str, Period] = {
    **dict.fromkeys(
        ("monthlyPrice", "priceMonthly", "monthly_price", "price_monthly", "monthly", "priceMonth"), "month"
    ),
    "price": "unknown",
    "amount": "unknown",
    **dict.fromkeys(
        ("yearlyPrice", "priceYearly", "yearly_price", "price_yearly", "annualPrice", "priceAnnual", "yearly"), "year"
    ),
}
_CENTS = ("unit_amount", "unitAmount")
_NAMES = ("name", "title", "label", "nom", "titre")
_PERIODS = (
    "interval",
    "period",
    "billingPeriod",
    "billing_period",
    "frequency",
    "recurrence",
    "periode",
    "priceSuffix",
    "unit",
    "per",
)
_CURRENCIES = ("currency", "priceCurrency", "currencyCode", "devise")


def of_json_ld(page: Page, country: str) -> list[Plan]:
    """The offers of JSON-LD, in order. Pure."""
    found: list[Plan] = []
    for thing in json_ld(page):
        _read(thing, _Above(country), found)
    return _unique(found)


def of_microdata(page: Page, country: str) -> list[Plan]:
    """The offers of microdata, each with the name of the thing before it. Pure."""
    found: list[Plan] = []
    name: str | None = None
    is_good = False
    for thing in microdata(page):
        kinds = types_of(thing)
        if "name" in thing:
            name, is_good = _name(thing), bool(kinds & _GOODS)
        if kinds & {"Offer", "AggregateOffer"}:
            found += _stated(thing, name, is_good, country)
    return _unique(found)


def of_meta(page: Page, country: str) -> list[Plan]:
    """The price of Open Graph's product. Pure."""
    for prefix in ("product:sale_price", "product:price", "og:price"):
        amounts, currencies = page.meta.get(f"{prefix}:amount"), page.meta.get(f"{prefix}:currency")
        if amounts and currencies and (amount := amount_of(amounts[0])) and (code := code_of(currencies[0], country)):
            name = (page.meta.get("og:title") or [""])[0].strip()[:100]
            return [Plan(name or None, amount, code, "one_time")]
    return []


def of_state(page: Page, country: str) -> list[Plan]:
    """The plans in the data of a page that scripts make: lists that are named like plans. Pure."""
    found: list[Plan] = []
    for value in state(page):
        for thing in walk(value):
            for key, held in thing.items():
                if isinstance(held, list) and _LISTS.fullmatch(key):
                    inherited = next((thing[one] for one in _CURRENCIES if isinstance(thing.get(one), str)), "")
                    found += [
                        plan
                        for one in held[:MOST_PLANS]
                        if isinstance(one, dict)
                        for plan in _plan_of(one, inherited, country)
                    ]
    return _unique(found) if any(plan.amount for plan in found) else []


class _Above(msgspec.Struct, frozen=True):
    """What the things around an offer say of it."""

    country: str
    name: str | None = None
    is_good: bool = False
    depth: int = 0


def _read(thing: Any, above: _Above, found: list[Plan]) -> None:
    """Add the offers of a thing and of what it leads to."""
    if isinstance(thing, list):
        for one in thing[:_MOST_OFFERS]:
            _read(one, above, found)
    if not isinstance(thing, dict) or above.depth > _DEEPEST or len(found) >= _MOST_OFFERS:
        return
    kinds = types_of(thing)
    is_good = bool(kinds & _GOODS) or (above.is_good and not kinds & _SERVICES)
    here = _Above(above.country, _name(thing) or above.name, is_good, above.depth + 1)
    if kinds & {"Offer", "AggregateOffer"} or ("price" in thing and "priceCurrency" in thing):
        of_what = thing.get("itemOffered")
        name = (_name(of_what) if isinstance(of_what, dict) else None) or here.name
        stated = _stated(thing, name, is_good, above.country)
        is_sum = "AggregateOffer" in kinds
        if not (is_sum and _has_offers(thing)):
            found += stated
        if stated and not is_sum:
            return
    for key in _OFFERING:
        if key in thing:
            _read(thing[key], here, found)


def _has_offers(thing: dict[str, Any]) -> bool:
    inner = thing.get("offers")
    held = inner if isinstance(inner, list) else [inner]
    return any(isinstance(one, dict) and ("price" in one or "priceSpecification" in one) for one in held)


def _stated(offer: dict[str, Any], name: str | None, is_good: bool, country: str) -> list[Plan]:
    """What one offer states: its own price, else that of its specification."""
    specification = offer.get("priceSpecification")
    held = [
        one for one in (specification if isinstance(specification, list) else [specification]) if isinstance(one, dict)
    ]
    own: list[dict[str, Any]] = [offer] if offer.get("price", offer.get("lowPrice")) not in (None, "") else []
    current = [one for one in held if not _OLD.search(str(one.get("priceType") or ""))]
    for one in own or current:
        amount = _number(one.get("price", one.get("lowPrice", one.get("minPrice"))))
        code = code_of(str(one.get("priceCurrency") or offer.get("priceCurrency") or _sign(one)), country)
        if amount is not None and code is not None:
            period = _first(map(_duration, (one, *current)))
            return [Plan(name, amount, code, "one_time" if is_good and period == "unknown" else period)]
    return []


def _sign(one: dict[str, Any]) -> str:
    found = re.search(r"[€£]", str(one.get("price") or ""))
    return found[0] if found else ""


def _duration(part: dict[str, Any]) -> Period:
    """The period of a price specification, by its unit or the duration it is billed for."""
    quantity = part.get("referenceQuantity")
    units = [part.get(key) for key in ("billingDuration", "unitCode", "unitText", "billingIncrement")]
    units += [quantity.get(key) for key in ("unitCode", "unitText")] if isinstance(quantity, dict) else []
    return _first(period_of(one) for one in units if isinstance(one, str))


def _plan_of(thing: dict[str, Any], inherited: str, country: str) -> Iterator[Plan]:
    """The plan of an entry of a list of plans."""
    name = next(
        (value.strip()[:100] for key in _NAMES if isinstance(value := thing.get(key), str) and value.strip()), None
    )
    sign = next((thing[key] for key in _CURRENCIES if isinstance(thing.get(key), str)), inherited)
    said = _first(period_of(str(thing.get(key) or "")) for key in _PERIODS)
    if name is None:
        return
    for key in _CENTS:
        if isinstance(thing.get(key), int) and (code := code_of(sign, country)):
            yield Plan(name, thing[key] / 100, code, said)
            return
    for key, period in _AMOUNTS.items():
        value = thing.get(key)
        if isinstance(value, str) and (
            seen := [one for one in sightings_in(value[:100], country) if one.kind == "price"]
        ):
            yield Plan(name, seen[0].amount, seen[0].currency, _first((period, said, period_of(value))))
            return
        amount = _number(value)
        if amount is not None and (code := code_of(sign, country)):
            yield Plan(name, amount, code, _first((period, said)))
            return


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if isinstance(value, str):
        return float(value) if re.fullmatch(r"\d{1,7}(?:\.\d{1,6})?", value) else amount_of(value)
    return float(value) if 0 <= value < 10_000_000 else None


def _name(thing: dict[str, Any]) -> str | None:
    return next((" ".join(one.split())[:100] for one in texts(thing.get("name"))), None)


def _first(periods: Iterable[Period]) -> Period:
    """The first that says something."""
    return next((period for period in periods if period != "unknown"), "unknown")


def _unique(plans: list[Plan]) -> list[Plan]:
    return list(dict.fromkeys(plans))[:MOST_PLANS]
