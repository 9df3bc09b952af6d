"""The scripted sources over one town, and sources that talk to them."""

import msgspec
import pytest

from services.scrap.google_places import GooglePlacesSource
from services.scrap.overpass import OverpassSource
from services.scrap.sirene import SireneSource
from shared.geography.tile import tile_at
from shared.settings import Settings
from tests.unit.scrap.communes import OneCommune
from tests.world.places.google import KEY, GooglePlaces
from tests.world.places.overpass import Overpass
from tests.world.places.recherche_entreprises import RechercheEntreprises
from tests.world.places.town import town


@pytest.fixture(scope="session")
def people():
    """Six hundred businesses around one place."""
    return town(3, 600)


@pytest.fixture
def tile():
    return tile_at(47.3, 0.7, 2000)


@pytest.fixture
def settings():
    quick = {"overpass_rate": 1000.0, "google_places_rate": 1000.0, "recherche_entreprises_rate": 1000.0}
    return msgspec.structs.replace(Settings(), **quick)


@pytest.fixture
async def overpass(people, settings):
    async with Overpass(people).serve() as api:
        source = OverpassSource(msgspec.structs.replace(settings, overpass_url=api.url), None)
        yield api, source
        await source.aclose()
        assert not api.violations


@pytest.fixture
async def google(people, settings):
    async with GooglePlaces(people).serve() as api:
        with_key = {"google_places_url": api.url, "google_places_key": KEY}
        source = GooglePlacesSource(msgspec.structs.replace(settings, **with_key), None)
        yield api, source
        await source.aclose()
        assert not api.violations


@pytest.fixture
async def sirene(people, settings):
    async with RechercheEntreprises(people).serve() as api:
        source = SireneSource(msgspec.structs.replace(settings, recherche_entreprises_url=api.url), None, OneCommune())
        yield api, source
        await source.aclose()
        assert not api.violations


@pytest.fixture
def apis(overpass, google, sirene):
    return {"overpass": overpass, "google": google, "sirene": sirene}
