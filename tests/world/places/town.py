"""Invented businesses, seeded: the same number gives the same country. Nothing real is named.

They stand where people live, or around a point; they can be written as an OpenStreetMap extract, and searched by brute
force, which is what the product is compared with.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import accumulate
from pathlib import Path

import msgspec

from shared.geography import Geography, Tile

TRADES: tuple[tuple[str, dict[str, str], str, str, int], ...] = (
    # name, tags, NAF code, Google's type, how many of a hundred
    ("Dentiste", {"amenity": "dentist", "healthcare": "dentist"}, "86.23Z", "dentist", 6),
    (
        "Orthodontiste",
        {"healthcare": "dentist", "amenity": "dentist", "healthcare:speciality": "orthodontics"},
        "86.23Z",
        "dentist",
        1,
    ),
    ("Plombier", {"craft": "plumber"}, "43.22A", "plumber", 5),
    ("Restaurant", {"amenity": "restaurant"}, "56.10A", "restaurant", 22),
    ("Pizzeria", {"amenity": "restaurant", "cuisine": "pizza;pasta"}, "56.10A", "restaurant", 5),
    ("Coiffure", {"shop": "hairdresser"}, "96.02A", "hair_salon", 12),
    ("Boulangerie", {"shop": "bakery"}, "10.71C", "bakery", 10),
    ("Garage", {"shop": "car_repair"}, "45.20A", "car_repair", 8),
    ("Fleuriste", {"shop": "florist"}, "47.76Z", "florist", 4),
    ("Serrurier", {"craft": "locksmith"}, "43.32B", "locksmith", 2),
    ("Avocat", {"office": "lawyer"}, "69.10Z", "lawyer", 6),
    ("Hôtel", {"tourism": "hotel"}, "55.10Z", "hotel", 5),
    ("École", {"amenity": "school"}, "85.20Z", "school", 10),
    ("Épicerie", {"shop": "convenience"}, "47.11B", "convenience_store", 4),
)
FIRST = [
    "Alba",
    "Brume",
    "Cèdre",
    "Dune",
    "Écume",
    "Fauvette",
    "Galet",
    "Hêtre",
    "Iris",
    "Jonquille",
    "Lavande",
    "Mistral",
    "Noroît",
    "Olivier",
    "Pinède",
]
SECOND = (
    "Blanche",
    "Claire",
    "Dorée",
    "du Lac",
    "du Pont",
    "des Arts",
    "du Port",
    "Verte",
    "Vive",
    "du Marché",
    "Neuve",
)
STREETS = ("Rue des Lilas", "Avenue du Moulin", "Place de la Halle", "Impasse du Puits", "Quai des Tanneurs")

MEAN_TOWN_KM = 1.2
"""How far from the middle of their town businesses stand, on average."""

CITIES = ((48.8566, 2.3522), (45.7578, 4.8320), (43.2965, 5.3698), (50.6292, 3.0573), (47.2184, -1.5536))
"""Latitude and longitude of some places where many live."""


class Business(msgspec.Struct, frozen=True, kw_only=True):
    """One invented business, with all that any source may know of it."""

    number: int
    name: str
    tags: dict[str, str]
    lat: float
    lon: float
    house: str
    street: str
    phone: str
    website: str | None
    trade: int = -1
    """Its place in TRADES; -1: none of them, and the outside APIs know nothing of it."""
    naf: str = ""
    google_type: str = ""
    siret: str = ""
    rating: float = 0.0
    shape: str = "node"
    """node, way or relation in OpenStreetMap."""

    @property
    def osm_id(self) -> str:
        return f"osm:{self.shape}/{self.number}"


def town(
    seed: int, count: int, *, lat: float = 47.3, lon: float = 0.7, spread_km: float = MEAN_TOWN_KM
) -> list[Business]:
    """`count` businesses around one point."""
    return list(businesses(seed, count, [(lat, lon, 1)], spread_km=spread_km))


def france(seed: int, count: int) -> Iterator[Business]:
    """`count` businesses spread over metropolitan France like its people."""
    return businesses(seed, count, population())


def paris(seed: int, count: int) -> list[Business]:
    """`count` businesses spread over Paris and, a few of them, its surroundings."""
    return list(businesses(seed, count, population("Paris")))


@cache
def population(zone: str = "France") -> list[tuple[float, float, float]]:
    """(lat, lon, inhabitants) of the communes of a zone; France is the metropolitan one."""
    geography = Geography.load()
    communes = geography.communes(geography.resolve(zone))
    return [(*commune.centre, float(commune.population)) for commune in communes]


def businesses(
    seed: int, count: int, centres: list[tuple[float, float, float]], *, spread_km: float = MEAN_TOWN_KM
) -> Iterator[Business]:
    """`count` businesses around the centres, as many at each as its weight asks for."""
    random_ = random.Random(seed)
    totals = list(accumulate(weight for _, _, weight in centres))
    shares = list(accumulate(share for *_, share in TRADES))
    kinds = range(len(TRADES))
    for number in range(1, count + 1):
        lat, lon, _ = random_.choices(centres, cum_weights=totals)[0]
        away, direction = random_.expovariate(1 / spread_km), random_.uniform(0, math.tau)
        trade = random_.choices(kinds, cum_weights=shares)[0]
        what, tags, naf, google_type, _ = TRADES[trade]
        name = f"{what} {random_.choice(FIRST)} {random_.choice(SECOND)} {number}"
        host = f"{what.lower().encode('ascii', 'ignore').decode()}-{number}"
        yield Business(
            number=number,
            name=name,
            trade=trade,
            tags=tags,
            naf=naf,
            google_type=google_type,
            lat=round(lat + away * math.cos(direction) / 111.2, 7),
            lon=round(lon + away * math.sin(direction) / (111.2 * math.cos(math.radians(lat))), 7),
            house=str(random_.randint(1, 120)),
            street=random_.choice(STREETS),
            phone=f"+33 1 99 00 {number // 100 % 100:02} {number % 100:02}",  # the block kept for fiction
            website=f"http://{host}.test/" if random_.random() < 0.5 else None,
            siret=f"000{number:06}{number % 100_000:05}",
            rating=round(random_.uniform(2.5, 5), 1),
            shape=random_.choices(("node", "way", "relation"), cum_weights=(85, 98, 100))[0],
        )


def osm_tags(business: Business) -> dict[str, str]:
    """The business as a mapper writes it; every third without an address."""
    tags = {**business.tags, "name": business.name, "phone": business.phone}
    if business.website:
        tags["website"] = business.website
    if business.number % 3:
        tags["addr:street"] = business.street
        if business.house:
            tags["addr:housenumber"] = business.house
    return tags


def write_pbf(path: Path, people: Iterable[Business]) -> int:
    """An OpenStreetMap extract of the businesses; returns how many. Memory grows with the ways alone."""
    import osmium
    from osmium.osm.mutable import Node, Relation, Way

    count, ways, relations = 0, [], []
    corner = 10_000_000_000  # ids of the nodes at the corners of houses, behind those of businesses
    with osmium.SimpleWriter(str(path), overwrite=True) as writer:
        outlines: list[tuple[int, Business]] = []
        for business in people:
            count += 1
            if business.shape == "node":
                writer.add_node(
                    Node(id=business.number, location=(business.lon, business.lat), tags=osm_tags(business))
                )
            else:
                outlines.append((corner, business))
                corner += 4
        for first, business in outlines:
            for node, location in zip(range(first, first + 4), _corners(business), strict=True):
                writer.add_node(Node(id=node, location=location))
            ring = [*range(first, first + 4), first]
            if business.shape == "way":
                ways.append(Way(id=business.number, nodes=ring, tags=osm_tags(business)))
            else:
                ways.append(Way(id=business.number, nodes=ring))
                tags = {**osm_tags(business), "type": "multipolygon"}
                relations.append(Relation(id=business.number, members=[("w", business.number, "outer")], tags=tags))
        for way in ways:
            writer.add_way(way)
        for relation in relations:
            writer.add_relation(relation)
    return count


def _corners(business: Business) -> list[tuple[float, float]]:
    """A house of twenty metres around the business."""
    north, east = 0.0001, 0.00012
    return [(business.lon + x * east, business.lat + y * north) for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))]


def brute_force(people: Iterable[Business], wanted: list[dict[str, str]], tile: Tile) -> set[str]:
    """The ids of those in the tile that have all tags of one of the alternatives: the reference."""
    return {
        one.osm_id for one in people if tile.contains(one.lat, one.lon) and any(_has(one.tags, tags) for tags in wanted)
    }


def _has(tags: dict[str, str], wanted: dict[str, str]) -> bool:
    return all(value in tags.get(key, "").split(";") for key, value in wanted.items())
