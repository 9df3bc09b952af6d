"""The register of companies through recherche-entreprises.api.gouv.fr (Licence Ouverte 2.0), which needs no key.

Shapes are those of its OpenAPI (`app/doc/open-api.yml` of annuaire-entreprises-data-gouv-fr/search-api). Coordinates
are text; what somebody opposed the publication of reads `[NON-DIFFUSIBLE]`; the capital is not public here.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from services.legal_data.asked import Asked
from services.legal_data.company import Accounts, Company, Director, Establishment
from services.legal_data.values import degrees, iso_date, said, year
from shared.net.answers import Answers
from shared.net.api_client import ApiError, Query
from shared.net.upstream import Quotas
from shared.recherche_entreprises import recherche_entreprises
from shared.settings import Settings

_PER_PAGE = 25
"""The most of one page."""
_NEAR_PAGES = 4
"""A hundred companies: as many as stand in one street. An address where more are filed tells nobody apart."""
_ESTABLISHMENTS = 25
"""Of each company, those that the search met: a chain has thousands."""
_LEAST_QUERY = 3
_MOST_QUERY = 150
"""Characters; shorter texts are refused, and no name is longer."""
_SHORT_PAUSE = 5.0
"""Seconds; a longer one is waited for elsewhere, without holding a slot …"""
_PAUSES = 3
"""… and so are more in a row."""
_POSTCODE = re.compile(r"\d{5}")
_DEPARTMENT = re.compile(r"0[1-9]|[1-8]\d|9[0-5]|2[AB]|97[1-6]")
_BRACKETS = re.compile(r"\(([^()]+)\)")


class _Establishment(msgspec.Struct):
    siret: str
    adresse: str | None = None
    code_postal: str | None = None
    libelle_commune: str | None = None
    latitude: str | float | None = None
    longitude: str | float | None = None
    activite_principale: str | None = None
    etat_administratif: str | None = None
    est_siege: bool | None = None
    liste_enseignes: list[str | None] | None = None
    nom_commercial: str | None = None


class _Director(msgspec.Struct):
    nom: str | None = None
    prenoms: str | None = None
    annee_de_naissance: str | int | None = None
    qualite: str | None = None
    denomination: str | None = None
    siren: str | None = None


class _Year(msgspec.Struct):
    ca: float | None = None
    resultat_net: float | None = None


class _Company(msgspec.Struct):
    siren: str
    nom_complet: str | None = None
    nom_raison_sociale: str | None = None
    sigle: str | None = None
    nature_juridique: str | None = None
    activite_principale: str | None = None
    tranche_effectif_salarie: str | None = None
    annee_tranche_effectif_salarie: str | int | None = None
    date_creation: str | None = None
    date_fermeture: str | None = None
    date_mise_a_jour: str | None = None
    etat_administratif: str | None = None
    dirigeants: list[_Director] | None = None
    finances: dict[str, _Year | None] | None = None
    siege: _Establishment | None = None
    matching_etablissements: list[_Establishment] | None = None


class _Page(msgspec.Struct):
    results: list[_Company]
    total_pages: int = 1


class RechercheEntreprises:
    """Any number of concurrent questions; each is asked in its turn. All raise ApiError."""

    def __init__(self, settings: Settings, quotas: Quotas | None, answers: Answers | None) -> None:
        self._api = recherche_entreprises(settings, quotas)
        self._asked = Asked("recherche_entreprises", answers)

    async def by_siren(self, siren: str) -> Company | None:
        """The company with exactly this number: for one it does not know, the API searches its texts instead."""
        found = await self._pages("/search", {"q": siren, "per_page": 1})
        return next((company for company in found if company.siren == siren), None)

    async def search(
        self, name: str, *, postcodes: Sequence[str] = (), departments: Sequence[str] = ()
    ) -> list[Company]:
        """The first page for a text of any kind; nothing for fewer than three characters."""
        words = " ".join(name.split())[:_MOST_QUERY].strip()
        if len(words) < _LEAST_QUERY:
            return []
        query: Query = {
            "q": words,
            "per_page": _PER_PAGE,
            "limite_matching_etablissements": _ESTABLISHMENTS,
            **_filter("code_postal", postcodes, _POSTCODE),
            **_filter("departement", departments, _DEPARTMENT),
        }
        return await self._pages("/search", query)

    async def near(self, lat: float, lon: float, *, radius_km: float) -> list[Company]:
        """At most a hundred; the API leaves out those that oppose publication."""
        query = {
            "lat": round(lat, 6),
            "long": round(lon, 6),
            "radius": round(min(max(radius_km, 0.001), 50.0), 3),
            "per_page": _PER_PAGE,
            "limite_matching_etablissements": _ESTABLISHMENTS,
        }
        return await self._pages("/near_point", query, most=_NEAR_PAGES)

    async def aclose(self) -> None:
        await self._api.aclose()

    async def _pages(self, path: str, query: Query, most: int = 1) -> list[Company]:
        async def ask() -> list[Company]:
            found: list[Company] = []
            for number in range(1, most + 1):
                page = await self._page(path, {**query, "page": number})
                found += [_company(one) for one in page.results]
                if number >= page.total_pages:
                    break
            return found

        return await self._asked.companies(f"{path} {sorted(query.items())}", ask)

    async def _page(self, path: str, query: Query) -> _Page:
        try:
            return msgspec.convert(await self._get(path, query), _Page)
        except msgspec.ValidationError:
            message = "recherche-entreprises answered in a form that is not its own."
            raise ApiError("unexpected", message) from None

    async def _get(self, path: str, query: Query) -> Any:
        """The answer, after short pauses that were asked for: sent away, an item would have lost an attempt."""
        for _ in range(_PAUSES):
            try:
                return await self._api.get(path, query)
            except ApiError as error:
                if error.code not in ("resting", "rate_limited") or (error.retry_after or 0) > _SHORT_PAUSE:
                    raise
                await asyncio.sleep(error.retry_after or _SHORT_PAUSE)
        return await self._api.get(path, query)


def _filter(name: str, values: Iterable[str], form: re.Pattern[str]) -> dict[str, str]:
    """A filter by several values. One value of another form would have the whole request refused."""
    good = [value for value in dict.fromkeys(values) if form.fullmatch(value)]
    return {name: ",".join(good)} if good else {}


def _company(one: _Company) -> Company:
    acronym = said(one.sigle)
    name, others = _names(said(one.nom_raison_sociale), said(one.nom_complet), acronym)
    return Company(
        siren=one.siren,
        register="recherche_entreprises",
        updated_at=one.date_mise_a_jour,
        name=name,
        other_names=others,
        acronym=acronym,
        legal_form=said(one.nature_juridique),
        naf=said(one.activite_principale),
        headcount=said(one.tranche_effectif_salarie),
        headcount_year=year(one.annee_tranche_effectif_salarie),
        created=iso_date(one.date_creation),
        closed=iso_date(one.date_fermeture),
        is_open={"A": True, "C": False}.get(one.etat_administratif or ""),
        directors=tuple(director for each in one.dirigeants or () if (director := _director(each))),
        accounts=tuple(
            Accounts(year=int(number), turnover=figures.ca, net_result=figures.resultat_net)
            for number, figures in (one.finances or {}).items()
            if number.isdecimal() and figures is not None
        ),
        seat=_establishment(one.siege, is_seat=True) if one.siege else None,
        establishments=tuple(
            _establishment(each, is_seat=bool(each.est_siege)) for each in one.matching_etablissements or ()
        ),
    )


def _names(legal: str | None, whole: str | None, acronym: str | None) -> tuple[str | None, tuple[str, ...]]:
    """The name and the other ones. `nom_complet` is the name, then the trade name and the acronym in brackets."""
    if whole is None:
        return legal, ()
    name = legal or whole.partition(" (")[0]
    added = whole[len(name) :] if whole.upper().startswith(name.upper()) else whole
    others = dict.fromkeys(part.strip() for part in _BRACKETS.findall(added))
    return name, tuple(other for other in others if other not in (acronym, name))


def _director(one: _Director) -> Director | None:
    if company := said(one.denomination):
        return Director(name=company, role=said(one.qualite), siren=said(one.siren))
    if surname := said(one.nom):
        born = year(one.annee_de_naissance)
        return Director(name=surname, first_names=said(one.prenoms), role=said(one.qualite), birth_year=born)
    return None


def _establishment(one: _Establishment, *, is_seat: bool) -> Establishment:
    names = dict.fromkeys(name for sign in [*(one.liste_enseignes or []), one.nom_commercial] if (name := said(sign)))
    return Establishment(
        siret=one.siret,
        address=said(one.adresse),
        postcode=said(one.code_postal),
        town=said(one.libelle_commune),
        lat=degrees(one.latitude),
        lon=degrees(one.longitude),
        is_open={"A": True, "F": False}.get(one.etat_administratif or ""),
        is_seat=is_seat,
        naf=said(one.activite_principale),
        trade_names=tuple(names),
    )
