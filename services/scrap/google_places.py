"""Google Places API (New), Text Search, with the user's own key.

https://developers.google.com/maps/documentation/places/web-service/text-search: at most three pages of twenty, every
parameter but the token equal on each; the field mask is mandatory; an empty result is `{}`.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from services.scrap.failures import module_error
from services.scrap.source import Found, Place, Review
from shared.geography.tile import Tile
from shared.modulekit.errors import Permanent, Retryable, Unavailable
from shared.net.api_client import ApiClient, ApiError
from shared.net.upstream import Quotas, UpstreamGuard
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


class _Text(msgspec.Struct):
    text: str = ""


class _Component(msgspec.Struct, rename="camel"):
    long_text: str = ""
    types: list[str] = []


class _Location(msgspec.Struct):
    latitude: float = 0.0
    longitude: float = 0.0


class _Author(msgspec.Struct, rename="camel"):
    display_name: str | None = None


class _Review(msgspec.Struct, rename="camel"):
    rating: float | None = None
    text: _Text | None = None
    original_text: _Text | None = None
    author_attribution: _Author | None = None
    publish_time: str | None = None


class _Place(msgspec.Struct, rename="camel"):
    id: Annotated[str, msgspec.Meta(min_length=1)]
    display_name: _Text | None = None
    formatted_address: str | None = None
    address_components: list[_Component] = []
    location: _Location | None = None
    national_phone_number: str | None = None
    international_phone_number: str | None = None
    website_uri: str | None = None
    rating: float | None = None
    user_rating_count: int | None = None
    business_status: str | None = None
    primary_type_display_name: _Text | None = None
    google_maps_uri: str | None = None
    reviews: list[_Review] | None = None


class _Answer(msgspec.Struct, rename="camel"):
    places: list[_Place] = []
    next_page_token: str | None = None


class GooglePlacesSource:
    """Text search within the tile's rectangle. The key goes into one header and nowhere else."""

    name = "google_places"
    attribution = ATTRIBUTIONS["google_places"]
    offers_reviews = True

    def __init__(self, settings: Settings, quotas: Quotas | None) -> None:
        guard = UpstreamGuard(self.name, rate=settings.google_places_rate, burst=4, quotas=quotas)
        self._api = ApiClient(settings, settings.google_places_url, name="Google Places", guard=guard)
        self._key = settings.google_places_key

    async def search(self, query: str, tile: Tile, *, first_page_only: bool, reviews: bool) -> Found:
        """See Source. Capped when the last page that may be read is not the last there is, or ends at the cap."""
        body = _request(query, tile)
        headers = {"X-Goog-Api-Key": self._key, "X-Goog-FieldMask": _field_mask(reviews)}
        found: dict[str, Place] = {}
        token: str | None = None
        seen = requests = 0
        for _ in range(1 if first_page_only else PAGES):
            answer = await self._page(body if token is None else {**body, "pageToken": token}, headers)
            requests += 1
            seen += len(answer.places)
            found |= {one.id: _place(one) for one in answer.places if _in_business(one, tile)}
            token = answer.next_page_token
            if not token:
                break
        return Found(list(found.values()), capped=bool(token) or seen >= CAP, attempts=requests)

    async def aclose(self) -> None:
        await self._api.aclose()

    async def _page(self, body: dict[str, Any], headers: dict[str, str]) -> _Answer:
        try:
            answer = await self._api.post("/v1/places:searchText", body, headers=headers)
            return msgspec.convert(answer, _Answer)
        except ApiError as error:
            raise _refusal(error) from None
        except msgspec.ValidationError:
            raise Permanent("unexpected_answer", "Google Places answered in a form that is not its own.") from None


def _request(query: str, tile: Tile) -> dict[str, Any]:
    box = tile.bbox
    return {
        "textQuery": query,
        "languageCode": "fr",
        "regionCode": "FR",
        "pageSize": PAGE,
        "includePureServiceAreaBusinesses": True,
        "locationRestriction": {
            "rectangle": {
                "low": {"latitude": box.south, "longitude": box.west},
                "high": {"latitude": box.north, "longitude": box.east},
            }
        },
    }


def _field_mask(reviews: bool) -> str:
    fields = [*_FIELDS, _REVIEWS] if reviews else _FIELDS
    return ",".join([*(f"places.{field}" for field in fields), "nextPageToken"])


def _in_business(one: _Place, tile: Tile) -> bool:
    """The rectangle is wider than the tile: what lies between is the neighbours'."""
    if one.business_status == "CLOSED_PERMANENTLY":
        return False
    return one.location is None or tile.contains(one.location.latitude, one.location.longitude)


def _place(one: _Place) -> Place:
    parts = {kind: component.long_text for component in one.address_components for kind in component.types}
    street = " ".join(parts[kind] for kind in ("street_number", "route") if kind in parts)
    return Place(
        place_id=f"google:{one.id}",
        source="google_places",
        name=one.display_name.text if one.display_name else None,
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
        reviews=_latest(one.reviews) if one.reviews is not None else None,
    )


def _latest(reviews: list[_Review]) -> list[Review]:
    """Google gives at most five, by relevance; the newest first."""
    dated = sorted(reviews, key=lambda one: one.publish_time or "", reverse=True)
    return [_review(one) for one in dated]


def _review(one: _Review) -> Review:
    text = one.original_text or one.text
    author = one.author_attribution.display_name if one.author_attribution else None
    return Review(author=author, rating=one.rating, date=one.publish_time, text=text.text if text else None)


def _refusal(error: ApiError) -> Retryable | Permanent:
    """Google says in its body what is the matter: {"error": {"status", "message"}}."""
    status, message = _said(error.body)
    if error.status in (401, 403) or (error.status == 400 and "API key" in message):
        return Unavailable("google_places_key", f"Google Places refuses the key: {status or error.status}.")
    if error.code == "rate_limited":
        return Retryable(
            "rate_limited", "The quota of the Google Places key is used up.", retry_after=error.retry_after
        )
    if error.status == 400:
        return Permanent("http_4xx", "Google Places cannot work with this search.")
    return module_error(error)


def _said(body: bytes) -> tuple[str, str]:
    try:
        error = msgspec.json.decode(body)["error"]
        return str(error["status"]), str(error["message"])
    except (msgspec.DecodeError, KeyError, TypeError):
        return "", ""
