from __future__ import annotations

import csv
import math
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.geography import Tile
from shared.geography.projection import PROJECTIONS
from shared.geography.tile import LARGEST, SIZES, tile_at

# Made with PROJ 9.5.1 from the geodetic CRS of each plane.
REFERENCE = list(csv.DictReader(Path(__file__).with_name("reference_points.csv").open()))
PARIS = (48.8584, 2.2945)

points = st.sampled_from([(3035, 41.3, -5.1, 51.1, 9.6), (5490, 14.3, -61.9, 18.1, -60.8), (2972, 2.1, -54.6, 5.8, -51.6), (2975, -21.4, 55.2, -20.8, 55.9), (4471, -13.1, 44.9, -12.6, 45.3)]).flatmap(
    lambda box: st.tuples(st.just(box[0]), st.floats(box[1], box[3]), st.floats(box[2], box[4]))
)  # fmt: skip
sizes = st.sampled_from(SIZES)


@pytest.mark.parametrize("row", REFERENCE, ids=lambda row: f"{row['crs']}-{row['lat']}")
def test_planes_are_those_of_proj(row: dict[str, str]) -> None:
    plane = PROJECTIONS[int(row["crs"])]
    lat, lon, easting, northing = (float(row[name]) for name in ("lat", "lon", "easting", "northing"))
    assert math.dist(plane.forward(lat, lon), (easting, northing)) < 0.001
    assert math.dist(plane.inverse(easting, northing), (lat, lon)) < 1e-8


@given(points)
def test_there_and_back(point: tuple[int, float, float]) -> None:
    crs, lat, lon = point
    assert PROJECTIONS[crs].inverse(*PROJECTIONS[crs].forward(lat, lon)) == pytest.approx((lat, lon), abs=1e-9)


def test_id_and_parse() -> None:
    tile = Tile(3035, 500, 3_760_500, 2_889_500)
    assert tile.id == "3035-500-3760500-2889500"
    assert Tile.parse(tile.id) == tile
    assert hash(Tile.parse(tile.id)) == hash(tile)


@pytest.mark.parametrize(
    "text",
    ["", "3035", "3035-500-3760500", "3035-500-3760500-2889500-1", "3035-500-3760501-2889500", "3035-300-300-300", "3035-0-0-0", "4326-500-500-500", "3035-500--500-500", "3035-500-０-0", "3035-0500-500-500", "3035-500-1e3-0", "3035-62-62-62", "3035-32000-32000-32000", "3035-500-10000000-500", "3035-500-500-99999999999999500", "9" * 5000],
)  # fmt: skip
def test_what_is_no_tile(text: str) -> None:
    with pytest.raises(ValueError, match=r"[Tt]ile"):
        Tile.parse(text)


@given(points, sizes)
def test_ids_come_back(point: tuple[int, float, float], size: int) -> None:
    tile = tile_at(point[1], point[2], size, point[0])
    assert Tile.parse(tile.id) == tile


@given(points)
def test_a_point_is_in_one_tile_of_each_size(point: tuple[int, float, float]) -> None:
    crs, lat, lon = point
    tile = tile_at(lat, lon, LARGEST, crs)
    while tile.can_split:
        assert tile.contains(lat, lon)
        (tile,) = (child for child in tile.children() if child.contains(lat, lon))


def test_sides_are_half_open() -> None:
    tile = tile_at(*PARIS, 500)
    west, east = tile, Tile(tile.crs, tile.size, tile.easting + 500, tile.northing)
    corner = PROJECTIONS[3035].inverse(east.easting + 1e-6, east.northing + 250)
    assert (west.contains(*corner), east.contains(*corner)) == (False, True)


@given(points, sizes, st.floats(0, 1), st.floats(0, 1))
def test_bbox_and_circle_enclose_the_square(point: tuple[int, float, float], size: int, x: float, y: float) -> None:
    tile = tile_at(point[1], point[2], size, point[0])
    lat, lon = PROJECTIONS[tile.crs].inverse(tile.easting + x * size, tile.northing + y * size)
    south, west, north, east = tile.bbox
    assert south <= lat <= north
    assert west <= lon <= east
    assert _metres(tile.centre, (lat, lon)) <= tile.radius


@given(points, sizes)
def test_bbox_is_not_much_larger(point: tuple[int, float, float], size: int) -> None:
    tile = tile_at(point[1], point[2], size, point[0])
    south, west, north, east = tile.bbox
    assert _metres((south, west), (north, east)) < 2 * tile.radius * 1.45  # the square stands askew on the meridians


def test_children_and_parts() -> None:
    tile = Tile(3035, 500, 3_760_500, 2_889_500)
    south_west, south_east, north_west, north_east = tile.children()
    assert (south_west.easting, south_west.northing) == (tile.easting, tile.northing)
    assert (south_east.easting, south_east.northing) == (tile.easting + 250, tile.northing)
    assert (north_west.easting, north_west.northing) == (tile.easting, tile.northing + 250)
    assert (north_east.easting, north_east.northing) == (tile.easting + 250, tile.northing + 250)
    assert tile.part("") == tile
    assert tile.part("03") == south_west.children()[3]
    smallest = tile.part("00")
    assert (smallest.size, smallest.can_split) == (125, False)
    with pytest.raises(ValueError, match="too small"):
        tile.part("000")
    with pytest.raises(ValueError, match="Not a path"):
        tile.part("4")


def test_ring_is_closed_and_anticlockwise() -> None:
    tile = tile_at(*PARIS, 1_000)
    ring = tile.ring()
    assert len(ring) == 5
    assert ring[0] == ring[-1]
    area = sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairwise(ring))
    assert area > 0
    assert 2 < ring[0][0] < 3  # longitude first


def _metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    (lat1, lon1), (lat2, lon2) = ([math.radians(x) for x in p] for p in (a, b))
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * 6_371_009 * math.asin(math.sqrt(half))
