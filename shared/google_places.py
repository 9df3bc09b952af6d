"""Google Places API (New) with the user's own key: search by text, and the details of one place.

https://developers.google.com/maps/documentation/places/web-service/text-search and …/place-details: the field mask is
mandatory, an empty result is `{}`, `reviews` is absent where there are none and holds at most five, by relevance.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any
from urllib.parse import quote

import msgspec

from shared.modulekit.api_failures import api_failure
from shared.modulekit.errors import Permanent, Retryable, Unavailable
from shared.net.api_client import ApiClient, ApiError
from shared.net.upstream import Quotas, UpstreamGuard
from shared.review import Review
from shared.settings import Settings

NAME = "google_places"
"""Of the API's guard: whoever asks, the deployment keeps one limit."""
SPEAKING: dict[str, str] = {"languageCode": "fr", "regionCode": "FR"}
_BURST = 4


class Text(msgspec.Struct):
    text: str = ""


class Component(msgspec.Struct, rename="camel"):
    long_text: str = ""
    types: list[str] = []


class Location(msgspec.Struct):
    latitude: float = 0.0
    longitude: float = 0.0


class _Author(msgspec.Struct, rename="camel"):
    display_name: str | None = None


class _Review(msgspec.Struct, rename="camel"):
    rating: float | None = None
    text: Text | None = None
    original_text: Text | None = None
    author_attribution: _Author | None = None
    publish_time: str | None = None


class GooglePlace(msgspec.Struct, rename="camel"):
    """The fields of a place that were asked for, as Google gives them; of others the default."""

    id: Annotated[str, msgspec.Meta(min_length=1)]
    display_name: Text | None = None
    formatted_address: str | None = None
    address_components: list[Component] = []
    location: Location | None = None
    national_phone_number: str | None = None
    international_phone_number: str | None = None
    website_uri: str | None = None
    rating: float | None = None
    user_rating_count: int | None = None
    business_status: str | None = None
    primary_type_display_name: Text | None = None
    google_maps_uri: str | None = None
    reviews: list[_Review] | None = None

    @property
    def name(self) -> str | None:
        """The name in its own language."""
        return self.display_name.text if self.display_name else None

    def latest_reviews(self) -> list[Review] | None:
        """At most five, chosen by Google for relevance, the newest first; None where none were given."""
        if self.reviews is None:
            return None
        dated = sorted(self.reviews, key=lambda one: one.publish_time or "", reverse=True)
        return [_review(one) for one in dated]


class GooglePage(msgspec.Struct, rename="camel"):
    """One page of a search."""

    places: list[GooglePlace] = []
    next_page_token: str | None = None


class GooglePlaces:
    """The API with one key. The key goes into one header and nowhere else. One per process and key."""

    def __init__(self, settings: Settings, quotas: Quotas | None) -> None:
        guard = UpstreamGuard(NAME, rate=settings.google_places_rate, burst=_BURST, quotas=quotas)
        self._api = ApiClient(settings, settings.google_places_url, name="Google Places", guard=guard)
        self._key = settings.google_places_key

    async def search(self, body: dict[str, Any], fields: Iterable[str]) -> GooglePage:
        """One page of `places:searchText`. Raises Retryable, Permanent, and Unavailable for a key that is refused."""
        mask = ",".join([*(f"places.{field}" for field in fields), "nextPageToken"])
        try:
            answer = await self._api.post("/v1/places:searchText", SPEAKING | body, headers=self._headers(mask))
            return msgspec.convert(answer, GooglePage)
        except ApiError as error:
            raise _refusal(error) from None
        except msgspec.ValidationError:
            raise _unexpected() from None

    async def place(self, place_id: str, fields: Iterable[str]) -> GooglePlace | None:
        """One place; None: Google knows no such id, or no longer. Raises like `search`."""
        path = f"/v1/places/{quote(place_id, safe='')}"
        try:
            answer = await self._api.get(path, SPEAKING, headers=self._headers(",".join(fields)))
            return msgspec.convert(answer, GooglePlace)
        except ApiError as error:
            if _names_no_place(error):
                return None
            raise _refusal(error) from None
        except msgspec.ValidationError:
            raise _unexpected() from None

    async def aclose(self) -> None:
        """Let go of the connections."""
        await self._api.aclose()

    def _headers(self, mask: str) -> dict[str, str]:
        return {"X-Goog-Api-Key": self._key, "X-Goog-FieldMask": mask}


def _review(one: _Review) -> Review:
    text = one.original_text or one.text
    author = one.author_attribution.display_name if one.author_attribution else None
    return Review(author=author, rating=one.rating, date=one.publish_time, text=text.text if text else None)


def _names_no_place(error: ApiError) -> bool:
    """An id that is obsolete answers 404, one that was never one 400 with a word about it."""
    _, message = _said(error.body)
    return error.status == 404 or (error.status == 400 and "place id" in message.lower())


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
    return api_failure(error)


def _unexpected() -> Permanent:
    return Permanent("unexpected_answer", "Google Places answered in a form that is not its own.")


def _said(body: bytes) -> tuple[str, str]:
    try:
        error = msgspec.json.decode(body)["error"]
        return str(error["status"]), str(error["message"])
    except (msgspec.DecodeError, KeyError, TypeError):
        return "", ""
