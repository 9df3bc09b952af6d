"""Overpass, Google Places and Sirene over real sockets: what is asked, what is understood, how failures end."""

import asyncio
import json

import msgspec
import pytest

from services.scrap.google_places import GooglePlacesSource
from services.scrap.overpass import OverpassSource, overpass_ql
from services.scrap.queries.meaning import meaning
from shared.geography.tile import tile_at
from shared.modulekit.errors import Permanent, Retryable, Unavailable
from tests.world.places.api import Answer, as_html, as_json
from tests.world.places.google import KEY, quota_used_up
from tests.world.places.town import brute_force


async def ask(source, query, tile, *, first_page_only=False, reviews=False):
    return await source.search(query, tile, first_page_only=first_page_only, reviews=reviews)


def numbers(found):
    return sorted(int("".join(filter(str.isdigit, place.place_id))) for place in found.places)


def here(people, tile, trades):
    return [one for one in people if tile.contains(one.lat, one.lon) and one.naf in trades]


@pytest.mark.parametrize("query", ["restaurant", "dentiste", "pizzeria", "orthodontiste", "serrurier", "école"])
async def test_overpass_finds_what_brute_force_finds(overpass, people, tile, query):
    _, source = overpass
    found = await ask(source, query, tile)
    assert {place.place_id for place in found.places} == brute_force(people, meaning(query).alternatives, tile)
    assert (found.capped, found.attempts) == (False, 1)
    assert {place.source for place in found.places} <= {"overpass"}


async def test_overpass_finds_names_whatever_their_accents_and_case(overpass, people, tile):
    _, source = overpass
    for query in ("boulangerie ecume", "BOULANGERIE ÉCUME"):
        found = await ask(source, query, tile)
        inside = [one for one in people if tile.contains(one.lat, one.lon)]
        expected = {one.osm_id for one in inside if one.name.startswith("Boulangerie Écume")}
        assert {place.place_id for place in found.places} == expected != set()


@pytest.mark.parametrize("query", ['"];node(1);out;//', "a\\", "a.*b|c", 'x"](0,0,1,1);rel', "(((", "l'été\n"])
async def test_no_query_leaves_its_quotes(overpass, tile, query):
    api, source = overpass
    await ask(source, query, tile)
    assert not api.violations
    assert overpass_ql(meaning(query), tile).count("nwr") == 1


@pytest.mark.parametrize(
    ("remark", "error"),
    [
        ('runtime error: Query timed out in "query" at line 4 after 2 seconds.', Retryable),
        ("runtime error: Query run out of memory using about 2048 MB of RAM.", Retryable),
        ("runtime error: open64: 0 Success /osm3s_v0.7.54_osm_base Dispatcher_Client::request_read_and_idx", Permanent),
    ],
)
async def test_a_remark_is_a_failure_although_the_status_says_200(overpass, tile, remark, error):
    api, source = overpass
    smallest = tile_at(47.3, 0.7, 125)
    api.faults += [as_json({"elements": [], "remark": remark})] * 2
    with pytest.raises(error):
        await ask(source, "restaurant", smallest)
    if error is Retryable:  # a tile that can be split is
        assert (await ask(source, "restaurant", tile)).capped


async def test_google_reads_three_pages_and_flags_the_cap(google, people, tile):
    api, source = google
    expected = [one for one in here(people, tile, ["56.10A"]) if one.name.startswith("Restaurant")]
    assert len(expected) > 60
    found = await ask(source, "restaurant", tile)
    assert (found.capped, found.attempts, len(api.requests)) == (True, 3, 3)
    assert set(numbers(found)) < {one.number for one in expected}
    first = await ask(source, "restaurant", tile, first_page_only=True)
    assert (first.capped, first.attempts) == (True, 1)


async def test_the_parts_of_a_capped_tile_hold_all_its_places(google, people, tile):
    _, source = google
    expected = [one.number for one in here(people, tile, ["56.10A"]) if one.name.startswith("Restaurant")]
    open_tiles, all_found = [tile], []
    while open_tiles:
        part = open_tiles.pop()
        found = await ask(source, "restaurant", part)
        if found.capped and part.can_split:
            open_tiles += part.children()
        else:
            all_found += numbers(found)
    assert sorted(all_found) == expected


async def test_google_asks_for_reviews_only_when_they_are_wanted(google, tile):
    api, source = google
    plain = await ask(source, "fleuriste", tile)
    assert all(place.reviews is None for place in plain.places)
    assert "reviews" not in api.requests[0].headers["x-goog-fieldmask"]
    found = await ask(source, "fleuriste", tile, reviews=True)
    given = [place.reviews for place in found.places if place.reviews]
    assert given
    assert [review.date[:10] for review in given[0]] == ["2026-10-09", "2026-10-03", "2026-10-01"]
    assert (given[0][0].author, given[0][0].rating, given[0][0].text) == ("Client 9", 5, "Très bien 9")


async def test_google_s_empty_answer_and_closed_places(google, tile):
    api, source = google
    assert (await ask(source, "licorne", tile)).places == []
    lat, lon = tile.centre
    gone = {"id": "a", "businessStatus": "CLOSED_PERMANENTLY", "location": {"latitude": lat, "longitude": lon}}
    api.faults.append(as_json({"places": [gone, {"id": "b", "displayName": {"text": "Sans adresse"}}]}))
    assert [place.name for place in (await ask(source, "x", tile)).places] == ["Sans adresse"]


async def test_google_s_place_says_all_it_knows(google, people, tile):
    _, source = google
    found = await ask(source, "avocat", tile)
    place = found.places[0]
    one = next(one for one in people if place.place_id == f"google:ChIJ{one.number:08}")
    assert (place.name, place.phone, place.website, place.rating) == (one.name, one.phone, one.website, one.rating)
    assert (place.address, place.category) == (f"{one.house} {one.street}", "Avocat")
    assert place.maps_url == f"https://maps.google.com/?cid={one.number}"


@pytest.mark.parametrize(
    ("status", "body", "error", "message"),
    [
        (403, {"error": {"code": 403, "message": "no", "status": "PERMISSION_DENIED"}}, Unavailable, "PERMISSION_DENIED"),
        (400, {"error": {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT"}}, Unavailable, "refuses the key"),
        (400, {"error": {"code": 400, "message": "bad", "status": "INVALID_ARGUMENT"}}, Permanent, "cannot work"),
        (404, "not an object", Permanent, "404"),
    ],
)  # fmt: skip
async def test_google_s_refusals(google, tile, status, body, error, message):
    api, source = google
    api.faults.append(as_json(body, status))
    with pytest.raises(error, match=message):
        await ask(source, "bar", tile)


async def test_the_key_is_in_one_header_and_in_no_message(google, settings, tile, caplog):
    api, source = google
    caplog.set_level("DEBUG")
    wrong = msgspec.structs.replace(settings, google_places_url=api.url, google_places_key="AIzaNotTheRightOne")
    refused = GooglePlacesSource(wrong, None)
    with pytest.raises(Unavailable) as failure:
        await ask(refused, "bar", tile)
    await refused.aclose()
    await ask(source, "bar", tile)
    told = [name for name, value in api.requests[-1].headers.items() if KEY in value]
    assert told == ["x-goog-api-key"]
    assert b"AIza" not in api.requests[-1].body
    assert "AIza" not in caplog.text + repr(failure.value) + str(failure.value)


async def test_sirene_finds_the_open_establishments_of_the_tile(sirene, people, tile):
    api, source = sirene
    found = await ask(source, "restaurant", tile)
    expected = [one for one in here(people, tile, ["56.10A"]) if one.number % 50]
    assert sorted(place.place_id for place in found.places) == sorted(f"sirene:{one.siret}" for one in expected)
    assert len(expected) > 25  # more than a page
    assert found.attempts == len(api.requests) > 1
    assert not found.capped
    first = await ask(source, "restaurant", tile, first_page_only=True)
    assert (first.attempts, first.capped) == (1, True)


async def test_sirene_s_place(sirene, people, tile):
    _, source = sirene
    found = await ask(source, "fleuriste", tile)
    one = next(one for one in people if f"sirene:{one.siret}" == found.places[0].place_id)
    place = found.places[0]
    assert (place.name, place.city, place.postcode) == (one.name.upper(), "TOURS", "37000")
    assert place.address == f"{one.house} {one.street.upper()}"
    assert (
        place.category
        == "Commerce de détail de fleurs, plantes, graines, engrais, animaux de compagnie et aliments pour ces animaux en magasin spécialisé"
    )
    assert place.website is place.phone is place.rating is None


async def test_sirene_finds_names_in_the_tile_s_communes(sirene, people, tile):
    api, source = sirene
    found = await ask(source, "Garage Iris", tile)
    inside = [one for one in people if tile.contains(one.lat, one.lon) and one.number % 50]
    assert len(found.places) == sum(one.name.startswith("Garage Iris") for one in inside) > 0
    assert api.requests[0].query["code_commune"] == "37261"
    assert (await ask(source, "ab", tile)).attempts == 0  # too short to be asked


FAULTS = {
    "rate limit": (quota_used_up(17), "rate_limited", 17.0),
    "down": (as_json({"error": "x"}, 503), "http_5xx", None),
    "overloaded, as a page": (as_html("Dispatcher_Client::request_read_and_idx::timeout", 504), "http_5xx", None),
    "a page instead of JSON": (as_html("Welcome to nginx"), "not_json", None),
    "cut off JSON": (Answer(b'{"results": [{"sir', 200, {"Content-Type": "application/json"}), "not_json", None),
    "a connection that breaks": (Answer(json.dumps({"results": []}).encode(), cut=5), "connection", None),
}


@pytest.mark.parametrize("api_name", ["overpass", "google", "sirene"])
@pytest.mark.parametrize("fault", FAULTS)
async def test_what_may_pass_is_retryable(apis, api_name, tile, fault):
    api, source = apis[api_name]
    answer, code, retry_after = FAULTS[fault]
    api.faults.append(answer)
    with pytest.raises(Retryable) as failure:
        await ask(source, "restaurant", tile)
    assert (failure.value.code, failure.value.retry_after) == (code, retry_after)
    assert "127.0.0.1" not in failure.value.message


@pytest.mark.parametrize("api_name", ["overpass", "google", "sirene"])
async def test_an_answer_of_another_shape_is_permanent(apis, api_name, tile):
    api, source = apis[api_name]
    api.faults.append(as_json({"elements": 5, "places": "x", "results": {}}))
    with pytest.raises(Permanent) as failure:
        await ask(source, "restaurant", tile)
    assert failure.value.code == "unexpected_answer"


async def test_a_query_that_cannot_be_parsed_is_permanent(overpass, tile):
    api, source = overpass
    api.faults.append(as_html("<strong>Error</strong>: line 2: parse error: ';' expected", 400))
    with pytest.raises(Permanent):
        await ask(source, "restaurant", tile)


async def test_an_api_that_does_not_answer_is_retryable(overpass, tile):
    api, source = overpass
    never = asyncio.Event()
    api.faults.append(Answer(b"{}", wait=never))
    source._api._timeout = 0.2
    with pytest.raises(Retryable) as failure:
        await ask(source, "restaurant", tile)
    assert failure.value.code == "timeout"
    never.set()


async def test_nobody_there_is_retryable(settings, tile):
    source = OverpassSource(msgspec.structs.replace(settings, overpass_url="http://127.0.0.1:9"), None)
    with pytest.raises(Retryable) as failure:
        await ask(source, "restaurant", tile)
    assert failure.value.code == "connection"
    await source.aclose()


async def test_a_pause_that_was_asked_for_is_kept(sirene, tile):
    api, source = sirene
    api.faults.append(quota_used_up(30))
    for _ in range(2):
        with pytest.raises(Retryable) as failure:
            await ask(source, "restaurant", tile)
    assert failure.value.code == "resting"
    assert 25 < failure.value.retry_after <= 30
    assert len(api.requests) == 1
