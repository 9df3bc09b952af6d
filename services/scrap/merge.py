"""One place out of several sources' accounts of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import urlsplit

import msgspec
from rapidfuzz import fuzz

from services.scrap.aggregators import is_aggregator
from services.scrap.phones import normalised_phone
from services.scrap.queries.words import fold
from services.scrap.source import Place

_SURE_NEAR = 60.0
"""Metres within which a like name is enough."""
_NEAR = 400.0
"""Metres within which a like name and the same phone or site are: addresses are placed that badly at times."""
_LIKE = 82.0
"""Out of 100; words may be in another order, or missing on one side."""
_METRES = 111_195.0

_FILLED = tuple(
    field
    for field in Place.__struct_fields__
    if field not in ("place_id", "source", "lat", "lon", "address", "city", "postcode")
)
_ADDRESS = ("address", "city", "postcode")
"""Filled together: half an address of each is none."""


def merge(found: Sequence[Sequence[Place]]) -> list[Place]:
    """The places of several sources, the first of which decides, each place once, in the order they come.

    Two accounts are of one place when they have the same id; when they are of different sources, near, of like names,
    and, further apart, of the same phone or site. What the deciding source leaves open the others fill in; `source`
    names them all. Pure: the same accounts give the same places. Within one source nothing is merged but equal ids.
    """
    merged: dict[str, Place] = {}
    for places in found:
        taken: set[str] = set()
        before = list(merged.values())
        for place in places:
            same = merged.get(place.place_id) or _same(place, before, taken)
            if same is None:
                merged[place.place_id] = place
            else:
                taken.add(same.place_id)
                merged[same.place_id] = _filled(same, place)
    return list(merged.values())


def _same(place: Place, others: Sequence[Place], taken: set[str]) -> Place | None:
    """The most like of the others; of equals the first."""
    best: tuple[float, Place] | None = None
    for other in others:
        if other.place_id not in taken and (alike := _alike(place, other)) > (best[0] if best else 0.0):
            best = (alike, other)
    return best[1] if best else None


def _alike(one: Place, other: Place) -> float:
    """How surely both are one place; 0: they are not."""
    metres = _distance(one, other)
    if metres is not None and metres > _NEAR:
        return 0.0
    contact = _same_contact(one, other)
    if metres is None:
        if not contact:
            return 0.0
    elif metres > _SURE_NEAR and not contact:
        return 0.0
    names = fuzz.token_set_ratio(_folded(one.name or ""), _folded(other.name or ""))
    if names < _LIKE:
        return 0.0
    return float(names) + (50.0 if contact else 0.0) - (metres or 0.0) / _NEAR


def _same_contact(one: Place, other: Place) -> bool:
    phone = normalised_phone(one.phone)
    if phone is not None and phone == normalised_phone(other.phone):
        return True
    host = _own_host(one.website)
    return bool(host) and host == _own_host(other.website)


def _own_host(site: str | None) -> str:
    if not site or is_aggregator(site):
        return ""
    host = urlsplit(site if "://" in site else f"//{site}").hostname or ""
    return host.removeprefix("www.")


def _distance(one: Place, other: Place) -> float | None:
    if one.lat is None or one.lon is None or other.lat is None or other.lon is None:
        return None
    north = (one.lat - other.lat) * _METRES
    east = (one.lon - other.lon) * _METRES * math.cos(math.radians(one.lat))
    return math.hypot(north, east)


def _filled(place: Place, more: Place) -> Place:
    missing = {field: getattr(more, field) for field in _FILLED if getattr(place, field) is None}
    if place.address is None:
        missing |= {field: getattr(more, field) or getattr(place, field) for field in _ADDRESS}
    if place.lat is None:
        missing |= {"lat": more.lat, "lon": more.lon}
    sources = dict.fromkeys([*place.source.split(", "), *more.source.split(", ")])
    return msgspec.structs.replace(place, **missing, source=", ".join(sources))


@lru_cache(maxsize=8192)
def _folded(name: str) -> str:
    return fold(name)
