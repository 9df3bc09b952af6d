"""The square that a search covers."""

from __future__ import annotations

import math
from typing import NamedTuple, Self

import msgspec

from shared.geography.projection import METROPOLITAN, PROJECTIONS

LARGEST = 16_000
SMALLEST = 125
"""Sides in metres: the quadtree's roots, and the last halving that leaves whole metres."""

_EDGE = 10_000_000
"""Metres: no plane of ours is wider, and beyond it there is no place to turn back into degrees."""

SIZES = tuple(LARGEST >> halvings for halvings in range(8))

_EARTH = 6_371_000.0
_STRETCH = 1.01
"""Distances on our planes are within 0.5 % of those on the ground, and a sphere is within 0.5 % of the Earth."""


class BoundingBox(NamedTuple):
    """Degrees of WGS84."""

    south: float
    west: float
    north: float
    east: float


class Tile(msgspec.Struct, frozen=True):
    """A square of an equal-area grid: EPSG:3035 in metropolitan France, a local projection overseas.

    `easting` and `northing` are the lower-left corner, all in metres. The square is half-open: it holds its lower
    and left sides, so that each point of the plane lies in exactly one tile of a size.
    """

    crs: int
    size: int
    easting: int
    northing: int

    @property
    def id(self) -> str:
        """`3035-500-3760500-2889500`: plane, side, corner. The same place has the same id for ever."""
        return f"{self.crs}-{self.size}-{self.easting}-{self.northing}"

    @classmethod
    def parse(cls, id: str) -> Self:  # noqa: A002 - it is what it parses
        """The tile of an id. Raises ValueError for text that is no id of a tile of the grid."""
        parts = id.split("-")
        if len(parts) != 4 or not all(part.isascii() and part.isdigit() for part in parts):
            raise ValueError(f"Not a tile: {id!r}.")
        tile = cls(*map(int, parts))
        aligned = tile.size in SIZES and not tile.easting % tile.size and not tile.northing % tile.size
        if tile.crs not in PROJECTIONS or not aligned or max(tile.easting, tile.northing) >= _EDGE:
            raise ValueError(f"Not a tile of the grid: {id!r}.")
        if tile.id != id:
            raise ValueError(f"Not the canonical form of a tile: {id!r}.")
        return tile

    @property
    def can_split(self) -> bool:
        """Whether it has children: 125 m is the end."""
        return self.size > SMALLEST

    def children(self) -> tuple[Tile, Tile, Tile, Tile]:
        """Its quadrants 0 SW, 1 SE, 2 NW, 3 NE. Raises ValueError when it is too small to split."""
        if not self.can_split:
            raise ValueError(f"Tile {self.id} is too small to split.")
        half, east, north = self.size // 2, self.easting, self.northing
        return (
            Tile(self.crs, half, east, north),
            Tile(self.crs, half, east + half, north),
            Tile(self.crs, half, east, north + half),
            Tile(self.crs, half, east + half, north + half),
        )

    def part(self, path: str) -> Tile:
        """The descendant at a path of quadrants: "" is itself, "03" quadrant 3 of its quadrant 0.

        Raises ValueError for another character or a path that goes below the smallest tile.
        """
        tile: Tile = self
        for quadrant in path:
            if quadrant not in "0123":
                raise ValueError(f"Not a path of quadrants: {path!r}.")
            tile = tile.children()[int(quadrant)]
        return tile

    @property
    def centre(self) -> tuple[float, float]:
        """(lat, lon) in degrees."""
        return self._degrees(0.5, 0.5)

    @property
    def radius(self) -> float:
        """Metres on the ground from the centre within which the whole square lies: half the diagonal and a hair."""
        return self.size * math.sqrt(0.5) * _STRETCH

    @property
    def bbox(self) -> BoundingBox:
        """The degrees that enclose the square, with at most two metres to spare beyond its bent sides."""
        steps = (0.0, 0.25, 0.5, 0.75, 1.0)
        sides = [self._degrees(x, y) for x in steps for y in steps if x in (0, 1) or y in (0, 1)]
        lats, lons = [lat for lat, _ in sides], [lon for _, lon in sides]
        # Between two samples a side bends outwards by less than their distance squared over the Earth's diameter.
        spare = math.degrees((self.size / 4) ** 2 / (2 * _EARTH) / _EARTH) + 1e-9
        wide = spare / math.cos(math.radians(max(map(abs, lats))))
        return BoundingBox(min(lats) - spare, min(lons) - wide, max(lats) + spare, max(lons) + wide)

    def contains(self, lat: float, lon: float) -> bool:
        """Whether a point (degrees) lies in the square, its lower and left sides included."""
        easting, northing = PROJECTIONS[self.crs].forward(lat, lon)
        return 0 <= easting - self.easting < self.size and 0 <= northing - self.northing < self.size

    def ring(self) -> list[list[float]]:
        """Its corners as a GeoJSON ring: [lon, lat], anticlockwise, closed."""
        corners = [self._degrees(x, y) for x, y in ((0, 0), (1, 0), (1, 1), (0, 1), (0, 0))]
        return [[round(lon, 6), round(lat, 6)] for lat, lon in corners]

    def _degrees(self, x: float, y: float) -> tuple[float, float]:
        return PROJECTIONS[self.crs].inverse(self.easting + x * self.size, self.northing + y * self.size)


def tile_at(lat: float, lon: float, size: int, crs: int = METROPOLITAN) -> Tile:
    """The tile of a side that holds a point."""
    easting, northing = PROJECTIONS[crs].forward(lat, lon)
    return Tile(crs, size, int(easting // size) * size, int(northing // size) * size)
