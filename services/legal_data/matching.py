"""Which of a register's companies a lead is, or why none is chosen. Pure: candidates in, a choice with its score out.

    score = name x place x kind x open        each 0 to 1, so more agreement never lowers it

name: `names.likeness`; place: `place.Fit`; kind: legal form and trade; open: closed ones count less. The formula and
its figures are published in docs/legal-data.md; a change here is a change there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from services.legal_data.called import called, compounds_of, joined
from services.legal_data.company import Company, Establishment
from services.legal_data.kind import kind_of
from services.legal_data.names import Likeness, Name, given_names, likeness
from services.legal_data.place import Fit, Where, fit
from services.legal_data.vocabulary import words_of

THRESHOLD = 0.72
"""Below it nothing is chosen."""
MARGIN = 0.06
"""By less than this nobody wins over another company."""
_CLOSED = 0.9
_WHOLE = 0.95
"""A name of a trade and a town alone must be there as a whole."""

Refusal = Literal["not_found", "ambiguous"]


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """A candidate at the one of its places that fits best."""

    company: Company
    place: Establishment | None
    score: float
    name: float
    fit: Fit
    kind: float
    """What form and trade count …"""
    open: float
    """… and whether it is closed."""
    counts: bool
    """Whether enough of the name is distinctive for a place that fits no better."""


class Choice(msgspec.Struct, frozen=True):
    """The company of a lead, or the refusal to name one."""

    best: Judged | None
    refusal: Refusal | None
    ranking: tuple[Judged, ...]
    """Every candidate, the likeliest first."""


def choose(name: str, where: Where, candidates: Iterable[Company]) -> Choice:
    """The candidate that a lead of this name and place is. The order of the candidates does not matter.

    Closed companies are considered when no open one fits.
    """
    judged = (judge(name, where, company) for company in _once(candidates))
    ranking = tuple(sorted(judged, key=lambda one: (-one.score, one.company.siren)))
    for stands in (True, False):
        rivals = [one for one in ranking if one.counts and (one.company.is_open is not False) == stands]
        if rivals and rivals[0].score >= THRESHOLD:
            if len(rivals) > 1 and rivals[0].score - rivals[1].score < MARGIN:
                return Choice(None, "ambiguous", ranking)
            return Choice(rivals[0], None, ranking)
    return Choice(None, "not_found", ranking)


def _once(candidates: Iterable[Company]) -> Iterator[Company]:
    """Each company once, with the establishments of all its accounts: two searches may meet two of them."""
    found: dict[str, Company] = {}
    for company in candidates:
        known = found.setdefault(company.siren, company)
        more = tuple(one for one in company.establishments if one not in known.establishments)
        if more:
            found[company.siren] = msgspec.structs.replace(known, establishments=known.establishments + more)
    yield from found.values()


def judge(name: str, where: Where, company: Company) -> Judged:
    """One candidate, at the place where its score is highest."""
    known: list[Establishment | None] = [*places(company)] or [None]
    judged = [_judge_at(name, where, company, place) for place in known]
    return max(judged, key=lambda one: (one.counts, one.score, one.place.siret if one.place else ""))


def places(company: Company) -> list[Establishment]:
    """Its known establishments, the seat first."""
    known = [company.seat, *company.establishments] if company.seat else [*company.establishments]
    return list({one.siret: one for one in reversed(known)}.values())[::-1]


def place_of(where: Where, company: Company) -> Establishment | None:
    """The open establishment at a lead's place, else the seat."""
    fitting = [(fit(where, one).value, one) for one in places(company) if one.is_open is not False]
    there = [pair for pair in fitting if pair[0] >= Fit.COMMUNE.value]
    return max(there, key=lambda pair: pair[0])[1] if there else company.seat


def _judge_at(text: str, where: Where, company: Company, place: Establishment | None) -> Judged:
    light = _town_words(where, place)
    compounds = compounds_of(company)
    given = given_names(joined(text, compounds), light)
    alike, matched = _best_name(given, called(company, place, light, compounds))
    at = fit(where, place)
    kind = kind_of(given[0][0], matched, company, place)
    shut = company.is_open is False or (place is not None and place.is_open is False)
    standing = _CLOSED if shut else 1.0
    return Judged(
        company=company,
        place=place,
        score=round(alike.value * at.value * kind * standing, 4),
        name=round(alike.value, 4),
        fit=at,
        kind=kind,
        open=standing,
        counts=_is_enough(alike, at),
    )


def _town_words(where: Where, place: Establishment | None) -> frozenset[str]:
    towns = [*where.towns, place.town or ""] if place is not None else [*where.towns]
    return frozenset(word for town in towns for word in words_of(town))


def _best_name(given: list[tuple[Name, float]], names: list[Name]) -> tuple[Likeness, Name | None]:
    """The likest of all pairs; a part of the given name counts less than the whole."""
    best: tuple[Likeness, Name | None] = (Likeness(), None)
    for one, counts in given:
        for other in names:
            found = likeness(one, other)
            found = Likeness(found.value * counts, found.distinctive, found.whole)
            if found > best[0]:
                best = (found, other)
    return best


def _is_enough(name: Likeness, at: Fit) -> bool:
    """Whether a name that is as common as this one may be found at a place that fits as well as this."""
    match at:
        case Fit.AT | Fit.POSTCODE:
            return name.distinctive >= 1 or name.whole or name.value >= _WHOLE
        case Fit.OTHER_STREET | Fit.COMMUNE | Fit.UNKNOWN:
            return name.distinctive >= 1
        case Fit.NEAR:
            return name.distinctive >= 2
        case Fit.ELSEWHERE:
            return False
