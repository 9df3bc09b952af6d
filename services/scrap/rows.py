"""From places to the rows of the API."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from urllib.parse import quote

import msgspec

from services.scrap.aggregators import is_aggregator
from services.scrap.communes import Communes
from services.scrap.phones import normalised_phone
from services.scrap.source import Place
from shared.geography import Commune
from shared.net.site import normalize_site

GPS, DEPARTMENT, REGION = "gps", "departement", "region"
"""The values of `extra_columns`."""


class Wanted(msgspec.Struct, frozen=True):
    """What the rows of one work item carry beside the place."""

    query: str
    zone: str
    extra_columns: Collection[str] = ()
    reviews: bool = False


def row(place: Place, wanted: Wanted, communes: Communes) -> dict[str, Any]:
    """A place's row: the columns of the API in their order, absent values None."""
    commune = _commune(place, wanted.extra_columns, communes)
    site = _site(place.website)
    columns: dict[str, Any] = {
        "nom": _text(place.name),
        "site_web": site,
        "telephone": normalised_phone(place.phone),
        "adresse": _text(place.address),
        "ville": _text(place.city) or (commune.city if commune else None),
        "code_postal": _text(place.postcode) or (_postcode(commune, place) if commune else None),
        "rating": place.rating,
        "reviews_count": place.reviews_count,
        "category": _text(place.category),
        "lien_google_maps": place.maps_url or _maps_search(place),
        "aggregator_flag": site is not None and is_aggregator(site),
        "query": wanted.query,
        "zone": wanted.zone,
        "place_id": place.place_id,
        "source": place.source,
    }
    if GPS in wanted.extra_columns:
        columns |= {"latitude": place.lat, "longitude": place.lon}
    if DEPARTMENT in wanted.extra_columns:
        columns["departement"] = commune.department.name if commune else None
    if REGION in wanted.extra_columns:
        columns["region"] = commune.region.name if commune else None
    if wanted.reviews:
        columns["latest_reviews"] = msgspec.to_builtins(place.reviews)
    return columns


def _commune(place: Place, extra: Collection[str], communes: Communes) -> Commune | None:
    """Looked up only where the place or the wishes leave something open: it is most of a row's time."""
    known = place.city and place.postcode and DEPARTMENT not in extra and REGION not in extra
    if known or place.lat is None or place.lon is None:
        return None
    return communes.commune_at(place.lat, place.lon)


def _postcode(commune: Commune, place: Place) -> str | None:
    """The commune's only postcode; none where it has several, or the source tells another town."""
    elsewhere = place.city and place.city.casefold() not in (commune.name.casefold(), commune.city.casefold())
    return commune.postcodes[0] if len(commune.postcodes) == 1 and not elsewhere else None


def _site(website: str | None) -> str | None:
    """The first usable address of a text that may list several (`a.fr;b.fr`)."""
    if not website:
        return None
    whole = normalize_site(website)
    if ";" not in website:
        return whole
    return next((site for part in website.split(";") if (site := normalize_site(part))), whole)


def _maps_search(place: Place) -> str | None:
    """A link that finds the place on the map (https://developers.google.com/maps/documentation/urls/get-started)."""
    where = f"{place.lat:.6f},{place.lon:.6f}" if place.lat is not None and place.lon is not None else ""
    name = " ".join(filter(None, (place.name, None if where else place.city)))
    words = " ".join(filter(None, (name, where)))
    return f"https://www.google.com/maps/search/?api=1&query={quote(words)}" if words else None


def _text(value: str | None) -> str | None:
    """Without blanks around it; blank is absent."""
    return (value.strip() or None) if value else None
