"""How OpenStreetMap writes a business down (https://wiki.openstreetmap.org/wiki/Map_features).

Shared by the local extract and Overpass, so that both say the same of one element.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Literal

from services.scrap.queries.kinds import PRIMARY_KEYS, STREET_FURNITURE
from services.scrap.queries.meaning import Tags, presets
from services.scrap.queries.words import fold
from services.scrap.source import Place

ElementType = Literal["node", "way", "relation"]

_NAMES = ("name", "name:fr", "brand", "operator")
_SEARCHED = (*_NAMES, "official_name", "alt_name", "short_name", "old_name")
_WEBSITES = ("website", "contact:website", "url", "brand:website")
_SOCIAL = ("contact:facebook", "contact:instagram")
_PHONES = ("phone", "contact:phone", "contact:mobile", "mobile")
_CLOSED = ("disused", "abandoned", "demolished", "end_date")


def is_business(tags: Mapping[str, str]) -> bool:
    """Whether an element is a lead: an open place of some business that has a name or can be reached."""
    if any(key in tags for key in _CLOSED) or not any(_kind_counts(tags, key) for key in PRIMARY_KEYS):
        return False
    return any(tags.get(key) for key in (*_NAMES, *_PHONES, *_WEBSITES))


def _kind_counts(tags: Mapping[str, str], key: str) -> bool:
    value = tags.get(key, "no")
    return value not in ("no", "vacant") and (
        f"{key}={value}" not in STREET_FURNITURE or tags.get("information") == "office"
    )


def kinds(tags: Mapping[str, str], keys: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Every (key, value) that a search may ask for; `a;b` is both, and each business key also has the value `*`."""
    for key, value in tags.items():
        if key in keys:
            for part in value.split(";"):
                yield key, part.strip()
            if key in PRIMARY_KEYS:
                yield key, "*"


def matches(tags: Mapping[str, str], wanted: Tags) -> bool:
    """Whether an element has all the wanted tags."""
    return all(
        key in tags and (value == "*" or value in (part.strip() for part in tags[key].split(";")))
        for key, value in wanted.items()
    )


def searched_names(tags: Mapping[str, str]) -> str:
    """The names a business goes by, folded, ` | ` between them, a space around each word."""
    names = {fold(tags[key]): None for key in _SEARCHED if key in tags}
    return f" {' | '.join(name for name in names if name)} "


def place(kind: ElementType, number: int, tags: Mapping[str, str], *, lat: float, lon: float, source: str) -> Place:
    """An element as a place."""
    street = tags.get("addr:street") or tags.get("addr:place") or tags.get("contact:street")
    house = tags.get("addr:housenumber") or tags.get("contact:housenumber")
    return Place(
        place_id=f"osm:{kind}/{number}",
        source=source,
        name=_first(tags, _NAMES),
        website=_first(tags, _WEBSITES) or _first(tags, _SOCIAL),
        phone=_first(tags, _PHONES),
        address=(f"{house} {street}" if house and street else street) or None,
        city=tags.get("addr:city") or tags.get("contact:city"),
        postcode=tags.get("addr:postcode") or tags.get("contact:postcode"),
        lat=lat,
        lon=lon,
        category=category(tags),
    )


def category(tags: Mapping[str, str]) -> str | None:
    """The French name of the preset that says most of an element: the one with most tags."""
    best: tuple[int, str] | None = None
    for key in PRIMARY_KEYS:
        for value in tags.get(key, "").split(";"):
            for wanted, name in _presets_by_kind().get((key, value.strip()), ()):
                if (best is None or len(wanted) > best[0]) and matches(tags, wanted):
                    best = (len(wanted), name)
    return best[1] if best else None


@cache
def _presets_by_kind() -> dict[tuple[str, str], list[tuple[Tags, str]]]:
    index: dict[tuple[str, str], list[tuple[Tags, str]]] = {}
    for preset in presets():
        for key, value in preset.tags.items():
            if key in PRIMARY_KEYS:
                index.setdefault((key, value), []).append((preset.tags, preset.name))
    return index


def _first(tags: Mapping[str, str], keys: tuple[str, ...]) -> str | None:
    return next((tags[key] for key in keys if tags.get(key)), None)
