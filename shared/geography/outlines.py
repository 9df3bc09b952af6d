"""Which area a point lies in."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Sequence
from itertools import count

from shared.geography.bundle import DEGREE, Drawing, offsets, sums, unpack
from shared.geography.grid import Grid
from shared.geography.projection import PROJECTIONS, crs_at


class Outlines:
    """The outlines of all areas, and the grid as their index.

    Every side is measured from its southern end, whichever outline it belongs to, and a point on it counts as east
    of it: no point is in two neighbours, nor in none.
    """

    def __init__(self, drawing: Drawing, grid: Grid) -> None:
        self._x = sums(unpack("i", drawing.longitudes))
        self._y = sums(unpack("i", drawing.latitudes))
        self._ring_starts = offsets(unpack("H", drawing.ring_lengths))
        self._rings = offsets(unpack("H", drawing.ring_counts))
        sides = iter(unpack("i", drawing.boxes))
        boxes = list(zip(sides, sides, sides, sides, count(), strict=False))
        self._candidates = _by_square(grid, boxes)

    def area_at(self, lat: float, lon: float) -> int | None:
        """The area's position; None outside of every outline."""
        crs = crs_at(lat, lon)
        if crs is None:
            return None
        easting, northing = PROJECTIONS[crs].forward(lat, lon)
        x, y = lon * DEGREE, lat * DEGREE
        for size, squares in self._candidates[crs]:
            candidates = squares.get((easting // size, northing // size))
            if candidates is None:
                continue
            for west, south, east, north, area in candidates:
                if south <= y <= north and west <= x <= east and self._holds(area, x, y):
                    return area
            return None
        return None

    def rings(self, area: int) -> list[list[tuple[float, float]]]:
        """Rings of (lat, lon) in degrees, not closed; a point within an odd number of them is inside."""
        runs = [self._ring(ring) for ring in range(self._rings[area], self._rings[area + 1])]
        return [[(y / DEGREE, x / DEGREE) for x, y in zip(xs, ys, strict=True)] for xs, ys in runs]

    def _ring(self, ring: int) -> tuple[array[int], array[int]]:
        start, end = self._ring_starts[ring], self._ring_starts[ring + 1]
        return self._x[start:end], self._y[start:end]

    def _holds(self, area: int, x: float, y: float) -> bool:
        inside = False
        for ring in range(self._rings[area], self._rings[area + 1]):
            xs, ys = self._ring(ring)
            start_x, start_y = xs[-1], ys[-1]
            was_above = start_y > y
            for end_x, end_y in zip(xs, ys, strict=True):
                above = end_y > y
                if above is not was_above:
                    if above:
                        inside ^= (end_x - start_x) * (y - start_y) > (x - start_x) * (end_y - start_y)
                    else:
                        inside ^= (start_x - end_x) * (y - end_y) > (x - end_x) * (start_y - end_y)
                    was_above = above
                start_x, start_y = end_x, end_y
        return inside


Box = tuple[int, int, int, int, int]
"""West, south, east, north, and the area that lies within."""

Squares = dict[tuple[float, float], tuple[Box, ...]]


def _by_square(grid: Grid, boxes: Sequence[Box]) -> dict[int, list[tuple[int, Squares]]]:
    """By plane, for each side the areas that touch the quadrant at (column, row), those of the smallest side first."""
    touching: dict[tuple[int, int], list[Box]] = defaultdict(list)
    for box in boxes:
        for position, quadrants in grid.touches(box[-1]):
            for quadrant in range(4):
                if quadrants >> quadrant & 1:
                    touching[position, quadrant].append(box)
    found: dict[int, dict[int, Squares]] = defaultdict(lambda: defaultdict(dict))
    for (position, quadrant), areas in touching.items():
        tile = grid.tiles[position]
        side = tile.size // 2
        place = (tile.easting // side + quadrant % 2, tile.northing // side + quadrant // 2)
        found[tile.crs][side][place] = tuple(areas)
    return {crs: sorted(found[crs].items()) for crs in PROJECTIONS}
