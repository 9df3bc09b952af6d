"""CSV as French spreadsheets open it: UTF-8 with a byte order mark, `;`, RFC 4180 quotes and CRLF.

A line break inside a cell stays inside its quotes. Null and `""` are both an empty cell: CSV has no null.
"""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Collection, Iterable, Sequence

from shared.export.cells import cell_text
from shared.export.rows import Pages, Row, slices
from shared.export.sanitise import sanitise_names

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


async def export_csv(columns: Sequence[str], pages: Pages, list_columns: Collection[str] = ()) -> AsyncIterator[bytes]:
    """The file in chunks: the header line, then the rows, encoded slice by slice in a thread."""
    yield _BYTE_ORDER_MARK + _lines([sanitise_names(columns)])
    lists = frozenset(list_columns)
    async for rows in slices(pages, columns):
        yield await asyncio.to_thread(_rows, columns, rows, lists)


def _rows(columns: Sequence[str], rows: Sequence[Row], lists: frozenset[str]) -> bytes:
    kinds = [(name, name in lists) for name in columns]
    return _lines([cell_text(row.get(name), is_list=is_list) for name, is_list in kinds] for row in rows)


def _lines(lines: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerows(lines)
    return text.getvalue().encode("utf-8", errors="replace")
