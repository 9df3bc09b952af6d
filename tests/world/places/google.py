"""Google's `places:searchText` as its discovery document has it."""

from __future__ import annotations

from typing import Any

from services.scrap.queries.words import fold
from tests.world.places.api import Answer, FakeApi, Request, as_json, require
from tests.world.places.town import TRADES, Business

KEY = "AIzaTheUsersOwnKey"
CAP = 60
FIELDS = frozenset(
    [
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
        "primaryType",
        "primaryTypeDisplayName",
        "googleMapsUri",
        "reviews",
    ]
)
_BODY = frozenset(
    [
        "textQuery",
        "languageCode",
        "regionCode",
        "pageSize",
        "pageToken",
        "locationRestriction",
        "includePureServiceAreaBusinesses",
    ]
)


class GooglePlaces(FakeApi):
    """The businesses as Google has them; a text finds those of a trade whose name it begins."""

    def __init__(self, businesses: list[Business]) -> None:
        super().__init__()
        self._businesses = businesses
        self._pages: dict[str, tuple[dict[str, Any], int]] = {}

    def answer(self, request: Request) -> Answer:
        require((request.method, request.path) == ("POST", "/v1/places:searchText"), "POST /v1/places:searchText")
        if request.headers.get("x-goog-api-key") != KEY:
            return _error(403, "PERMISSION_DENIED", "The caller does not have permission")
        require(KEY not in request.path and not request.query, "the key belongs into its header")
        fields = self._mask(request.headers.get("x-goog-fieldmask", ""))
        body = request.json()
        require(set(body) <= _BODY, f"unknown name {set(body) - _BODY}")
        require(isinstance(body.get("textQuery"), str) and body["textQuery"], "textQuery")
        require(1 <= body.get("pageSize", 20) <= 20, "pageSize is at most 20")
        start = self._start(body)
        found = self._found(body)[:CAP]
        page = found[start : start + body.get("pageSize", 20)]
        answer: dict[str, Any] = {}
        if page:
            answer["places"] = [{name: value for name, value in _place(one).items() if name in fields} for one in page]
        if start + len(page) < len(found):
            token = f"token-{len(self._pages)}"
            self._pages[token] = ({name: value for name, value in body.items() if name != "pageToken"}, start + 20)
            answer["nextPageToken"] = token
        return as_json(answer)

    def refuse(self, why: str) -> Answer:
        return _error(400, "INVALID_ARGUMENT", why)

    def _mask(self, mask: str) -> set[str]:
        require(mask, "FieldMask is a required parameter")
        names = mask.split(",")
        require("nextPageToken" in names, "without nextPageToken in the mask there is no second page")
        fields = {name.removeprefix("places.") for name in names if name != "nextPageToken"}
        require(all(name.startswith("places.") for name in names if name != "nextPageToken"), f"mask {mask}")
        require(fields <= FIELDS, f"unknown fields {fields - FIELDS}")
        return fields

    def _start(self, body: dict[str, Any]) -> int:
        token = body.get("pageToken")
        if token is None:
            return 0
        require(token in self._pages, "unknown page token")
        first, start = self._pages[token]
        require({**first, "pageToken": token} == body, "all parameters but pageToken must be the same on each page")
        return start

    def _found(self, body: dict[str, Any]) -> list[Business]:
        box = body["locationRestriction"]["rectangle"]
        low, high = box["low"], box["high"]
        require(low["latitude"] <= high["latitude"] and low["longitude"] <= high["longitude"], "low is below high")
        text = fold(body["textQuery"])
        return [
            one
            for one in self._businesses
            if low["latitude"] <= one.lat <= high["latitude"]
            and low["longitude"] <= one.lon <= high["longitude"]
            and (fold(TRADES[one.trade][0]).startswith(text) or text in fold(one.name))
        ]


def _place(one: Business) -> dict[str, Any]:
    place: dict[str, Any] = {
        "id": f"ChIJ{one.number:08}",
        "displayName": {"text": one.name, "languageCode": "fr"},
        "formattedAddress": f"{one.house} {one.street}, France",
        "addressComponents": [
            {"longText": one.house, "shortText": one.house, "types": ["street_number"], "languageCode": "fr"},
            {"longText": one.street, "shortText": one.street, "types": ["route"], "languageCode": "fr"},
        ],
        "location": {"latitude": one.lat, "longitude": one.lon},
        "internationalPhoneNumber": one.phone,
        "rating": one.rating,
        "userRatingCount": one.number % 300,
        "businessStatus": "OPERATIONAL",
        "primaryType": one.google_type,
        "primaryTypeDisplayName": {"text": TRADES[one.trade][0], "languageCode": "fr"},
        "googleMapsUri": f"https://maps.google.com/?cid={one.number}",
    }
    if one.website:
        place["websiteUri"] = one.website
    if one.number % 2:  # the field is absent when there are none
        place["reviews"] = [_review(one, day) for day in (3, 9, 1)]
    return place


def _review(one: Business, day: int) -> dict[str, Any]:
    return {
        "name": f"places/ChIJ{one.number:08}/reviews/{day}",
        "rating": day % 5 + 1,
        "text": {"text": f"Very good {day}", "languageCode": "en"},
        "originalText": {"text": f"Très bien {day}", "languageCode": "fr"},
        "authorAttribution": {"displayName": f"Client {day}", "uri": "https://example.com/"},
        "publishTime": f"2026-10-0{day}T10:00:00Z",
        "relativePublishTimeDescription": "il y a un mois",
    }


def _error(code: int, status: str, message: str) -> Answer:
    return as_json({"error": {"code": code, "message": message, "status": status}}, code)


def quota_used_up(retry_after: int | None = None) -> Answer:
    answer = _error(429, "RESOURCE_EXHAUSTED", "Quota exceeded for quota metric 'SearchTextRequest'")
    if retry_after is not None:
        answer.headers["Retry-After"] = str(retry_after)
    return answer
