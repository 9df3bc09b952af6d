"""The local OpenStreetMap source over a whole country: import, then every tile of France for five queries.

`python -m tests.bench.osm [PLACES]`: invented places spread like the population (default: a million).
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from services.scrap.osm.source import OsmSource
from services.scrap.rows import Wanted
from services.scrap.search import search_tile
from shared.geography import Geography

QUERIES = ("dentiste", "plombier", "restaurant", "coiffeur", "Boulangerie Iris")
"""Four trades and a name, which has no tag to go by."""
AT_ONCE = 50


def _memory() -> float:
    """Megabytes of this process's own; the mapped file is the system's, which takes it back when it needs it."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon:")) / 1024


async def _search(file: Path) -> None:
    geography = Geography.load()
    _ = geography.outlines
    tiles = [tile for tile, _ in geography.grid([geography.resolve("France")])]
    source = OsmSource(file)
    slots = asyncio.Semaphore(AT_ONCE)
    rows = 0
    before = _memory()

    async def one(query: str, tile) -> None:
        nonlocal rows
        async with slots:
            wanted = Wanted(query=query, zone="France")
            found = await search_tile([source], geography, tile, wanted, first_page_only=False, run=asyncio.to_thread)
            rows += len(found.rows)

    began = time.monotonic()
    for query in QUERIES:
        start = time.monotonic()
        await asyncio.gather(*(one(query, tile) for tile in tiles))
        print(f"{query}: {len(tiles)} tiles in {time.monotonic() - start:.1f} s, {rows} rows so far")
    seconds = time.monotonic() - began
    count = len(tiles) * len(QUERIES)
    print(
        f"{count} searches, {rows} rows, {count / seconds:.0f} searches a second, memory +{_memory() - before:.0f} MB"
    )
    print(f"RESULT osm_search {seconds:.1f} s")
    await source.aclose()


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        extract, file = Path(folder) / "france.osm.pbf", Path(folder) / "places.sqlite"
        # In processes of their own, so that each one's memory is its own.
        _apart(f"write_pbf(Path({str(extract)!r}), france(1, {count}))")
        began = time.monotonic()
        print(_apart(f"import_extract(Path({str(extract)!r}), Path({str(file)!r}), lambda *_: None)"), end="")
        seconds = time.monotonic() - began
        print(f"{count} places imported in {seconds:.1f} s, {file.stat().st_size / 1e6:.0f} MB on disk")
        print(f"RESULT osm_import {count / seconds:.0f} places/s")
        asyncio.run(_search(file))


def _apart(work: str) -> str:
    """Runs in a process of its own; what it prints ends with its memory."""
    code = (
        "import resource; from pathlib import Path\n"
        "from services.scrap.osm.importing import import_extract\n"
        "from tests.world.places.town import france, write_pbf\n"
        f"{work}; print(f'memory {{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f}} MB')"
    )
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    main()
