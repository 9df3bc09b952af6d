"""reviews through the whole product: of a search's places with Google's key, and of sites without one."""

import asyncio
import contextlib
import csv
import io
import threading

import pytest

from tests.e2e.acts import create, is_problem, is_validation_problem
from tests.live import live_stack
from tests.world.places.google import KEY, GooglePlaces
from tests.world.places.town import paris

pytestmark = pytest.mark.servers

COLUMNS = [
    "nom", "adresse", "lien_google_maps", "reviewer_name", "rating", "date", "review_text", "owner_replied",
]  # fmt: skip
SITES = [
    {
        "nom": "Cabinet dentaire Durand",
        "ville": "Valmont-sur-Loire",
        "site_web": "https://cabinet-durand.valmont.test/",
    },
    {"nom": "Au Bon Levain", "ville": "Valmont-sur-Loire", "site_web": "au-bon-levain.valmont.test", "note": "x"},
    {"nom": "Boucherie", "ville": "Valmont-sur-Loire", "site_web": "https://boucherie-404.valmont.test/"},
    {"name": "Bistrot des Quais", "ville": "Valmont-sur-Loire", "url": "https://bistrot-des-quais.valmont.test/"},
    {"nom": "Sans site", "ville": "Valmont-sur-Loire", "lien_google_maps": "https://maps.google.com/?cid=1"},
    {"nom": "Sans ville"},
]


@contextlib.contextmanager
def served(api):
    """An API that answers on a thread of its own while the test waits for the product."""
    loop, ready = asyncio.new_event_loop(), threading.Event()
    ended = asyncio.Event()

    async def serve():
        async with api.serve():
            ready.set()
            await ended.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        assert ready.wait(10)
        yield api
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(10)


@pytest.fixture(scope="module")
def people():
    return paris(11, 2_000)


@pytest.fixture(scope="module")
def google(people):
    with served(GooglePlaces(people)) as api:
        yield api


@pytest.fixture(scope="module")
def reviewing(tmp_path_factory, google):
    """A product whose one source of places, and first of reviews, is Google."""
    settings = {"OUTSEND_GOOGLE_PLACES_URL": google.url, "OUTSEND_GOOGLE_PLACES_KEY": KEY}
    settings |= {"OUTSEND_GOOGLE_PLACES_RATE": "500", "OUTSEND_SCRAP_SOURCES": "google_places"}
    with live_stack(tmp_path_factory.mktemp("reviewing"), **settings) as stack:
        yield stack


def rows_of(client, job):
    page = client.get(f"/api/jobs/{job}/items?limit=10000").json()
    assert page["count"] == len(page["items"])
    return page["items"]


def test_the_places_of_a_search_become_rows_of_their_reviews(reviewing, google, people):
    with reviewing.client(reviewing.new_user()) as client:
        found = client.post("/api/jobs", json={"queries": ["fleuriste"], "zones": ["Paris"]}).json()
        found = reviewing.finished(client, found["id"])
        places = rows_of(client, found["id"])
        assert len(places) > 40
        job = create(client, "reviews", source_job_id=found["id"])
        assert job["grid_points_count"] == len(places)
        job = reviewing.finished(client, job["id"])
        rows = rows_of(client, job["id"])
        table = client.get(f"/api/jobs/{job['id']}/download?format=csv")
    known = {f"google:ChIJ{one.number:08}": one for one in people}
    expected = [
        [one.name, f"{one.house} {one.street}, France", f"https://maps.google.com/?cid={one.number}",
         f"Client {day}", day % 5 + 1, f"2026-10-0{day}", f"Très bien {day}", None]
        for one in (known[place["place_id"]] for place in places)
        if one.number % 2
        for day in (9, 3, 1)
    ]  # fmt: skip
    assert [list(row) for row in rows] == [COLUMNS] * len(expected)
    assert [list(row.values()) for row in rows] == expected
    assert (job["status"], job["error_count"], job["processed_points"]) == ("done", 0, len(places))
    assert job["results_count"] == len(expected) > 60
    header, *cells = csv.reader(io.StringIO(table.text.lstrip("\ufeff")), delimiter=";")
    assert header == COLUMNS
    assert [row[3] for row in cells] == [row["reviewer_name"] for row in rows]
    assert not google.violations


def test_a_list_of_names_links_and_ids(reviewing, people):
    one = next(each for each in people if each.number % 2)
    items = [
        {"place_id": f"ChIJ{one.number:08}", "id": 7},
        {"nom": one.name, "ville": "Paris", "latitude": one.lat, "longitude": one.lon},
        {"lien_google_maps": f"https://maps.google.com/?cid={one.number}", "nom": one.name},
        {"nom": "Introuvable", "ville": "Paris", "code_postal": "75011"},
    ]
    with reviewing.client(reviewing.new_user()) as client:
        job = reviewing.finished(client, create(client, "reviews", items=items)["id"])
        rows = rows_of(client, job["id"])
    assert (job["results_count"], job["error_count"]) == (9, 1)
    assert rows[:3] == rows[3:6] == rows[6:9]
    assert rows[9] == dict.fromkeys(COLUMNS) | {"nom": "Introuvable"}


def test_without_a_key_the_places_own_sites_are_read(stack, api):
    job = create(api, "reviews", items=SITES)
    assert job["grid_points_count"] == 5, "what says no place is dropped before billing"
    job = stack.finished(api, job["id"])
    rows = rows_of(api, job["id"])
    assert [(row["nom"], row["reviewer_name"], row["rating"], row["date"]) for row in rows] == [
        ("Cabinet dentaire Durand", "Bruno", 4, "2026-10-02"),
        ("Cabinet dentaire Durand", "Camille R.", 5, "2026-09-14"),
        ("Boucherie", None, None, None),
        ("Bistrot des Quais", "Paul", 5, "2026-05-03"),
        ("Sans site", None, None, None),
    ]
    assert rows[-1]["lien_google_maps"] == "https://maps.google.com/?cid=1"
    assert [list(row) for row in rows] == [COLUMNS] * 5
    assert (job["results_count"], job["error_count"], job["processed_points"]) == (3, 2, 5)
    entry = next(one for one in api.get("/api/modules-registry").json() if one["slug"] == "reviews")
    assert (entry["produces"], entry["alpha_unavailable"]) == (COLUMNS, False)


def test_a_job_that_nobody_here_could_serve_is_refused_before_anything_is_written(stack):
    with stack.client(stack.new_user()) as client:
        is_problem(client.post("/api/jobs/reviews", json={"items": [{"place_id": "ChIJ1"}, SITES[4]]}), 503)
        assert client.get("/api/jobs").json() == []


def test_items_that_name_no_place(api):
    is_validation_problem(api.post("/api/jobs/reviews", json={"items": [{"ville": "Paris"}]}), "body", "items")
    unusable = {"items": [{"nom": "A", "ville": " "}, {"place_id": ""}]}
    sentence = "Aucun établissement avec lien Google Maps, place_id, ou nom et ville"
    is_problem(api.post("/api/jobs/reviews", json=unusable), 400, sentence)
