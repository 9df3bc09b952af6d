"""A scrap job through projection, restart, rows and map."""

import pytest

from contracts.events import ItemProcessed, ItemsSubmitted, JobCompleted, PlaceFound
from contracts.subjects import job_subject
from services.projector.fold import read_events
from shared.job import decide, fold, public
from shared.job.decide import Complete
from tests.integration.projector.story import job_id, until
from tests.integration.projector.test_read_api import get, until_status

pytestmark = pytest.mark.servers

TILES = ["3035-500-3760500-2889500", "3035-500-3761000-2889500"]
PARAMS = {"queries": ["dentiste", "notaire"], "zones": ["Paris", "75015"]}


def found(index, *ids, part="", split=(), zone=0):
    query = PARAMS["queries"][index % 2]
    return ItemProcessed(
        index=index,
        part=part,
        zone=zone,
        label=f"{query} {index}",
        rows=[{"nom": each.upper(), "query": query, "zone": PARAMS["zones"][zone], "place_id": each} for each in ids],
        found=len(ids),
        places=[PlaceFound(each, 48.85, 2.35) for each in ids],
        capped=bool(split),
        split=list(split),
    )


async def search(story):
    job = job_id()
    items = [{"tile": tile, "zone": zone} for tile, zone in zip(TILES, PARAMS["zones"], strict=True)]
    await story.append(job, ItemsSubmitted(first=0, items=items))
    await story.request(job, total=2, job_type="scrap", params=PARAMS)
    await story.start(job)
    return job


async def complete(story, job):
    """As the dispatcher does it: with what the log says."""
    channels = (job_subject(story.tenant, job, channel) for channel in ("lifecycle", "results"))
    envelopes = [envelope async for message in story.log.read(*channels) for envelope in read_events(message)]
    [event] = decide(fold(envelopes), Complete())
    assert isinstance(event, JobCompleted)
    await story.append(job, event)


async def test_places_count_once_whoever_projects(story, store, start_projector):
    """A projection that begins midway has to know again which places there are: views do not keep them."""
    one = await start_projector("one")
    job = await search(story)
    parts = [{"tile": f"t{number}"} for number in range(4)]
    await story.append(job, found(0, "a", "b", split=parts), found(1, "b", "c"))

    async def counted(results):
        view = await (await store.current()).job(job)
        return public(view.state) if view and view.state.results == results else None

    await until(lambda: counted(3))
    await one.kill()
    await start_projector("two")
    for number in range(4):
        await story.append(job, found(0, "a", "b", f"n{number}", part=str(number)))
    shown = await until(lambda: counted(7))
    assert (shown.breakdown.by_query, shown.breakdown.by_zone) == ({"dentiste": 6, "notaire": 1}, {"Paris": 7})
    assert (shown.processed_points, shown.flagged_tiles_count, shown.total_attempts_count) == (1, 1, 6)


async def test_the_map_of_a_running_and_of_an_ended_search(api, own_story):
    client = api.client()
    job = await search(own_story)
    empty = await get(client, f"/api/jobs/{job}/map")
    assert empty.headers["content-type"] == "application/geo+json"
    tiles = empty.json()["features"]
    assert [tile["properties"]["id"] for tile in tiles] == TILES
    assert {tile["properties"]["state"] for tile in tiles} == {"waiting"}
    ring = tiles[0]["geometry"]["coordinates"][0]
    assert len(ring) == 5 and ring[0] == ring[-1]

    await own_story.append(job, found(0, "b", "a"), found(1))
    live = await until(lambda: _places(client, job, 2))
    assert live["features"][0]["properties"] == {
        "kind": "tile", "id": TILES[0], "zone": "Paris", "state": "done", "found": True, "flagged": False,
    }  # fmt: skip
    await own_story.append(job, found(2, "a", "c", zone=1), found(3))
    await until(lambda: _places(client, job, 3))
    await complete(own_story, job)
    await until_status(client, job, "done")
    ended = (await get(client, f"/api/jobs/{job}/map")).json()
    points = [feature["properties"] for feature in ended["features"] if feature["properties"]["kind"] == "place"]
    assert [(point["place_id"], point["zone"]) for point in points] == [("a", "Paris"), ("b", "Paris"), ("c", "75015")]
    assert ended["places_count"] == 3
    rows = (await get(client, f"/api/jobs/{job}/items")).json()["items"]
    assert [row["place_id"] for row in rows] == ["a", "b", "c"]


async def _places(client, job, count):
    answer = await client.get(f"/api/jobs/{job}/map")
    assert answer.status_code == 200, answer.text[:300]
    places = [feature for feature in answer.json()["features"] if feature["properties"]["kind"] == "place"]
    return answer.json() if len(places) == count and answer.json()["places_count"] == count else None


async def test_only_a_search_has_a_map_and_it_goes_with_the_rows(api, own_story):
    client = api.client()
    other = await own_story.request(total=1)
    assert "map" in (await get(client, f"/api/jobs/{other}/map", 400)).json()["detail"]
    job = await search(own_story)
    await own_story.append(job, *(found(index, "a") for index in range(4)))
    await complete(own_story, job)
    await until_status(client, job, "done")
    await own_story.expire(job)
    await until_status(client, job, "expired")
    await get(client, f"/api/jobs/{job}/map", 410)
