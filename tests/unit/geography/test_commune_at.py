from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.geography import Geography


@pytest.mark.parametrize(
    ("lat", "lon", "insee"),
    [
        (48.8584, 2.2945, "75107"),  # the Eiffel tower
        (48.8462, 2.3372, "75106"),  # Senate
        (45.7578, 4.8320, "69382"),  # place Bellecour
        (43.2951, 5.3740, "13201"),  # Vieux-Port
        (43.6045, 1.4440, "31555"),  # Capitole
        (48.4565, -5.0950, "29155"),  # Ouessant
        (41.9192, 8.7386, "2A004"),  # Ajaccio
        (16.0000, -61.7300, "97105"),  # Basse-Terre
        (14.6060, -61.0700, "97209"),  # Fort-de-France
        (4.9370, -52.3300, "97302"),  # Cayenne
        (-20.8820, 55.4500, "97411"),  # Saint-Denis
        (-12.7800, 45.2270, "97611"),  # Mamoudzou
        (47.3400, -1.1650, "49126"),  # Orée d'Anjou, made of its former communes
    ],
)
def test_known_places(geography: Geography, lat: float, lon: float, insee: str) -> None:
    commune = geography.commune_at(lat, lon)
    assert commune is not None
    assert commune.insee == insee


@pytest.mark.parametrize(
    ("lat", "lon"),
    [(46.2, 6.15), (50.85, 4.35), (45.5, -3.5), (51.5, -0.1), (0, 0), (-90, 0), (90, 180), (float("nan"), 2), (1e308, -1e308), (48.85, float("inf"))],
)  # fmt: skip
def test_abroad_at_sea_and_nowhere(geography: Geography, lat: float, lon: float) -> None:
    assert geography.commune_at(lat, lon) is None


def test_what_a_commune_knows(geography: Geography) -> None:
    commune = geography.commune_at(48.8417, 2.3005)
    assert commune is not None
    assert (commune.insee, commune.name, commune.city) == ("75115", "Paris 15e Arrondissement", "Paris")
    assert (commune.postcode, commune.postcodes) == ("75015", ("75015",))
    assert commune.department == ("75", "Paris")
    assert commune.region == ("11", "Île-de-France")
    assert commune.population > 200_000
    (toulouse,) = geography.communes(geography.resolve("Toulouse"))
    assert toulouse.postcode == "31000"
    assert len(toulouse.postcodes) == 6


def test_every_centre_is_in_its_commune(geography: Geography) -> None:
    known = geography._gazetteer
    without_outline = {"13055", "69123", "75056", "15031", "15035", "15047", "15171"}
    missed = []
    for area, code in enumerate(known.insee):
        found = geography.commune_at(*known.centre(area))
        assert found is not None
        if found.insee != code:
            missed.append(code)
    assert set(missed) - without_outline == set()


@given(st.integers(0, 34_000), st.integers(0, 10_000), st.floats(0, 1))
@settings(max_examples=500, deadline=None)
def test_a_point_is_in_one_commune_on_borders_too(area: int, vertex: int, along: float) -> None:
    """Vertices and sides of outlines belong to one neighbour, or on coast and frontier to one or none."""
    geography = Geography.load()
    rings = geography.outlines.rings(area)
    if not rings:
        return
    ring = rings[0]
    (lat1, lon1), (lat2, lon2) = ring[vertex % len(ring)], ring[(vertex + 1) % len(ring)]
    lat, lon = lat1 + along * (lat2 - lat1), lon1 + along * (lon2 - lon1)
    holders = [a for a in _near(geography, lat, lon) if geography.outlines._holds(a, lon * 100_000, lat * 100_000)]
    assert len(holders) <= 1


def _near(geography: Geography, lat: float, lon: float) -> set[int]:
    """The areas around a point: those of the communes found a kilometre about it."""
    steps = (-0.01, -0.003, 0, 0.003, 0.01)
    found = {geography.outlines.area_at(lat + y, lon + x) for x in steps for y in steps}
    return {area for area in found if area is not None}


def test_threads_share_one(geography: Geography) -> None:
    with ThreadPoolExecutor(8) as pool:
        loaded = list(pool.map(lambda _: Geography.load(), range(32)))
        places = list(pool.map(lambda _: geography.commune_at(45.7578, 4.8320), range(200)))
    assert all(one is geography for one in loaded)
    assert {place.insee for place in places if place} == {"69382"}
