"""The local OpenStreetMap extract as a source."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from services.scrap.osm.place_file import PlaceFile
from services.scrap.queries.meaning import meaning
from services.scrap.source import Found
from shared.geography.tile import Tile
from shared.place_sources import ATTRIBUTIONS


class OsmSource:
    """Answers from the file that `outsend import-osm` made; has everything it has, so it is never capped."""

    name = "osm"
    attribution = ATTRIBUTIONS["osm"]
    offers_reviews = False

    def __init__(self, path: Path) -> None:
        self._file = PlaceFile(path)
        # SQLite lets other threads run while it reads; more of them than processors only wait for each other.
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="osm")

    async def search(self, query: str, tile: Tile, *, first_page_only: bool, reviews: bool) -> Found:
        """See Source. Both flags change nothing: there are no pages, and no reviews."""
        loop = asyncio.get_running_loop()
        return Found(await loop.run_in_executor(self._threads, self._file.search, meaning(query), tile))

    async def aclose(self) -> None:
        self._threads.shutdown(wait=True)
        self._file.close()
