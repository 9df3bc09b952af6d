"""How the imported extract lies on disk: one SQLite file, written once and then only read.

Places are numbered in the order of the cells they lie in, so that a tile's places lie together. A search for a tag
reads ranges of `spots` (tag, cell, place), a search for a name ranges of `names` (cell, names): both are the places
of the tile's cells and nothing else, whatever the size of the country. Cells are hundredths of a degree.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import msgspec

from services.scrap.source import Place
from shared.geography.tile import BoundingBox

VERSION = "1"
"""Of this layout; a file of another version has to be imported anew."""

_STEPS = 100
"""Cells in a degree: about a kilometre, of the order of the smaller tiles."""
_ROW = 100_000
"""Numbers between two rows of cells; more than a row has."""

SCHEMA = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE tags (id INTEGER PRIMARY KEY, tag TEXT UNIQUE);
CREATE TABLE places (id INTEGER PRIMARY KEY, cell INTEGER, lat REAL, lon REAL, names TEXT, record BLOB);
CREATE TABLE spots (tag INTEGER, cell INTEGER, place INTEGER, PRIMARY KEY (tag, cell, place)) WITHOUT ROWID;
"""
NAMES_INDEX = "CREATE INDEX names ON places (cell, names)"


class Record(msgspec.Struct, frozen=True, array_like=True):
    """What `places.record` holds, as MessagePack."""

    place: Place
    tags: dict[str, str]
    """Those that searches ask for; they decide where several must hold together."""


def cell(lat: float, lon: float) -> int:
    """The number of the cell that holds a point."""
    return math.floor((lat + 90) * _STEPS) * _ROW + math.floor((lon + 180) * _STEPS)


def cell_ranges(box: BoundingBox) -> Iterator[tuple[int, int]]:
    """First and last cell of each row of cells that the box touches."""
    low, high = cell(box.south, box.west), cell(box.north, box.east)
    width = high % _ROW - low % _ROW
    for first in range(low, high - width + 1, _ROW):
        yield first, first + width
