"""Which of the places that a search found is the one asked about. None is better than another one's reviews."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import msgspec
from rapidfuzz import fuzz

from services.reviews.asked import Asked
from services.reviews.likeness import LIKE, is_misspelt, is_same_name, is_within, likeness
from services.reviews.maps_link import cid_of
from shared.geography.text import key
from shared.google_places import GooglePlace
from shared.modulekit.errors import Permanent

NEAR = 3_000.0
"""Metres that the place may be away from where the item says it is: some lists have the middle of the town."""
_THERE = 150.0
"""Metres within which it is that door, or the next."""
_SAME_STREET = 80.0
_AS_GOOD = 5.0
"""Names no further apart than this are equally like."""
_METRES = 111_195.0
_POSTCODE = re.compile(r"\b\d{5}\b")
_ARRONDISSEMENT = re.compile(r"\b\d{1,2}(?:e|er|eme)?\b(?: arrondissement)?")
_HOUSE = re.compile(r"(\d{1,4})\b")
_NUMBERING = re.compile(r"\d{1,4}(?:[a-d]|bis|ter)?|bis|ter|quater")
_STREETS = {
    "av": "avenue",
    "bd": "boulevard",
    "blvd": "boulevard",
    "pl": "place",
    "rte": "route",
    "imp": "impasse",
    "all": "allee",
    "che": "chemin",
    "chem": "chemin",
    "fg": "faubourg",
    "fbg": "faubourg",
    "sq": "square",
    "r": "rue",
    "dr": "docteur",
    "gal": "general",
}
"""As Google abbreviates them in French."""


class _Candidate(msgspec.Struct, frozen=True):
    place: GooglePlace
    name: float
    sure: bool
    """Whether it stands where the item says, to the door."""


def choose(asked: Asked, places: Sequence[GooglePlace]) -> GooglePlace | None:
    """The place asked about; None: it is not among these. Pure.

    A link that names the place's number settles it. Else the name must be alike and the place where the item says;
    raises Permanent `ambiguous` when several are.
    """
    if asked.cid is not None:
        return next((one for one in places if cid_of(one.google_maps_uri) == asked.cid), None)
    fitting = [one for one in (_candidate(asked, place) for place in places) if one is not None]
    sure = [one for one in fitting if one.sure]
    if sure:
        return max(sure, key=lambda one: one.name).place
    best = max((one.name for one in fitting), default=0.0)
    equal = [one for one in fitting if one.name >= best - _AS_GOOD]
    if len(equal) > 1:
        message = f"{len(equal)} places there are called so: adresse, place_id or a link would tell them apart."
        raise Permanent("ambiguous", message)
    return equal[0].place if equal else None


def _candidate(asked: Asked, place: GooglePlace) -> _Candidate | None:
    """The place, if its name and where it stands allow it to be the one asked about."""
    metres = _distance(asked, place)
    door = _same_door(asked.adresse, place.formatted_address)
    is_there = metres is not None and metres <= _THERE
    if not _same_place_name(asked.nom, place.name, at_door=door is True, is_there=is_there and door is not False):
        return None
    if metres is not None:
        is_near = metres <= NEAR
    else:
        is_near = _same_town(asked, place.formatted_address or "") or (door is True and not asked.ville)
    if not is_near or (door is False and not is_there):
        return None
    return _Candidate(place, likeness(asked.nom, place.name), sure=door is True or is_there)


def _same_place_name(one: str | None, other: str | None, *, at_door: bool, is_there: bool) -> bool:
    """The surer the spot, the less the name has to say."""
    if is_same_name(one, other):
        return True
    if at_door:
        return likeness(one, other) >= LIKE or is_within(one, other)
    return is_there and (is_misspelt(one, other) or is_within(one, other))


def _distance(asked: Asked, place: GooglePlace) -> float | None:
    if asked.lat is None or asked.lon is None or place.location is None:
        return None
    north = (asked.lat - place.location.latitude) * _METRES
    east = (asked.lon - place.location.longitude) * _METRES * math.cos(math.radians(asked.lat))
    return math.hypot(north, east)


def _same_town(asked: Asked, address: str) -> bool:
    """By postal code or by name; a town may have several codes, and an arrondissement a name of its own."""
    codes = _POSTCODE.findall(address)
    if asked.code_postal and asked.code_postal in codes:
        return True
    town = _ARRONDISSEMENT.sub("", key(asked.ville or "")).strip()
    behind_code = [part for part in address.split(",") if _POSTCODE.search(part)]
    if not town or f" {town} " not in f" {key(' '.join(behind_code) or address)} ":
        return False
    return not (asked.code_postal and codes) or any(code[:2] == asked.code_postal[:2] for code in codes)


def _same_door(asked: str | None, address: str | None) -> bool | None:
    """Whether both are one house of one street; None: one of them does not say.

    Google may put a shopping centre before the street.
    """
    mine = _door(asked or "")
    theirs = [door for part in (address or "").split(",") if not _POSTCODE.search(part) and (door := _door(part))]
    if mine is None or not theirs:
        return None
    alike = [one for one in theirs if fuzz.token_set_ratio(one.street, mine.street) >= _SAME_STREET]
    if not alike:
        return False
    houses = {one.house for one in alike if one.house}
    return mine.house in houses if mine.house and houses else None


class _Door(msgspec.Struct, frozen=True):
    house: str
    street: str


def _door(part: str) -> _Door | None:
    """Number and street of an address without its town; None when there is no street."""
    words = key(_POSTCODE.split(part)[0].partition(",")[0]).split()
    house = _HOUSE.match(" ".join(words))
    street = [_STREETS.get(word, word) for word in words if not _NUMBERING.fullmatch(word)]
    return _Door(house[1] if house else "", " ".join(street)) if street else None
