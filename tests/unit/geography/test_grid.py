from __future__ import annotations

import math
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.geography import Geography, Tile, Zone
from shared.geography.projection import PROJECTIONS, crs_at
from shared.geography.tile import LARGEST

SPELLINGS = ["Paris", "75015", "Lyon", "Lyon 2e", "Lyon 30 km", "Marseille 25 km", "Rhône", "Ouessant", "PACA", "Mayotte", "973", "Arles", "Toulouse", "31200", "Val-de-Marne", "Corse", "Y"]  # fmt: skip


def _tiles(geography: Geography, *zones: str, finer: bool = False) -> list[Tile]:
    return [tile for tile, _ in geography.grid([geography.resolve(zone) for zone in zones], finer)]


def _ancestors(tile: Tile) -> list[tuple[int, int, int, int]]:
    sides = [tile.size << n for n in range(1, 8) if tile.size << n <= LARGEST]
    return [(tile.crs, side, tile.easting // side, tile.northing // side) for side in sides]


def _assert_apart(tiles: list[Tile]) -> None:
    squares = {(tile.crs, tile.size, tile.easting // tile.size, tile.northing // tile.size) for tile in tiles}
    assert len(squares) == len(tiles)
    assert not [tile.id for tile in tiles if squares.intersection(_ancestors(tile))]


def test_the_published_sizes(geography: Geography) -> None:
    assert 412 <= len(_tiles(geography, "Paris")) <= 424
    assert len(_tiles(geography, "Paris", "75015")) == len(_tiles(geography, "Paris"))
    assert 9_500 < len(_tiles(geography, "France")) <= 10_000
    assert all(tile.size >= 500 for tile in _tiles(geography, "France"))


def test_france_has_every_region_of_the_continent(geography: Geography) -> None:
    france, overseas = set(_tiles(geography, "France")), set(_tiles(geography, "DROM"))
    regions = [set(_tiles(geography, f"région {name}")) for name in geography._gazetteer.regions]
    assert len([region for region in regions if region <= france]) == 13
    assert len([region for region in regions if region <= overseas]) == 5
    assert set().union(*regions) == france | overseas
    assert not france & overseas
    departments = [set(_tiles(geography, code)) for code in geography._gazetteer.departments]
    assert set().union(*departments) == france | overseas


@given(st.lists(st.sampled_from(SPELLINGS), min_size=1, max_size=5), st.booleans())
@settings(max_examples=60, deadline=None)
def test_a_union_has_no_overlap_and_nothing_more(spellings: list[str], finer: bool) -> None:
    geography = Geography.load()
    zones = [geography.resolve(spelling) for spelling in spellings]
    found = geography.grid(zones, finer)
    _assert_apart([tile for tile, _ in found])
    single = [{tile for tile, _ in geography.grid([zone], finer)} for zone in zones]
    assert {tile for tile, _ in found} == set().union(*single)
    for tile, ordinal in found:
        assert ordinal == next(n for n, tiles in enumerate(single) if tile in tiles)
    assert [ordinal for _, ordinal in found] == sorted(ordinal for _, ordinal in found)
    assert geography.grid(zones, finer) == found


def test_finer_tiles_are_quadrants_that_touch_the_zone(geography: Geography) -> None:
    coarse, fine = _tiles(geography, "Lyon 2e"), _tiles(geography, "Lyon 2e", finer=True)
    assert set(fine) <= {child for tile in coarse for child in tile.children()}
    assert len(coarse) < len(fine) < 4 * len(coarse)
    inside = _inner_points(geography, geography.resolve("Lyon 2e"))
    assert all(any(tile.contains(*point) for tile in fine) for point in inside)


def test_all_tiles_of_france_are_apart_finer_too(geography: Geography) -> None:
    _assert_apart(_tiles(geography, "France entière"))
    _assert_apart(_tiles(geography, "France entière", finer=True))


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_every_point_of_a_commune_is_in_its_tiles(data: st.DataObject) -> None:
    geography = Geography.load()
    known = geography._gazetteer
    area = data.draw(st.integers(0, len(known.insee) - 1))
    zone = geography.resolve(f"insee:{known.insee[area]}")
    for point in _corners(geography, zone) + _inner_points(geography, zone, data.draw(st.floats(0, 0.9))):
        assert sum(tile.contains(*point) for tile, _ in geography.grid([zone])) == 1
        assert sum(tile.contains(*point) for tile, _ in geography.grid([zone], finer=True)) == 1


@given(
    st.sampled_from(["Lyon", "Brest", "Ajaccio", "Cayenne", "Mamoudzou"]),
    st.integers(1, 100),
    st.floats(0, 0.99),
    st.floats(0, 7),
)
@settings(deadline=None)
def test_every_commune_within_a_radius_is_in_its_tiles(place: str, kilometres: int, out: float, bearing: float) -> None:
    geography = Geography.load()
    zone = geography.resolve(f"{place} {kilometres} km")
    assert zone.circle is not None
    plane = PROJECTIONS[crs_at(zone.circle.lat, zone.circle.lon) or 0]
    easting, northing = plane.forward(zone.circle.lat, zone.circle.lon)
    reach = kilometres * 1000 * out
    point = plane.inverse(easting + reach * math.cos(bearing), northing + reach * math.sin(bearing))
    if geography.commune_at(*point) is not None:
        for finer in (False, True):
            assert sum(tile.contains(*point) for tile, _ in geography.grid([zone], finer)) == 1


def test_a_radius_grows_with_its_kilometres(geography: Geography) -> None:
    small, large = set(_tiles(geography, "Lyon 10 km")), set(_tiles(geography, "Lyon 40 km"))
    assert small < large
    assert _tiles(geography, "Lyon 2e")[0] in small


@pytest.mark.parametrize("code", ["12218", "14581", "15031", "15035", "15047", "15171", "49126", "69114"])
def test_communes_without_an_outline_of_their_own_have_tiles(geography: Geography, code: str) -> None:
    assert _tiles(geography, f"insee:{code}")


def _corners(geography: Geography, zone: Zone) -> list[tuple[float, float]]:
    """Vertices of the outline, and points between them on its sides."""
    areas = [area for first, end in zone.spans for area in range(first, end)]
    rings = [ring for area in areas for ring in geography.outlines.rings(area)]
    return [
        (a[0] + (b[0] - a[0]) * along, a[1] + (b[1] - a[1]) * along)
        for ring in rings
        for a, b in zip(ring, ring[1:] + ring[:1], strict=True)
        for along in (0, 0.37)
    ][:60]


def _inner_points(geography: Geography, zone: Zone, shift: float = 0.5) -> list[tuple[float, float]]:
    corners = _corners(geography, zone)
    if not corners:
        return []
    south, west = (min(axis) for axis in zip(*corners, strict=True))
    north, east = (max(axis) for axis in zip(*corners, strict=True))
    steps = [(n + shift) / 5 for n in range(5)]
    points = [(south + y * (north - south), west + x * (east - west)) for x, y in product(steps, steps)]
    communes = geography.communes(zone)
    return [point for point in points if geography.commune_at(*point) in communes]
