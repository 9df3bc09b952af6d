"""Google's `places:searchText` and `places/{id}` as its discovery document has them."""

from __future__ import annotations

import base64
import math
import struct
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
        "locationBias",
        "includePureServiceAreaBusinesses",
    ]
)


class GooglePlaces(FakeApi):
    """The businesses as Google has them; a text finds those of a trade whose name it begins, or that it names.

    `town`, postal code and name, stands in their addresses.
    """

    def __init__(self, businesses: list[Business], town: str = "") -> None:
        super().__init__()
        self._businesses = businesses
        self._by_number = {one.number: one for one in businesses}
        self._town = town
        self._pages: dict[str, tuple[dict[str, Any], int]] = {}

    def answer(self, request: Request) -> Answer:
        is_search = (request.method, request.path) == ("POST", "/v1/places:searchText")
        is_place = request.method == "GET" and request.path.startswith("/v1/places/")
        require(is_search or is_place, "POST /v1/places:searchText or GET /v1/places/{id}")
        if request.headers.get("x-goog-api-key") != KEY:
            return _error(403, "PERMISSION_DENIED", "The caller does not have permission")
        require(KEY not in request.path and KEY not in request.query.values(), "the key belongs into its header")
        return self._search(request) if is_search else self._details(request)

    def _details(self, request: Request) -> Answer:
        require(set(request.query) <= {"languageCode", "regionCode", "sessionToken"}, f"unknown in {request.query}")
        fields = _known(request.headers.get("x-goog-fieldmask", "").split(","))
        place_id = request.path.removeprefix("/v1/places/")
        number = _number(place_id)
        if number is None:
            return _error(400, "INVALID_ARGUMENT", f"Not a valid Place ID: {place_id}")
        if number not in self._by_number:
            return _error(404, "NOT_FOUND", "The Place ID is no longer valid. Please refresh cached Place IDs.")
        return as_json(self._shown(self._by_number[number], fields))

    def _search(self, request: Request) -> Answer:
        require(not request.query, "a search has its parameters in its body")
        fields = self._mask(request.headers.get("x-goog-fieldmask", ""))
        body = request.json()
        require(set(body) <= _BODY, f"unknown name {set(body) - _BODY}")
        require(isinstance(body.get("textQuery"), str) and body["textQuery"], "textQuery")
        require(1 <= body.get("pageSize", 20) <= 20, "pageSize is at most 20")
        require(not {"locationBias", "locationRestriction"} <= set(body), "a bias or a restriction, not both")
        start = self._start(body)
        found = self._found(body)[:CAP]
        page = found[start : start + body.get("pageSize", 20)]
        answer: dict[str, Any] = {}
        if page:
            answer["places"] = [self._shown(one, fields) for one in page]
        if start + len(page) < len(found):
            token = f"token-{len(self._pages)}"
            self._pages[token] = ({name: value for name, value in body.items() if name != "pageToken"}, start + 20)
            answer["nextPageToken"] = token
        return as_json(answer)

    def _shown(self, one: Business, fields: set[str]) -> dict[str, Any]:
        return {name: value for name, value in _place(one, self._town).items() if name in fields}

    def refuse(self, why: str) -> Answer:
        return _error(400, "INVALID_ARGUMENT", why)

    def _mask(self, mask: str) -> set[str]:
        require(mask, "FieldMask is a required parameter")
        names = mask.split(",")
        require("nextPageToken" in names, "without nextPageToken in the mask there is no second page")
        own = [name for name in names if name != "nextPageToken"]
        require(all(name.startswith("places.") for name in own), f"mask {mask}")
        return _known([name.removeprefix("places.") for name in own])

    def _start(self, body: dict[str, Any]) -> int:
        token = body.get("pageToken")
        if token is None:
            return 0
        require(token in self._pages, "unknown page token")
        first, start = self._pages[token]
        require({**first, "pageToken": token} == body, "all parameters but pageToken must be the same on each page")
        return start

    def _found(self, body: dict[str, Any]) -> list[Business]:
        if "locationRestriction" not in body:
            return self._named(body)
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

    def _named(self, body: dict[str, Any]) -> list[Business]:
        """Anything that shares most words with the text, as Google does; with a bias the nearest first."""
        words = set(fold(body["textQuery"]).split())
        scored = [(len(words & set(fold(one.name).split())), one) for one in self._businesses]
        best = [one for score, one in sorted(scored, key=lambda pair: -pair[0]) if score >= 2]
        if circle := body.get("locationBias", {}).get("circle"):
            require(0 < circle["radius"] <= 50_000, "a radius is at most 50 km")
            centre = circle["center"]
            best.sort(key=lambda one: math.hypot(one.lat - centre["latitude"], one.lon - centre["longitude"]))
        return best


def _known(names: list[str]) -> set[str]:
    require(names != [""], "FieldMask is a required parameter")
    require(set(names) <= FIELDS, f"unknown fields {set(names) - FIELDS}")
    return set(names)


def _number(place_id: str) -> int | None:
    """The business of an id: ours, or one that encodes a place's two numbers, of which the second is the business."""
    if not place_id.startswith("ChIJ"):
        return None
    if place_id[4:].isdigit():
        return int(place_id[4:])
    message = base64.urlsafe_b64decode(place_id + "=" * (-len(place_id) % 4))
    return int(struct.unpack("<Q", message[12:20])[0]) if len(message) == 20 else None


def _place(one: Business, town: str) -> dict[str, Any]:
    place: dict[str, Any] = {
        "id": f"ChIJ{one.number:08}",
        "displayName": {"text": one.name, "languageCode": "fr"},
        "formattedAddress": ", ".join(filter(None, (f"{one.house} {one.street}", town, "France"))),
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
