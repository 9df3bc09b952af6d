"""What was asked once is not asked again: by another item, another job, another process."""

import asyncio

import msgspec
import pytest

from services.legal_data.bodacc import Bodacc
from services.legal_data.inpi import Inpi
from services.legal_data.insee import Insee
from services.legal_data.recherche_entreprises import RechercheEntreprises
from shared.net.api_client import ApiError
from tests.world.places.api import as_json
from tests.world.registers import bodacc, inpi, insee, recherche_entreprises
from tests.world.registers.register import register

pytestmark = pytest.mark.servers
SIRENS = [firm.siren for firm in register()[:20]]


async def twice(make, ask):
    """The answers of two sources of two processes, the second of which begins when the first is done."""
    answers = []
    for _ in range(2):
        source = make()
        answers.append(await asyncio.gather(*(ask(source, siren) for siren in SIRENS)))
        await source.aclose()
    return answers


async def test_the_second_job_asks_nothing(shared, settings):
    async with (
        recherche_entreprises.RechercheEntreprises(register()).serve() as gouv,
        insee.Insee(register()).serve() as sirene,
        inpi.Inpi(register()).serve() as rne,
        bodacc.Bodacc(register()).serve() as notices,
    ):
        here = msgspec.structs.replace(
            settings,
            recherche_entreprises_url=gouv.url,
            insee_url=f"{sirene.url}/api-sirene/3.11",
            insee_key=insee.KEY,
            insee_rate=200.0,
            inpi_url=f"{rne.url}/api",
            inpi_user=inpi.USER,
            inpi_password=inpi.PASSWORD,
            inpi_rate=200.0,
            bodacc_url=f"{notices.url}/api/explore/v2.1",
        )
        for api, kind in ((gouv, RechercheEntreprises), (sirene, Insee), (rne, Inpi), (notices, Bodacc)):
            make = lambda kind=kind: kind(here, *shared)  # noqa: E731
            first, second = await twice(make, lambda source, siren: source.by_siren(siren))
            asked = len(api.requests)
            assert first == second, kind  # with the date of the first asking
            assert any(first)
            await twice(make, lambda source, siren: source.by_siren(siren))
            assert len(api.requests) == asked
            assert not api.violations


async def test_searches_are_remembered_with_what_they_were_limited_to(shared, settings):
    async with recherche_entreprises.RechercheEntreprises(register()).serve() as api:
        source = RechercheEntreprises(msgspec.structs.replace(settings, recherche_entreprises_url=api.url), *shared)
        for _ in range(2):
            assert len(await source.search("garage martin")) == 6
            assert len(await source.search("garage martin", postcodes=["35000"])) == 2
            assert await source.search("nobody of that name") == []
            await source.near(47.3941, 0.6848, radius_km=0.2)
        assert len(api.requests) == 4
        await source.aclose()


async def test_what_is_kept_has_no_day_or_month_of_birth(shared, settings):
    _, answers = shared
    async with recherche_entreprises.RechercheEntreprises(register()).serve() as api:
        source = RechercheEntreprises(msgspec.structs.replace(settings, recherche_entreprises_url=api.url), *shared)
        await source.by_siren(SIRENS[0])
        question = "/search [('per_page', 1), ('q', '000001016')]"
        kept = await answers.get("recherche_entreprises.1", question)
        assert kept.body[0]["directors"][0]["birth_year"] == 1974
        assert "1974-03" not in repr(kept)
        await source.aclose()


async def test_an_answer_of_another_version_is_asked_for_again(shared, settings):
    _, answers = shared
    await answers.put("recherche_entreprises.1", "/search [('per_page', 1), ('q', '000001016')]", [{"siren": 5}])
    async with recherche_entreprises.RechercheEntreprises(register()).serve() as api:
        source = RechercheEntreprises(msgspec.structs.replace(settings, recherche_entreprises_url=api.url), *shared)
        assert (await source.by_siren("000001016")).name == "BOULANGERIE LEMOINE"
        await source.aclose()


async def test_no_failure_is_remembered(shared, settings):
    async with recherche_entreprises.RechercheEntreprises(register()).serve() as api:
        source = RechercheEntreprises(msgspec.structs.replace(settings, recherche_entreprises_url=api.url), *shared)
        api.faults.append(as_json({}, 500))
        with pytest.raises(ApiError):
            await source.by_siren(SIRENS[0])
        assert await source.by_siren(SIRENS[0])
        await source.aclose()
