"""A search over a grid whose every answer is known: tiles are numbers, and each fifth one splits, twice."""

from __future__ import annotations

import asyncio

from contracts.events import PlaceFound
from contracts.items import ItemRequested
from shared.modulekit.module import Context, Result


async def process(item: ItemRequested, _: Context) -> Result:
    """Places `<tile>` and one shared with the tile's other queries; capped tiles give one of their own besides."""
    tile, query = item.item["tile"], item.item["query"]
    await asyncio.sleep(item.options.get("pace", 0.0))
    ids, split = found(tile, query)
    return Result(
        rows=[{"place_id": identity, "query": query, "zone": item.item["zone"]} for identity in ids],
        places=[PlaceFound(identity, 48.0, 2.0) for identity in ids],
        capped=bool(split),
        split=[item.item | {"tile": child} for child in split],
    )


def found(tile: str, query: str) -> tuple[list[str], list[str]]:
    """The ids found on a tile, and the tiles it splits into."""
    number, _, path = tile.partition("/")
    splits = int(number) % 5 == 0 and path in ("", "2")
    return [f"{tile} {query}", f"{tile} shared"], [f"{number}/{path}{child}" for child in range(4)] if splits else []


def everything(tiles: int, queries: list[str]) -> set[str]:
    """All ids a whole job finds."""
    ids: set[str] = set()
    waiting = [(str(tile), query) for tile in range(tiles) for query in queries]
    while waiting:
        tile, query = waiting.pop()
        more, split = found(tile, query)
        ids.update(more)
        waiting += ((child, query) for child in split)
    return ids
