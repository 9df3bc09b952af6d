"""Reviews from Google Places: the place asked about is found, or there are none."""

from __future__ import annotations

from typing import Any

from services.reviews.asked import Asked
from services.reviews.choose import NEAR, choose
from services.reviews.maps_link import MapsLink, cid_of, is_short, read_link
from services.reviews.opinion import Opinion
from shared.google_places import GooglePlace, GooglePlaces
from shared.modulekit.errors import Permanent, Retryable
from shared.net.client import Fetcher, FetchError

FIELDS = ("id", "displayName", "formattedAddress", "location", "googleMapsUri", "reviews")
"""Of a search too: one request tells the place from its namesakes and brings its reviews."""
_CANDIDATES = 10


async def follow(link: str, fetcher: Fetcher) -> MapsLink | None:
    """What a link says; a short one is followed to the address it stands for. Raises Retryable.

    The page there is not read: most of the time its robots.txt forbids to, and the address says all.
    """
    if not is_short(link):
        return read_link(link)
    try:
        response = await fetcher.get(link if "://" in link else f"https://{link}", accept="*/*")
        addresses = response.redirects
    except FetchError as error:
        addresses = [error.url]
        if error.retryable and read_link(error.url) is None:
            raise Retryable(error.code, error.message) from None
    return next((found for address in addresses if (found := read_link(address)) is not None), None)


async def find(google: GooglePlaces, asked: Asked) -> GooglePlace:
    """The place asked about, by its id and else by name and town. Raises Permanent `not_found` or `ambiguous`,
    Retryable and Unavailable."""
    for place_id in asked.place_ids:
        place = await google.place(place_id, FIELDS)
        if place is not None and not _is_another(place, asked.cid):
            return place
    if asked.can_be_searched:
        page = await google.search(_search(asked), FIELDS)
        if place := choose(asked, page.places):
            return place
    elif not asked.place_ids:
        raise Permanent("not_found", "The item does not say which place it is: place_id would, or nom with ville.")
    raise Permanent("not_found", "Google Places does not know this place.")


def opinions(place: GooglePlace) -> list[Opinion]:
    """The reviews of a place, newest first. Whether the owner replied is no part of what Google tells."""
    told = (
        Opinion(author=one.author, rating=_whole(one.rating), date=(one.date or "")[:10] or None, text=one.text or None)
        for one in place.latest_reviews() or ()
    )
    return [one for one in told if one.says_something]


def _is_another(place: GooglePlace, cid: int | None) -> bool:
    """Whether the item's link names another place than its id does."""
    own = cid_of(place.google_maps_uri)
    return cid is not None and own is not None and own != cid


def _search(asked: Asked) -> dict[str, Any]:
    town = " ".join(filter(None, (asked.code_postal, asked.ville)))
    body: dict[str, Any] = {
        "textQuery": ", ".join(filter(None, (asked.nom, asked.adresse, town))),
        "pageSize": _CANDIDATES,
        "includePureServiceAreaBusinesses": True,
    }
    if asked.lat is not None and asked.lon is not None:
        centre = {"latitude": asked.lat, "longitude": asked.lon}
        body["locationBias"] = {"circle": {"center": centre, "radius": NEAR}}
    return body


def _whole(rating: float | None) -> float | None:
    return int(rating) if rating is not None and rating == int(rating) else rating
