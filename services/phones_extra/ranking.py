"""Which of a site's numbers come out, and under which column."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from services.phones_extra.sightings import Sighting
from shared.web.phone_numbers import Phone

_OF_OTHERS = frozenset(
    (
        "+33972101007",  # OVH, from its legal notice
        "+33153732222",  # CNIL, from its contact page
    )
)
_SOURCE = {"link": 4, "structured": 5, "text": 2}
_REGION = {"header": 3, "footer": 3, "nav": 2, "main": 0}
_PAGE = {"contact": 4, "legal": 2, "home": 2}
_LABELLED = 3
_CROWD = 12
"""Numbers in the body of one site's pages: more are a list of others (members, shops, doctors on call)."""
_CROWD_PENALTY = 6
_LEAST = 3
_NOT_A_PHONE = frozenset(("fax", "no_phone", "other_party"))


class Chosen(msgspec.Struct, frozen=True):
    """The columns, E.164 or None."""

    phone: str | None
    mobile: str | None
    fax: str | None


class _Number(msgspec.Struct):
    phone: Phone
    score: int = 0
    is_fax: bool = False
    is_phone: bool = False


def choose(found: Sequence[Sighting]) -> Chosen:
    """The best further number, mobile and fax. The same sightings, the same answer. Pure.

    Ordinary lines rank before free service lines; surcharged ones (081, 082, 089) never come out. A second mobile is
    the further number where there is no other. Numbers that stand only among words about others do not come out.
    """
    own = [one for one in found if not one.is_foreign and one.phone.e164 not in _OF_OTHERS]
    crowded = len({one.phone.e164 for one in own if one.source == "text" and one.region == "main"}) > _CROWD
    numbers: dict[str, _Number] = {}
    for sighting in own:
        number = numbers.setdefault(sighting.phone.e164, _Number(sighting.phone))
        number.score = max(number.score, _score(sighting, crowded=crowded))
        number.is_fax |= sighting.label in ("fax", "phone_and_fax")
        number.is_phone |= sighting.label not in _NOT_A_PHONE
    # A number that is a fax somewhere is no line to call, unless it is said to be both.
    for sighting in own:
        if sighting.label == "fax":
            numbers[sighting.phone.e164].is_phone = False
    ranked = sorted(numbers.values(), key=lambda number: -number.score)  # stable: in the order of the pages
    lines = [one.phone for one in ranked if one.is_phone and one.score >= _LEAST and not one.phone.is_surcharged]
    mobiles = [phone for phone in lines if phone.is_mobile]
    others = [phone for phone in lines if not phone.is_mobile and not phone.is_free]
    others += [phone for phone in lines if phone.is_free] + mobiles[1:]
    faxes = [one.phone for one in ranked if one.is_fax]
    return Chosen(_first(others), _first(mobiles), _first(faxes))


def _score(sighting: Sighting, *, crowded: bool) -> int:
    score = _SOURCE[sighting.source] + _REGION[sighting.region] + _PAGE.get(sighting.kind, 0)
    score += _LABELLED if sighting.label in ("phone", "mobile", "phone_and_fax") else 0
    in_crowd = crowded and sighting.region == "main" and sighting.source != "structured"
    return score - (_CROWD_PENALTY if in_crowd else 0)


def _first(phones: Sequence[Phone]) -> str | None:
    return phones[0].e164 if phones else None
