"""Insee's Sirene: what is asked, and what is read of the answers."""

import msgspec
import pytest

from services.legal_data.insee import Insee
from shared.net.api_client import ApiError
from tests.unit.legal_data.conftest import FAST
from tests.world.places.api import as_html, as_json


async def test_a_company_by_its_number_as_it_is_now(sirene, firms):
    api, source = sirene
    company = await source.by_siren(firms[112].siren)
    assert (company.siren, company.name, company.register) == (firms[112].siren, "MAISON GALET", "insee")
    assert (company.legal_form, company.naf, company.headcount, company.headcount_year) == (
        "5710",
        "47.71Z",
        "31",
        2023,
    )
    assert (company.created, company.closed, company.is_open) == ("2003-03-03", None, True)
    assert (company.seat.siret, company.seat.is_seat, company.seat.address) == ("00000112300017", True, None)
    assert api.requests[0].path == f"/api-sirene/3.11/siren/{firms[112].siren}"
    assert company.asked_at.endswith("Z")


async def test_a_closed_company_has_the_day_it_ended(sirene, firms):
    company = await sirene[1].by_siren(firms[103].siren)
    assert (company.is_open, company.closed) == (False, "2010-12-31")


async def test_a_merged_company_is_its_successor_and_says_so(sirene, firms):
    api, source = sirene
    company = await source.by_siren(firms[110].siren)
    assert (company.siren, company.name) == (firms[111].siren, "MENUISERIE CHAUVET")
    assert len(api.requests) == 2


@pytest.mark.parametrize("location", ["", "https://ailleurs.test/", "/api-sirene/3.11/siren/000001107", "/siren/abc"])
async def test_a_redirect_that_names_no_other_company_is_not_followed(sirene, firms, location):
    api, source = sirene
    api.faults.append(as_json({"header": {"statut": 301}}, 301, Location=location))
    with pytest.raises(ApiError) as failure:
        await source.by_siren(firms[110].siren)
    assert failure.value.status == 301
    assert len(api.requests) == 1


async def test_two_that_were_merged_into_each_other_do_not_turn_for_ever(sirene, firms):
    api, source = sirene
    there = f"/api-sirene/3.11/siren/{firms[101].siren}"
    api.faults += [as_json({}, 301, Location=there), as_json({}, 301, Location="/api-sirene/3.11/siren/000001107")]
    with pytest.raises(ApiError):
        await source.by_siren(firms[110].siren)
    assert len(api.requests) == 2


async def test_an_establishment_by_its_number(sirene, firms):
    _, source = sirene
    company = await source.by_siret(firms[112].siret(firms[112].establishments[1]))
    [shop] = company.establishments
    assert (shop.address, shop.postcode, shop.town, shop.is_seat) == ("2 RUE CREBILLON", "44000", "NANTES", False)
    assert (shop.trade_names, shop.is_open, shop.naf) == (("GALET HOMME",), True, "47.71Z")
    assert (company.name, company.seat.siret) == ("MAISON GALET", "00000112300017")
    assert await source.by_siret("00000112300998") is None


async def test_what_is_not_there_is_none(sirene):
    _, source = sirene
    assert await source.by_siren("000000018") is None
    assert await source.search("Nulle part ailleurs") == []
    assert await source.search(" ' ") == []


async def test_a_search_by_name_sign_and_place(sirene, firms):
    api, source = sirene
    found = await source.search("L'Écluse & Fils", postcodes=["44000", "44100", 'x"'])
    assert [company.name for company in found] == ["L'ÉCLUSE & FILS"]
    assert 'denominationUniteLegale:"L ECLUSE FILS"' in api.requests[0].query["q"]
    by_sign = await source.search("maison galet", departments=["59", "974"])
    assert [company.siren for company in by_sign] == [firms[112].siren]
    assert {one.town for one in by_sign[0].establishments} == {"LILLE", "SAINT-DENIS"}


async def test_what_somebody_hides_is_not_known(sirene, firms):
    _, source = sirene
    person = await source.by_siren(firms[108].siren)
    company = await source.by_siret(firms[109].siret(firms[109].seat))
    assert person.name is None
    assert (company.name, company.seat.address, company.seat.postcode) == ("SCI DU MOULIN CACHE", None, None)
    assert "[ND]" not in repr([person, company])


async def test_a_sole_trader_is_called_by_the_name_in_use(sirene, firms):
    company = await sirene[1].by_siren(firms[106].siren)
    assert (company.name, company.other_names) == ("HÉLÈNE VASSEUR", ("FLEURS DE LUNE",))


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (as_json({"header": {"statut": 429}}, 429), "rate_limited"),
        (as_html("panne", 500), "http_5xx"),
        (as_html("bienvenue"), "not_json"),
        (as_json({"header": {}}), "unexpected"),
    ],
)
async def test_failures(sirene, firms, fault, code):
    api, source = sirene
    api.faults.append(fault)
    with pytest.raises(ApiError) as failure:
        await source.by_siren(firms[101].siren)
    assert failure.value.code == code


async def test_a_wrong_key_is_refused_and_not_told(sirene, firms):
    api, _ = sirene
    wrong = msgspec.structs.replace(FAST, insee_url=f"{api.url}/api-sirene/3.11", insee_key="a-secret")
    source = Insee(wrong, None, None)
    with pytest.raises(ApiError) as failure:
        await source.by_siren(firms[101].siren)
    assert failure.value.status == 401
    assert "a-secret" not in failure.value.message
    await source.aclose()
