"""What a search must give, by brute force: each business looked at, none of the product's search code."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from shared.geography import Geography
from shared.geography.tile import Tile, tile_at
from tests.world.places.town import TRADES, Business

SEARCH: Mapping[str, Collection[str]] = {
    "orthodontiste": ["Orthodontiste"],
    "dentiste": ["Dentiste", "Orthodontiste"],
    "restaurant": ["Restaurant", "Pizzeria"],
}
"""Queries in the request's order, with the trades that each means. Who is an orthodontist is a dentist too: such a
place counts for the first query alone."""
ZONES = ("75011", "Paris")
"""Likewise the second holds the first. 413 tiles."""


class Row(NamedTuple):
    """One row of the output, as far as a search decides it."""

    place_id: str
    query: str
    zone: str


class Answers(NamedTuple):
    """What a whole job gives."""

    tiles: int
    rows: list[Row]
    """In the order of the output: by query, tile, place_id."""
    with_results: dict[str, int]
    """By query: the tiles on which it finds something."""

    def breakdown(self) -> dict[str, dict[str, int]]:
        """As JobPublic has it: a query or a zone that nothing counts for is not named."""
        by_query = Counter(row.query for row in self.rows)
        by_zone = Counter(row.zone for row in self.rows)
        return {"by_query": dict(by_query), "by_zone": dict(by_zone)}


def answers(
    people: Sequence[Business],
    search: Mapping[str, Collection[str]] = SEARCH,
    zones: Sequence[str] = ZONES,
) -> Answers:
    """The answers to a search over invented businesses."""
    geography = Geography.load()
    grid = geography.grid([geography.resolve(zone) for zone in zones])
    place_of = {tile: (number, zones[zone]) for number, (tile, zone) in enumerate(grid)}
    sizes = {tile.size for tile, _ in grid}
    queries = list(search)
    found: list[tuple[int, int, Row]] = []
    tiles_of: dict[str, set[int]] = defaultdict(set)
    for one in people:
        asked = [query for query in queries if TRADES[one.trade][0] in search[query]]
        tile = _tile(one, place_of, sizes) if asked else None
        if tile is not None:
            number, zone = place_of[tile]
            found.append((queries.index(asked[0]), number, Row(one.osm_id, asked[0], zone)))
            for query in asked:
                tiles_of[query].add(number)
    return Answers(len(grid), [row for *_, row in sorted(found)], {query: len(tiles_of[query]) for query in queries})


def _tile(one: Business, known: Collection[Tile], sizes: Collection[int]) -> Tile | None:
    """The tile that holds it; tiles of a grid never overlap."""
    return next((tile for size in sizes if (tile := tile_at(one.lat, one.lon, size)) in known), None)
