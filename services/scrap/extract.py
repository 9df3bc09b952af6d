"""scrap: one tile and one query in, the places found there out."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

from contracts.items import ItemRequested
from services.scrap.rows import Wanted
from services.scrap.search import make_sources, search_tile
from services.scrap.source import Source
from shared.geography import Geography
from shared.geography.tile import Tile
from shared.modulekit.errors import Permanent
from shared.modulekit.module import Context, Result

_MOST_ROWS = 1_000
"""In one result: at some 400 bytes each they stay far below what a message may have. Above it the parts are searched
instead, although no source hit its cap."""


class _Searcher:
    """What the items of one process share."""

    def __init__(self, sources: Sequence[Source], communes: Geography) -> None:
        self.sources = sources
        self.communes = communes


_searchers: WeakKeyDictionary[Context, asyncio.Task[_Searcher]] = WeakKeyDictionary()


async def process(item: ItemRequested, context: Context) -> Result:
    """Search the item's tile for its query. Raises Retryable, Permanent or Unavailable.

    `options.scrap_mode` fast reads the first page alone and splits nothing; else a capped tile goes on
    as its four parts.
    """
    tile = _tile(item)
    searcher = await asyncio.shield(_searcher(context))
    fast = item.options.get("scrap_mode") == "fast"
    wanted = Wanted(
        query=str(item.item["query"]),
        zone=str(item.item.get("zone", "")),
        extra_columns=frozenset(item.options.get("extra_columns") or ()),
        reviews=bool(item.options.get("include_reviews")),
    )
    found = await search_tile(searcher.sources, searcher.communes, tile, wanted, first_page_only=fast, run=context.run)
    for failure in found.failures:
        await context.log_once(item, "warn", failure)
    if len(found.rows) > _MOST_ROWS and tile.can_split:
        return Result(split=_parts(item, tile))
    split = found.capped and not fast and tile.can_split
    return Result(
        rows=found.rows,
        places=found.places,
        capped=found.capped,
        split=_parts(item, tile) if split else [],
    )


def _parts(item: ItemRequested, tile: Tile) -> list[dict[str, Any]]:
    return [{**item.item, "tile": part.id} for part in tile.children()]


def _tile(item: ItemRequested) -> Tile:
    try:
        return Tile.parse(str(item.item["tile"]))
    except (KeyError, ValueError) as error:
        raise Permanent("bad_tile", f"The item names no tile: {error}") from None


def _searcher(context: Context) -> asyncio.Task[_Searcher]:
    """Made by the first item of a process; the others wait for it."""
    task = _searchers.get(context)
    if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
        task = _searchers[context] = asyncio.create_task(_make(context))
    return task


async def _make(context: Context) -> _Searcher:
    communes = await context.run(_geography)
    return _Searcher(make_sources(context.settings, context.quotas, communes), communes)


def _geography() -> Geography:
    loaded = Geography.load()
    _ = loaded.outlines  # made on first use, and that should not be an item's
    return loaded
