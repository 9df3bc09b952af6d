"""JSON: one array of objects, one object a line.

Every object has every column, in order, null where there is no value.
Strings are sanitised like cells, keys too: tools turn such files into spreadsheets.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence

import msgspec

from shared.export.rows import Pages, Row, slices
from shared.export.sanitise import sanitise_names, sanitise_value


async def export_json(columns: Sequence[str], pages: Pages, list_columns: Collection[str] = ()) -> AsyncIterator[bytes]:
    """The file in chunks. `list_columns` changes nothing here: a list stays an array."""
    names = sanitise_names(columns)
    separator = b"[\n"
    async for rows in slices(pages, columns):
        yield separator + await asyncio.to_thread(_objects, columns, names, rows)
        separator = b",\n"
    yield b"[]\n" if separator == b"[\n" else b"\n]\n"


def _objects(columns: Sequence[str], names: Sequence[str], rows: Sequence[Row]) -> bytes:
    encode = msgspec.json.encode
    return b",\n".join(
        encode({name: sanitise_value(row.get(column)) for column, name in zip(columns, names, strict=True)})
        for row in rows
    )
