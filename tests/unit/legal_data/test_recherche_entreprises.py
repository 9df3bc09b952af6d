"""recherche-entreprises.api.gouv.fr: what is asked, and what is read of the answers."""

import asyncio

import pytest

from shared.net.api_client import ApiError
from tests.world.places.api import Answer, as_html, as_json
from tests.world.registers.register import TOWNS


async def test_a_company_by_its_number(recherche, firms):
    api, source = recherche
    bakery = await source.by_siren(firms[101].siren)
    assert (bakery.siren, bakery.name, bakery.other_names) == ("000001016", "BOULANGERIE LEMOINE", ())
    assert (bakery.legal_form, bakery.naf, bakery.headcount, bakery.headcount_year) == ("5499", "10.71C", "03", 2023)
    assert (bakery.created, bakery.closed, bakery.is_open) == ("2011-04-01", None, True)
    assert bakery.capital is None
    assert bakery.proceedings is None
    assert {one.year: (one.turnover, one.net_result) for one in bakery.accounts} == {
        2022: (412000, 18500),
        2023: (438700, 21250),
    }
    [director] = bakery.directors
    assert (director.name, director.first_names, director.role) == ("LEMOINE", "CLAIRE", "Gérant")
    assert bakery.seat.siret == "00000101600013"
    assert bakery.seat.trade_names == ("AU PAIN D'ANTAN",)
    assert bakery.seat.lat == pytest.approx(47.3971577)
    assert (bakery.register, bakery.asked_at[-1]) == ("recherche_entreprises", "Z")
    [request] = api.requests
    assert request.query["q"] == firms[101].siren
    assert request.headers["user-agent"] == "Test/1"


async def test_of_a_birth_date_the_year_alone_is_read(recherche, firms):
    company = await recherche[1].by_siren(firms[101].siren)
    assert company.directors[0].birth_year == 1974
    assert "1974-03" not in repr(company)


async def test_another_company_for_a_number_that_is_unknown_is_nobody(recherche, firms):
    api, source = recherche
    api.fallback = [firms[101], firms[102]]
    assert await source.by_siren("000000018") is None


async def test_a_closed_one_a_person_and_a_company_that_leads(recherche, firms):
    _, source = recherche
    closed, person, led = [await source.by_siren(firms[number].siren) for number in (103, 106, 104)]
    assert (closed.is_open, closed.closed, closed.seat.is_open) == (False, "2010-12-31", False)
    assert (person.name, person.other_names) == ("HÉLÈNE VASSEUR", ("FLEURS DE LUNE",))
    leader = led.directors[1]
    assert (leader.name, leader.siren, leader.role) == ("HALAGE PARTICIPATIONS", firms[120].siren, "Directeur Général")


async def test_the_acronym_is_no_other_name_and_brackets_of_the_name_itself_are_none(recherche, firms):
    _, source = recherche
    old, printer = [await source.by_siren(firms[number].siren) for number in (105, 128)]
    assert (old.acronym, old.other_names) == ("SNEDH", ())
    assert (printer.name, printer.other_names) == ("3D PRINT 45 (ATELIER)", ())
    assert (printer.seat.lat, printer.seat.lon) == (None, None)


async def test_what_somebody_hides_is_not_known(recherche, firms):
    _, source = recherche
    person, company = [await source.by_siren(firms[number].siren) for number in (108, 109)]
    for hidden in (person, company):
        assert "DIFFUSIBLE" not in repr(hidden)
        assert (hidden.seat.address, hidden.seat.postcode, hidden.seat.lat) == (None, None, None)
        assert hidden.seat.town == "TOURS"
    assert (person.name, person.directors) == (None, ())
    assert company.name == "SCI DU MOULIN CACHE"


async def test_a_search_by_name_and_place_gives_the_establishments_that_were_met(recherche, firms):
    api, source = recherche
    found = await source.search("  boulangerie   Lemoine ", postcodes=["37000", "37100"])
    assert {company.siren: len(company.establishments) for company in found} == {
        firms[101].siren: 2,
        firms[103].siren: 1,
    }
    assert (api.requests[0].query["q"], api.requests[0].query["code_postal"]) == ("boulangerie Lemoine", "37000,37100")
    garages = await source.search("garage martin", departments=["35"])
    assert [company.siren for company in garages] == [firms[125].siren, firms[126].siren]


async def test_filters_that_are_none_are_not_sent(recherche):
    api, source = recherche
    await source.search("Garage Martin", postcodes=["37", "", "F-37000"], departments=["2A", "99", "974"])
    assert "code_postal" not in api.requests[0].query
    assert api.requests[0].query["departement"] == "2A,974"


@pytest.mark.parametrize("name", ["", "  ", "ab", " é "])
async def test_too_short_a_name_is_not_asked_for(recherche, name):
    api, source = recherche
    assert await source.search(name) == []
    assert not api.requests


async def test_a_search_around_a_point_reads_page_after_page(recherche, firms):
    api, source = recherche
    *_, lat, lon = TOWNS["TOURS"]
    found = await source.near(lat, lon, radius_km=3)
    assert len(api.requests) > 1
    assert [request.query["page"] for request in api.requests] == [str(n + 1) for n in range(len(api.requests))]
    sirens = [company.siren for company in found]
    assert len(sirens) == len(set(sirens)) > 25
    assert firms[101].siren in sirens
    assert firms[108].siren not in sirens
    at_the_door = await source.near(*firms[101].seat.position, radius_km=0.01)
    assert {company.siren for company in at_the_door} == {firms[101].siren, firms[103].siren}


async def test_the_same_question_at_the_same_time_is_asked_once(recherche, firms):
    api, source = recherche
    found = await asyncio.gather(*(source.by_siren(firms[101].siren) for _ in range(20)))
    assert len(api.requests) == 1
    assert len(set(found)) == 1


async def test_a_short_pause_that_is_asked_for_costs_nobody_anything(recherche, firms):
    api, source = recherche
    api.faults.append(as_json({"erreur": "Trop de requêtes"}, 429, Retry_After="1"))
    found = await asyncio.gather(*(source.by_siren(firm.siren) for firm in firms.values()))
    assert [company.siren for company in found] == [firm.siren for firm in firms.values()]
    assert len(api.requests) == len(firms) + 1


@pytest.mark.parametrize(
    ("fault", "code", "retryable"),
    [
        (as_json({"erreur": "Trop de requêtes"}, 429, Retry_After="7"), "rate_limited", True),
        (as_json({}, 500), "http_5xx", True),
        (as_html("maintenance", 503), "http_5xx", True),
        (as_html("bienvenue"), "not_json", True),
        (Answer(b'{"results": []}', cut=5), "connection", True),
        (as_json({"erreur": "non"}, 400), "http_4xx", False),
        (as_json({"results": [{"nom": 1}]}), "unexpected", False),
        (as_json([]), "unexpected", False),
    ],
)
async def test_failures(recherche, firms, fault, code, retryable):
    api, source = recherche
    api.faults.append(fault)
    with pytest.raises(ApiError) as failure:
        await source.by_siren(firms[101].siren)
    assert (failure.value.code, failure.value.retryable) == (code, retryable)
    if code == "rate_limited":
        assert failure.value.retry_after == 7
    else:
        assert (await source.by_siren(firms[101].siren)).name == "BOULANGERIE LEMOINE"  # no failure is remembered
