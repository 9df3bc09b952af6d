"""A search of all France through the whole product: estimate, POST, queue, worker, log, rows, map.

`python -m tests.bench.scrap [PLACES] [ZONE]`: an extract of invented places spread like the population (default: a
million), imported as a user would, five queries on each of the country's tiles. A hundred tiles are compared with a
brute-force answer. The goal: under sixty seconds from POST to the last search, on two cores, with flat memory.
"""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
import psutil

from deploy.stack import Stack
from services.scrap.osm.importing import import_extract
from services.scrap.queries.meaning import meaning
from shared.geography import Geography
from tests.bench.running import Stopwatch, machine, milliseconds, percentile, result, running, until_done
from tests.world.places.town import brute_force, france, write_pbf

QUERIES = ("dentiste", "plombier", "fleuriste", "serrurier", "Boulangerie Iris")
"""Four trades and a name, which has no tag to go by."""
_TRADES = QUERIES[:4]
_SEED = 1
_CHECKED = 100
_ASKED = 200


async def _searched(client: httpx.AsyncClient, job: str, requests: int, watch: Stopwatch) -> float:
    """Seconds until the last search was in the views."""
    while True:
        public = (await client.get(f"/api/jobs/{job}")).json()
        done = sum(stats["tiles"] for stats in public["query_stats"].values())
        if done >= requests or public["status"] not in ("pending", "running"):
            return watch.seconds
        await asyncio.sleep(0.25)


def _memory(stack: Stack) -> dict[str, float]:
    """Megabytes of each process's own; mapped files are the system's."""
    parents = [process.pid for process in stack.processes.values() if process.pid]
    found: dict[str, float] = {}
    for name, pid in zip(stack.processes, parents, strict=False):
        family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
        found[name] = sum(one.memory_full_info().uss for one in family) / 1e6
    return found


async def _latency(client: httpx.AsyncClient, ask: Any) -> list[float]:
    seconds = []
    for _ in range(_ASKED):
        watch = Stopwatch()
        (await ask(client)).raise_for_status()
        seconds.append(watch.seconds)
    return seconds


def _check(count: int, rows: list[dict[str, Any]], zone: str) -> int:
    """Compare rows of random tiles with brute force; how many places that were. Raises AssertionError."""
    geography = Geography.load()
    tiles = [tile for tile, _ in geography.grid([geography.resolve(zone)])]
    chosen = random.Random(_SEED).sample(tiles, min(_CHECKED, len(tiles)))
    expected: dict[str, str] = {}
    for business in france(_SEED, count):
        tile = next((tile for tile in chosen if tile.contains(business.lat, business.lon)), None)
        if tile is not None:
            asked = [query for query in _TRADES if brute_force([business], meaning(query).alternatives, tile)]
            if asked:  # it counts for the first
                expected[business.osm_id] = asked[0]
    found = {
        row["place_id"]: row["query"]
        for row in rows
        if row["query"] in _TRADES and any(tile.contains(row["latitude"], row["longitude"]) for tile in chosen)
    }
    assert found == expected, f"{len(found.items() ^ expected.items())} places differ"
    return len(found)


async def _run(count: int, zone: str) -> None:
    with tempfile.TemporaryDirectory(prefix="outsend-bench-osm-") as folder:
        extract, file = Path(folder) / "france.osm.pbf", Path(folder) / "places.sqlite"
        write_pbf(extract, france(_SEED, count))
        watch = Stopwatch()
        import_extract(extract, file, lambda *_: None)
        print(f"{count} places imported in {watch.seconds:.1f} s", flush=True)
        async with running(scrap_osm_file=str(file), max_ef_per_job=10.0) as (stack, client):
            body = {"queries": list(QUERIES), "zones": [zone], "extra_columns": ["gps"]}

            async def estimate(client: httpx.AsyncClient) -> httpx.Response:
                return await client.post("/api/estimate", json=body | {"queries": [f"q{n}" for n in range(20)]})

            estimates = await _latency(client, estimate)
            print(f"estimate of {zone} x 20 queries: {milliseconds(estimates)}")
            before = _memory(stack)
            watch = Stopwatch()
            answer = await client.post("/api/jobs", json=body)
            answer.raise_for_status()
            job = answer.json()
            requests = job["grid_points_count"] * len(QUERIES)
            seconds = await _searched(client, job["id"], requests, watch)
            during = _memory(stack)
            public = await until_done(client, job["id"])
            print(
                f"{requests} searches in {seconds:.1f} s ({requests / seconds:.0f}/s), {public['results_count']} places;"
                f" rows laid out after {watch.seconds:.1f} s"
            )
            for name in before:
                print(f"  memory of {name:<10} {before[name]:>6.0f} MB before, {during[name]:>6.0f} MB at the end")

            async def draw(client: httpx.AsyncClient) -> httpx.Response:
                return await client.get(f"/api/jobs/{job['id']}/map")

            maps = await _latency(client, draw)
            print(f"map ({len((await draw(client)).content) / 1e6:.1f} MB): {milliseconds(maps)}")
            rows: list[dict[str, Any]] = []
            while len(rows) < public["results_count"]:
                page = await client.get(f"/api/jobs/{job['id']}/items?limit=10000&offset={len(rows)}")
                rows += page.json()["items"]
        assert len({row["place_id"] for row in rows}) == len(rows), "a place is there twice"
        checked = await asyncio.to_thread(_check, count, rows, zone)
        print(f"{checked} places of {_CHECKED} tiles agree with brute force")
        print(f"RESULT estimate_p99 {percentile(estimates, 0.99) * 1000:.4g} ms")
        print(f"RESULT map_p99 {percentile(maps, 0.99) * 1000:.4g} ms")
        result("scrap_france", seconds, "s")


def main() -> None:
    """Print the figures; the last line is the seconds for the searches."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    zone = sys.argv[2] if len(sys.argv) > 2 else "France"
    print(f"{zone} x {len(QUERIES)} queries over {count} places; {machine()}; {time.strftime('%Y-%m-%d')}")
    asyncio.run(_run(count, zone))


if __name__ == "__main__":
    main()
