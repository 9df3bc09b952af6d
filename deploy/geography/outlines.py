"""Outlines of today's communes that neither overlap nor leave gaps, and the point where each is looked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely

from deploy.geography.sources import Place
from shared.geography.bundle import DEGREE

WITHIN = {"15031": "15141", "15035": "15141", "15047": "15141", "15171": "15141"}
"""Communes that left a merged one in 2025: the source has only the merged outline, which serves them all."""


def outlines(places: Sequence[Place], cities: set[str]) -> dict[str, Any]:
    """Outlines in degrees by INSEE code, but for the `cities` that have arrondissements and the communes `WITHIN`.

    The source simplified shared borders alike, save for 200 communes with slivers along them, mended here; then
    vertices go to `DEGREE`, those of neighbours to the same place. What has no outline is made of its former communes.
    """
    found = {p.code: p.outline for p in places if p.kind in {"COM", "ARM"} and p.code not in cities and p.outline}
    parts: dict[str, list[Any]] = defaultdict(list)
    for place in places:
        if place.parent and place.parent not in found and place.outline and place.kind in {"COMD", "COMA"}:
            parts[place.parent].append(place.outline)
    lacking = [p.code for p in places if p.kind == "COM" and p.code not in found and p.code not in WITHIN]
    found |= {code: shapely.union_all(parts[code]) for code in lacking if code not in cities}
    codes = sorted(found)
    mended = shapely.coverage_clean(np.array([found[code] for code in codes], dtype=object))
    placed = shapely.transform(mended, lambda points: np.round(points * DEGREE) / DEGREE)
    left = [
        code for code, edges in zip(codes, shapely.coverage_invalid_edges(placed), strict=True) if not edges.is_empty
    ]
    if left:
        raise ValueError(f"Outlines that overlap or leave a gap: {left}.")
    return dict(zip(codes, placed.tolist(), strict=True))


def rings(outline: Any) -> list[list[tuple[int, int]]]:
    """Rings of (longitude, latitude) in units of `DEGREE`, the first vertex once."""
    polygons = [part for part in shapely.get_parts(outline).tolist() if not part.is_empty]
    lines = [ring for polygon in polygons for ring in (polygon.exterior, *polygon.interiors)]
    whole = [np.round(shapely.get_coordinates(line)[:-1] * DEGREE).astype(int).tolist() for line in lines]
    return [[(x, y) for x, y in ring] for ring in whole]


def centre(outline: Any, town_hall: Any) -> tuple[int, int]:
    """(latitude, longitude) in units of `DEGREE`: the town hall, where people are; when the source has it outside
    of its commune (one in twenty), an inner point."""
    shapely.prepare(outline)
    point = town_hall if town_hall is not None and outline.contains(town_hall) else outline.representative_point()
    return round(point.y * DEGREE), round(point.x * DEGREE)
