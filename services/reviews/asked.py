"""Which place an item asks about."""

from __future__ import annotations

from typing import Any

import msgspec

from contracts.manifest import read_key
from services.reviews.maps_link import MapsLink, place_id_of
from shared.net.site import normalize_site

_LONGEST = 300
_LATITUDES, _LONGITUDES = ("latitude", "lat"), ("longitude", "lon", "lng")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A place as the client and the link describe it."""

    place_ids: list[str] = []
    """Ids that Google may know, the client's own before the link's."""
    cid: int | None = None
    """The number that the link names; the place found must have it."""
    nom: str | None = None
    adresse: str | None = None
    ville: str | None = None
    code_postal: str | None = None
    lat: float | None = None
    lon: float | None = None
    link: str | None = None
    """`lien_google_maps` as given."""
    site: str | None = None
    """A usable `site_web`."""
    borrowed_site: bool = False
    """Whether that is a page on somebody else's site (scrap's `aggregator_flag`)."""

    @property
    def can_be_searched(self) -> bool:
        """Whether there is a name, and something to tell the place by from others of that name."""
        where = self.ville or self.code_postal or self.adresse or self.lat is not None
        return self.nom is not None and bool(where or self.cid)


def asked(item: dict[str, Any], link: MapsLink | None) -> Asked:
    """What the item asks; where it is silent, what its link says. Pure."""
    link = link or MapsLink()
    words, _, behind = (link.words or "").partition(",")
    own_id = _text(item, "place_id")
    ids = [place_id_of(own_id) if own_id else None, link.place_id]
    lat, lon = _degrees(item, _LATITUDES, 90.0), _degrees(item, _LONGITUDES, 180.0)
    if lat is None or lon is None:
        lat, lon = link.lat, link.lon
    site = normalize_site(read_key(item, "site_web"))
    return Asked(
        place_ids=list(dict.fromkeys(one for one in ids if one)),
        cid=link.cid,
        nom=_text(item, "nom") or words.strip() or None,
        adresse=_text(item, "adresse") or behind.strip() or None,
        ville=_text(item, "ville"),
        code_postal=_postcode(item),
        lat=lat,
        lon=lon,
        link=_text(item, "lien_google_maps", longest=4096),
        site=site,
        borrowed_site=item.get("aggregator_flag") in (True, "true", "True", "1", 1),
    )


def _text(item: dict[str, Any], key: str, *, longest: int = _LONGEST) -> str | None:
    value = read_key(item, key)
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    return (" ".join(value.split())[:longest] or None) if isinstance(value, str) else None


def _postcode(item: dict[str, Any]) -> str | None:
    """Five digits; spreadsheets lose the zero in front."""
    value = (_text(item, "code_postal") or "").removesuffix(".0").replace(" ", "")
    return value.zfill(5) if value.isascii() and value.isdigit() and len(value) in (4, 5) else None


def _degrees(item: dict[str, Any], names: tuple[str, ...], most: float) -> float | None:
    for name in names:
        value = item.get(name)
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            continue
        try:
            degrees = float(value.replace(",", ".") if isinstance(value, str) else value)
        except (ValueError, OverflowError):
            continue
        if -most <= degrees <= most:
            return degrees
    return None
