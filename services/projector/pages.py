"""Stored pages on their way out, one at a time, so that a large job takes the memory of a page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec

from shared.store import JobView, PageKind, StoreUnavailable, Views

_RAW = msgspec.json.Decoder(list[msgspec.Raw])
_ROWS: msgspec.json.Decoder[list[dict[str, Any]]] = msgspec.json.Decoder(list[dict[str, Any]])


async def json_page(views: Views, view: JobView, kind: PageKind, *, offset: int, limit: int) -> AsyncIterator[bytes]:
    """`{"count": all, "items": [some]}` (`reports` for reports) in chunks. Whole pages pass through as stored."""
    counts = view.rows if kind == "rows" else view.reports
    job = view.state.id
    head = b'{"count":%d,"%s":[' % (sum(counts), b"items" if kind == "rows" else b"reports")
    first = 0
    for number, count in enumerate(counts):
        start, stop = max(offset - first, 0), min(offset + limit - first, count)
        first += count
        if start >= stop:
            continue
        body = await _page(views, kind, job, number)
        if (start, stop) == (0, count):
            yield head + body[1:-1]
        else:
            yield head + await asyncio.to_thread(_cut, body, start, stop)
        head = b","
    yield b"]}" if head == b"," else head + b"]}"


async def decoded_pages(views: Views, view: JobView) -> AsyncIterator[list[dict[str, Any]]]:
    """The rows of a job, page by page, for an export."""
    for number in range(len(view.rows)):
        yield await asyncio.to_thread(_ROWS.decode, await _page(views, "rows", view.state.id, number))


async def _page(views: Views, kind: PageKind, job: str, number: int) -> bytes:
    body = await views.page(kind, job, number)
    if body is None:  # expired, deleted or wiped since the view was read: nothing half may look whole
        raise StoreUnavailable(f"page {number} of {job} is not there any more")
    return body


def _cut(body: bytes, start: int, stop: int) -> bytes:
    return b",".join(map(bytes, _RAW.decode(body)[start:stop]))
