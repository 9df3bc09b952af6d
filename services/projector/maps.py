"""The map of a search: its tiles with their state and its places, as GeoJSON (RFC 7946).

Tiles never change, so a process draws each job's once. The places of an ended job were laid out with its rows; those
of a running one are read from the log, each request only what is new since the last.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar

import msgspec

from contracts import codec, subjects
from contracts.codec import ItemsCounted, ItemSettled
from contracts.subjects import Channel
from services.projector.fold import read_events
from services.projector.paging import MAP_PLACES, point
from shared.geography.tile import Tile
from shared.job.state import FAILED, FINISHED, FLAGGED, FOUND, JobState
from shared.messaging.log import EventLog
from shared.messaging.tail import Message
from shared.store import JobView, Views

_KEPT = 8
"""Jobs whose drawing is kept: up to 5 MB each."""
_DIGITS = 5
"""Of a degree: about a metre."""

T = TypeVar("T")


class Maps:
    """Draws the maps of one process."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._tiles: OrderedDict[str, _Tiles] = OrderedDict()
        self._places: OrderedDict[str, _LivePlaces] = OrderedDict()

    async def draw(self, view: JobView, views: Views) -> AsyncIterator[bytes]:
        """The FeatureCollection in chunks. Raises StoreUnavailable, LogUnavailable before the first."""
        state = view.state
        tiles = await _kept(self._tiles, state.id, _Tiles).of(self._log, state)
        if view.ready:
            self._places.pop(state.id, None)
            places = await _stored_places(views, state.id)
        else:
            places = await _kept(self._places, state.id, _LivePlaces).of(self._log, state)
        yield b'{"type":"FeatureCollection","places_count":%d,"features":[' % state.results
        drawn = await asyncio.to_thread(_draw_tiles, tiles, state.tiles)
        yield drawn + (b"," if drawn and places else b"") + places
        yield b"]}"


def _kept(of_jobs: OrderedDict[str, T], job: str, make: Callable[[], T]) -> T:
    kept = of_jobs.pop(job, None) or make()
    of_jobs[job] = kept
    if len(of_jobs) > _KEPT:
        of_jobs.popitem(last=False)
    return kept


class _Tiles:
    """The features of a job's tiles, each without its end, where its state belongs."""

    def __init__(self) -> None:
        self._heads: list[bytes] = []
        self._busy = asyncio.Lock()

    async def of(self, log: EventLog, state: JobState) -> list[bytes]:
        async with self._busy:
            if len(self._heads) < state.total:
                submitted = [message async for message in log.read(_subject(state, "items"))]
                self._heads = await asyncio.to_thread(_tile_heads, submitted)
            return self._heads


def _tile_heads(submitted: list[Message]) -> list[bytes]:
    heads: list[bytes] = []
    for message in submitted:
        for envelope in read_events(message):
            if isinstance(envelope.data, ItemsCounted):
                heads += map(_tile_head, envelope.data.items)
    return heads


def _tile_head(item: msgspec.Raw) -> bytes:
    values: dict[str, Any] = msgspec.json.decode(item)
    ring = [[round(lon, _DIGITS), round(lat, _DIGITS)] for lon, lat in Tile.parse(values["tile"]).ring()]
    feature = {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": {"kind": "tile", "id": values["tile"], "zone": values["zone"]},
    }
    return msgspec.json.encode(feature)[:-2]


def _tile_end(marks: int) -> bytes:
    state = "waiting" if not marks & FINISHED else "failed" if marks & FAILED else "done"
    return b',"state":"%s","found":%s,"flagged":%s}}' % (
        state.encode(),
        b"true" if marks & FOUND else b"false",
        b"true" if marks & FLAGGED else b"false",
    )


_TILE_ENDS = [_tile_end(marks) for marks in range(16)]


def _draw_tiles(heads: list[bytes], marks: bytes) -> bytes:
    return b",".join(head + _TILE_ENDS[mark] for head, mark in zip(heads, marks, strict=False))


async def _stored_places(views: Views, job: str) -> bytes:
    pages: list[bytes] = []
    while (page := await views.page("places", job, len(pages))) is not None:
        pages.append(page[1:-1])
    return b",".join(pages)


class _LivePlaces:
    """The places of a running job in the order in which they were found."""

    def __init__(self) -> None:
        self._position = 0
        self._features: dict[str, bytes] = {}
        self._busy = asyncio.Lock()

    async def of(self, log: EventLog, state: JobState) -> bytes:
        async with self._busy:
            async for message in log.read(_subject(state, "results"), after=self._position):
                if len(self._features) >= MAP_PLACES:
                    break
                await asyncio.to_thread(self._take, message)
            return b",".join(self._features.values())

    def _take(self, message: Message) -> None:
        self._position = message.sequence
        for envelope in codec.decode_slim(message.payload):
            if not isinstance(envelope.data, ItemSettled):
                continue
            for place, row in zip(envelope.data.places, envelope.data.rows, strict=True):
                if place.id not in self._features and len(self._features) < MAP_PLACES:
                    self._features[place.id] = point(place, msgspec.json.decode(row))


def _subject(state: JobState, channel: Channel) -> str:
    return subjects.job_subject(state.tenant, state.id, channel)
