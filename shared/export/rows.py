"""The rows an export reads: pages of decoded JSON objects, cut into slices that are quick to encode."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

Row: TypeAlias = Mapping[str, Any]
Pages: TypeAlias = AsyncIterable[Sequence[Row]] | Iterable[Sequence[Row]]
"""Pages of at most some 500 rows. A plain iterable is walked on the event loop: for rows in memory."""

CELLS_A_SLICE = 10_000
"""About 10 ms of encoding in a thread; a job with thousands of columns gets slices of few rows."""


async def slices(pages: Pages, columns: Sequence[str]) -> AsyncIterator[Sequence[Row]]:
    """The rows of `pages` in order, never more than about CELLS_A_SLICE cells at a time."""
    height = max(1, CELLS_A_SLICE // max(1, len(columns)))
    async for page in _each(pages):
        for start in range(0, len(page), height):
            yield page[start : start + height]


async def _each(pages: Pages) -> AsyncIterator[Sequence[Row]]:
    if isinstance(pages, AsyncIterable):
        async for page in pages:
            yield page
    else:
        for page in pages:
            yield page
