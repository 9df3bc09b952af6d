"""An API's limit holds for all processes together, and one that is down is left alone."""

import asyncio
import sys

import msgspec
import pytest

from services.legal_data.recherche_entreprises import RechercheEntreprises
from services.scrap.sirene import SireneSource
from shared.geography.tile import tile_at
from shared.net.api_client import ApiError
from shared.settings import Settings
from tests.unit.scrap.communes import OneCommune
from tests.world.places.api import as_json
from tests.world.registers import recherche_entreprises as world
from tests.world.registers.register import register

pytestmark = pytest.mark.servers

ALLOWED = 70
"""Ten times the real one's 7 a second."""
EACH = 105

ASK = """
import asyncio, sys, nats
from services.legal_data.recherche_entreprises import RechercheEntreprises
from shared.net.upstream import Quotas
from shared.settings import Settings

async def main():
    settings = Settings.from_env()
    client = await nats.connect(settings.nats_url)
    source = RechercheEntreprises(settings, await Quotas.open(client.jetstream(), settings), None)
    print("ready", flush=True)
    sirens = sys.stdin.readline().split()
    found = await asyncio.gather(*(source.by_siren(siren) for siren in sirens))
    print(sum(company is not None and company.siren == siren for company, siren in zip(found, sirens)), flush=True)
    await source.aclose()
    await client.close()

asyncio.run(main())
"""


async def test_two_processes_together_are_not_banned_and_lose_little_time(shared, settings):
    sirens = [firm.siren for firm in register()]
    async with world.RechercheEntreprises(register(), limit=ALLOWED).serve() as api:
        env = msgspec.structs.replace(
            settings, recherche_entreprises_url=api.url, recherche_entreprises_rate=ALLOWED
        ).to_env()
        pipes = {"stdin": asyncio.subprocess.PIPE, "stdout": asyncio.subprocess.PIPE}
        processes = [await asyncio.create_subprocess_exec(sys.executable, "-c", ASK, env=env, **pipes) for _ in "ab"]
        for process in processes:
            assert await process.stdout.readline() == b"ready\n"
        for order, process in enumerate(processes):
            process.stdin.write(f"{' '.join(sirens[order * EACH : (order + 1) * EACH])}\n".encode())
            await process.stdin.drain()
        answers = [(await process.communicate())[0] for process in processes]
        assert [int(answer) for answer in answers] == [EACH, EACH]
        assert len(api.requests) == 2 * EACH
        assert not api.excesses
        assert api.busiest() > ALLOWED / 2  # it did send as many as it may, or nearly


async def test_scrap_and_legal_data_share_one_limit(shared, settings):
    quotas, answers = shared
    async with world.RechercheEntreprises(register(), limit=ALLOWED).serve() as api:
        here = msgspec.structs.replace(settings, recherche_entreprises_url=api.url, recherche_entreprises_rate=ALLOWED)
        source, places = RechercheEntreprises(here, quotas, answers), SireneSource(here, quotas, OneCommune())
        tile = tile_at(47.3941, 0.6848, 2000)
        search = [places.search("dentiste", tile, first_page_only=True, reviews=False) for _ in range(EACH)]
        found = await asyncio.gather(*search, *(source.by_siren(firm.siren) for firm in register()[:EACH]))
        await source.aclose()
        await places.aclose()
        assert all(found)
        assert len(api.requests) == 2 * EACH
        assert not api.excesses


async def test_the_register_bans_who_does_not_keep_its_limit():
    settings = Settings(recherche_entreprises_rate=5000.0)
    async with world.RechercheEntreprises(register(), limit=ALLOWED, patience=3).serve() as api:
        source = RechercheEntreprises(msgspec.structs.replace(settings, recherche_entreprises_url=api.url), None, None)
        asked = (source.by_siren(firm.siren) for firm in register()[: 2 * ALLOWED])
        failures = [
            one.code for one in await asyncio.gather(*asked, return_exceptions=True) if isinstance(one, ApiError)
        ]
        await source.aclose()
        assert api.banned
        assert "connection" in failures


async def test_a_register_that_is_down_is_asked_a_few_times_for_many_items(shared, settings):
    quotas, answers = shared
    async with world.RechercheEntreprises(register()).serve() as api:
        api.faults += [as_json({}, 500)] * 1000
        here = msgspec.structs.replace(settings, recherche_entreprises_url=api.url, recherche_entreprises_rate=50.0)
        source, other = (RechercheEntreprises(here, quotas, answers) for _ in range(2))
        first = [source.by_siren(firm.siren) for firm in register()[:150]]
        failures = await asyncio.gather(*first, return_exceptions=True)
        assert {failure.code for failure in failures} == {"http_5xx", "resting"}
        assert all(failure.retryable for failure in failures)
        asked = len(api.requests)
        assert asked <= 15
        with pytest.raises(ApiError, match="rest"):
            await other.by_siren(register()[200].siren)
        assert len(api.requests) == asked
        await source.aclose()
        await other.aclose()


async def test_when_it_asks_for_a_pause_nobody_goes_on(shared, settings):
    quotas, answers = shared
    async with world.RechercheEntreprises(register()).serve() as api:
        api.faults.append(as_json({"erreur": "Trop de requêtes"}, 429, Retry_After="40"))
        here = msgspec.structs.replace(settings, recherche_entreprises_url=api.url, recherche_entreprises_rate=50.0)
        sources = [RechercheEntreprises(here, quotas, answers) for _ in range(2)]
        asked = [source.by_siren(firm.siren) for source in sources for firm in register()[:40]]
        failures = [one for one in await asyncio.gather(*asked, return_exceptions=True) if isinstance(one, ApiError)]
        assert sum(failure.code == "rate_limited" for failure in failures) == 1
        assert all(30 < failure.retry_after <= 40 for failure in failures)
        assert len(api.requests) <= 10
        for source in sources:
            await source.aclose()
