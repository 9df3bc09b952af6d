"""The search grid: squares that are small where people are many.

A square is split in four while more than `CROWD[side]` people live in it, from 16 km down to 500 m. A commune's
population is spread evenly over the cells of 500 m whose centre it holds, then each cell takes the mean of the nine
around it: towns do not end where communes do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import shapely

from shared.geography.projection import PROJECTIONS
from shared.geography.tile import LARGEST, Tile

CELL = 500
CROWD = {1_000: 10_500, 2_000: 12_500, 4_000: 16_500, 8_000: 20_000, 16_000: 21_000}
"""Most people in an unsplit square, by its side in metres. Chosen so that Paris has the 412 tiles of the product's
published example (0.041 EF) and metropolitan France just under 10 000 (1 EF): see docs/geography.md."""

_STEP = 0.005
_MARGIN = 0.1
"""A side of an outline is straight in degrees and bent in metres: cut to pieces of 0.005 degrees (half a kilometre),
it strays by less than a centimetre, and ten are allowed for. No point of an outline is then outside its tiles."""


def project(outline: Any, crs: int) -> Any:
    """An outline in degrees as one in the metres of a plane."""
    forward = PROJECTIONS[crs].forward
    fine = shapely.segmentize(outline, _STEP)
    flat = shapely.transform(fine, lambda points: np.array([forward(lat, lon) for lon, lat in points.tolist()]))
    return flat if flat.is_valid else shapely.make_valid(flat)


class Population:
    """Where people live, on one plane: their number in any square of the quadtree around the outlines."""

    def __init__(self, outlines: Sequence[Any], people: Sequence[int]) -> None:
        bounds = np.array([outline.bounds for outline in outlines])
        west, south = np.floor(bounds[:, :2].min(axis=0) / LARGEST).astype(int).tolist()
        east, north = np.floor(bounds[:, 2:].max(axis=0) / LARGEST).astype(int).tolist()
        self.roots = [(column, row) for row in range(south, north + 1) for column in range(west, east + 1)]
        """Columns and rows of the largest squares, from the south-west."""
        self._west, self._south = west * LARGEST, south * LARGEST
        shape = ((north - south + 1) * LARGEST // CELL, (east - west + 1) * LARGEST // CELL)
        raster, land = np.zeros(shape), np.zeros(shape)
        for outline, count in zip(outlines, people, strict=True):
            cells = self._cells(outline)
            raster[cells] += count / len(cells[0])
            land[cells] = 1
        raster = _around(raster) / np.maximum(_around(land), 1) * land
        self._levels = {CELL: raster}
        while CELL << (len(self._levels) - 1) < LARGEST:
            side = CELL << (len(self._levels) - 1)
            rows, columns = self._levels[side].shape
            self._levels[side * 2] = self._levels[side].reshape(rows // 2, 2, columns // 2, 2).sum(axis=(1, 3))

    def within(self, tile: Tile) -> float:
        row, column = (tile.northing - self._south) // tile.size, (tile.easting - self._west) // tile.size
        return float(self._levels[tile.size][row, column])

    def _cells(self, outline: Any) -> tuple[Any, Any]:
        """Rows and columns of the cells whose centre is inside, or of an inner point's when there is none."""
        west, south, east, north = outline.bounds
        columns = np.arange(int(west - self._west) // CELL, int(east - self._west) // CELL + 1)
        rows = np.arange(int(south - self._south) // CELL, int(north - self._south) // CELL + 1)
        x: Any = np.tile(columns, len(rows))
        y: Any = np.repeat(rows, len(columns))
        shapely.prepare(outline)
        inside = shapely.contains_xy(outline, self._west + (x + 0.5) * CELL, self._south + (y + 0.5) * CELL)
        if not inside.any():
            point = outline.representative_point()
            x, y = np.array([point.x - self._west]) // CELL, np.array([point.y - self._south]) // CELL
            return y.astype(int), x.astype(int)
        return y[inside], x[inside]


def _around(raster: Any) -> Any:
    """The sum over each cell and its eight neighbours."""
    wide = np.pad(raster, 1)
    rows, columns = raster.shape
    return sum(wide[y : y + rows, x : x + columns] for y in range(3) for x in range(3))


def squares(crs: int, population: Population) -> list[Tile]:
    """The quadtree's leaves, at each level in the order SW, SE, NW, NE."""

    def leaves(tile: Tile) -> Iterator[Tile]:
        if tile.size > CELL and population.within(tile) > CROWD[tile.size]:
            for child in tile.children():
                yield from leaves(child)
        else:
            yield tile

    roots = (Tile(crs, LARGEST, column * LARGEST, row * LARGEST) for column, row in population.roots)
    return [leaf for root in roots for leaf in leaves(root)]


def touched(tiles: Sequence[Tile], outlines: Sequence[Any]) -> list[dict[int, int]]:
    """Per outline: the tiles that it touches, by their position, with a bit for each quadrant that it touches."""
    quadrants = [child for tile in tiles for child in tile.children()]
    corners = np.array([(q.easting, q.northing, q.easting + q.size, q.northing + q.size) for q in quadrants])
    corners = corners + np.array([-_MARGIN, -_MARGIN, _MARGIN, _MARGIN])
    found = shapely.STRtree(outlines).query(shapely.box(*corners.T), predicate="intersects")
    touches: list[dict[int, int]] = [defaultdict(int) for _ in outlines]
    for quadrant, outline in sorted(zip(*found.tolist(), strict=True)):
        touches[outline][quadrant // 4] |= 1 << quadrant % 4
    return touches
