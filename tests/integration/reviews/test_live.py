"""The same questions to the real Google Places, where the environment has a key; skipped everywhere else."""

import pytest

from services.reviews.asked import asked
from services.reviews.google import find, opinions
from services.reviews.maps_link import cid_of, read_link
from shared.google_places import GooglePlaces
from shared.settings import Settings

SETTINGS = Settings.from_env()
OPERA = {"nom": "Café de la Paix", "ville": "Paris", "code_postal": "75009"}


@pytest.mark.skipif(not SETTINGS.google_places_key, reason="no key for Google Places in the environment")
async def test_the_real_api_knows_a_place_by_name_by_its_id_and_by_its_numbers():
    google = GooglePlaces(SETTINGS, None)
    place = await find(google, asked(OPERA, None))
    assert 1 <= len(opinions(place)) <= 5
    by_id = await find(google, asked({"place_id": place.id}, None))
    assert by_id.id == place.id
    number = cid_of(place.google_maps_uri)
    assert number
    assert (await find(google, asked(OPERA, read_link(f"https://maps.google.com/?cid={number}")))).id == place.id
    sydney = "https://www.google.com/maps/place/X/data=!4m2!3m1!1s0x6b12ae37b47f5b37:0x8eaddfcd1b32ca52"
    assert (await find(google, asked({}, read_link(sydney)))).name
    await google.aclose()
