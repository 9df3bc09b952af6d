"""legal_data through the API: leads by name, and a list of sites whose SIREN legal_ids has read before."""

import asyncio
import contextlib
import threading
from contextlib import AsyncExitStack

import pytest

from tests.e2e.acts import create
from tests.live import live_product
from tests.world.bulk import bulk_items
from tests.world.firms import Firm as SiteFirm
from tests.world.registers.bodacc import Bodacc
from tests.world.registers.recherche_entreprises import RechercheEntreprises
from tests.world.registers.register import Establishment, Firm, register

pytestmark = pytest.mark.servers

SITES = 12
FIRST = 51_900


def firm_of(site):
    """What the register knows of the company behind a generated site."""
    number = int(site["site_web"].split("firm-")[1][:5])
    seat = Establishment(
        nic="00019", address=f"{number} RUE DES SITES", postcode="37000", town="TOURS", commune="37261"
    )
    siren = SiteFirm(number).siren
    return Firm(
        siren=siren, legal_form="5710", naf="62.01Z", created="2020-01-01", name=f"SITE {number}", establishments=[seat]
    )


@contextlib.contextmanager
def registers(firms):
    """The two registers that need no key, on a thread of their own."""
    ready, stop, loop = threading.Event(), asyncio.Event(), asyncio.new_event_loop()
    apis = [RechercheEntreprises(firms, limit=7, patience=10**6), Bodacc(firms)]

    async def serve():
        async with AsyncExitStack() as stack:
            for api in apis:
                await stack.enter_async_context(api.serve())
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    try:
        assert ready.wait(10)
        yield apis
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()


@pytest.fixture(scope="module")
def sites():
    return bulk_items(SITES, prefix="firm", first=FIRST)


@pytest.fixture(scope="module")
def office(stack, sites, tmp_path_factory):
    """The product with the scripted registers, over the world of the session."""
    with registers([*register(), *map(firm_of, sites)]) as (companies, notices):
        urls = {
            "OUTSEND_RECHERCHE_ENTREPRISES_URL": companies.url,
            "OUTSEND_BODACC_URL": f"{notices.url}/api/explore/v2.1",
        }
        with live_product(tmp_path_factory.mktemp("office"), stack.world, **urls) as running:
            running.registers = (companies, notices)
            yield running


@pytest.fixture(scope="module")
def client(office):
    with office.client(office.new_user()) as client:
        yield client


def rows_of(client, job):
    return client.get(f"/api/jobs/{job['id']}/items?limit=500").json()["items"]


def test_leads_by_name(office, client):
    items = [
        {"nom": "Au Pain d'Antan", "code_postal": "37000", "ville": "Tours", "rating": 4.5},
        {"nom": "Garage Martin"},
        {"nom": "Personne du tout", "siren": "123 456 789", "code_postal": "37000"},
        {"nom": "Transports Rousselot", "ville": "Orléans"},
    ]
    job = office.finished(client, create(client, "legal-data", items=items)["id"])
    assert (job["status"], job["results_count"], job["error_count"]) == ("done", 2, 0)
    first, second, third, fourth = rows_of(client, job)
    assert list(first)[:4] == ["nom", "code_postal", "ville", "rating"]
    assert (first["siren"], first["match_method"], first["dirigeants"]) == (
        "000001016",
        "name",
        ["Claire LEMOINE (Gérant)"],
    )
    assert (second["siren"], second["error_code"]) == (None, "ambiguous")
    assert (third["siren"], third["error_code"]) == ("123 456 789", "invalid_siren"), "the input's own stays"
    assert fourth["bodacc_procedure_collective"] == "Jugement de conversion en liquidation judiciaire (2024-06-04)"
    report = client.get(f"/api/jobs/{job['id']}/report").json()["reports"][0]
    assert (report["nom"], report["siren"]) == ("Au Pain d'Antan", "000001016")
    assert report["match"]["candidates"][0]["siren"] == "000001016"
    sheet = client.get(f"/api/jobs/{job['id']}/download").text
    assert "Claire LEMOINE (Gérant)" in sheet


def test_the_numbers_that_sites_state_lead_to_their_companies(office, client, sites):
    ids = office.finished(client, create(client, "legal-ids", items=sites)["id"])
    job = office.finished(client, create(client, "legal-data", source_job_id=ids["id"])["id"])
    assert (job["status"], job["results_count"]) == ("done", SITES)
    for site, row in zip(sites, rows_of(client, job), strict=True):
        firm = firm_of(site)
        assert (row["siren"], row["denomination"], row["match_method"]) == (firm.siren, firm.name, "siren")
        assert row["legal_ids_source_url"].startswith(site["site_web"].rstrip("/"))
        assert row["siret"].startswith(firm.siren)


def test_the_register_is_never_asked_faster_than_it_allows_and_never_wrongly(office):
    companies, notices = office.registers
    assert companies.busiest() <= 7
    assert not companies.excesses
    assert not companies.violations + notices.violations
