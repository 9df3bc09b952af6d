"""The BODACC: which notices count, and how few requests they cost."""

import asyncio
import json

import pytest

from services.legal_data.company import Proceeding
from shared.net.api_client import ApiError
from tests.world.places.api import Answer, as_html, as_json


async def test_the_judgements_of_a_company(notices, firms):
    company = await notices[1].by_siren(firms[113].siren)
    assert company.register == "bodacc"
    assert set(company.proceedings) == {
        Proceeding(
            published="2023-11-30",
            kind="Jugement d'ouverture d'une procédure de redressement judiciaire",
            decided="2023-11-21",
        ),
        Proceeding(
            published="2024-06-13", kind="Jugement de conversion en liquidation judiciaire", decided="2024-06-04"
        ),
    }


async def test_who_never_was_insolvent_has_none(notices, firms):
    assert (await notices[1].by_siren(firms[101].siren)).proceedings == ()


async def test_the_end_of_a_proceeding_and_a_date_in_words(notices, firms):
    company = await notices[1].by_siren(firms[114].siren)
    assert {one.decided: one.is_end for one in company.proceedings} == {
        "2009-12-10": False,
        "2011-02-15": False,
        "2021-03-09": True,
    }


async def test_what_was_annulled_is_not_told_and_the_complement_says_what_the_nature_does_not(notices, firms):
    [proceeding] = (await notices[1].by_siren(firms[115].siren)).proceedings
    assert (proceeding.published, proceeding.kind) == ("2025-03-04", "Jugement d'ouverture : sauvegarde")


async def test_while_one_request_is_away_the_next_ones_are_gathered(notices, firms):
    api, source = notices
    sirens = [firm.siren for firm in api.firms.values()][:41]
    companies = await asyncio.gather(*(source.by_siren(siren) for siren in sirens))
    assert [company.siren for company in companies] == sirens
    assert len(api.requests) == 3  # 20 + 20 + 1
    assert next(one for one in companies if one.siren == firms[113].siren).proceedings


async def test_more_notices_than_one_page_holds(notices, firms):
    api, source = notices
    record = {
        "registre": [firms[101].siren],
        "dateparution": "2020-01-01",
        "typeavis": "annonce",
        "parution": "20200001",
        "jugement": json.dumps({"nature": "Jugement d'ouverture de liquidation judiciaire"}),
    }
    pages = [[{**record, "numeroannonce": page * 100 + n} for n in range(100)] for page in range(2)]
    api.faults += [as_json({"total_count": 200, "results": page}) for page in pages]
    assert len((await source.by_siren(firms[101].siren)).proceedings) == 200
    assert [request.query["offset"] for request in api.requests] == ["0", "100"]


@pytest.mark.parametrize(
    "judgement",
    [
        None,
        "not json",
        "[]",
        {"famille": "Avis de dépôt", "nature": "Dépôt de l'état des créances"},
        {"famille": "Extrait de jugement", "nature": "Jugement de faillite personnelle"},
        {"famille": "Extrait de jugement", "nature": "Jugement prononçant l'interdiction de gérer"},
        {"date": "2024-01-01"},
    ],
)
async def test_what_is_no_decision_about_the_company_is_passed_over(notices, firms, judgement):
    api, source = notices
    text = json.dumps(judgement) if isinstance(judgement, dict) else judgement
    record = {"registre": f"{firms[101].siren} ", "dateparution": "2024-01-01", "jugement": text}
    api.faults.append(as_json({"total_count": 1, "results": [record]}))
    assert (await source.by_siren(firms[101].siren)).proceedings == ()


async def test_a_notice_that_was_corrected_counts_once_as_corrected(notices, firms):
    api, source = notices
    wrong = {
        "registre": [firms[101].siren],
        "dateparution": "2024-01-01",
        "typeavis": "annonce",
        "parution": "20240001",
        "numeroannonce": 12,
        "jugement": {"nature": "Jugement d'ouverture de liquidation judiciaire", "date": "2023-12-20"},
    }
    right = {
        **wrong,
        "dateparution": "2024-01-09",
        "typeavis": "rectificatif",
        "numeroannonce": 40,
        "jugement": {"nature": "Jugement d'ouverture de redressement judiciaire", "date": "2023-12-20"},
        "parutionavisprecedent": json.dumps({"numeroParution": "20240001", "numeroAnnonce": "0012"}),
    }
    api.faults.append(as_json({"total_count": 2, "results": [right, wrong]}))
    [proceeding] = (await source.by_siren(firms[101].siren)).proceedings
    assert "redressement" in proceeding.kind


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (as_json({"errorcode": 10005}, 429), "rate_limited"),
        (as_html("panne", 503), "http_5xx"),
        (as_html("bienvenue"), "not_json"),
        (as_json({"records": []}), "unexpected"),
    ],
)
async def test_a_failure_is_told_to_all_who_waited_for_it_and_to_nobody_else(notices, firms, fault, code):
    api, source = notices
    api.faults.append(fault)
    failures = await asyncio.gather(
        *(source.by_siren(firms[number].siren) for number in (101, 102)), return_exceptions=True
    )
    assert [type(failure) for failure in failures] == [ApiError, ApiError]
    assert {failure.code for failure in failures} == {code}
    assert (await source.by_siren(firms[101].siren)).proceedings == ()


async def test_who_stops_waiting_is_not_asked_for(notices, firms):
    api, source = notices
    leaving = asyncio.create_task(source.by_siren(firms[101].siren))
    await asyncio.sleep(0)
    leaving.cancel()
    assert (await source.by_siren(firms[113].siren)).proceedings
    assert not any(firms[101].siren in request.query["where"] for request in api.requests)


async def test_closing_leaves_nobody_waiting(notices, firms):
    api, source = notices
    api.faults.append(Answer(b"{}", wait=asyncio.Event()))
    waiting = [asyncio.create_task(source.by_siren(firms[number].siren)) for number in (101, 102, 104)]
    async with asyncio.timeout(30):
        while not api.requests:
            await asyncio.sleep(0.01)
        await source.aclose()
        ends = await asyncio.gather(*waiting, return_exceptions=True)
    assert {type(end) for end in ends} == {asyncio.CancelledError}
