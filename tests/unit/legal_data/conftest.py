"""The sources over scripted registers of invented companies; nobody waits, and nothing is remembered."""

import msgspec
import pytest

from services.legal_data.bodacc import Bodacc
from services.legal_data.inpi import Inpi
from services.legal_data.insee import Insee
from services.legal_data.recherche_entreprises import RechercheEntreprises
from shared.settings import Settings
from tests.world.registers import bodacc, inpi, insee, recherche_entreprises
from tests.world.registers.register import register, written

FAST = msgspec.structs.replace(
    Settings(), recherche_entreprises_rate=1000.0, insee_rate=1000.0, inpi_rate=1000.0, bodacc_rate=1000.0
)


@pytest.fixture(scope="session")
def firms():
    """The companies written by hand, by the five digits between 000 and the check digit."""
    return {int(firm.siren[3:8]): firm for firm in written()}


@pytest.fixture
async def recherche():
    async with recherche_entreprises.RechercheEntreprises(register()).serve() as api:
        source = RechercheEntreprises(
            msgspec.structs.replace(FAST, recherche_entreprises_url=api.url, user_agent="Test/1"), None, None
        )
        yield api, source
        await source.aclose()
        assert not api.violations


@pytest.fixture
async def sirene():
    async with insee.Insee(register()).serve() as api:
        settings = {"insee_url": f"{api.url}/api-sirene/3.11", "insee_key": insee.KEY}
        source = Insee(msgspec.structs.replace(FAST, **settings), None, None)
        yield api, source
        await source.aclose()
        assert not api.violations


@pytest.fixture
async def rne():
    async with inpi.Inpi(register()).serve() as api:
        settings = {"inpi_url": f"{api.url}/api", "inpi_user": inpi.USER, "inpi_password": inpi.PASSWORD}
        source = Inpi(msgspec.structs.replace(FAST, **settings), None, None)
        yield api, source
        await source.aclose()
        assert not api.violations


@pytest.fixture
async def notices():
    async with bodacc.Bodacc(register()).serve() as api:
        source = Bodacc(msgspec.structs.replace(FAST, bodacc_url=f"{api.url}/api/explore/v2.1"), None, None)
        yield api, source
        await source.aclose()
        assert not api.violations
