"""The INPI's register: its token, and what is read of its answers."""

import asyncio

import pytest

from shared.net.api_client import ApiError
from tests.world.places.api import as_html, as_json


async def test_a_company_with_its_capital_and_who_leads_it(rne, firms):
    api, source = rne
    company = await source.by_siren(firms[112].siren)
    assert (company.name, company.capital, company.capital_currency) == ("MAISON GALET", 1_000_000, "EUR")
    assert (company.legal_form, company.naf, company.created) == ("5710", "47.71Z", "2003-03-03")
    assert [(one.name, one.first_names, one.role, one.birth_year, one.siren) for one in company.directors] == [
        ("GALET", "Sophie", "Président de SAS", 1970, None),
        ("CABINET AUDIT LOIRE", None, "Commissaire aux comptes titulaire", None, firms[121].siren),
    ]
    assert "1970-10" not in repr(company)
    assert [request.path for request in api.requests] == ["/api/sso/login", f"/api/companies/{firms[112].siren}"]


async def test_a_sole_trader_leads_himself(rne, firms):
    company = await rne[1].by_siren(firms[106].siren)
    assert (company.name, company.capital) == ("Hélène Marie VASSEUR", None)
    assert [(one.name, one.role) for one in company.directors] == [("VASSEUR", "Entrepreneur individuel")]


async def test_who_is_not_in_the_register_is_none(rne, firms):
    _, source = rne
    assert await source.by_siren(firms[116].siren) is None
    assert await source.by_siren("000000018") is None


async def test_one_login_serves_everybody(rne, firms):
    api, source = rne
    found = await asyncio.gather(*(source.by_siren(firms[number].siren) for number in (101, 102, 104, 105, 111)))
    assert all(found)
    assert api.logins == 1


async def test_a_token_that_has_ended_is_renewed_once_for_all(rne, firms):
    api, source = rne
    await source.by_siren(firms[101].siren)
    api.expire()
    found = await asyncio.gather(*(source.by_siren(firms[number].siren) for number in (102, 104, 105, 111)))
    assert all(found)
    assert api.logins == 2


async def test_a_wrong_password_is_tried_once(rne, firms):
    api, source = rne
    api.password = "another"
    for number in (101, 102, 104):
        with pytest.raises(ApiError, match="OUTSEND_INPI_PASSWORD") as failure:
            await source.by_siren(firms[number].siren)
        assert not failure.value.retryable
    assert api.refused_logins == 1
    assert len(api.requests) == 1


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (as_json({}, 429, Retry_After="3"), "rate_limited"),
        (as_html("panne", 502), "http_5xx"),
        (as_html("bienvenue"), "not_json"),
        (as_json({"formality": 1}), "unexpected"),
    ],
)
async def test_failures(rne, firms, fault, code):
    api, source = rne
    await source.by_siren(firms[101].siren)
    api.faults.append(fault)
    with pytest.raises(ApiError) as failure:
        await source.by_siren(firms[102].siren)
    assert failure.value.code == code
    assert api.logins == 1


async def test_a_login_that_fails_is_tried_again_by_the_next(rne, firms):
    api, source = rne
    api.faults.append(as_html("panne", 500))
    with pytest.raises(ApiError) as failure:
        await source.by_siren(firms[101].siren)
    assert failure.value.code == "http_5xx"
    assert await source.by_siren(firms[101].siren)


async def test_an_answer_about_somebody_else_is_nobody(rne, firms):
    api, source = rne
    await source.by_siren(firms[101].siren)
    api.faults.append(as_json({"siren": firms[102].siren}))
    assert await source.by_siren(firms[104].siren) is None
