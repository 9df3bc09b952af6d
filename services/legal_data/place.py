"""Where a lead is said to be, and how well a company's establishment fits that."""

from __future__ import annotations

import math
import re
from enum import Enum

import msgspec

from services.legal_data.company import Establishment
from shared.geography.text import key, plain

_AT_KM = 0.1
"""As far as two geocoders place one door apart."""
_OFF_KM = 0.4
"""As far as a badly placed address may be from its door."""
_NEAR_KM = 10.0
_KM_PER_DEGREE = 111.195
_SPECIAL = {"75116": "75016"}
"""Postcodes of one place: the 16th arrondissement of Paris has two."""
_WAYS = {
    "av": "avenue", "ave": "avenue", "bd": "boulevard", "bld": "boulevard", "blvd": "boulevard", "boul": "boulevard",
    "pl": "place", "rte": "route", "ch": "chemin", "che": "chemin", "chem": "chemin", "imp": "impasse",
    "all": "allee", "allees": "allee", "crs": "cours", "fbg": "faubourg", "fg": "faubourg", "sq": "square", "r": "rue",
    "za": "zone", "zi": "zone", "zac": "zone", "zone": "zone", "qu": "quai", "rpt": "rond point", "pass": "passage",
}  # fmt: skip
_STREET = re.compile(
    r"(?:(?<!\d)(?P<number>\d{1,4})(?:\s?(?P<suffix>bis|ter|quater|[a-d])\b)?,?\s+)?"
    r"\b(?P<way>rue|avenue|ave?|boulevard|bl?v?d|boul|place|pl|route|rte|chemin|chem?|ch|impasse|imp|allees?|all|cours"
    r"|crs|quai|qu|faubourg|fbg|fg|square|sq|passage|pass|r|za|zi|zac|zone|montee|esplanade|mail|voie|sentier|ruelle"
    r"|lieu[ -]dit|hameau|lotissement|residence|galerie|parvis|promenade|pont|port)\.?\s+(?P<name>[^,;]+)"
)
_POSTCODE = re.compile(r"(?<!\d)\d{5}(?!\d)")
_LITTLE = frozenset(["de", "du", "des", "la", "le", "les", "l", "d", "a", "au", "aux", "et"])


class Fit(Enum):
    """How well an establishment's place fits the lead's: what the place counts in the score."""

    AT = 1.0
    """The same door: number and street, or a position within 100 m."""
    POSTCODE = 0.95
    """The same postcode, or commune where the lead has no postcode; the street is the same or not known."""
    OTHER_STREET = 0.9
    """… and the street is another, or the position some way off."""
    COMMUNE = 0.85
    """The same commune, another postcode."""
    UNKNOWN = 0.8
    """Either of them does not say where it is, or no more than the department, which is the same."""
    NEAR = 0.78
    """Within 10 km."""
    ELSEWHERE = 0.5


class Street(msgspec.Struct, frozen=True):
    number: str | None
    words: frozenset[str]


class Where(msgspec.Struct, frozen=True, kw_only=True):
    """A lead's place, as far as it says."""

    postcode: str | None = None
    commune: frozenset[str] = frozenset()
    """Every postcode of its commune."""
    towns: frozenset[str] = frozenset()
    """Keys of its commune's names."""
    department: str | None = None
    street: Street | None = None
    position: tuple[float, float] | None = None
    """(lat, lon) of the place itself …"""
    around: tuple[float, float] | None = None
    """… and of its commune."""

    @property
    def is_known(self) -> bool:
        """Whether it says more than a department."""
        return bool(self.postcode or self.commune or self.position)


def same_postcode(postcode: str | None) -> str | None:
    """One spelling for the postcodes of one place."""
    return _SPECIAL.get(postcode or "", postcode)


def department_of(postcode: str) -> str:
    """The department of a postcode; Corsica's is told by the third digit."""
    if postcode.startswith("20"):
        return "2A" if postcode[2] in "01" else "2B"
    return postcode[:3] if postcode.startswith(("97", "98")) else postcode[:2]


def read_street(address: str | None) -> Street | None:
    """The street of an address of one line; None when it names none."""
    text = plain(address or "")[:300]
    match = _STREET.search(_POSTCODE.split(text)[0]) or _STREET.search(text)
    if match is None:
        return None
    name = _POSTCODE.split(match["name"])[0]
    words = [_WAYS.get(word, word) for word in key(name).split() if word not in _LITTLE]
    if not words:
        return None
    number = f"{match['number']}{(match['suffix'] or '')[:1]}" if match["number"] else None
    return Street(number, frozenset(words))


def kilometres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Between two points (lat, lon) that are not far apart."""
    north = (one[0] - other[0]) * _KM_PER_DEGREE
    east = (one[1] - other[1]) * _KM_PER_DEGREE * math.cos(math.radians(one[0]))
    return math.hypot(north, east)


def fit(where: Where, place: Establishment | None) -> Fit:
    """How well an establishment is where the lead is. Pure."""
    if place is None:
        return Fit.UNKNOWN
    postcode = same_postcode(place.postcode)
    at = (place.lat, place.lon) if place.lat is not None and place.lon is not None else None
    if not where.is_known:
        same = where.department and postcode and department_of(postcode) == where.department
        return Fit.UNKNOWN if same or not where.department or not postcode else Fit.ELSEWHERE
    if at and where.position and kilometres(at, where.position) <= _AT_KM:
        return Fit.AT
    if postcode and _is_in_commune(where, postcode, place.town):
        off = at is not None and where.position is not None and kilometres(at, where.position) > _OFF_KM
        return _in_commune(where, postcode, place, off=off)
    middle = where.position or where.around
    if at and middle:
        return Fit.NEAR if kilometres(at, middle) <= _NEAR_KM else Fit.ELSEWHERE
    return Fit.ELSEWHERE if postcode else Fit.UNKNOWN


def _is_in_commune(where: Where, postcode: str, town: str | None) -> bool:
    if where.postcode:
        return postcode == where.postcode or postcode in where.commune
    # Villages share a postcode: without one of its own the lead's commune is told by its name too.
    return postcode in where.commune and (not town or not where.towns or key(town) in where.towns)


def _in_commune(where: Where, postcode: str, place: Establishment, *, off: bool) -> Fit:
    street = read_street(place.address)
    same = None if where.street is None or street is None else where.street.words == street.words
    if same and where.street and street and where.street.number and where.street.number == street.number:
        return Fit.AT
    if where.postcode is not None and postcode != where.postcode and not same:
        return Fit.COMMUNE
    return Fit.OTHER_STREET if same is False or (same is None and off) else Fit.POSTCODE
