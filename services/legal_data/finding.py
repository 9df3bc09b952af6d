"""From a lead to its company in the register: which questions are asked, and when enough is known."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Literal

import msgspec

from services.legal_data.company import Company, Establishment
from services.legal_data.matching import Choice, Judged, place_of, places
from services.legal_data.names import read_name, search_texts
from services.legal_data.place import Fit, Where
from services.legal_data.register import Directory
from services.legal_data.wanted import Wanted

_PAGE = 25
"""So many answers are perhaps not all."""
_AROUND_KM = 0.15
"""How far from a lead's position a company is looked for."""
_TOLD = 3
"""Candidates in a report."""

Method = Literal["siren", "name", "geo"]
ErrorCode = Literal["not_found", "ambiguous", "unknown_siren", "invalid_siren"]
Choose = Callable[[str, Where, list[Company]], Awaitable[Choice]]
"""`matching.choose`, off the event loop."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """The company of a lead, or why there is none."""

    company: Company | None = None
    place: Establishment | None = None
    """Its establishment at the lead's place, else the seat."""
    method: Method | None = None
    score: float | None = None
    error: ErrorCode | None = None
    considered: tuple[Judged, ...] = ()
    """The likeliest candidates of a search by name."""


async def find(directory: Directory, lead: Wanted, choosing: Choose) -> Found:
    """Ask the directory by the lead's number, else by its names. Raises ApiError.

    A right number that the register does not know gives nothing: somebody of the same name would be another company.
    """
    if lead.siren is not None:
        company = await directory.by_siren(lead.siren)
        if company is None or company.siren != lead.siren:
            return Found(error="unknown_siren")
        return by_number(company, lead)
    found = Found(error="not_found")
    for name in lead.names:
        found = await _by_name(directory, name, lead.where, choosing)
        if found.company is not None:
            return found
    return msgspec.structs.replace(found, error="invalid_siren") if lead.is_misnumbered else found


def by_number(company: Company, lead: Wanted) -> Found:
    """The company of a lead's own number."""
    asked = next((place for place in places(company) if place.siret == lead.siret), None)
    return Found(company=company, place=asked or place_of(lead.where, company), method="siren", score=1.0)


async def _by_name(directory: Directory, name: str, where: Where, choosing: Choose) -> Found:
    met: list[Company] = []
    choice = Choice(None, "not_found", ())
    async for method, companies in _answers(directory, name, where):
        if not companies:
            continue
        met += companies
        choice = await choosing(name, where, met)
        if choice.best is not None:
            return chosen(choice.best, choice, where, method)
        if choice.refusal == "ambiguous":
            break
    return Found(error=choice.refusal, considered=choice.ranking[:_TOLD])


async def _answers(directory: Directory, name: str, where: Where) -> AsyncIterator[tuple[Method, list[Company]]]:
    """Answers to ever wider questions; a question is asked when the answers before were not enough."""
    telling, *others = search_texts(name)
    whole = others[0] if others else telling
    postcodes = _asked_postcodes(where)
    if postcodes:
        companies = await directory.search(telling, postcodes=postcodes)
        yield "name", companies
        if whole != telling and len(companies) >= _PAGE:
            yield "name", await directory.search(whole, postcodes=postcodes)
        if where.department and len(read_name(name).distinctive) > 1:
            yield "name", await directory.search(telling, departments=[where.department])
    else:
        departments = [where.department] if where.department else []
        yield "name", await directory.search(whole, departments=departments)
        if whole != telling:
            yield "name", await directory.search(telling, departments=departments)
    if where.position is not None:
        lat, lon = where.position
        yield "geo", await directory.near(lat, lon, radius_km=_AROUND_KM)


def _asked_postcodes(where: Where) -> list[str]:
    """The lead's postcode, else those of its commune."""
    known = {where.postcode} if where.postcode else set(where.commune)
    twins = {"75116"} if "75016" in known else set()
    return sorted(filter(None, known | twins))


def chosen(best: Judged, choice: Choice, where: Where, method: Method) -> Found:
    """A choice with the establishment that is meant."""
    there = best.fit.value >= Fit.COMMUNE.value and best.place is not None and best.place.is_open is not False
    return Found(
        company=best.company,
        place=best.place if there else place_of(where, best.company),
        method=method,
        score=best.score,
        considered=choice.ranking[:_TOLD],
    )
