"""Searches through the whole product: estimate, scrap, watch, read, chain; interrupted and taken up again."""

import asyncio
import csv
import io
import json
import random
import subprocess
import sys
from collections import Counter

import pytest

from contracts import codec
from contracts.events import ItemProcessed, JobCancelled, JobCompleted, JobStarted
from contracts.subjects import job_history
from shared.messaging.connection import connect
from shared.messaging.log import EventLog
from tests.e2e.acts import create, events_of, is_problem, is_validation_problem
from tests.live import ROOT, live_stack
from tests.world.catalogue import load_sites
from tests.world.places.answers import SEARCH, ZONES, answers
from tests.world.places.town import osm_tags, paris, write_pbf
from tests.world.places.valmont import QUERIES, ZONE, valmont

pytestmark = pytest.mark.servers

BODY = {"queries": list(SEARCH), "zones": list(ZONES)}
COLUMNS = [
    "nom", "site_web", "telephone", "adresse", "ville", "code_postal", "rating", "reviews_count", "category",
    "lien_google_maps", "aggregator_flag", "query", "zone", "place_id", "source",
]  # fmt: skip
TECHSTACK = ["tech_cms", "tech_analytics", "tech_ads_pixels"]
AT_ONCE = 3
"""Items at once, so that a search of Paris lasts long enough to be interrupted."""


def outsend(stack, user, *arguments):
    """A command of this user on the stack's machine."""
    env = stack.cli_env(user) | {"OUTSEND_DATA_DIR": str(stack.data_dir)}
    argv = [sys.executable, "-m", "services.cli", *map(str, arguments)]
    return subprocess.run(argv, check=False, env=env, cwd=ROOT, capture_output=True, text=True, timeout=110)


@pytest.fixture(scope="module", params=[6_000, pytest.param(50_000, marks=pytest.mark.slow)], ids="{} places".format)
def people(request):
    """The businesses of an invented Paris."""
    return paris(11, request.param)


@pytest.fixture(scope="module")
def searching(tmp_path_factory, people):
    """A product that had no source of places, until its operator imported an extract while it ran."""
    folder = tmp_path_factory.mktemp("searching")
    extract = folder / "paris-et-valmont.osm.pbf"
    write_pbf(extract, [*people, *valmont()])
    with live_stack(folder / "stack", OUTSEND_WORKER_CONCURRENCY=str(AT_ONCE)) as stack:
        somebody = stack.new_user()
        with stack.client(somebody) as client:
            is_problem(client.post("/api/jobs", json=BODY), 503)
            assert not client.post("/api/estimate", json=BODY).json()["valid"]
            done = outsend(stack, somebody, "import-osm", extract)
            assert done.returncode == 0, done.stderr
            assert f"{len(people) + len(valmont()):,} businesses" in done.stderr
            assert "© OpenStreetMap contributors" in done.stderr
            assert client.post("/api/estimate", json=BODY).json()["valid"]
        yield stack


@pytest.fixture
def member(searching):
    return searching.new_user()


@pytest.fixture
def client(searching, member):
    with searching.client(member) as client:
        yield client


@pytest.fixture(scope="module")
def whole(searching, people):
    """A search that nothing disturbed: the client, its estimate, its job at the end, its rows, and the right answers."""
    with searching.client(searching.new_user()) as client:
        estimate = client.post("/api/estimate", json=BODY).json()
        job = searching.finished(client, scrap(client)["id"], within=110)
        yield client, estimate, job, rows_of(client, job["id"]), answers(people)


def scrap(client, **more):
    """A new job."""
    answer = client.post("/api/jobs", json=BODY | more)
    assert answer.status_code == 200, answer.text
    return answer.json()


def rows_of(client, job):
    """All rows, page by page."""
    rows = []
    while True:
        page = client.get(f"/api/jobs/{job}/items", params={"limit": 5_000, "offset": len(rows)}).json()
        rows += page["items"]
        if len(rows) >= page["count"]:
            return rows


def facts(rows):
    return [(row["place_id"], row["query"], row["zone"]) for row in rows]


# A whole search


def test_the_estimate_is_what_the_job_costs(whole):
    _, estimate, job, _, right = whole
    assert (estimate["valid"], estimate["errors"], estimate["warnings"]) == (True, [], [])
    assert estimate["grid_points"] == job["grid_points_count"] == right.tiles == 413
    assert (estimate["total_requests"], estimate["queries_count"]) == (1239, 3)
    assert estimate["ef_cost"] == job["ef_cost"] == 0.041
    assert estimate["estimated_duration_seconds"] == pytest.approx(1239 * 1380 / 824, rel=0.01)


def test_the_rows_are_the_brute_force_answer_each_place_once(whole):
    *_, rows, right = whole
    assert facts(rows) == [tuple(row) for row in right.rows]
    assert len({row["place_id"] for row in rows}) == len(rows) > 500


def test_the_counters_are_true(whole):
    client, _, job, rows, right = whole
    assert job["status"] == "done"
    assert (job["queries"], job["zones"]) == (BODY["queries"], BODY["zones"])
    assert (job["processed_points"], job["results_count"], job["error_count"]) == (413, len(rows), 0)
    assert job["breakdown"] == right.breakdown()
    assert job["query_stats"] == {
        query: {"tiles": 413, "with_results": found} for query, found in right.with_results.items()
    }
    assert (job["dead_queries"], job["flagged_tiles_count"], job["total_attempts_count"]) == ([], 0, 1239)
    assert client.get("/api/auth/me").json()["ef_used"] == 0.041


def test_a_row_says_what_the_map_says_of_its_place(whole, people):
    *_, rows, _ = whole
    known = {one.osm_id: one for one in people}
    for row in rows:
        one = known[row["place_id"]]
        tags = osm_tags(one)
        assert list(row) == COLUMNS
        assert (row["nom"], row["telephone"], row["source"]) == (one.name, one.phone, "osm")
        assert row["site_web"] == (one.website and row["site_web"])
        assert (row["site_web"] is None) == (one.website is None)
        assert row["adresse"] == (f"{one.house} {one.street}" if "addr:street" in tags else None)
        assert (row["rating"], row["reviews_count"], row["aggregator_flag"]) == (None, None, False)
        assert row["ville"]  # told by the commune's outline, as the map does not
        assert row["category"]


def test_the_stream_tells_every_tile_and_whose_data_it_is(whole):
    client, _, job, rows, _ = whole
    events = events_of(client, job["id"])
    progress = [json.loads(event.data) for event in events if event.event == "progress"]
    assert progress and progress[-1]["processed_points"] == 413
    assert {each["unit"] for each in progress} == {"tiles"}
    assert all(each["ok"] and each["processed_points"] <= each["grid_points_count"] == 413 for each in progress)
    counts = [(each["processed_points"], each["results_count"]) for each in progress]
    assert counts == sorted(counts) and counts[-1][1] == len(rows)
    lines = [json.loads(event.data)["message"] for event in events if event.event == "log"]
    assert any("© OpenStreetMap contributors" in line for line in lines)
    assert json.loads(events[-1].data)["results_count"] == len(rows)


def test_the_downloads_have_the_same_rows(whole):
    client, _, job, rows, _ = whole
    path = f"/api/jobs/{job['id']}/download"
    assert client.get(path, params={"format": "json"}).json() == rows
    table = client.get(path, params={"format": "csv"})
    assert job["output_filename"] in table.headers["content-disposition"]
    read = list(csv.DictReader(io.StringIO(table.content.decode("utf-8-sig")), delimiter=";"))
    assert list(read[0]) == COLUMNS
    assert [row["place_id"] for row in read] == [row["place_id"] for row in rows]
    assert client.get(path, params={"format": "xlsx"}).content.startswith(b"PK")


def test_the_map_has_every_tile_and_every_place(whole):
    client, _, job, rows, right = whole
    drawn = client.get(f"/api/jobs/{job['id']}/map").json()
    kinds = {"tile": [], "place": []}
    for feature in drawn["features"]:
        kinds[feature["properties"]["kind"]].append(feature)
    tiles = [feature["properties"] for feature in kinds["tile"]]
    assert len({tile["id"] for tile in tiles}) == len(tiles) == 413
    assert {tile["state"] for tile in tiles} == {"done"}
    assert Counter(tile["zone"] for tile in tiles).keys() == set(ZONES)
    assert sum(tile["found"] for tile in tiles) >= max(right.with_results.values())
    assert drawn["places_count"] == len(rows)
    shown = [feature["properties"] for feature in kinds["place"]]
    assert [place["place_id"] for place in shown] == [row["place_id"] for row in rows[:10_000]]
    assert [place["nom"] for place in shown] == [row["nom"] for row in rows[:10_000]]


# What may be asked for


def test_extra_columns_come_last_and_say_where_the_place_is(searching, client, people):
    asked = {"queries": ["orthodontiste"], "zones": ["Paris"], "extra_columns": ["region", "gps", "unknown"]}
    job = searching.finished(client, scrap(client, **asked)["id"])
    rows = rows_of(client, job["id"])
    known = {one.osm_id: one for one in people}
    assert rows
    for row in rows:
        assert list(row) == [*COLUMNS, "latitude", "longitude", "region"]
        one = known[row["place_id"]]
        tolerance = 1e-6 if one.shape == "node" else 2e-4  # of an outline it is the middle
        assert (row["latitude"], row["longitude"]) == pytest.approx((one.lat, one.lon), abs=tolerance)
        assert row["region"] == "Île-de-France"


def test_stop_at_ends_the_search_when_there_is_enough(searching, client, whole):
    *_, everything, _ = whole
    enough = len(everything) // 5
    job = searching.finished(client, scrap(client, stop_at=enough)["id"], within=110)
    assert job["status"] == "done"
    assert enough <= job["results_count"] < len(everything)
    assert job["processed_points"] < 413
    rows = rows_of(client, job["id"])
    assert len(rows) == job["results_count"]
    assert {row["place_id"] for row in rows} <= {row["place_id"] for row in everything}


def test_a_zone_that_is_none(client):
    unknown = BODY | {"zones": ["Paris", "Xyzzyville"]}
    refused = client.post("/api/jobs", json=unknown)
    assert is_problem(refused, 400)
    assert "Xyzzyville" in refused.json()["detail"]
    estimate = client.post("/api/estimate", json=unknown).json()
    assert not estimate["valid"]
    assert any("Xyzzyville" in error for error in estimate["errors"])
    assert is_validation_problem(client.post("/api/jobs", json=BODY | {"zones": [" "]}), "body", "zones")
    assert client.get("/api/jobs").json() == []


def test_a_query_that_finds_nothing_is_dead(searching, client):
    asked = {"queries": ["serrurier", "Société Introuvable"], "zones": ["75011"]}
    job = searching.finished(client, scrap(client, **asked)["id"])
    assert job["dead_queries"] == ["Société Introuvable"]
    assert job["results_count"] == job["breakdown"]["by_query"]["serrurier"] > 0
    nothing = searching.finished(client, scrap(client, **asked | {"queries": ["Société Introuvable"]})["id"])
    assert (nothing["status"], nothing["results_count"], nothing["download_available"]) == ("done", 0, False)
    is_problem(client.get(f"/api/jobs/{nothing['id']}/download"), 410)


# Chained


def test_the_sites_of_a_search_become_the_items_of_the_next_job(searching, client):
    found = searching.finished(client, scrap(client, queries=list(QUERIES), zones=[ZONE])["id"])
    places = rows_of(client, found["id"])
    sites = {site.nom: site for site in load_sites()}
    assert len(places) > 50
    assert {(row["ville"], row["code_postal"]) for row in places} == {("Valmont", "76540")}
    job = searching.finished(client, create(client, "techstack", source_job_id=found["id"])["id"])
    assert (job["source_job_id"], job["status"]) == (found["id"], "done")
    assert job["grid_points_count"] == job["processed_points"] == len(places)
    rows = rows_of(client, job["id"])
    assert [list(row) for row in rows] == [[*COLUMNS, *TECHSTACK]] * len(places)
    assert [{name: row[name] for name in COLUMNS} for row in rows] == places
    for row in rows:
        expect = sites[row["nom"]].expect
        if expect.error is None:
            assert row["tech_cms"] == expect.tech_cms
    assert job["results_count"] > 15


# Interrupted


def log_of(stack, tenant, job):
    """All events of a job, in order."""

    async def read():
        client = await connect(stack.settings, "test")
        subject = job_history(tenant, job)
        messages = [message async for message in EventLog(client, "test").read(subject)]
        await client.close()
        return [envelope.data for message in messages for envelope in codec.decode(message.payload)]

    return asyncio.run(read())


def coordinates(events):
    return [(event.index, event.part) for event in events if isinstance(event, ItemProcessed)]


def cut(events, kind):
    """What stands before the first event of a kind, the event, and what stands after it."""
    at = next(number for number, event in enumerate(events) if isinstance(event, kind))
    return events[:at], events[at], events[at + 1 :]


def cancel_at(searching, client, job, count):
    """Cancel the job when so many of its pairs are searched; gives it at its end."""
    with client.stream("GET", f"/api/jobs/{job}/stream") as answer:
        seen = 0
        for line in answer.iter_lines():
            seen += line == "event: progress"
            if seen == count:
                break
    client.post(f"/api/jobs/{job}/cancel").raise_for_status()
    return searching.finished(client, job)


def test_an_interrupted_search_is_taken_up_and_asks_nothing_twice(searching, client, whole):
    *_, everything, right = whole
    tenant = client.get("/api/auth/me").json()["id"]
    chance = random.randint(1, 120)
    print(f"cancelled at {chance}")
    cancelled = cancel_at(searching, client, scrap(client)["id"], chance)
    assert cancelled["status"] == "cancelled"
    assert 0 < cancelled["processed_points"] < 413
    partial = client.get(f"/api/jobs/{cancelled['id']}/download?format=json").json()
    assert len(partial) == cancelled["results_count"]

    answer = client.post(f"/api/jobs/{cancelled['id']}/resume")
    assert answer.status_code == 200, answer.text
    resumed = answer.json()
    assert (resumed["source_job_id"], resumed["grid_points_count"]) == (cancelled["id"], 413)
    resumed = searching.finished(client, resumed["id"], within=110)
    assert resumed["status"] == "done"
    assert rows_of(client, resumed["id"]) == everything
    assert {row["place_id"] for row in partial} <= {row["place_id"] for row in everything}
    assert resumed["breakdown"] == right.breakdown()
    assert (resumed["processed_points"], resumed["total_attempts_count"]) == (413, 1239)
    shown = resumed["ef_cost"] + cancelled["ef_cost"]
    assert shown == pytest.approx(0.0413, abs=0.0015), "each is rounded, and never below 0.001"
    assert client.get("/api/auth/me").json()["ef_used"] == pytest.approx(0.0413, abs=0.0015)

    counted, end, _ = cut(log_of(searching, tenant, cancelled["id"]), JobCancelled)
    before, _, after = cut(log_of(searching, tenant, resumed["id"]), JobStarted)
    after, last, _ = cut(after, JobCompleted)
    assert end.ef_cost + last.ef_cost == pytest.approx(0.0413, abs=1e-9)
    assert sorted(coordinates(before)) == sorted(coordinates(counted))
    assert not set(coordinates(before)) & set(coordinates(after))
    assert sorted(coordinates(before + after)) == [(index, "") for index in range(1239)]

    is_problem(client.post(f"/api/jobs/{cancelled['id']}/resume"), 400)
    assert client.delete(f"/api/jobs/{cancelled['id']}").status_code == 204
    assert rows_of(client, resumed["id"]) == everything, "what was inherited is its own"


# Commands


def test_the_commands_from_an_estimate_to_the_technologies(searching, member, tmp_path):
    where = [part for query in QUERIES for part in ("--query", query)] + ["--zone", ZONE]
    estimate = outsend(searching, member, "estimate", *where)
    assert estimate.returncode == 0, estimate.stderr
    assert estimate.stdout.split()[:2] == ["tiles", "5"]
    files = [tmp_path / f"places.{suffix}" for suffix in ("csv", "json", "xlsx")]
    saved = [part for path in files for part in ("--out", path)]
    found = outsend(searching, member, "scrap", *where, "--extra", "gps", "--follow", *saved, "--json")
    assert found.returncode == 0, found.stderr
    job = json.loads(found.stdout)
    assert (job["status"], job["grid_points_count"]) == ("done", 5)
    places = json.loads(files[1].read_text("utf-8"))
    assert "scrap: 5/5" in found.stderr
    assert f"done: {len(places)} places" in found.stderr
    assert "© OpenStreetMap contributors" in found.stderr
    assert len(places) == job["results_count"] > 50
    assert list(places[0]) == [*COLUMNS, "latitude", "longitude"]
    assert all(path.stat().st_size > 1_000 for path in files)
    table = outsend(searching, member, "jobs", "follow", job["id"])
    assert table.returncode == 0, table.stderr
    [line] = [line for line in table.stdout.splitlines() if "Auberge de la Goutte" in line]
    assert " ".join(line.split()).startswith("Auberge de la Goutte auberge-goutte.valmont.test +33 2")
    chained = outsend(searching, member, "jobs", "create", "techstack", "--from", job["id"], "--follow", "--json")
    assert chained.returncode == 0, chained.stderr
    assert json.loads(chained.stdout)["source_job_id"] == job["id"]


def test_a_search_is_cancelled_and_resumed_by_command(searching, member, client, whole):
    *_, everything, _ = whole
    words = [part for query in SEARCH for part in ("-q", query)] + [part for zone in ZONES for part in ("-z", zone)]
    job = outsend(searching, member, "scrap", *words).stdout.strip()
    cancel_at(searching, client, job, 5)
    resumed = outsend(searching, member, "jobs", "resume", job, "--json")
    assert resumed.returncode == 0, resumed.stderr
    again = json.loads(resumed.stdout)
    assert searching.finished(client, again["id"], within=110)["status"] == "done"
    assert rows_of(client, again["id"]) == everything


def test_an_unreadable_extract_leaves_the_old_one_in_use(searching, member, client, tmp_path):
    broken = tmp_path / "broken.osm.pbf"
    broken.write_bytes(b"no extract at all")
    refused = outsend(searching, member, "import-osm", broken)
    assert refused.returncode == 2
    assert "cannot be read as OpenStreetMap data" in refused.stderr
    job = searching.finished(client, scrap(client, queries=["mairie"], zones=[ZONE])["id"])
    assert job["results_count"] == 1
