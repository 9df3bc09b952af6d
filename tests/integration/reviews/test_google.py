"""Google Places over real sockets: which place is asked for, what its reviews become, how failures end."""

from __future__ import annotations

import msgspec
import pytest

from services.reviews.google import FIELDS
from services.scrap.google_places import GooglePlacesSource
from shared.geography.tile import tile_at
from shared.google_places import GooglePlaces
from shared.modulekit.errors import Permanent, Retryable, Unavailable
from shared.settings import Settings
from tests.integration.reviews.conftest import SPEC, TOWN, Work
from tests.unit.net.servers import Dns, Site, page, redirect
from tests.world.places.api import as_json
from tests.world.places.google import KEY, quota_used_up

DENTIST = {"nom": "Cabinet dentaire Durand", "site_web": "https://cabinet-durand.valmont.test/"}
"""A site of the world with two reviews."""


def reviewed(people):
    return next(one for one in people if one.number % 2)


def quiet(people):
    return next(one for one in people if not one.number % 2)


def right(one):
    """The rows of a business with reviews."""
    place = {
        "nom": one.name,
        "adresse": f"{one.house} {one.street}, {TOWN}, France",
        "lien_google_maps": f"https://maps.google.com/?cid={one.number}",
    }
    return [
        place
        | {
            "reviewer_name": f"Client {day}",
            "rating": day % 5 + 1,
            "date": f"2026-10-0{day}",
            "review_text": f"Très bien {day}",
            "owner_replied": None,
        }
        for day in (9, 3, 1)
    ]


def number_link(one):
    return f"https://www.google.com/maps/place/X/data=!4m2!3m1!1s0x47e66e1f06e2b70f:{one.number:#x}"


async def test_by_its_id(work, google, people):
    one = reviewed(people)
    for value in (f"ChIJ{one.number:08}", f"places/ChIJ{one.number:08}", f"google:ChIJ{one.number:08}"):
        assert await work(place_id=value) == right(one)
    first = google.requests[0]
    assert (first.method, first.headers["x-goog-fieldmask"]) == ("GET", ",".join(FIELDS))
    assert first.query == {"languageCode": "fr", "regionCode": "FR"}
    assert list((await work(place_id=f"ChIJ{one.number:08}"))[0]) == SPEC.columns


@pytest.mark.parametrize(
    "link",
    [
        lambda one: f"https://www.google.com/maps/place/?q=place_id:ChIJ{one.number:08}",
        lambda one: f"https://www.google.com/maps/search/?api=1&query=x&query_place_id=ChIJ{one.number:08}",
        number_link,
    ],
)
async def test_by_a_link_that_names_it(work, google, people, link):
    one = reviewed(people)
    assert await work(lien_google_maps=link(one)) == right(one)
    assert len(google.requests) == 1


async def test_by_the_number_of_a_link_with_its_name(work, google, people):
    one = reviewed(people)
    rows = await work(lien_google_maps=f"https://maps.google.com/?cid={one.number}", nom=one.name)
    assert rows == right(one)
    assert google.requests[0].path == "/v1/places:searchText"
    with pytest.raises(Permanent) as failure:
        await work(lien_google_maps=f"https://maps.google.com/?cid={10**6}", nom=one.name, ville="Tours")
    assert failure.value.code == "not_found"


async def test_an_id_and_a_link_that_contradict_each_other(work, people):
    one, other = (each for each in people if each.number in (1, 3))
    link = f"https://maps.google.com/?cid={other.number}"
    assert await work(place_id=f"ChIJ{one.number:08}", lien_google_maps=link, nom=other.name) == right(other)
    with pytest.raises(Permanent):
        await work(place_id=f"ChIJ{one.number:08}", lien_google_maps=link)


async def test_by_name_and_town(work, google, people):
    one = reviewed(people)
    assert await work(nom=one.name.upper(), ville="TOURS", adresse=f"{one.house} {one.street}") == right(one)
    asked = google.requests[0].json()
    assert asked["textQuery"] == f"{one.name.upper()}, {one.house} {one.street}, TOURS"
    assert "locationBias" not in asked
    assert await work(nom=one.name, ville="Tours", latitude=one.lat, longitude=str(one.lon)) == right(one)
    circle = google.requests[1].json()["locationBias"]["circle"]
    assert circle == {"center": {"latitude": one.lat, "longitude": one.lon}, "radius": 3000}
    assert len(google.requests) == 2, "a search brings the reviews with it"


async def test_a_row_of_openstreetmap(work, people):
    one = reviewed(people)
    link = f"https://www.google.com/maps/search/?api=1&query={one.name.replace(' ', '%20')}%20{one.lat:.6f}%2C{one.lon:.6f}"
    row = {"nom": one.name, "place_id": f"osm:node/{one.number}", "lien_google_maps": link}
    assert await work(**row) == right(one)
    assert await work(lien_google_maps=link) == right(one)


async def test_the_rows_of_a_scrap_are_items(work, google, people):
    settings = {"google_places_url": google.url, "google_places_key": KEY, "google_places_rate": 1000.0}
    source = GooglePlacesSource(msgspec.structs.replace(Settings(), **settings), None)
    found = await source.search("fleuriste", tile_at(47.3, 0.7, 2000), first_page_only=True, reviews=False)
    await source.aclose()
    known = {f"google:ChIJ{one.number:08}": one for one in people}
    assert found.places
    for place in found.places:
        one = known[place.place_id]
        rows = await work(nom=place.name, place_id=place.place_id, lien_google_maps=place.maps_url)
        assert rows == (right(one) if one.number % 2 else [])


async def test_a_place_without_reviews_gives_no_row(work, people):
    assert await work(place_id=f"ChIJ{quiet(people).number:08}") == []


async def test_an_obsolete_id_is_searched_for_by_name(work, google, people):
    one = reviewed(people)
    assert await work(place_id="ChIJ99999999", nom=one.name, ville="Tours") == right(one)
    assert [request.method for request in google.requests] == ["GET", "POST"]
    for place_id in ("ChIJ99999999", "notAnIdOfGoogles"):
        with pytest.raises(Permanent) as failure:
            await work(place_id=place_id)
        assert failure.value.code == "not_found"


@pytest.mark.parametrize(
    "item",
    [
        {"nom": "Boulangerie Introuvable", "ville": "Tours"},
        {"nom": "Sans ville"},
        {"lien_google_maps": "https://maps.google.com/?cid=5"},
        {"lien_google_maps": "https://exemple.fr/", "place_id": "osm:node/1"},
        {"lien_google_maps": 7},
        {},
    ],
)
async def test_what_is_not_found(work, item):
    with pytest.raises(Permanent) as failure:
        await work(**item)
    assert failure.value.code == "not_found"


async def test_a_name_in_another_town_is_another_place(work, people):
    one = reviewed(people)
    for item in ({"ville": "Blois"}, {"ville": "Tours", "latitude": one.lat + 0.1, "longitude": one.lon}):
        with pytest.raises(Permanent) as failure:
            await work(nom=one.name, **item)
        assert failure.value.code == "not_found"


async def test_its_own_site_is_read_where_google_has_nothing(work, google, world, people):
    rows = await work(**DENTIST, ville="Valmont-sur-Loire")
    assert [row["reviewer_name"] for row in rows] == ["Bruno", "Camille R."]
    assert await work(**DENTIST | {"place_id": f"ChIJ{quiet(people).number:08}"}) == rows
    before = world.requests("cabinet-durand.valmont.test")
    assert await work(**DENTIST | {"place_id": f"ChIJ{reviewed(people).number:08}"}) == right(reviewed(people))
    assert world.requests("cabinet-durand.valmont.test") == before, "Google's reviews are enough"
    broken = DENTIST | {"site_web": "https://ecole-500.valmont.test/"}
    assert await work(**broken, place_id=f"ChIJ{quiet(people).number:08}") == []
    with pytest.raises(Permanent) as failure:
        await work(**broken, ville="Tours")
    assert failure.value.code == "not_found"


async def test_a_refused_key_is_told_once_a_job_and_sites_are_read_all_the_same(work, google):
    denied = as_json({"error": {"code": 403, "message": "no", "status": "PERMISSION_DENIED"}}, 403)
    google.faults += [denied] * 4
    for job in ("j_1", "j_1", "j_2"):
        assert len(await work(job=job, **DENTIST, ville="Valmont-sur-Loire")) == 2
    told = "Google Places refuses the key: PERMISSION_DENIED."
    assert work.lines == [("j_1", "warn", told), ("j_2", "warn", told)]
    with pytest.raises(Unavailable, match="refuses the key"):
        await work(place_id="ChIJ00000001")
    assert "AIza" not in str(work.lines)


async def test_a_pause_of_google_s_is_waited_for_and_at_last_the_site_is_read(work, google):
    google.faults.append(quota_used_up(17))
    for attempt in (1, 2, 3):
        with pytest.raises(Retryable) as failure:
            await work(attempt=attempt, **DENTIST, ville="Tours")
        assert failure.value.retry_after is not None
    assert len(google.requests) == 1, "nobody asks during a pause"
    assert len(await work(attempt=SPEC.attempts, **DENTIST, ville="Tours")) == 2
    with pytest.raises(Retryable):
        await work(attempt=SPEC.attempts, place_id="ChIJ00000001")


@pytest.mark.parametrize(
    "answer", [{}, [], {"id": 5}, {"id": "x", "reviews": 7}, {"id": "x", "reviews": [{"rating": "5"}]}]
)
async def test_an_answer_of_another_shape_is_permanent(work, google, answer):
    google.faults.append(as_json(answer))
    with pytest.raises(Permanent) as failure:
        await work(place_id="ChIJ00000001")
    assert failure.value.code == "unexpected_answer"


async def test_what_a_review_leaves_out(work, google):
    bare = {
        "id": "ChIJ1",
        "reviews": [{"rating": 4}, {"text": {"text": "seul"}, "publishTime": "2026-01-02T03:04:05.678901234Z"}, {}],
    }
    google.faults.append(as_json(bare))
    rows = await work(place_id="ChIJ00000001", nom="Chez moi", adresse="ici", lien_google_maps="https://osm.org/x")
    assert [(row["date"], row["rating"], row["review_text"], row["reviewer_name"]) for row in rows] == [
        ("2026-01-02", None, "seul", None), (None, 4, None, None),
    ]  # fmt: skip
    assert (rows[0]["nom"], rows[0]["adresse"], rows[0]["lien_google_maps"]) == ("Chez moi", "ici", "https://osm.org/x")


async def test_without_a_key_there_are_sites_alone(keyless):
    rows = await keyless(**DENTIST, ville="Valmont-sur-Loire")
    assert [(row["date"], row["rating"]) for row in rows] == [("2026-10-02", 4), ("2026-09-14", 5)]
    hotel = await keyless(nom="Hôtel du Château", site_web="hotel-du-chateau.valmont.test")
    assert [row["rating"] for row in hotel] == [5, 4.5, 3]
    assert await keyless(nom="Au Bon Levain", site_web="au-bon-levain.valmont.test") == []
    with pytest.raises(Unavailable) as failure:
        await keyless(nom="A", ville="B")
    assert failure.value.code == "no_source"
    with pytest.raises(Permanent) as failure:
        await keyless(nom="A", ville="B", site_web="https://boucherie-404.valmont.test/")
    assert failure.value.code == "http_4xx"
    assert len(keyless.lines) == 1
    assert "OUTSEND_GOOGLE_PLACES_KEY" in keyless.lines[0][2]


@pytest.fixture
async def short(google):
    """A host of short links whose targets must not be read, and work that lives beside it."""
    site, dns = Site(), Dns()
    await site.start()
    await dns.start()
    for host in ("maps.app.goo.gl", "www.google.com"):
        dns.records[host] = [["127.0.0.1"]]
        site.pages[f"{host}/robots.txt"] = page(b"User-agent: *\nDisallow: /maps/\n", Content_Type="text/plain")
    settings = Settings(
        dns_servers=[dns.address],
        egress_allow=[f"127.0.0.1:{site.port}"],
        egress_ports=[80, site.port],
        http_port_map={"http": site.port},
        host_delay=0.0,
        google_places_url=google.url,
        google_places_key=KEY,
        google_places_rate=1000.0,
    )
    working = Work(settings)
    yield site, working
    await working.close()
    await site.stop()
    dns.stop()


async def test_a_short_link_is_followed_and_the_page_there_not_read(short, people):
    site, work = short
    one = reviewed(people)
    target = number_link(one).removeprefix("https://www.google.com")
    site.pages["maps.app.goo.gl/Ab1"] = redirect(f"http://www.google.com{target}")
    assert await work(lien_google_maps="http://maps.app.goo.gl/Ab1") == right(one)
    assert site.targets() == ["/robots.txt", "/Ab1", "/robots.txt"]


async def test_a_short_link_that_leads_nowhere(short, people):
    site, work = short
    one = reviewed(people)
    site.pages["maps.app.goo.gl/in"] = redirect("http://169.254.169.254/latest/")
    for link in ("http://maps.app.goo.gl/gone", "http://maps.app.goo.gl/in"):
        assert await work(lien_google_maps=link, nom=one.name, ville="Tours") == right(one)
        with pytest.raises(Permanent) as failure:
            await work(lien_google_maps=link)
        assert failure.value.code == "not_found"
    await site.stop()
    other = {"lien_google_maps": "http://maps.app.goo.gl/other"}
    for attempt, item in ((1, {"nom": one.name, "ville": "Tours"}), (SPEC.attempts, {})):
        with pytest.raises(Retryable):
            await work(attempt=attempt, **other, **item)
    assert await work(attempt=SPEC.attempts, **other, nom=one.name, ville="Tours") == right(one)
    assert await work(**other, place_id=f"ChIJ{one.number:08}") == right(one)
    await site.start()


def test_both_modules_keep_one_limit():
    """The same name in the bucket of quotas: what scrap asks, reviews waits for."""
    one, other = GooglePlaces(Settings(), None), GooglePlacesSource(Settings(), None)
    assert one._api._guard.name == other._places._api._guard.name == "google_places"
