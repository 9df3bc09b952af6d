"""The tiles of a territory: leaves of one quadtree over France, small where people are many."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import chain

from shared.geography.bundle import Registers, offsets, unpack
from shared.geography.projection import PROJECTIONS, crs_at
from shared.geography.tile import SIZES, Tile
from shared.geography.zone import Circle, Zone


class Grid:
    """Every tile with land in it, and which areas touch which."""

    def __init__(self, registers: Registers) -> None:
        columns = iter(unpack("H", registers.tiles))
        planes = list(PROJECTIONS)
        self.tiles = [
            Tile(planes[crs], SIZES[side], easting * SIZES[side], northing * SIZES[side])
            for crs, side, easting, northing in zip(columns, columns, columns, columns, strict=True)
        ]
        """By plane, then as the quadtree has them: from the south-west, the parts of a square together."""
        self._starts = offsets(unpack("H", registers.touch_counts))
        self._touched = unpack("H", registers.touch_tiles)
        self._quadrants = unpack("B", registers.touch_quadrants)

    def touches(self, area: int) -> Iterator[tuple[int, int]]:
        """The positions of the tiles that an area touches, each with a bit for each quadrant that it touches."""
        run = slice(self._starts[area], self._starts[area + 1])
        return zip(self._touched[run], self._quadrants[run], strict=True)

    def union(self, zones: Sequence[Zone]) -> list[tuple[Tile, int]]:
        """The distinct tiles of some zones, each with the position of the first zone that holds it.

        Zone by zone, and in each in the order of `tiles`. They never overlap.
        """
        seen: set[int] = set()
        found = []
        for ordinal, zone in enumerate(zones):
            new = self._held(zone) - seen
            seen |= new
            found += [(self.tiles[position], ordinal) for position in sorted(new)]
        return found

    def finer_union(self, zones: Sequence[Zone]) -> list[tuple[Tile, int]]:
        """As `union`, of quadrants of the tiles: those that touch the zone themselves."""
        seen: dict[int, int] = {}
        found = []
        for ordinal, zone in enumerate(zones):
            held = self._quadrants_held(zone)
            for position in sorted(held):
                before = seen.get(position, 0)
                seen[position] = before | held[position]
                found += [(part, ordinal) for part in _parts(self.tiles[position], held[position] & ~before)]
        return found

    def _held(self, zone: Zone) -> set[int]:
        if zone.circle is not None:
            return {position for position, _ in self._around(zone.circle)}
        return set(
            chain.from_iterable(self._touched[self._starts[first] : self._starts[end]] for first, end in zone.spans)
        )

    def _quadrants_held(self, zone: Zone) -> dict[int, int]:
        """The zone's tiles, with a bit for each quadrant that touches it."""
        if zone.circle is not None:
            radius = zone.circle.radius
            return {
                at: self._land[at] & _near(self.tiles[at], point, radius) for at, point in self._around(zone.circle)
            }
        held: dict[int, int] = {}
        for first, end in zone.spans:
            run = slice(self._starts[first], self._starts[end])
            for position, quadrants in zip(self._touched[run], self._quadrants[run], strict=True):
                held[position] = held.get(position, 0) | quadrants
        return held

    def _around(self, circle: Circle) -> Iterator[tuple[int, tuple[float, float]]]:
        """The tiles that a circle touches, each with the circle's centre in metres."""
        crs = crs_at(circle.lat, circle.lon)
        assert crs is not None, "a zone's circle is around a commune"
        centre = PROJECTIONS[crs].forward(circle.lat, circle.lon)
        for position, tile in enumerate(self.tiles):
            if tile.crs == crs and _distance(tile, centre) <= circle.radius:
                yield position, centre

    @cached_property
    def _land(self) -> dict[int, int]:
        """Of each tile, the quadrants that touch any area."""
        land: dict[int, int] = {}
        for position, quadrants in zip(self._touched, self._quadrants, strict=True):
            land[position] = land.get(position, 0) | quadrants
        return land


def _distance(tile: Tile, point: tuple[float, float]) -> float:
    """Metres of the plane from a point to the nearest of the square; 0 inside."""
    x, y = point[0] - tile.easting, point[1] - tile.northing
    return math.hypot(max(-x, 0, x - tile.size), max(-y, 0, y - tile.size))


def _near(tile: Tile, point: tuple[float, float], radius: float) -> int:
    """A bit for each quadrant within the distance."""
    return sum(1 << bit for bit, child in enumerate(tile.children()) if _distance(child, point) <= radius)


def _parts(tile: Tile, quadrants: int) -> list[Tile]:
    return [child for bit, child in enumerate(tile.children()) if quadrants >> bit & 1]
