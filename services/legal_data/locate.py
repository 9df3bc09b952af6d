"""Where a lead is, from whatever columns it has, completed by the geography of France."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from services.legal_data.place import Where, department_of, read_street, same_postcode
from shared.geography import Commune, Geography, UnknownZone
from shared.geography.text import key

_POSTCODE = re.compile(r"(?<!\d)\d{5}(?!\d)")
_HAS_NUMBER = re.compile(r"\d|\(")
_FRANCE = (-63.2, -21.5, 56.0, 51.6)
"""West, south, east, north of all of it, overseas included."""


def locate(item: dict[str, Any], geography: Geography) -> Where:
    """The place of an item: `code_postal`, `ville`, `adresse`, `lat` and `lon` (`latitude`, `longitude`). Never raises.

    What contradicts itself is settled in that order; a postcode that is a sorting office's (CEDEX) gives its town, or
    no more than the department.
    """
    address = _text(item.get("adresse"))
    postcode = _postcode(item.get("code_postal")) or _last_postcode(address)
    town = _text(item.get("ville")) or _town_in(address)
    position = _position(item)
    at = geography.commune_at(*position) if position is not None else None
    sharing = _sharing(geography, postcode) if postcode else []
    department = department_of(postcode) if postcode else None
    commune = _commune(geography, town, department, sharing)
    if commune is None and not sharing and at is not None and department in (None, at.department.code):
        commune = at
    return Where(
        postcode=same_postcode(postcode) if sharing else None,
        commune=frozenset(filter(None, map(same_postcode, commune.postcodes))) if commune else frozenset(),
        towns=frozenset({key(commune.name), key(commune.city)} if commune else [key(town)] if town else []),
        department=department or (commune.department.code if commune else None),
        street=read_street(address),
        position=position,
        around=(commune or sharing[0]).centre if commune or sharing else None,
    )


def _commune(geography: Geography, town: str | None, department: str | None, sharing: list[Commune]) -> Commune | None:
    """The commune that is meant: the one of this name among those that share the postcode, else by name."""
    if sharing:
        named = (one for one in sharing if town and key(town) in (key(one.name), key(one.city)))
        return next(named, sharing[0] if len(sharing) == 1 else None)
    if town is None:
        return None
    exactly = f"{town} ({department})" if department and not _HAS_NUMBER.search(town) else town
    found = _by_name(geography, exactly)
    return found if found is not None and department in (None, found.department.code) else None


def _by_name(geography: Geography, town: str) -> Commune | None:
    try:
        zone = geography.resolve(town)
    except UnknownZone:
        return None
    if zone.kind not in ("commune", "arrondissement"):
        return None
    communes = geography.communes(zone)
    if len(communes) == 1:
        return communes[0]
    codes = dict.fromkeys(code for one in communes for code in one.postcodes)
    return msgspec.structs.replace(communes[0], name=communes[0].city, postcodes=tuple(codes))


def _sharing(geography: Geography, postcode: str) -> list[Commune]:
    """The communes of a postcode; none for a sorting office's."""
    try:
        zone = geography.resolve(postcode)
    except UnknownZone:
        return []
    return geography.communes(zone) if zone.kind == "postcode" else []


def _position(item: dict[str, Any]) -> tuple[float, float] | None:
    west, south, east, north = _FRANCE
    for names in (("lat", "lon"), ("latitude", "longitude"), ("lat", "lng")):
        lat, lon = (_number(item.get(name)) for name in names)
        if lat is not None and lon is not None and south <= lat <= north and west <= lon <= east and (lat or lon):
            return lat, lon
    return None


def _number(value: Any) -> float | None:
    try:
        number = float(str(value).replace(",", "."))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _text(value: Any) -> str | None:
    return value.strip()[:300] or None if isinstance(value, str) else None


def _postcode(value: Any) -> str | None:
    """Five digits; a spreadsheet drops the zero that some begin with."""
    digits = "".join(filter(str.isdecimal, str(value))) if isinstance(value, str | int) else ""
    return digits.zfill(5) if len(digits) in (4, 5) and digits.isascii() else None


def _last_postcode(address: str | None) -> str | None:
    return next(reversed(_POSTCODE.findall(address or "")), None)


def _town_in(address: str | None) -> str | None:
    """What stands behind the postcode of an address."""
    parts: Iterator[str] = reversed(_POSTCODE.split(address or "")[1:])
    return next(parts, "").strip(" ,").partition(",")[0].strip() or None
