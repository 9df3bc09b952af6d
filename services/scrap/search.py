"""One query in one tile: every source asked, their accounts merged, the rows made."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec

from contracts.events import PlaceFound
from services.scrap.communes import Communes
from services.scrap.google_places import GooglePlacesSource
from services.scrap.merge import merge
from services.scrap.osm.source import OsmSource
from services.scrap.overpass import OverpassSource
from services.scrap.rows import Wanted, row
from services.scrap.sirene import SireneSource
from services.scrap.source import Found, Place, Source
from shared.geography.tile import Tile
from shared.modulekit.errors import ModuleError, Permanent, Unavailable
from shared.net.upstream import Quotas
from shared.place_sources import NOT_CONFIGURED, configured_sources, osm_file
from shared.settings import Settings


class TileResult(msgspec.Struct, frozen=True):
    """What was found for one work item, by place_id."""

    rows: list[dict[str, Any]]
    places: list[PlaceFound]
    """The place of each row."""
    capped: bool
    """Whether a source may have more here than it gave."""
    attempts: int
    """Requests to outside APIs."""
    failures: list[str]
    """What sources that could not be asked said; the others' places are there."""


def make_sources(settings: Settings, quotas: Quotas | None, communes: Communes) -> list[Source]:
    """The configured sources, the one that decides first. Raises SettingsError."""
    make: dict[str, Callable[[], Source]] = {
        "osm": lambda: OsmSource(osm_file(settings)),
        "overpass": lambda: OverpassSource(settings, quotas),
        "google_places": lambda: GooglePlacesSource(settings, quotas),
        "sirene": lambda: SireneSource(settings, quotas, communes),
    }
    return [make[name]() for name in configured_sources(settings)]


async def search_tile(
    sources: Sequence[Source],
    communes: Communes,
    tile: Tile,
    wanted: Wanted,
    *,
    first_page_only: bool,
    run: Callable[..., Awaitable[Any]],
) -> TileResult:
    """Ask every source at once; `run` takes the CPU's part off the event loop.

    Raises Retryable when any source may still answer later, and the first source's error when none could be asked.
    """
    if not sources:
        raise Unavailable("no_source", NOT_CONFIGURED)
    searches = (
        source.search(wanted.query, tile, first_page_only=first_page_only, reviews=wanted.reviews) for source in sources
    )
    answers = await asyncio.gather(*searches, return_exceptions=True)
    found: list[Found] = []
    failures: list[ModuleError] = []
    for answer in answers:
        match answer:
            case Found():
                found.append(answer)
            case Permanent():
                failures.append(answer)
            case _:  # Retryable, and what is a bug
                raise answer
    if not found:
        raise failures[0]
    rows, places = await run(_rows, [one.places for one in found], wanted, tile, communes)
    return TileResult(
        rows,
        places,
        capped=any(one.capped for one in found),
        attempts=sum(one.attempts for one in found),
        failures=[failure.message for failure in failures],
    )


def _rows(
    found: Sequence[Sequence[Place]], wanted: Wanted, tile: Tile, communes: Communes
) -> tuple[list[dict[str, Any]], list[PlaceFound]]:
    places = sorted(merge(found), key=lambda place: place.place_id)
    return [row(place, wanted, communes) for place in places], [_on_map(place, tile) for place in places]


def _on_map(place: Place, tile: Tile) -> PlaceFound:
    """A place without a position is shown in the middle of the tile that found it."""
    lat, lon = tile.centre if place.lat is None or place.lon is None else (place.lat, place.lon)
    return PlaceFound(place.place_id, lat, lon)
