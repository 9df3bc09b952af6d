"""`python -m deploy.geography`: fetch the sources, write the bundle, print what it holds."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec

from deploy.geography import outlines, quadtree, sources
from shared.geography.bundle import Bundle, Drawing, Registers, differences, pack
from shared.geography.projection import PROJECTIONS, crs_at
from shared.geography.text import key
from shared.geography.tile import SIZES, Tile

ROOT = Path(__file__).parents[2]
BUNDLE = ROOT / "shared" / "geography" / "france.bin"
_CITIES = {"13055": "132", "69123": "6938", "75056": "751"}
"""INSEE codes of the cities with arrondissements, and what those of their arrondissements begin with."""


def main() -> None:
    folder = ROOT / "var" / "geography"
    sources.fetch(folder)
    bundle = build(folder)
    BUNDLE.write_bytes(msgspec.msgpack.encode(bundle))
    print(f"{BUNDLE.relative_to(ROOT)}: {BUNDLE.stat().st_size / 1e6:.2f} MB")


def build(folder: Path) -> Bundle:
    communes = sources.names(folder, "communes")
    areas = {
        row["code"]: row
        for row in sorted(communes, key=lambda row: row["code"])
        if row["type"] in {"commune-actuelle", "arrondissement-municipal"} and row["zone"] != "com"
    }
    places = sources.places(folder)
    lines = outlines.outlines(places, set(_CITIES))
    tiles, touches = grid(areas, lines)
    rings = [outlines.rings(lines[code]) if code in lines else [] for code in areas]
    vertices = [vertex for outline in rings for ring in outline for vertex in ring]
    registers = Registers(
        insee="\n".join(areas),
        names="\n".join(row["nom"] for row in areas.values()),
        keys="\n".join(key(row["nom"]) for row in areas.values()),
        postcodes="\n".join(postcodes(areas, places)),
        populations=pack("I", (row.get("population", 0) for row in areas.values())),
        centres=pack("i", (x for point in centres(areas, lines, places) for x in point)),
        arrondissements={city: [code for code in areas if code.startswith(start)] for city, start in _CITIES.items()},
        former="\n".join(sorted(f"{row['nom']}\t{row['chefLieu']}" for row in communes if "chefLieu" in row)),
        former_codes="\n".join(former_codes(communes, areas)),
        departments=[(d["code"], d["nom"], d["region"]) for d in sources.names(folder, "departements")],
        regions=[(region["code"], region["nom"]) for region in sources.names(folder, "regions")],
        elsewhere="\n".join(elsewhere(communes)),
        tiles=pack("H", (x for tile in tiles for x in _columns(tile))),
        touch_counts=pack("H", map(len, touches)),
        touch_tiles=pack("H", (tile for touch in touches for tile in sorted(touch))),
        touch_quadrants=pack("B", (touch[tile] for touch in touches for tile in sorted(touch))),
    )
    drawing = Drawing(
        ring_counts=pack("H", map(len, rings)),
        ring_lengths=pack("H", (len(ring) for outline in rings for ring in outline)),
        boxes=pack("i", (side for outline in rings for side in _box(outline))),
        longitudes=pack("i", differences([x for x, _ in vertices])),
        latitudes=pack("i", differences([y for _, y in vertices])),
    )
    return Bundle.of(registers, drawing)


def grid(areas: dict[str, Any], lines: dict[str, Any]) -> tuple[list[Tile], list[dict[int, int]]]:
    """The tiles that any area touches, and per area their positions with the quadrants that it touches."""
    tiles: list[Tile] = []
    touches: dict[str, dict[int, int]] = {}
    planes = {code: crs_at(*_inner(outline)) for code, outline in lines.items()}
    for crs in PROJECTIONS:
        codes = [code for code, plane in planes.items() if plane == crs]
        flat = [quadtree.project(lines[code], crs) for code in codes]
        population = quadtree.Population(flat, [areas[code].get("population", 0) for code in codes])
        squares = quadtree.squares(crs, population)
        touched = quadtree.touched(squares, flat)
        used = {old: new for new, old in enumerate(sorted(set().union(*touched)), len(tiles))}
        tiles += [squares[old] for old in used]
        for code, touch in zip(codes, touched, strict=True):
            touches[code] = {used[old]: quadrants for old, quadrants in touch.items()}
        print(f"{crs}: {len(used)} tiles, {dict(sorted(Counter(squares[old].size for old in used).items()))}")
    return tiles, [touches.get(outlines.WITHIN.get(code, code), {}) for code in areas]


def postcodes(areas: dict[str, Any], places: list[sources.Place]) -> list[str]:
    """Per area, the postcode of its town hall's address first, or the lowest."""
    written = {place.code: re.findall(r"\b\d{5}\b", place.address) for place in places if place.kind in {"COM", "ARM"}}
    return [
        " ".join(sorted(row["codesPostaux"], key=lambda postcode: (postcode not in written.get(code, ()), postcode)))
        for code, row in areas.items()
    ]


def centres(areas: dict[str, Any], lines: dict[str, Any], places: list[sources.Place]) -> list[tuple[int, int]]:
    """Per area, (latitude, longitude)."""
    today = {place.code: place for place in places if place.kind in {"COM", "ARM"}}
    return [
        outlines.centre(lines.get(outlines.WITHIN.get(code, code), today[code].outline), today[code].town_hall)
        for code in areas
    ]


def former_codes(communes: list[sources.Row], areas: dict[str, Any]) -> list[str]:
    """Codes no longer in use, each with the code of the commune that took its place."""
    now = [(old, row["code"]) for row in communes if row["code"] in areas for old in row.get("anciensCodes", ())]
    merged = [(row["code"], row["chefLieu"]) for row in communes if "chefLieu" in row]
    return sorted({f"{old}\t{code}" for old, code in now + merged if old not in areas and code in areas})


def elsewhere(communes: list[sources.Row]) -> list[str]:
    return [
        f"{row['code']}\t{row['nom']}\t{' '.join(row.get('codesPostaux', ()))}"
        for row in communes
        if row["zone"] == "com" and row["type"] == "commune-actuelle"
    ]


def _inner(outline: Any) -> tuple[float, float]:
    point = outline.representative_point()
    return point.y, point.x


def _columns(tile: Tile) -> tuple[int, int, int, int]:
    return (
        list(PROJECTIONS).index(tile.crs),
        SIZES.index(tile.size),
        tile.easting // tile.size,
        tile.northing // tile.size,
    )


def _box(outline: list[list[tuple[int, int]]]) -> tuple[int, int, int, int]:
    xs, ys = [x for ring in outline for x, _ in ring], [y for ring in outline for _, y in ring]
    return (min(xs), min(ys), max(xs), max(ys)) if xs else (1, 1, 0, 0)  # nothing is within the last


if __name__ == "__main__":
    main()
