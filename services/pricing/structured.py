"""Prices that a page states for machines: JSON-LD, microdata, Open Graph, the state of its scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from services.pricing.money import amount_of, code_of
from services.pricing.money import sightings as sightings_in
from services.pricing.period import Period, period_of
from services.pricing.plans import MOST_PLANS, Plan
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
_OLD = re.compile(r"ListPrice|StrikethroughPrice|SRP|MSRP|MinimumAdvertised")
_DEEPEST = 12
_MOST_OFFERS = 500
_LISTS = re.compile(r"plans?|pricing(?:plans|table)?|tiers?|packages|offers|formules|offres|tarifs|abonnements|subscriptions", re.IGNORECASE)
_AMOUNTS: dict[str, Period] = {
    **dict.fromkeys(("monthlyPrice", "priceMonthly", "monthly_price", "price_monthly", "monthly", "priceMonth"), "month"),
    "price": "unknown",
    "amount": "unknown",
    **dict.fromkeys(("yearlyPrice", "priceYearly", "yearly_price", "price_yearly", "annualPrice", "priceAnnual", "yearly"), "year"),
}
_CENTS = ("unit_amount", "unitAmount")
_NAMES = ("name", "title", "label", "nom", "titre")
_PERIODS = ("interval", "period", "billingPeriod", "billing_period", "frequency", "recurrence", "periode", "priceSuffix", "unit", "per")
_CURRENCIES = ("currency", "priceCurrency", "currencyCode", "devise")


def of_json_ld(page: Page, country: str) -> list[Plan]:
    """The offers of JSON-LD, in order. Pure."""
    found: list[Plan] = []
    for thing in json_ld(page):
        _read(thing, None, False, country, found, 0)
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
                    found += [plan for one in held[:MOST_PLANS] if isinstance(one, dict) for plan in _plan_of(one, inherited, country)]
    return _unique(found) if any(plan.amount for plan in found) else []


def _read(thing: Any, name: str | None, is_good: bool, country: str, found: list[Plan], depth: int) -> None:
    if isinstance(thing, list):
        for one in thing[:_MOST_OFFERS]:
            _read(one, name, is_good, country, found, depth + 1)
    if not isinstance(thing, dict) or depth > _DEEPEST or len(found) >= _MOST_OFFERS:
        return
    kinds = types_of(thing)
    name = _name(thing) or name
    is_good = bool(kinds & _GOODS) or (is_good and not kinds & {"Service", "SoftwareApplication", "WebApplication"})
    if kinds & {"Offer", "AggregateOffer", "Demand"} or ("price" in thing and "priceCurrency" in thing):
        of_what = thing.get("itemOffered")
        stated = _stated(thing, (_name(of_what) if isinstance(of_what, dict) else None) or name, is_good, country)
        if not (kinds == {"AggregateOffer"} and _has_offers(thing)):
            found += stated
        if stated and not kinds & {"AggregateOffer"}:
            return
    for key in _OFFERING:
        if key in thing:
            _read(thing[key], name, is_good, country, found, depth + 1)


def _has_offers(thing: dict[str, Any]) -> bool:
    inner = thing.get("offers")
    held = inner if isinstance(inner, list) else [inner]
    return any(isinstance(one, dict) and ("price" in one or "priceSpecification" in one) for one in held)


def _stated(offer: dict[str, Any], name: str | None, is_good: bool, country: str) -> list[Plan]:
    """What one offer states: its own price, else that of its specification."""
    specification = offer.get("priceSpecification")
    held = [one for one in (specification if isinstance(specification, list) else [specification]) if isinstance(one, dict)]
    own: list[dict[str, Any]] = [offer] if offer.get("price", offer.get("lowPrice")) not in (None, "") else []
    current = [one for one in held if not _OLD.search(str(one.get("priceType") or ""))]
    for one in own or current:
        amount = _number(one.get("price", one.get("lowPrice", one.get("minPrice"))))
        code = code_of(str(one.get("priceCurrency") or offer.get("priceCurrency") or _sign(one)), country)
        if amount is not None and code is not None:
            period = next((period for part in (one, *current) if (period := _duration(part)) != "unknown"), "unknown")
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
    found = (period_of(one) for one in units if isinstance(one, str))
    return next((period for period in found if period != "unknown"), "unknown")


def _plan_of(thing: dict[str, Any], inherited: str, country: str) -> Iterator[Plan]:
    """The plan of an entry of a list of plans."""
    name = next((value.strip()[:100] for key in _NAMES if isinstance(value := thing.get(key), str) and value.strip()), None)
    sign = next((thing[key] for key in _CURRENCIES if isinstance(thing.get(key), str)), inherited)
    said = next((period for key in _PERIODS if (period := period_of(str(thing.get(key) or ""))) != "unknown"), "unknown")
    if name is None:
        return
    for key in _CENTS:
        if isinstance(thing.get(key), int) and (code := code_of(sign, country)):
            yield Plan(name, thing[key] / 100, code, said)
            return
    for key, period in _AMOUNTS.items():
        value = thing.get(key)
        if isinstance(value, str) and (seen := [one for one in sightings_in(value[:100], country) if one.kind == "price"]):
            yield Plan(name, seen[0].amount, seen[0].currency, _said(period, said, value))
            return
        amount = _number(value)
        if amount is not None and (code := code_of(sign, country)):
            yield Plan(name, amount, code, _said(period, said, ""))
            return


def _said(by_key: Period, by_entry: Period, value: str) -> Period:
    return next((one for one in (by_key, by_entry, period_of(value)) if one != "unknown"), "unknown")


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if isinstance(value, str):
        return float(value) if re.fullmatch(r"\d{1,7}(?:\.\d{1,6})?", value) else amount_of(value)
    return float(value) if 0 <= value < 10_000_000 else None


def _name(thing: dict[str, Any]) -> str | None:
    return next((" ".join(one.split())[:100] for one in texts(thing.get("name"))), None)


def _unique(plans: list[Plan]) -> list[Plan]:
    return list(dict.fromkeys(plans))[:MOST_PLANS]
