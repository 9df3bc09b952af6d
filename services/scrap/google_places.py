"""Google Places, Text Search: at most three pages of twenty, every parameter but the token equal on each."""

from __future__ import annotations

from typing import Any

from services.scrap.source import Found, Place
from shared.geography.tile import Tile
from shared.google_places import NAME, GooglePlace, GooglePlaces
from shared.net.upstream import Quotas
from shared.place_sources import ATTRIBUTIONS
from shared.settings import Settings

PAGE = 20
PAGES = 3
CAP = PAGE * PAGES

_FIELDS = (
    "id",
    "displayName",
    "formattedAddress",
    "addressComponents",
    "location",
    "nationalPhoneNumber",
    "internationalPhoneNumber",
    "websiteUri",
    "rating",
    "userRatingCount",
    "businessStatus",
    "primaryTypeDisplayName",
    "googleMapsUri",
)
_REVIEWS = "reviews"
"""Asked for only when wanted: it makes a request dearer."""


class GooglePlacesSource:
    """Text search within the tile's rectangle."""

    name = NAME
    attribution = ATTRIBUTIONS[NAME]
    offers_reviews = True

    def __init__(self, settings: Settings, quotas: Quotas | None) -> None:
        self._places = GooglePlaces(settings, quotas)

    async def search(self, query: str, tile: Tile, *, first_page_only: bool, reviews: bool) -> Found:
        """See Source. Capped when the last page that may be read is not the last there is, or ends at the cap."""
        body = _request(query, tile)
        fields = [*_FIELDS, _REVIEWS] if reviews else _FIELDS
        found: dict[str, Place] = {}
        token: str | None = None
        seen = requests = 0
        for _ in range(1 if first_page_only else PAGES):
            page = await self._places.search(body if token is None else {**body, "pageToken": token}, fields)
            requests += 1
            seen += len(page.places)
            found |= {one.id: _place(one) for one in page.places if _in_business(one, tile)}
            token = page.next_page_token
            if not token:
                break
        return Found(list(found.values()), capped=bool(token) or seen >= CAP, attempts=requests)

    async def aclose(self) -> None:
        await self._places.aclose()


def _request(query: str, tile: Tile) -> dict[str, Any]:
    box = tile.bbox
    return {
        "textQuery": query,
        "pageSize": PAGE,
        "includePureServiceAreaBusinesses": True,
        "locationRestriction": {
            "rectangle": {
                "low": {"latitude": box.south, "longitude": box.west},
                "high": {"latitude": box.north, "longitude": box.east},
            }
        },
    }


def _in_business(one: GooglePlace, tile: Tile) -> bool:
    """The rectangle is wider than the tile: what lies between is the neighbours'."""
    if one.business_status == "CLOSED_PERMANENTLY":
        return False
    return one.location is None or tile.contains(one.location.latitude, one.location.longitude)


def _place(one: GooglePlace) -> Place:
    parts = {kind: component.long_text for component in one.address_components for kind in component.types}
    street = " ".join(parts[kind] for kind in ("street_number", "route") if kind in parts)
    return Place(
        place_id=f"google:{one.id}",
        source=NAME,
        name=one.name,
        website=one.website_uri,
        phone=one.international_phone_number or one.national_phone_number,
        address=street or one.formatted_address,
        city=parts.get("locality"),
        postcode=parts.get("postal_code"),
        lat=one.location.latitude if one.location else None,
        lon=one.location.longitude if one.location else None,
        rating=one.rating,
        reviews_count=one.user_rating_count,
        category=one.primary_type_display_name.text if one.primary_type_display_name else None,
        maps_url=one.google_maps_uri,
        reviews=one.latest_reviews(),
    )
