"""A search of Paris among 50 000 places while every process dies: the right places, each once, and true counters."""

import asyncio
import contextlib

import pytest

from contracts import codec
from contracts.events import ItemProcessed, JobEnded
from contracts.subjects import job_history
from services.scrap.osm.importing import import_extract
from shared.place_sources import osm_file
from tests.chaos.author import author
from tests.chaos.product import PROCESSES, running, settings_of
from tests.chaos.snapshot import difference, snapshot
from tests.chaos.test_rebuild import outsend
from tests.world.places.answers import SEARCH, ZONES, answers
from tests.world.places.overpass import Overpass
from tests.world.places.town import paris, write_pbf

PLACES = 50_000
KNOWN_TO_OVERPASS = 300
"""Its answers are of the first ones only: it sets the pace, and two accounts of one place have to become one row."""
ROUND = 30.0
"""Seconds that the pace leaves for a round of kills: longer than it takes to kill and restart six processes in turn."""


@pytest.fixture(scope="module")
def people():
    return paris(5, PLACES)


@contextlib.asynccontextmanager
async def searching(folder, people, *, rate):
    """The product with two sources of places, and somebody who uses it."""
    write_pbf(folder / "paris.osm.pbf", people)
    data = folder / "data"
    made = await asyncio.to_thread(
        import_extract, folder / "paris.osm.pbf", osm_file(settings_of(data)), lambda what, count: None
    )
    assert made.places == len(people)
    async with Overpass(people[:KNOWN_TO_OVERPASS]).serve() as overpass:
        async with running(data, overpass_url=overpass.url, overpass_rate=rate, worker_concurrency=20) as product:
            yield product, await product.person()
        assert not overpass.violations


async def counted(product, tenant, job):
    """The results that count, read from the log without the product's fold: the first of each pair before the end."""
    results = {}
    async with author(product) as hand:
        async for message in hand.log.read(job_history(tenant, job)):
            for envelope in codec.decode(message.payload):
                event = envelope.data
                if isinstance(event, ItemProcessed):
                    results.setdefault((event.index, event.part), event)
                elif isinstance(event, JobEnded):
                    return results
    raise AssertionError(f"{job} has no end")


def assert_right(public, rows, right, results):
    """The job is done, with the brute-force answer as its rows, and every counter is that of the rows and the log."""
    queries = list(SEARCH)
    assert public["status"] == "done", public
    assert [(row["place_id"], row["query"], row["zone"]) for row in rows] == [tuple(row) for row in right.rows]
    assert (public["grid_points_count"], public["processed_points"], public["error_count"]) == (413, 413, 0)
    assert public["results_count"] == len(rows)
    assert public["breakdown"] == right.breakdown()
    assert sum(public["breakdown"]["by_query"].values()) == sum(public["breakdown"]["by_zone"].values()) == len(rows)
    assert public["query_stats"] == {
        query: {"tiles": 413, "with_results": right.with_results[query]} for query in queries
    }
    assert (public["dead_queries"], public["flagged_tiles_count"], public["ef_cost"]) == ([], 0, 0.041)
    assert sorted(results) == [(index, "") for index in range(413 * len(queries))]
    assert public["total_attempts_count"] == sum(result.attempts for result in results.values())


async def assert_watched(watcher):
    """The stream told each result once, over all its connections, with counters that only grow."""
    identities = [seen.identity for seen in watcher.seen if seen.identity is not None]
    assert identities == sorted(set(identities)), "ids grow and none comes twice"
    assert len(watcher.progress) == 413 * len(SEARCH)
    counts = [(event["processed_points"], event["results_count"]) for event in watcher.progress]
    assert counts == sorted(counts)
    assert all(event["ok"] for event in watcher.progress)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("rounds", [1, pytest.param(6, marks=pytest.mark.slow)])
async def test_a_search_survives_the_death_of_every_process(tmp_path, people, rng, rounds):
    async with searching(tmp_path, people, rate=413 * len(SEARCH) / (ROUND * rounds)) as (product, person):
        tenant = (await person.commands.get("/api/auth/me")).json()["id"]
        body = {"queries": list(SEARCH), "zones": list(ZONES)}
        job = (await person.commands.post("/api/jobs", json=body)).raise_for_status().json()["id"]
        watcher = person.watch(job)
        for name in [name for _ in range(rounds) for name in rng.sample(PROCESSES, len(PROCESSES))]:
            await watcher.processed(len(watcher.progress) + rng.randint(1, 60 // rounds))
            assert not watcher.over, f"the job ended before {name} was killed"
            print(f"{name} is killed at {len(watcher.progress)} pairs")
            await product.kill(name)
        await watcher.done(within=600)
        await assert_watched(watcher)
        assert watcher.connections > 1

        rows = (await person.reads.get(f"/api/jobs/{job}/download?format=json")).raise_for_status().json()
        assert_right(await person.job(job), rows, answers(people), await counted(product, tenant, job))
        assert {row["source"] for row in rows} == {"osm", "osm, overpass"}
        assert (await person.commands.get("/api/auth/me")).json()["ef_used"] == 0.041

        before = await snapshot(person, [job])
        assert await outsend(product, "rebuild")
        assert not difference(before, await snapshot(person, [job]))
