"""The same questions to the real APIs, where the environment names a key or an address; skipped everywhere else."""

import msgspec
import pytest

from services.scrap.google_places import GooglePlacesSource
from services.scrap.overpass import OverpassSource
from services.scrap.sirene import SireneSource
from shared.geography import Geography
from shared.geography.tile import tile_at
from shared.settings import Settings

SETTINGS = Settings.from_env()
SOURCES = {
    "overpass": (SETTINGS.overpass_url, lambda: OverpassSource(SETTINGS, None)),
    "google_places": (SETTINGS.google_places_key, lambda: GooglePlacesSource(SETTINGS, None)),
    "sirene": ("sirene" in SETTINGS.scrap_sources, lambda: SireneSource(SETTINGS, None, Geography.load())),
}


@pytest.mark.parametrize("name", SOURCES)
async def test_a_real_api_answers(name):
    configured, make = SOURCES[name]
    if not configured:
        pytest.skip(f"{name} is not configured in the environment")
    source, tile = make(), tile_at(48.8675, 2.3300, 1000)
    for query in ("restaurant", "Café de la Paix"):
        found = await source.search(query, tile, first_page_only=False, reviews=source.offers_reviews)
        assert found.places
        for place in found.places:
            assert place.place_id.partition(":")[2]
            assert place.name
            assert place.lat is None or tile.contains(place.lat, place.lon)
            assert msgspec.convert(msgspec.to_builtins(place), type(place)) == place
    await source.aclose()
