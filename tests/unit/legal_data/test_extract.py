"""legal_data from item to row, over scripted registers: which company, whose word, and what happens when one is silent."""

import asyncio
from contextlib import AsyncExitStack

import msgspec
import pytest

from contracts.items import ItemRequested
from contracts.manifest import load_manifests
from services.legal_data.extract import process
from shared.legal.numbers import vat_key
from shared.modulekit.errors import Permanent, Retryable
from shared.modulekit.module import Context
from tests.unit.legal_data.conftest import FAST
from tests.world.places.api import Answer, as_json
from tests.world.registers import bodacc, inpi, insee, recherche_entreprises
from tests.world.registers.register import register

SPEC = load_manifests()["legal_data"]
DOWN = as_json({"error": "down"}, 503)


class Office:
    """The four registers and a module that asks them."""

    def __init__(self, apis, context, lines):
        self.recherche, self.insee, self.inpi, self.bodacc = apis
        self.context = context
        self.lines = lines

    async def row(self, **item):
        return (await self.result(**item)).columns

    async def result(self, **item):
        return await process(
            ItemRequested(job="j_1", tenant="u_1", job_type="legal_data", index=0, item=item), self.context
        )

    def asked(self):
        return [len(api.requests) for api in (self.recherche, self.insee, self.inpi, self.bodacc)]


@pytest.fixture
async def office():
    async with AsyncExitStack() as stack:
        firms = register()
        kinds = (recherche_entreprises.RechercheEntreprises, insee.Insee, inpi.Inpi, bodacc.Bodacc)
        apis = [await stack.enter_async_context(kind(firms).serve()) for kind in kinds]
        urls = [api.url for api in apis]
        settings = msgspec.structs.replace(
            FAST,
            recherche_entreprises_url=urls[0],
            insee_url=f"{urls[1]}/api-sirene/3.11",
            insee_key=insee.KEY,
            inpi_url=f"{urls[2]}/api",
            inpi_user=inpi.USER,
            inpi_password=inpi.PASSWORD,
            bodacc_url=f"{urls[3]}/api/explore/v2.1",
        )
        lines = []

        async def log(item, level, message):
            lines.append((item.job, level, message))

        context = Context(SPEC, settings, None, log)
        yield Office(apis, context, lines)
        context.close()
        assert not [violation for api in apis for violation in api.violations]


async def test_by_number_with_every_register(office):
    row = await office.row(nom="peu importe", siren="000 001 131")
    assert row == {
        "siren": "000001131",
        "siret": "00000113100010",
        "denomination": "TRANSPORTS ROUSSELOT",
        "forme_juridique": "SARL",
        "code_naf": "49.41A",
        "libelle_naf": "Transports routiers de fret interurbains",
        "tranche_effectif": "3 à 5 salariés",
        "capital_social": 30000,
        "dirigeants": ["Antoine ROUSSELOT (Gérant)"],
        "date_creation": "2009-01-12",
        "etat_administratif": "A",
        "ca": None,
        "resultat_net": None,
        "annee_finances": None,
        "bodacc_procedure_collective": "Jugement de conversion en liquidation judiciaire (2024-06-04)",
        "match_method": "siren",
        "match_score": 1.0,
        "error_code": None,
    }
    assert list(row) == SPEC.columns


async def test_by_name_and_place(office):
    row = await office.row(nom="Au Pain d'Antan", code_postal="37000", ville="Tours", adresse="12 rue Colbert")
    assert (row["siren"], row["match_method"], row["match_score"]) == ("000001016", "name", 1.0)
    assert row["siret"] == "00000101600013"
    assert (row["annee_finances"], row["ca"], row["resultat_net"]) == (2023, 438700, 21250)
    row = await office.row(nom="Les Halles du Pain", code_postal="37000")
    assert row["siret"] == "00000101600021", "the establishment of the row, not the seat"


async def test_by_position_alone(office):
    seat = next(firm for firm in register() if firm.siren == "000001040").establishments[0]
    lat, lon = seat.position
    row = await office.row(nom="Guinguette de l'Écluse", lat=lat, lon=lon)
    assert (row["siren"], row["match_score"]) == ("000001040", 1.0)
    row = await office.row(nom="Guinguete de l'Eclusse", latitude=str(lat), longitude=str(lon))
    assert (row["siren"], row["match_method"]) == ("000001040", "geo"), "no register finds a misspelled name"


async def test_a_chain_abroad_from_its_seat(office):
    row = await office.row(nom="Galet Océan Indien", code_postal="97400", ville="Saint-Denis")
    assert (row["siren"], row["siret"]) == ("000001123", "00000112300058")
    assert row["dirigeants"] == ["Sophie GALET (Président de SAS)"], "auditors lead nothing"
    row = await office.row(nom="Maison Galet", code_postal="37000")
    assert (row["siren"], row["siret"]) == ("000001123", "00000112300017"), "its shop there is closed"


@pytest.mark.parametrize(
    ("item", "code"),
    [
        ({"nom": "Garage Martin"}, "ambiguous"),
        ({"nom": "Zzyzx Quarante"}, "not_found"),
        ({"nom": "Zzyzx Quarante", "siren": "123456789"}, "invalid_siren"),
        ({"nom": "Boulangerie Lemoine", "code_postal": "37000", "siren": "732829320"}, "unknown_siren"),
    ],
)
async def test_refusals_are_rows(office, item, code):
    row = await office.row(**item)
    assert row == {"error_code": code}


async def test_a_wrong_number_is_no_reason_not_to_look_for_the_name(office):
    row = await office.row(nom="Boulangerie Lemoine", code_postal="59000", siren="000001025")
    assert (row["siren"], row["match_method"]) == ("000001024", "name")


async def test_another_company_for_an_unknown_number_is_nobody(office):
    office.recherche.fallback = [register()[0]]
    assert (await office.row(nom="Boulangerie Lemoine", siren="732829320"))["error_code"] == "unknown_siren"


async def test_a_company_that_was_merged_is_not_its_successor(office):
    del office.recherche.firms["000001107"]
    row = await office.row(nom="Menuiserie Chauvet", siren="000001107")
    assert row.get("siren") in (None, "000001107")


@pytest.mark.parametrize(
    "item",
    [
        {"siren": "000 001 131"},
        {"siren": "000.001.131"},
        {"siret": "000 001 131 00010"},
        {"tva_intracom": f"FR {vat_key('000001131'):02} 000 001 131"},
        {"rcs": "000 001 131 RCS Orléans"},
        {"siren": "n/a", "siret": "00000113100010"},
    ],
)
async def test_numbers_of_any_column_and_spelling(office, item):
    assert (await office.row(nom="x y", **item))["siren"] == "000001131"


@pytest.mark.parametrize("nom", [None, "  ", 7, "\u0000", "https://" + "x" * 3000, "http://[::1", "é" * 3000, "-"])
async def test_what_is_no_name_is_the_items_own_error(office, nom):
    with pytest.raises(Permanent) as error:
        await office.result(nom=nom)
    assert error.value.code == "no_name"
    assert office.asked() == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (DOWN, Retryable, "http_5xx"),
        (as_json({"erreur": "non"}, 400), Permanent, "http_4xx"),
        (Answer(b"<html>"), Retryable, "not_json"),
    ],
)
async def test_the_directory_fails(office, answer, kind, code):
    office.recherche.faults.append(answer)
    with pytest.raises(kind) as error:
        await office.result(nom="Au Pain d'Antan", code_postal="37000")
    assert error.value.code == code


async def test_the_directory_asks_for_patience(office):
    office.recherche.faults.append(as_json({"erreur": "Trop de requêtes"}, 429, Retry_After="7"))
    with pytest.raises(Retryable) as error:
        await office.result(nom="Au Pain d'Antan", code_postal="37000")
    assert (error.value.code, error.value.retry_after) == ("rate_limited", 7)


async def test_other_registers_may_fail_and_it_is_said_once_a_job(office):
    for _ in range(2):
        for api in (office.inpi, office.bodacc):
            api.faults.extend([DOWN] * 3)
        row = await office.row(nom="Transports Rousselot", siren="000001131")
        assert row["denomination"] == "TRANSPORTS ROUSSELOT"
        assert (row["capital_social"], row["bodacc_procedure_collective"]) == (None, None)
        assert row["dirigeants"] == ["Antoine ROUSSELOT (Gérant)"], "the directory knows them too"
        for api in (office.inpi, office.bodacc):
            api.faults.clear()
    assert len(office.lines) == len(set(office.lines)) == 2


async def test_insee_is_asked_for_what_is_missing_alone(office):
    await office.row(nom="Transports Rousselot", siren="000001131")
    assert office.asked()[1] == 0
    del office.recherche.firms["000001131"]
    row = await office.row(nom="Transports Rousselot", siren="000001131")
    assert office.asked()[1] == 1
    assert (row["denomination"], row["match_method"]) == ("TRANSPORTS ROUSSELOT", "siren")
    assert row["bodacc_procedure_collective"] == "Jugement de conversion en liquidation judiciaire (2024-06-04)"


async def test_the_report_says_whose_word_each_fact_is_and_of_when(office):
    report = (await office.result(nom="Maison Galet", code_postal="44000")).report
    assert report["facts"]["capital"]["register"] == "inpi"
    assert report["facts"]["headcount"] == {"register": "recherche_entreprises", "as_of": "2023"}
    assert report["facts"]["accounts"]["as_of"] == "2023"
    assert [one["year"] for one in report["accounts"]] == [2023, 2022, 2021, 2020]
    assert {one["birth_year"] for one in report["directors"]} == {1970, None}
    assert all(one["asked_at"] for one in report["registers"])
    assert report["match"]["candidates"][0]["siren"] == "000001123"
    text = msgspec.json.encode(report).decode()
    assert "1970-10" not in text, "of a birth date the year alone"


async def test_a_closed_company_is_told(office):
    office.recherche.firms.pop("000001016")
    row = await office.row(nom="Boulangerie Lemoine", code_postal="37000")
    assert (row["siren"], row["etat_administratif"]) == ("000001032", "C")


async def test_many_at_once_cost_a_bounded_number_of_questions(office):
    items = [
        {"nom": "Au Pain d'Antan", "code_postal": "37000"},
        {"nom": "Transports Rousselot", "code_postal": "45000"},
    ]
    rows = await asyncio.gather(*(office.row(**items[number % 2]) for number in range(20)))
    assert {row["siren"] for row in rows} == {"000001016", "000001131"}
    recherche, _, _, notices = office.asked()
    assert recherche <= 20
    assert notices <= 5, "twenty companies a request"
