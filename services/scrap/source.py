"""What every source of places gives, and what it is asked."""

from __future__ import annotations

from typing import Protocol

import msgspec

from shared.geography.tile import Tile
from shared.review import Review


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A business as its source tells it. What the source does not tell is None; values are not yet normalised."""

    place_id: str
    """Stable, unique over all sources: `osm:node/123`, `google:ChIJ…`, `sirene:` and the SIRET."""
    source: str
    name: str | None = None
    website: str | None = None
    phone: str | None = None
    address: str | None = None
    """Number and street."""
    city: str | None = None
    postcode: str | None = None
    lat: float | None = None
    """None for who works at the customers' and shows no address."""
    lon: float | None = None
    rating: float | None = None
    reviews_count: int | None = None
    category: str | None = None
    """In French, as the source names it."""
    maps_url: str | None = None
    reviews: list[Review] | None = None
    """The latest, newest first; None where none were asked for or the source has none."""


class Found(msgspec.Struct, frozen=True):
    """The answer of one source to one search."""

    places: list[Place]
    capped: bool = False
    """Whether the source may have more in this tile than it gave."""
    attempts: int = 1
    """Requests made."""


class Source(Protocol):
    """One place where businesses can be looked for. One object serves any number of concurrent searches."""

    name: str
    attribution: str
    """The line its licence or terms ask for; written into the job's log."""
    offers_reviews: bool

    async def search(self, query: str, tile: Tile, *, first_page_only: bool, reviews: bool) -> Found:
        """The places in `tile` that `query` asks for, none outside of it.

        Raises Retryable (busy, slow, limits), Permanent (this search can never work) and Unavailable (nor can any
        other: no file, no key, refused).
        """
        ...

    async def aclose(self) -> None:
        """Let go of connections and files."""
        ...
