"""The world's sites as an extract: each business of `sites/*.toml` with its own site, standing in the real Valmont.

    python -m tests.world.places.valmont FILE.osm.pbf

The invented Valmont-sur-Loire is nowhere on a map; what is searched on one has to stand somewhere. Postcode 76540.
"""

from __future__ import annotations

import math
import re
import sys
from pathlib import Path

from services.scrap.queries.meaning import meaning
from shared.geography import Geography
from tests.world.catalogue import Site, load_sites
from tests.world.places.town import Business, write_pbf

ZONE = "76540"
QUERIES = (
    "restaurant", "hôtel", "dentiste", "avocat", "notaire", "architecte", "association", "agence web", "mairie",
    "artisan", "magasin",
)  # fmt: skip
"""Of what a demo asks; the particular before the general, as a place counts for the first query that finds it."""

_FIRST_ID = 900_000_001
"""Above those of the invented towns, so that one extract may hold both."""
_GOLDEN_ANGLE = math.pi * (3 - math.sqrt(5))
_STEP_KM = 0.02
"""The last of eighty stands 180 m from the middle: within the commune, whose outline comes as near as 250 m."""
_HOUSE = re.compile(r"(\d+) (.+)")

_TAGS = {
    "Club": {"club": "social"},
    "Crêperie": {"amenity": "restaurant", "cuisine": "crepe"},
    "Grande distribution": {"shop": "supermarket"},
    "Luthier": {"craft": "musical_instrument"},
    "Professeur de yoga": {"leisure": "sports_centre", "sport": "yoga"},
    "Radio": {"amenity": "studio", "studio": "radio"},
}
_ANY = {"office": "company"}
"""Trades whose first meaning as a query is not how a mapper tags them; those without any meaning are companies."""


def valmont() -> list[Business]:
    """The town's businesses in the order of its sites, around the middle of the commune. The same each time."""
    geography = Geography.load()
    middle = next(one for one in geography.communes(geography.resolve(ZONE)) if one.name == "Valmont").centre
    return [_business(number, site, middle) for number, site in enumerate(load_sites())]


def _business(number: int, site: Site, middle: tuple[float, float]) -> Business:
    away, direction = _STEP_KM * math.sqrt(number), number * _GOLDEN_ANGLE  # a sunflower: nobody on another's place
    lat, lon = middle
    house = _HOUSE.fullmatch(site.adresse)
    return Business(
        number=_FIRST_ID + number,
        name=site.nom,
        tags=_tags(site.categorie),
        lat=round(lat + away * math.cos(direction) / 111.2, 7),
        lon=round(lon + away * math.sin(direction) / (111.2 * math.cos(math.radians(lat))), 7),
        house=house[1] if house else "",
        street=house[2] if house else site.adresse,
        phone=site.telephone,
        website=site.url,
    )


def _tags(trade: str) -> dict[str, str]:
    meant = meaning(trade).alternatives
    return _TAGS.get(trade) or (meant[0] if meant else _ANY)


if __name__ == "__main__":
    print(f"{write_pbf(Path(sys.argv[1]), valmont())} businesses in {sys.argv[1]}")
