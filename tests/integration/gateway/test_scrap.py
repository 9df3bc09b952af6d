"""POST /api/jobs: what a search is, what it costs, what is refused and in which words."""

import asyncio

import pytest

from contracts.events import ItemsSubmitted, JobLogged, JobRequested
from contracts.manifest import load_manifests
from shared.geography import Geography
from tests.integration.gateway.stack import running
from tests.integration.gateway.test_creation import FIELDS, first_error, said

SCRAP = load_manifests()["scrap"]


def grid(*zones, finer=False):
    geography = Geography.load()
    return [(tile.id, zone) for tile, zone in geography.grid([geography.resolve(each) for each in zones], finer=finer)]


async def post(client, queries=("dentiste",), zones=("Paris",), headers=None, **body):
    return await client.post("/api/jobs", json={"queries": queries, "zones": zones} | body, headers=headers)


async def test_the_answer_is_the_pending_job(searching):
    client = await searching.user()
    answer = await post(client, ["dentiste", "orthodontiste"], ["Paris", "75015"], extra_columns=["gps"])
    job = answer.json()
    tiles = grid("Paris")
    assert answer.status_code == 200
    assert list(job) == FIELDS
    assert (job["job_type"], job["status"], job["include_reviews"]) == ("scrap", "pending", False)
    assert (job["queries"], job["zones"]) == (["dentiste", "orthodontiste"], ["Paris", "75015"])
    assert (job["grid_points_count"], job["ef_cost"]) == (len(tiles), round(len(tiles) / 10_000, 3))
    assert job["query_stats"] == {query: {"tiles": 0, "with_results": 0} for query in job["queries"]}
    assert job["source_job_id"] is job["email_mode"] is None


async def test_the_log_has_tiles_lines_and_the_request(searching):
    client = await searching.user()
    job = await searching.search(
        client,
        queries=["dentiste"],
        zones=["75015", "Paris"],
        extra_columns=["region", "nonsense", "gps"],
        stop_at=50,
        include_reviews=True,
        more="ignored",
    )
    *chunks, note, request = await searching.events(client, job)
    tiles = grid("75015", "Paris")
    zones = ["75015", "Paris"]
    assert all(isinstance(chunk, ItemsSubmitted) for chunk in chunks)
    assert [item for chunk in chunks for item in chunk.items] == [
        {"tile": tile, "zone": zones[zone]} for tile, zone in tiles
    ]
    assert note.level == "info" and "OpenStreetMap" in note.message and "Google" in note.message
    assert isinstance(request, JobRequested)
    assert request.params == {
        "queries": ["dentiste"],
        "zones": zones,
        "include_reviews": True,
        "extra_columns": ["gps", "region"],
        "stop_at": 50,
        "scrap_mode": "normal",
    }
    assert (request.total, request.ef_cost) == (len(tiles), len(tiles) / 10_000 * 2)
    assert request.produces == [*SCRAP.columns, "latitude", "longitude", "region", "latest_reviews"]
    assert (request.list_columns, request.unit, request.resumes) == (["latest_reviews"], "tiles", False)


async def test_without_wishes_the_fixed_columns_are_produced(searching):
    client = await searching.user()
    request = (await searching.events(client, await searching.search(client)))[-1]
    assert request.produces == SCRAP.columns
    assert request.produces[0] == "nom" and request.produces[-1] == "source"
    assert request.list_columns == []


async def test_queries_and_zones_are_cleaned(searching):
    client = await searching.user()
    job = await searching.search(
        client, queries=["  Dentiste ", "", "dentiste", "   "], zones=["ouessant", " OUESSANT"]
    )
    assert (job["queries"], job["zones"]) == (["Dentiste"], ["ouessant"])


async def test_ultra_searches_a_finer_grid(searching):
    client = await searching.user()
    counts = {
        mode: (await searching.search(client, zones=["Lyon"], scrap_mode=mode))["grid_points_count"]
        for mode in ("fast", "normal", "ultra")
    }
    assert counts["fast"] == counts["normal"] == len(grid("Lyon"))
    assert counts["ultra"] == len(grid("Lyon", finer=True)) > counts["normal"]


async def test_all_of_france_fits_into_one_job(searching):
    client = await searching.user()
    job = await searching.search(client, zones=["France"], queries=[f"métier {number}" for number in range(20)])
    assert 9_000 < job["grid_points_count"] <= 10_000
    assert job["ef_cost"] <= 1.0


async def test_an_ambiguous_zone_is_said_in_the_jobs_log(searching):
    client = await searching.user()
    events = await searching.events(client, await searching.search(client, zones=["Saint-Denis"]))
    warnings = [event.message for event in events if isinstance(event, JobLogged) and event.level == "warn"]
    assert warnings == Geography.load().resolve("Saint-Denis").warnings
    assert warnings


SHAPES = [
    ({"zones": ["Paris"]}, "queries"),
    ({"queries": ["a"]}, "zones"),
    ({"queries": [], "zones": ["Paris"]}, "queries"),
    ({"queries": ["", "  "], "zones": ["Paris"]}, "queries"),
    ({"queries": ["a"], "zones": [" "]}, "zones"),
    ({"queries": "a", "zones": ["Paris"]}, "queries"),
    ({"queries": [1], "zones": ["Paris"]}, "queries"),
    ({"queries": [str(n) for n in range(21)], "zones": ["Paris"]}, "queries"),
    ({"queries": ["a"], "zones": [str(n) for n in range(51)]}, "zones"),
    ({"queries": ["a" * 201], "zones": ["Paris"]}, "queries"),
    ({"queries": ["a"], "zones": ["a" * 201]}, "zones"),
    ({"queries": ["a\u0000b"], "zones": ["Paris"]}, "queries"),
    ({"queries": ["a"], "zones": ["Paris"], "type": "emails"}, "type"),
    ({"queries": ["a"], "zones": ["Paris"], "type": None}, "type"),
    ({"queries": ["a"], "zones": ["Paris"], "include_reviews": "yes"}, "include_reviews"),
    ({"queries": ["a"], "zones": ["Paris"], "extra_columns": "gps"}, "extra_columns"),
    ({"queries": ["a"], "zones": ["Paris"], "country": 33}, "country"),
    ({"queries": ["a"], "zones": ["Paris"], "stop_at": 0}, "stop_at"),
    ({"queries": ["a"], "zones": ["Paris"], "stop_at": 1.5}, "stop_at"),
    ({"queries": ["a"], "zones": ["Paris"], "stop_at": True}, "stop_at"),
    ({"queries": ["a"], "zones": ["Paris"], "scrap_mode": "slow"}, "scrap_mode"),
]


@pytest.mark.parametrize(("body", "field"), SHAPES, ids=[str(number) for number in range(len(SHAPES))])
async def test_a_wrong_shape_is_422(searching, body, field):
    client = await searching.user()
    answer = await client.post("/api/jobs", json=body)
    assert answer.status_code == 422, answer.text
    error = first_error(answer)
    assert error["loc"][0] == "body"
    assert field in error["loc"] or field in error["msg"]
    assert await searching.messages(client) == 0


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"queries": ["\xff"]}', b'{"a": ' + b"[" * 100_000])
async def test_a_body_that_is_no_such_json_is_422(searching, content):
    client = await searching.user()
    for path in ("/api/jobs", "/api/estimate"):
        answer = await client.post(path, content=content, headers={"Content-Type": "application/json"})
        assert answer.status_code == 422, answer.text
        first_error(answer)


async def test_the_limits_themselves_are_accepted(searching):
    client = await searching.user()
    queries = ["x" * 199 + chr(ord("a") + number) for number in range(20)]
    job = await searching.search(client, queries=[f"  {query}" for query in queries] + queries, stop_at=1)
    assert job["queries"] == queries


async def test_a_large_body_is_413(searching):
    client = await searching.user()
    assert (await post(client, queries=["a"] * 400_000)).status_code == 413


async def test_every_unknown_zone_is_named(searching):
    client = await searching.user()
    status, detail = said(await post(client, zones=["Paris", "Xyzzyville", "Plughbourg"]))
    assert status == 400
    assert "Xyzzyville" in detail and "Plughbourg" in detail
    assert await searching.messages(client) == 0


async def test_another_country_is_400(searching):
    client = await searching.user()
    status, detail = said(await post(client, country="DEU"))
    assert status == 400 and "DEU" in detail
    assert (await post(client, zones=["Ouessant"], country="FRA")).status_code == 200


async def test_beyond_the_ceiling_is_400(searching):
    client = await searching.user()
    assert said(await post(client, zones=["France"], include_reviews=True)) == (400, "Quota dépassé")
    assert said(await post(client, zones=["France"], scrap_mode="ultra")) == (400, "Quota dépassé")


async def test_a_cost_at_the_ceiling_is_accepted(nats_server):
    exact = len(grid("Paris")) / 10_000
    for ceiling, status in ((exact, 200), (exact - 0.00005, 400)):
        async with running(nats_server, overpass_url="http://127.0.0.1:9", max_ef_per_job=ceiling) as gateway:
            assert (await post(await gateway.user())).status_code == status


async def test_reviews_need_a_source_that_has_them(nats_server):
    async with running(nats_server, overpass_url="http://127.0.0.1:9") as gateway:
        client = await gateway.user()
        status, detail = said(await post(client, include_reviews=True))
        assert status == 400 and "include_reviews" in detail
        assert (await post(client)).status_code == 200


async def test_without_a_source_it_is_503(gateway):
    client = await gateway.user()
    answer = await post(client)
    assert answer.status_code == 503
    assert "outsend import-osm" in answer.json()["detail"]
    assert int(answer.headers["retry-after"]) >= 1
    assert (await post(client, zones=["Xyzzyville"])).status_code == 400, "the client's own mistakes come first"
    assert await gateway.messages(client) == 0


async def test_only_active_and_verified_users_search(searching):
    unverified, inactive = await searching.user(verified=False), await searching.user(active=False)
    for client in (unverified, inactive):
        assert (await post(client, queries=[])).status_code == 403, "before the body is looked at"
    assert (await post(searching.http())).status_code == 401


async def test_the_same_key_and_body_give_the_same_job(searching):
    client = await searching.user()
    answers = await asyncio.gather(*(post(client, headers={"Idempotency-Key": "k"}) for _ in range(6)))
    assert len({answer.json()["id"] for answer in answers}) == 1
    other = await post(client, zones=["Ouessant"], headers={"Idempotency-Key": "k"})
    assert other.status_code == 409


async def test_searches_count_among_the_creations_of_a_minute(nats_server):
    async with running(nats_server, overpass_url="http://127.0.0.1:9", job_creations_per_minute=2) as gateway:
        client = await gateway.user()
        await gateway.job(client)
        assert [(await post(client)).status_code for _ in range(2)] == [200, 429]


async def test_a_log_that_is_nearly_full_takes_no_search(fresh_nats):
    async with running(fresh_nats, overpass_url="http://127.0.0.1:9", log_max_bytes=400_000) as gateway:
        client = await gateway.user()
        await gateway.log.publish(gateway.log.draft("u_x", "j_x", [JobLogged(level="info", message="x" * 370_000)]))
        answer = await post(client)
        assert answer.status_code == 503
        assert "nearly full" in answer.json()["detail"]


ESTIMATE = [
    "valid", "grid_points", "total_requests", "queries_count", "ef_cost", "estimated_duration_seconds", "errors",
    "warnings",
]  # fmt: skip


async def estimate(client, **body):
    answer = await client.post("/api/estimate", json=body)
    assert answer.status_code == 200, answer.text
    assert list(answer.json()) == ESTIMATE
    return answer.json()


async def test_an_estimate_is_what_the_job_would_be(searching):
    client = await searching.user()
    tiles = len(grid("Paris"))
    assert await estimate(client, queries=["dentiste", "orthodontiste"], zones=["Paris", "75015"]) == {
        "valid": True,
        "grid_points": tiles,
        "total_requests": tiles * 2,
        "queries_count": 2,
        "ef_cost": round(tiles / 10_000, 3),
        "estimated_duration_seconds": round(tiles * 2 * 1.675),
        "errors": [],
        "warnings": [],
    }
    reviewed = await estimate(client, queries=["a"], zones=["Paris"], include_reviews=True)
    assert reviewed["ef_cost"] == round(tiles / 5_000, 3)
    assert await searching.messages(client) == 0


async def test_an_estimate_tells_problems_instead_of_refusing(searching):
    client = await searching.user()
    nothing = await estimate(client)
    assert (nothing["valid"], nothing["grid_points"], nothing["ef_cost"], len(nothing["errors"])) == (False, 0, 0.0, 2)
    assert (await estimate(client, queries=[" "], zones=["Paris"]))["errors"]
    unknown = await estimate(client, queries=["a"], zones=["Xyzzyville"])
    assert not unknown["valid"] and "Xyzzyville" in unknown["errors"][0]
    over = await estimate(client, queries=["a"], zones=["France"], include_reviews=True)
    assert (over["valid"], over["errors"]) == (False, ["Quota dépassé"])
    assert over["grid_points"] > 9_000
    assert not (await estimate(client, queries=["a"], zones=["Paris"], country="BEL"))["valid"]
    ambiguous = await estimate(client, queries=["a"], zones=["Saint-Denis"])
    assert ambiguous["valid"]
    assert ambiguous["warnings"] == Geography.load().resolve("Saint-Denis").warnings


async def test_an_estimate_says_that_there_is_no_source(gateway):
    found = await estimate(await gateway.user(), queries=["a"], zones=["Paris"])
    assert not found["valid"]
    assert "outsend import-osm" in found["errors"][0]


async def test_an_estimate_that_has_not_the_shape_is_422(searching):
    client = await searching.user()
    for body in ({"queries": list(map(str, range(21)))}, {"zones": list(map(str, range(51)))}, {"zones": "Paris"}):
        assert (await client.post("/api/estimate", json=body)).status_code == 422


async def test_any_user_may_estimate(searching):
    for client in (await searching.user(verified=False), await searching.user(active=False)):
        assert (await estimate(client, queries=["a"], zones=["Paris"]))["valid"]
    assert (await searching.http().post("/api/estimate", json={})).status_code == 401
